//! What a body is that is not the JSON object that was expected: another format, or the object within
//! something else.

use super::json_text::not_json;
use core::str::Utf8Error;
use kaipiao_domain::{Refusal, text};
use serde_json::{Map, Value};

/// Names that clients give to the whole of what they send, in lower case.
const WRAPPERS: [&str; 9] =
    ["data", "body", "json", "params", "param", "payload", "request", "postdata", "reqdata"];
/// Clients put it beside the members, though it belongs into the query.
const ACCESS_TOKEN: &str = "access_token";

pub(super) const UTF_16: &str = "it is UTF-16, send UTF-8";

/// The first bytes of formats that are not UTF-8, and what to do about them.
const BEGINNINGS: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "it is gzip, say so with Content-Encoding: gzip"),
    (b"\x78\x01", "it is compressed, say so with Content-Encoding: deflate"),
    (b"\x78\x9c", "it is compressed, say so with Content-Encoding: deflate"),
    (b"\x78\xda", "it is compressed, say so with Content-Encoding: deflate"),
    (b"\xff\xfe", UTF_16),
    (b"\xfe\xff", UTF_16),
];

/// 47001 for bytes that are no text.
pub(super) fn not_utf8(body: &[u8], error: &Utf8Error) -> Refusal {
    let known = BEGINNINGS.iter().find(|(beginning, _)| body.starts_with(beginning));
    not_json(known.map_or_else(
        || format!("it is not UTF-8 at byte {} (GBK?), send UTF-8", error.valid_up_to()),
        |(_, seen)| (*seen).to_owned(),
    ))
}

/// Whether every second of the first bytes is 0: ASCII in UTF-16 without a mark.
pub(super) const fn is_utf16(body: &[u8]) -> bool {
    matches!(body, [0, other, ..] | [other, 0, ..] if *other != 0)
}

pub(super) fn is_form(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|value| {
        value.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    })
}

/// What a body that begins unlike JSON seems to be.
pub(super) fn foreign_format(text: &str, content_type: Option<&str>) -> Option<String> {
    let is_multipart = content_type
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("multipart/"));
    let names_a_value = |text: &str| {
        let name = text.split('=').next().filter(|name| name.len() < text.len());
        let in_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(in_name))
    };
    let seen = if is_multipart || text.starts_with("--") {
        "it is multipart (form-data), send the JSON alone"
    } else if text.starts_with('<') {
        "it is XML or HTML, send JSON"
    } else if text.starts_with("%7B") || text.starts_with("%7b") {
        "it is JSON that was percent-encoded, send it as it is"
    } else if names_a_value(text) {
        "it is a form (name=value), send JSON"
    } else {
        return None;
    };
    Some(seen.to_owned())
}

pub(super) fn begins_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// A form of one pair is what libraries make of a JSON text that they are given as a form's data.
pub(super) fn check_form(text: &str) -> Result<(), Refusal> {
    let mut pairs =
        form_urlencoded::parse(text.as_bytes()).filter(|(name, _)| name != ACCESS_TOKEN);
    let (Some((name, value)), None) = (pairs.next(), pairs.next()) else { return Ok(()) };
    if begins_like_json(&name) {
        return Err(not_json("it is JSON sent as a form's name, send it as it is".to_owned()));
    }
    if begins_like_json(&value) {
        let name = text::quoted(&name);
        return Err(not_json(format!(
            "it is a form whose {name} holds JSON, send JSON without a form"
        )));
    }
    Ok(())
}

/// The one member of a body whose name is a usual one for "all of it": what it holds was meant a level
/// higher, and reading on would complain that the members are missing.
pub(super) fn known_wrapper(members: &Map<String, Value>) -> Option<&str> {
    let mut each = members.iter().filter(|(name, _)| *name != ACCESS_TOKEN);
    let (Some((name, value)), None) = (each.next(), each.next()) else { return None };
    let holds_members = match value {
        Value::Object(_) => true,
        Value::String(text) => begins_like_json(text),
        _ => false,
    };
    let folded = name.to_ascii_lowercase().replace('_', "");
    (holds_members && WRAPPERS.contains(&&*folded)).then_some(name)
}

