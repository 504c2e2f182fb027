//! A push as its receiver reads it: signatures checked, decrypted, its members in their order (wire_facts 3.1 to 3.3).

use crate::delivery::push_crypto::{EncodingAesKey, NotOpened, is_signature};
use kaipiao_domain::delivery::push::PushMode;
use kaipiao_domain::text;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The members of an event, at most.
const MAX_MEMBERS: usize = 200;

/// What a receiver knows: the secrets of its callback.
#[derive(Clone)]
pub struct Receiver {
    /// The callback token.
    pub token: String,
    /// The EncodingAESKey; None: only what comes in clear can be read.
    pub aes_key: Option<EncodingAesKey>,
    /// The account; empty: whomever it was encrypted for.
    pub appid: String,
}

/// What the address of a push holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushQuery {
    /// The signature of token, timestamp and nonce.
    pub signature: String,
    /// The signature that has Encrypt as a part too.
    pub msg_signature: String,
    /// Unix seconds.
    pub timestamp: String,
    /// Digits.
    pub nonce: String,
}

impl PushQuery {
    /// Reads a query string; what it lacks is empty.
    pub fn read(query: &str) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let member = match &*name {
                "signature" => &mut read.signature,
                "msg_signature" => &mut read.msg_signature,
                "timestamp" => &mut read.timestamp,
                "nonce" => &mut read.nonce,
                _ => continue,
            };
            *member = value.into_owned();
        }
        read
    }
}

/// A push in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPush {
    /// How it came.
    pub mode: PushMode,
    /// The event, as it was written: XML or JSON.
    pub event: String,
}

