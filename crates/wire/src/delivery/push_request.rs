//! A push as one HTTP request: the address with its signatures, and the body in the account's mode
//! (wire_facts 3.1, wire_facts 3.2).

use crate::delivery::event_json::EventJson;
use crate::delivery::push_crypto::{EncodingAesKey, signature};
use crate::url::{ENCODED, with_query};
use kaipiao_domain::delivery::push::PushMode;
use kaipiao_domain::delivery::push_format::PushFormat;
use percent_encoding::utf8_percent_encode;
use std::borrow::Cow;

/// Signature and encryption of an account's pushes.
#[derive(Clone, PartialEq, Eq)]
pub struct Signing {
    /// The callback token.
    pub token: String,
    /// What the body looks like.
    pub mode: PushMode,
    /// How the event is written.
    pub format: PushFormat,
    /// The key of compat and safe mode; kept in plain mode too, so that a change of mode needs no
    /// new key.
    pub aes_key: Option<EncodingAesKey>,
}

/// What differs from try to try.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// Unix seconds.
    pub timestamp: i64,
    /// Random digits.
    pub nonce: u32,
    /// Random bytes for the encryption.
    pub random: [u8; 8],
}

/// An address and the body to send there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRequest {
    /// The callback's address with signature and the rest in its query.
    pub url: String,
    /// Its Content-Type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Puts a push's request together. `xml` is the event in clear.
pub fn compose(
    url: &str,
    signing: &Signing,
    appid: &str,
    openid: &str,
    xml: &str,
    fresh: &Freshness,
) -> PushRequest {
    let (timestamp, nonce) = (fresh.timestamp.to_string(), fresh.nonce.to_string());
    let signed = signature(&[&signing.token, &timestamp, &nonce]);
    let openid = utf8_percent_encode(openid, ENCODED);
    let mut query =
        format!("signature={signed}&timestamp={timestamp}&nonce={nonce}&openid={openid}");
    let event = match signing.format {
        PushFormat::Xml => Event::Xml(xml),
        PushFormat::Json => Event::Json(EventJson::of_xml(xml)),
    };
    let content_type = event.content_type();
    let body = match &signing.aes_key {
        Some(key) if signing.mode.encrypts() => {
            let encrypted = key.encrypt(&event.in_clear(), appid, printable(fresh.random));
            let signed = signature(&[&signing.token, &timestamp, &nonce, &encrypted]);
            query += &format!("&encrypt_type=aes&msg_signature={signed}");
            event.enclosing(signing.mode, &encrypted)
        }
        _ => event.in_clear().into_owned(),
    };
    PushRequest { url: with_query(url, &query), content_type, body }
}

/// An event in the form that its account wants.
enum Event<'a> {
    Xml(&'a str),
    Json(EventJson),
}

impl Event<'_> {
    fn content_type(&self) -> &'static str {
        match self {
            Self::Xml(_) => "text/xml",
            Self::Json(_) => "application/json",
        }
    }

    fn in_clear(&self) -> Cow<'_, str> {
        match self {
            Self::Xml(xml) => Cow::Borrowed(xml),
            Self::Json(json) => Cow::Owned(json.written()),
        }
    }

    /// Compat: the event and Encrypt beside it. Safe: ToUserName and Encrypt alone.
    fn enclosing(self, mode: PushMode, encrypted: &str) -> String {
        match (self, mode) {
            (Self::Xml(xml), mode) => enclose(mode, xml, encrypted),
            (Self::Json(json), PushMode::Compat) => json.with_encrypted(encrypted).written(),
            (Self::Json(json), _) => json.encrypted_alone(encrypted).written(),
        }
    }
}

/// The address that verifies a callback: the receiver answers with the echostr alone.
pub fn verification_url(url: &str, token: &str, echostr: &str, fresh: &Freshness) -> String {
    let (timestamp, nonce) = (fresh.timestamp.to_string(), fresh.nonce.to_string());
    let signed = signature(&[token, &timestamp, &nonce]);
    let query = format!("signature={signed}&timestamp={timestamp}&nonce={nonce}&echostr={echostr}");
    with_query(url, &query)
}