#[cfg(test)]
mod tests {
    use crate::object::Object;
    use kaipiao_errcode::ErrorCode;

    #[test]
    fn what_is_no_json_is_called_what_it_is() {
        let form = Some("application/x-www-form-urlencoded");
        let multipart = Some("multipart/form-data; boundary=x");
        for (content_type, body, seen) in [
            (multipart, &b"--x\r\nContent-Disposition: form-data"[..], "multipart"),
            (None, b"--x\r\nContent-Disposition: form-data", "multipart"),
            (None, b"<xml></xml>", "XML"),
            (None, b"order_id=1", "a form (name=value)"),
            (None, b"%7B%22a%22%3A1%7D", "percent-encoded"),
            (form, b"%7B%22a%22%3A1%7D=", "a form's name"),
            (form, b"data=%7B%22a%22%3A1%7D", "a form whose \"data\" holds JSON"),
            (form, b"access_token=x&data=%7B%22a%22%3A1%7D", "a form whose \"data\" holds JSON"),
            (None, b"\x1f\x8b\x08\x00", "it is gzip, say so with Content-Encoding: gzip"),
            (None, b"\x78\x9c\xab\x56", "Content-Encoding: deflate"),
            (None, b"\xff\xfe{\0}\0", "it is UTF-16, send UTF-8"),
            (None, b"\xfe\xff\0{\0}", "it is UTF-16, send UTF-8"),
            (None, b"{\0\"\0a\0\"\0:\0", "it is UTF-16, send UTF-8"),
            (None, b"\0{\0\"\0a\0\"\0:", "it is UTF-16, send UTF-8"),
            (None, b"{\"a\":\"\xd5\xc5\"}", "it is not UTF-8 at byte 6 (GBK?), send UTF-8"),
        ] {
            let refusal = Object::read(body, content_type).unwrap_err();
            let body = String::from_utf8_lossy(body);
            assert_eq!(refusal.code, ErrorCode::DataFormatError, "{body}");
            assert!(refusal.detail.contains(seen), "{body}: {refusal}");
        }
    }

    #[test]
    fn a_wrapper_is_named() {
        for (body, name) in [
            (r#"{"data":{"order_id":"1"}}"#, "data"),
            (r#"{"Data":{"order_id":"1"}}"#, "Data"),
            (r#"{"data":"{\"order_id\":\"1\"}"}"#, "data"),
            (r#"{"access_token":"x","data":{"order_id":"1"}}"#, "data"),
            (r#"{"reqData":{"order_id":"1"}}"#, "reqData"),
            (r#"{"post_data":{"order_id":"1"}}"#, "post_data"),
            (r#"{"bizContent":{"order_id":"1"},"sign":"x"}"#, "bizContent"),
            (r#"{"biz_content":" {\"order_id\":\"1\"}","sign":"x"}"#, "biz_content"),
        ] {
            let read = Object::read(body.as_bytes(), None);
            let refusal =
                read.and_then(|body| body.required_text("order_id").map(drop)).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::DataFormatError, "{body}");
            let seen = format!("its members stand within \"{name}\", send them without it");
            assert!(refusal.detail.ends_with(&seen), "{body}: {refusal}");
        }
        for (body, seen) in [
            (r#"{"data":"text"}"#, "order_id is empty"),
            (r#"{"contact":{"order_id":null}}"#, "order_id is empty"),
            (r#"{"contact":"{not JSON"}"#, "order_id is empty"),
        ] {
            let object = Object::read(body.as_bytes(), None).unwrap();
            assert_eq!(object.required_text("order_id").unwrap_err().detail, seen, "{body}");
        }
    }
}
