//! createcard: a card template (wire_facts 1.1).

use crate::answer;
use crate::object::Object;
use crate::url::check_host;
use kaipiao_domain::Refusal;
use kaipiao_domain::people::card::CardId;
use kaipiao_domain::platform::card_template::{CardLink, TemplateFace};
use serde::Serialize;

/// Reads the body: 72031 naming the member that is missing, too long or no address.
pub fn read(object: &Object<'_>) -> Result<TemplateFace, Refusal> {
    let face = read_members(object)?;
    face.check()?;
    let links = [("custom_url", &face.custom), ("promotion_url", &face.promotion)];
    let links = links.into_iter().filter_map(|(name, link)| Some((name, &*link.as_ref()?.url)));
    for (name, url) in links.chain([("logo_url", &*face.logo_url)]) {
        check_host(&format!("invoice_info.base_info.{name}"), url)?;
    }
    Ok(face)
}

fn read_members(object: &Object<'_>) -> Result<TemplateFace, Refusal> {
    let info = object.required_object("invoice_info")?;
    let base = info.required_object("base_info")?;
    let text = |of: &Object<'_>, name: &str| of.text(name).map(|text| text.trim().to_owned());
    Ok(TemplateFace {
        logo_url: text(&base, "logo_url")?,
        title: text(&base, "title")?,
        payee: text(&info, "payee")?,
        kind: text(&info, "type")?,
        detail: text(&info, "detail")?,
        description: text(&base, "description")?,
        custom: link(&base, ["custom_url", "custom_url_name", "custom_url_sub_title"])?,
        promotion: link(&base, ["promotion_url", "promotion_url_name", "promotion_url_sub_title"])?,
    })
}

/// An entry, if any of its members says something.
fn link(base: &Object<'_>, names: [&str; 3]) -> Result<Option<CardLink>, Refusal> {
    let [url, name, sub_title] = names.map(|name| base.text(name));
    let (url, name, sub_title) = (url?, name?, sub_title?);
    let trimmed = |text: &str| text.trim().to_owned();
    let link =
        CardLink { name: trimmed(&name), url: trimmed(&url), sub_title: trimmed(&sub_title) };
    let says_nothing = [&link.name, &link.url, &link.sub_title].iter().all(|text| text.is_empty());
    Ok((!says_nothing).then_some(link))
}

/// Writes the answer.
pub fn write(card_id: &CardId) -> String {
    #[derive(Serialize)]
    struct Answer<'a> {
        card_id: &'a str,
    }
    answer::ok_with(&Answer { card_id: card_id.as_str() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(body: &str) -> Result<TemplateFace, String> {
        read(&Object::read(body.as_bytes(), None).unwrap()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_template_is_read_as_clients_send_it() {
        // wechatpy sends null for a detail that it was not given.
        let face = read_text(
            r#"{"invoice_info":{"base_info":{"logo_url":"http://l/0","title":" xx ","custom_url_name":"xyz",
            "custom_url":"http://c","custom_url_sub_title":null},"payee":"p","type":"t","detail":null}}"#,
        )
        .unwrap();
        assert_eq!((&*face.title, &*face.payee, &*face.kind, &*face.detail), ("xx", "p", "t", ""));
        let link = face.custom.unwrap();
        assert_eq!((&*link.name, &*link.url, &*link.sub_title), ("xyz", "http://c", ""));
        assert_eq!(face.promotion, None);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (body, words) in [
            ("{}", "invoice_info is missing"),
            (r#"{"invoice_info":{}}"#, "invoice_info.base_info is missing"),
            (r#"{"invoice_info":{"base_info":[1]}}"#, "invoice_info.base_info must be an object"),
            (r#"{"invoice_info":{"base_info":{"title":{}}}}"#, "base_info.title must be a string"),
            (r#"{"invoice_info":{"base_info":{"title":"t"}}}"#, "base_info.logo_url is empty"),
            (
                r#"{"invoice_info":{"base_info":{"title":"t","logo_url":"http://a b/"}}}"#,
                "logo_url holds a blank",
            ),
        ] {
            let complaint = read_text(body).unwrap_err();
            assert!(complaint.contains(words), "{body}: {complaint}");
        }
    }
}