/// Random bytes as 16 hexadecimal digits: receivers that read them as text are not hurt.
fn printable(random: [u8; 8]) -> [u8; 16] {
    let mut text = [0; 16];
    base16ct::lower::encode(&random, &mut text).expect("8 bytes are 16 digits");
    text
}

fn enclose(mode: PushMode, xml: &str, encrypted: &str) -> String {
    let encrypt = format!("<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>");
    let event = xml.strip_suffix("</xml>").expect("a push ends its root element");
    if mode == PushMode::Compat {
        return format!("{event}{encrypt}");
    }
    let end = "</ToUserName>";
    let to_user = event.split_once(end).expect("a push begins with its receiver").0;
    format!("{to_user}{end}{encrypt}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::push_crypto::is_signature;

    const XML: &str =
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Event><![CDATA[e]]></Event></xml>";

    fn composed(mode: PushMode, format: PushFormat) -> PushRequest {
        let aes_key = Some(EncodingAesKey::parse(&"A".repeat(43)).unwrap());
        let signing = Signing { token: "AAAAA".into(), mode, format, aes_key };
        let fresh = Freshness { timestamp: 1_714_112_445, nonce: 415_670_741, random: [7; 8] };
        compose("http://h/cb?a=1#f", &signing, "wx1", "o-_1", XML, &fresh)
    }

    #[test]
    fn plain_mode_signs_and_sends_in_clear() {
        let PushRequest { url, content_type, body } = composed(PushMode::Plain, PushFormat::Xml);
        assert_eq!(content_type, "text/xml");
        assert_eq!(
            url,
            "http://h/cb?a=1&signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d\
             &timestamp=1714112445&nonce=415670741&openid=o-_1#f"
        );
        assert_eq!(body, XML);
    }

    #[test]
    fn the_other_modes_encrypt_the_same_event() {
        for mode in [PushMode::Compat, PushMode::Safe] {
            let PushRequest { url, body, .. } = composed(mode, PushFormat::Xml);
            let (_, rest) = body.split_once("<Encrypt><![CDATA[").unwrap();
            let encrypted = rest.strip_suffix("]]></Encrypt></xml>").unwrap();
            let key = EncodingAesKey::parse(&"A".repeat(43)).unwrap();
            assert_eq!(key.decrypt(encrypted, "wx1").as_deref(), Some(XML));
            let (head, msg_signature) = url.split_once("&encrypt_type=aes&msg_signature=").unwrap();
            assert!(head.contains("&openid="));
            let parts = ["AAAAA", "1714112445", "415670741", encrypted];
            assert!(is_signature(msg_signature.trim_end_matches("#f"), &parts));
            assert_eq!(body.contains("<Event>"), mode == PushMode::Compat);
            assert!(body.starts_with("<xml><ToUserName><![CDATA[gh_1]]></ToUserName>"));
        }
    }

    #[test]
    fn an_event_is_written_as_json_for_who_asks_for_it() {
        const JSON: &str = r#"{"ToUserName":"gh_1","Event":"e"}"#;
        let plain = composed(PushMode::Plain, PushFormat::Json);
        assert_eq!((plain.content_type, &*plain.body), ("application/json", JSON));
        for mode in [PushMode::Compat, PushMode::Safe] {
            let body = composed(mode, PushFormat::Json).body;
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            let key = EncodingAesKey::parse(&"A".repeat(43)).unwrap();
            let encrypted = body["Encrypt"].as_str().unwrap();
            assert_eq!(key.decrypt(encrypted, "wx1").as_deref(), Some(JSON));
            assert_eq!(body["ToUserName"], "gh_1");
            assert_eq!(body.get("Event").is_some(), mode == PushMode::Compat);
        }
    }

    #[test]
    fn a_verification_carries_the_echostr() {
        let fresh = Freshness { timestamp: 1_714_036_504, nonce: 1_514_711_492, random: [0; 8] };
        assert_eq!(
            verification_url("http://h/", "AAAAA", "42", &fresh),
            "http://h/?signature=f464b24fc39322e44b38aa78f5edd27bd1441696\
             &timestamp=1714036504&nonce=1514711492&echostr=42"
        );
    }
}
