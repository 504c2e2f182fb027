//! Each answer that a test gets from the merchant API is looked up in the OpenAPI document: an errcode that it does not
//! name for the call, or a success of another shape, fails the test.

use kaipiao_http::{Api, document};
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// Answers to paths and methods that there are not, which no operation has.
const OF_NO_OPERATION: [i64; 4] = [40014, 40066, 43001, 43002];

/// Fails unless the document says that a call may be answered so.
pub(crate) fn check(method: &str, path: &str, answer: &Value) {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let all = DOCUMENT.get_or_init(|| document(&[Api::Merchant], "http://127.0.0.1", "0"));
    let path = path.split('?').next().unwrap_or_default();
    let Some(operation) = all["paths"][path].get(method.to_ascii_lowercase()) else { return };
    if answer["errcode"].as_i64().is_some_and(|code| OF_NO_OPERATION.contains(&code)) {
        return;
    }
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let fits = fits(all, schema, answer);
    assert!(fits, "{method} {path} is answered otherwise than the document says: {answer}");
}

/// Whether a value is what a schema says, as far as this project's schemas of answers go.
fn fits(all: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(name) = schema["$ref"].as_str() {
        let schema =
            all.pointer(name.trim_start_matches('#')).expect("what is referred to is there");
        return fits(all, schema, value);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().filter(|choice| fits(all, choice, value)).count() == 1;
    }
    let is_one = |known: &Value| known.as_array().is_none_or(|known| known.contains(value));
    is_of_type(schema, value)
        && is_one(&schema["enum"])
        && schema.get("const").is_none_or(|known| known == value)
        && value.as_array().is_none_or(|items| {
            schema.get("items").is_none_or(|of| items.iter().all(|item| fits(all, of, item)))
        })
        && value.as_object().is_none_or(|members| has_members(all, schema, members))
}

fn is_of_type(schema: &Value, value: &Value) -> bool {
    match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        other => panic!("no answer's schema has the type {other:?}: {schema}"),
    }
}

fn has_members(all: &Value, schema: &Value, members: &Map<String, Value>) -> bool {
    let required = schema["required"].as_array();
    let is_there = |name: &Value| name.as_str().is_some_and(|name| members.contains_key(name));
    required.is_none_or(|required| required.iter().all(is_there))
        && members.iter().all(|(name, value)| {
            schema["properties"].get(name).is_some_and(|schema| fits(all, schema, value))
        })
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::json;

    #[test]
    fn what_the_document_does_not_say_is_noticed() {
        let call = "/card/invoice/getauthurl?access_token=x";
        let refused = |code: i64| json!({"errcode": code, "errmsg": "x rid: y"});
        let is_noticed =
            |answer| std::panic::catch_unwind(|| check("POST", call, &answer)).is_err();
        assert!(!is_noticed(json!({"errcode": 0, "errmsg": "ok", "auth_url": "http://x"})));
        assert!(!is_noticed(refused(72063)) && !is_noticed(refused(43002)));
        assert!(is_noticed(refused(73110)), "a code of another call");
        assert!(is_noticed(json!({"errcode": 0, "errmsg": "ok"})), "a member is missing");
        assert!(is_noticed(json!({"errcode": 0, "errmsg": "ok", "auth_url": 1})), "a number");
        let more = json!({"errcode": 0, "errmsg": "ok", "auth_url": "http://x", "more": 1});
        assert!(is_noticed(more), "a member that nobody knows");
    }
}
