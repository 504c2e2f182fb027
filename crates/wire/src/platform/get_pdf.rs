//! getpdf: the address of an uploaded PDF (wire_facts 1.1).

use crate::answer;
use crate::object::Object;
use crate::platform::media_link::LIFE;
use kaipiao_domain::{Refusal, text};
use serde::Serialize;

/// The only action that there is.
const ACTION: &str = "get_url";

/// Reads `action`, from the query or the body, and `s_media_id`: 72031 where one is missing or wrong.
pub fn read(query: &Object<'_>, body: &Object<'_>) -> Result<String, Refusal> {
    let action = match query.text("action")? {
        action if action.is_empty() => body.text("action")?,
        action => action,
    };
    match &*action {
        ACTION => Ok(body.required_text("s_media_id")?.into_owned()),
        "" => Err(Refusal::invalid("action", "is empty, it is get_url")),
        other => Err(Refusal::invalid(
            "action",
            format!("must be {ACTION}, not {}", text::quoted(other)),
        )),
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    pdf_url: &'a str,
    pdf_url_expire_time: u64,
}

/// Writes the answer.
pub fn write(pdf_url: &str) -> String {
    answer::ok_with(&Answer { pdf_url, pdf_url_expire_time: LIFE.as_secs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_action_stands_in_the_query_or_the_body() {
        let object = |text: &'static str| Object::read(text.as_bytes(), None).unwrap();
        let read = |query, body| read(&object(query), &object(body)).map_err(|e| e.to_string());
        let id = "75195574948725301".to_owned();
        let with_action = r#"{"action":"get_url","s_media_id":"75195574948725301"}"#;
        let alone = r#"{"s_media_id":75195574948725301}"#;
        assert_eq!(read("{}", with_action), Ok(id.clone()));
        assert_eq!(read(r#"{"action":"get_url"}"#, alone), Ok(id.clone()));
        assert_eq!(read(r#"{"action":"get_url"}"#, with_action), Ok(id));
        for (query, body, told) in [
            ("{}", alone, "invalid params, action is empty, it is get_url"),
            (r#"{"action":"x"}"#, alone, "invalid params, action must be get_url, not \"x\""),
            ("{}", r#"{"action":"get_url"}"#, "invalid params, s_media_id is empty"),
        ] {
            assert_eq!(read(query, body), Err(told.to_owned()));
        }
    }

    #[test]
    fn the_answer_is_the_samples() {
        let written = write("https://x/invoice/media/a.b");
        let sample = r#"{"errcode":0,"errmsg":"ok","pdf_url":"https://x/invoice/media/a.b","pdf_url_expire_time":7200}"#;
        assert_eq!(written, sample);
    }
}