/// Why a push is not to be believed, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// The signature of a push, or of a verification, is another one.
    #[error("signature is wrong: token, timestamp or nonce is not what was signed")]
    Signature,
    /// msg_signature is wrong, and signature is right or absent.
    #[error(
        "msg_signature is wrong: {}",
        if *.token_is_right { "the token is right, so Encrypt was changed, or signature was sent as msg_signature" }
        else { "token, timestamp, nonce or Encrypt is not what was signed" }
    )]
    MsgSignature {
        /// Whether `signature` shows that token, timestamp and nonce are right.
        token_is_right: bool,
    },
    /// A part of the query is not there.
    #[error("{0} is missing in the query")]
    Missing(&'static str),
    /// It is encrypted, and the receiver has no key.
    #[error("the push is encrypted: its EncodingAESKey is needed")]
    NoKey,
    /// It cannot be decrypted.
    #[error("{0}")]
    NotOpened(#[from] NotOpened),
    /// It was encrypted for another account.
    #[error("it was encrypted for appid {found}, expected {expected}")]
    OtherAppid {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The body is no event.
    #[error("the body is no event: {0}")]
    Shape(String),
}

impl Receiver {
    /// Checks the query's signatures, and reads the body. The signature in clear is checked where it was sent, since
    /// only a push in clear needs it.
    pub fn read(&self, query: &PushQuery, body: &str) -> Result<ReadPush, NotRead> {
        let members = members(body).map_err(NotRead::Shape)?;
        let Some(encrypted) = of(&members, "Encrypt") else {
            self.check_signature(query)?;
            return Ok(ReadPush { mode: PushMode::Plain, event: body.to_owned() });
        };
        self.check_msg_signature(query, encrypted)?;
        let event = self.decrypt(encrypted)?;
        let is_clear = of(&members, "Event").is_some() || of(&members, "MsgType").is_some();
        let mode = if is_clear { PushMode::Compat } else { PushMode::Safe };
        Ok(ReadPush { mode, event })
    }

    /// What Encrypt holds, whoever has signed it.
    pub fn decrypt(&self, encrypted: &str) -> Result<String, NotRead> {
        let opened = self.aes_key.as_ref().ok_or(NotRead::NoKey)?.open(encrypted)?;
        if !self.appid.is_empty() && opened.receiver != self.appid {
            let found = text::quoted(&opened.receiver);
            return Err(NotRead::OtherAppid { found, expected: self.appid.clone() });
        }
        Ok(opened.message)
    }

    /// Checks the signature of a verification, or of a push in clear.
    pub fn check_signature(&self, query: &PushQuery) -> Result<(), NotRead> {
        let PushQuery { signature, timestamp, nonce, .. } = query;
        required(&[("signature", signature), ("timestamp", timestamp), ("nonce", nonce)])?;
        let is_right = is_signature(signature, &[&self.token, timestamp, nonce]);
        is_right.then_some(()).ok_or(NotRead::Signature)
    }

    /// Checks the signature of what is encrypted.
    pub fn check_msg_signature(&self, query: &PushQuery, encrypted: &str) -> Result<(), NotRead> {
        let PushQuery { signature, msg_signature, timestamp, nonce } = query;
        required(&[("msg_signature", msg_signature), ("timestamp", timestamp), ("nonce", nonce)])?;
        let token_is_right = is_signature(signature, &[&self.token, timestamp, nonce]);
        if !signature.is_empty() && !token_is_right {
            return Err(NotRead::Signature);
        }
        let is_right = is_signature(msg_signature, &[&self.token, timestamp, nonce, encrypted]);
        is_right.then_some(()).ok_or(NotRead::MsgSignature { token_is_right })
    }
}

fn required(parts: &[(&'static str, &String)]) -> Result<(), NotRead> {
    match parts.iter().find(|(_, value)| value.is_empty()) {
        None => Ok(()),
        Some((name, _)) => Err(NotRead::Missing(name)),
    }
}

fn of<'a>(members: &'a [(String, String)], name: &str) -> Option<&'a str> {
    members.iter().find(|(member, _)| member == name).map(|(_, value)| &**value)
}

/// An event's members, XML's in their order; what is wrong with it otherwise.
pub fn members(event: &str) -> Result<Vec<(String, String)>, String> {
    let event = event.trim_start_matches('\u{feff}').trim_start();
    if event.starts_with('{') { of_json(event) } else { of_xml(event) }
}

fn of_json(event: &str) -> Result<Vec<(String, String)>, String> {
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(event).map_err(|error| format!("its JSON ends badly: {error}"))?;
    let shown = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(members.into_iter().take(MAX_MEMBERS).map(|(name, value)| (name, shown(value))).collect())
}

fn of_xml(event: &str) -> Result<Vec<(String, String)>, String> {
    let mut reader = Reader::from_str(event);
    let mut members: Vec<(String, String)> = Vec::new();
    let mut depth = 0_usize;
    loop {
        let at = reader.buffer_position();
        let read = reader.read_event();
        match read.map_err(|_| format!("its XML cannot be read, byte {at}"))? {
            Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
            Event::Start(tag) => {
                depth += 1;
                if depth == 2 && members.len() < MAX_MEMBERS {
                    members.push((tag.name().as_ref().to_owned(), String::new()));
                }
            }
            Event::End(_) if depth == 1 => return Ok(members),
            Event::End(_) => depth -= 1,
            Event::CData(part) if depth >= 2 => append(&mut members, &part),
            Event::Text(part) if depth >= 2 => append(&mut members, &part.xml10_content()),
            Event::GeneralRef(entity) if depth >= 2 => {
                append(&mut members, &format!("&{};", entity.as_ref()));
            }
            Event::Eof => return Err("it is neither whole XML nor JSON".to_owned()),
            _ => {}
        }
    }
}

fn append(members: &mut [(String, String)], part: &str) {
    if let Some((_, text)) = members.last_mut() {
        text.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::push_request::{Freshness, Signing, compose};
    use kaipiao_domain::delivery::push_format::PushFormat;

    const XML: &str = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><CreateTime>7</CreateTime>\
                       <Event><![CDATA[a]]]]><![CDATA[>b]]></Event></xml>";

    fn receiver() -> Receiver {
        let aes_key = Some(EncodingAesKey::parse(&"A".repeat(43)).unwrap());
        Receiver { token: "AAAAA".into(), aes_key, appid: "wx1".into() }
    }

    fn sent(mode: PushMode, format: PushFormat) -> (PushQuery, String) {
        let Receiver { token, aes_key, appid } = receiver();
        let signing = Signing { token, mode, format, aes_key };
        let fresh = Freshness { timestamp: 1_714_112_445, nonce: 415_670_741, random: [7; 8] };
        let request = compose("http://h/cb", &signing, &appid, "o1", XML, &fresh);
        let query = request.url.split_once('?').unwrap().1;
        (PushQuery::read(query), request.body)
    }

    #[test]
    fn what_the_server_composes_is_read_in_every_mode_and_format() {
        for mode in PushMode::ALL {
            for format in [PushFormat::Xml, PushFormat::Json] {
                let (query, body) = sent(mode, format);
                let read = receiver().read(&query, &body).unwrap();
                assert_eq!(read.mode, mode);
                let members = members(&read.event).unwrap();
                assert_eq!(of(&members, "ToUserName"), Some("gh_1"));
                assert_eq!(of(&members, "CreateTime"), Some("7"));
                assert_eq!(of(&members, "Event"), Some("a]]>b"), "{}", read.event);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (query, body) = sent(PushMode::Safe, PushFormat::Xml);
        let read = |receiver: &Receiver, query: &PushQuery, body: &str| {
            receiver.read(query, body).unwrap_err()
        };
        let own = receiver();
        let other = Receiver { token: "BBBBB".into(), ..own.clone() };
        assert_eq!(read(&other, &query, &body), NotRead::Signature);
        let bare = PushQuery { signature: String::new(), ..query.clone() };
        let wrong = |token_is_right| NotRead::MsgSignature { token_is_right };
        assert_eq!(read(&other, &bare, &body), wrong(false));
        let changed = body.replace("</Encrypt>", "A</Encrypt>").replace("]]>A</", "A]]></");
        assert_eq!(read(&own, &query, &changed), wrong(true));
        let without = PushQuery { msg_signature: String::new(), ..query.clone() };
        assert_eq!(read(&own, &without, &body), NotRead::Missing("msg_signature"));
        let keyless = Receiver { aes_key: None, ..own.clone() };
        assert_eq!(read(&keyless, &query, &body), NotRead::NoKey);
        let foreign = Receiver { appid: "wx2".into(), ..own.clone() };
        let says = read(&foreign, &query, &body).to_string();
        assert_eq!(says, "it was encrypted for appid \"wx1\", expected wx2");
        assert!(matches!(read(&own, &query, "<xml><a>"), NotRead::Shape(_)));
        assert!(matches!(read(&own, &query, "{\"a\":"), NotRead::Shape(_)));
        let (query, body) = sent(PushMode::Plain, PushFormat::Xml);
        assert_eq!(read(&other, &query, &body), NotRead::Signature);
    }
}
