//! createbillcard: a template of bills (wire_facts 1.4).

use crate::object::Object;
use crate::url::check_host;
use kaipiao_domain::Refusal;
use kaipiao_domain::platform::card_template::TemplateFace;

/// Reads the body: 72031 naming the member that is missing or wrong. It is answered as createcard is. The members stand
/// in `invoice_info`, or, as the published table has it, in the body itself (D-210).
pub fn read(object: &Object<'_>) -> Result<TemplateFace, Refusal> {
    let info = match object.has("base_info") {
        true => object.borrowed(),
        false => object.required_object("invoice_info")?,
    };
    let base = info.required_object("base_info")?;
    let trimmed = |of: &Object<'_>, name: &str| of.text(name).map(|text| text.trim().to_owned());
    let logo_path = base.path_of("logo_url").to_string();
    let (logo_url, payee) = (trimmed(&base, "logo_url")?, trimmed(&info, "payee")?);
    let payee_path = info.path_of("payee").to_string();
    let face = TemplateFace::of_bill((&logo_path, &logo_url), (&payee_path, &payee))?;
    check_host(&logo_path, &face.logo_url)?;
    Ok(face)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(body: &str) -> Result<TemplateFace, String> {
        read(&Object::read(body.as_bytes(), None).unwrap()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_template_is_read_in_both_published_shapes() {
        let within =
            r#"{"payee":"测试非税票据","base_info":{"logo_url":"http://mmbiz.qpic.cn/a/0"}}"#;
        let face = read_text(&format!(r#"{{"invoice_info":{within}}}"#)).unwrap();
        assert_eq!(
            (&*face.payee, &*face.title, &*face.kind),
            ("测试非税票据", "测试非税票据", "财政电子票据")
        );
        assert_eq!(read_text(within).as_ref(), Ok(&face));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (body, words) in [
            ("{}", "invoice_info is missing"),
            (r#"{"invoice_info":{}}"#, "invoice_info.base_info is missing"),
            (r#"{"invoice_info":{"base_info":{}}}"#, "invoice_info.base_info.logo_url is empty"),
            (r#"{"base_info":{"logo_url":"x"}}"#, " base_info.logo_url must be a http"),
            (r#"{"base_info":{"logo_url":"http://a/"}}"#, " payee is empty"),
            (r#"{"base_info":{"logo_url":"http://a b/"},"payee":"p"}"#, "holds a blank"),
        ] {
            let complaint = read_text(body).unwrap_err();
            assert!(complaint.contains(words), "{body}: {complaint}");
        }
    }
}
