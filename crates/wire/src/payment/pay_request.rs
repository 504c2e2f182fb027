//! What pay merchants send: one flat level of XML, read leniently but within limits.

use crate::payment::pay_sign::is_signed;
use crate::url::check_host;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{SignType, check_notify_url};
use kaipiao_domain::text;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Parameters of a call, at most.
const MAX_PARAMETERS: usize = 100;

/// A call's parameters, as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayRequest(BTreeMap<String, String>);

impl PayRequest {
    /// Reads a body. POST_DATA_EMPTY, NOT_UTF8, or XML_FORMAT_ERROR saying where.
    pub fn read(body: &[u8]) -> Result<Self, PayRefusal> {
        if body.trim_ascii().is_empty() {
            let detail = "the body is empty, POST the parameters as XML";
            return Err(PayRefusal::new(PayErrorCode::PostDataEmpty, detail));
        }
        let text = str::from_utf8(body).map_err(|error| {
            let detail = format!("the body is not UTF-8 at byte {}", error.valid_up_to());
            PayRefusal::new(PayErrorCode::NotUtf8, detail)
        })?;
        let parameters = flat(text.trim_start_matches('\u{feff}'))
            .and_then(|parameters| check_characters(&parameters).map(|()| parameters))
            .map_err(|why| PayRefusal::new(PayErrorCode::XmlFormatError, why))?;
        Ok(Self(parameters))
    }

    /// A parameter without the blanks around it; empty when it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// A parameter exactly as it was sent; empty when it is absent.
    pub fn as_sent(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A parameter that must be there. LACK_PARAMS names it.
    pub fn required(&self, name: &str, max_chars: usize) -> Result<&str, PayRefusal> {
        if self.get(name).is_empty() {
            return Err(PayRefusal::new(PayErrorCode::LackParams, format!("{name} is missing")));
        }
        self.optional(name, max_chars)
    }

    /// A parameter that may be absent or empty.
    pub fn optional(&self, name: &str, max_chars: usize) -> Result<&str, PayRefusal> {
        let value = self.get(name);
        text::limited(name, value, max_chars)
            .map_err(|refusal| PayRefusal::new(PayErrorCode::InvalidRequest, refusal.detail))?;
        Ok(value)
    }

    /// An amount that must be there: digits, of fen.
    pub fn required_fen(&self, name: &str) -> Result<i64, PayRefusal> {
        let value = self.required(name, 20)?;
        digits(value).ok_or_else(|| {
            let problem = format!("must be a whole number in fen, not {}", text::quoted(value));
            PayRefusal::invalid(name, problem)
        })
    }

    /// The address of notices; empty: there is none. Checked as a merchant's own address is.
    pub fn notify_url(&self) -> Result<&str, PayRefusal> {
        let url = self.optional("notify_url", 256)?;
        if !url.is_empty() {
            check_notify_url(url)?;
            check_host("notify_url", url)
                .map_err(|refusal| PayRefusal::new(PayErrorCode::InvalidRequest, refusal.detail))?;
        }
        Ok(url)
    }

    /// The account of a parameter that must be there. APPID_NOT_EXIST where no account can have it.
    pub fn required_account(&self, name: &str) -> Result<AppId, PayRefusal> {
        let value = self.required(name, 32)?;
        AppId::parse(value).ok_or_else(|| {
            let detail = format!("{name} {} is no account's", text::quoted(value));
            PayRefusal::new(PayErrorCode::AppidNotExist, detail)
        })
    }

    /// How it says that it is signed; INVALID_REQUEST for a way that there is not.
    pub fn sign_type(&self) -> Result<SignType, PayRefusal> {
        match self.get("sign_type") {
            "" => Ok(SignType::default()),
            name => SignType::parse(name).ok_or_else(|| {
                let problem = format!("must be MD5 or HMAC-SHA256, not {}", text::quoted(name));
                PayRefusal::invalid("sign_type", problem)
            }),
        }
    }

    /// Checks the signature over what was sent.
    pub fn is_signed_by(&self, key: &str, sign_type: SignType) -> bool {
        let signed = self.0.iter().map(|(name, value)| (&**name, &**value));
        is_signed(signed, self.get("sign"), key, sign_type)
    }
}

/// A number of digits and nothing else; None: it is none, or too large.
pub(crate) fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Payments are made in yuan: INVALID_REQUEST for another currency.
pub(crate) fn check_currency(request: &PayRequest, name: &str) -> Result<(), PayRefusal> {
    match request.get(name) {
        "" | "CNY" => Ok(()),
        other => {
            let problem = format!("must be CNY, not {}", text::quoted(other));
            Err(PayRefusal::invalid(name, problem))
        }
    }
}

/// Whether XML cannot carry a character.
pub(crate) fn is_forbidden(c: char) -> bool {
    c < ' ' && !matches!(c, '\n' | '\t' | '\r') || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// What XML cannot carry comes back in answers and notices, which nobody could read then. A line's end that is
/// written as `&#13;` would come back as another one, and break the signature.
fn check_characters(parameters: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, value) in parameters {
        if let Some(bad) = value.chars().find(|c| is_forbidden(*c) || *c == '\r') {
            let code = u32::from(bad);
            return Err(format!("the body holds the character U+{code:04X} in {name}"));
        }
    }
    Ok(())
}

fn flat(xml: &str) -> Result<BTreeMap<String, String>, String> {
    let mut reader = Reader::from_str(xml);
    let mut parameters = BTreeMap::new();
    let mut root = None;
    let mut open: Option<(String, String)> = None;
    loop {
        let at = reader.buffer_position();
        let wrong = |why: &str| Err(format!("the body is not WeChat Pay's XML: {why}, byte {at}"));
        let event = match reader.read_event() {
            Ok(event) => event,
            // Its words quote names as they were sent.
            Err(error) => return wrong(&on_one_line(&error.to_string())),
        };
        match event {
            Event::Decl(_) | Event::Comment(_) => {}
            Event::DocType(_) => return wrong("a document type is not allowed"),
            Event::PI(_) => return wrong("a processing instruction is not allowed"),
            Event::Start(start) if root.is_none() => root = Some(name_of(&start)?),
            Event::Start(start) => match &open {
                Some((outer, _)) => return wrong(&format!("{outer} holds an element")),
                None => open = Some((name_of(&start)?, String::new())),
            },
            Event::Empty(_) if root.is_none() => return wrong("it holds no parameter"),
            Event::Empty(empty) => match &open {
                Some((outer, _)) => return wrong(&format!("{outer} holds an element")),
                None => add(&mut parameters, name_of(&empty)?, String::new())?,
            },
            Event::Text(text) => match &mut open {
                Some((_, value)) => value.push_str(&text.xml10_content()),
                None if text.trim_ascii().is_empty() => {}
                None => return wrong("a text stands between the parameters"),
            },
            Event::CData(text) => match &mut open {
                Some((_, value)) => value.push_str(&text.xml10_content()),
                None => return wrong("a text stands between the parameters"),
            },
            Event::GeneralRef(entity) => match (&mut open, character(&entity)) {
                (Some((_, value)), Some(character)) => value.push_str(&character),
                _ => return wrong("an entity is not one of XML's own"),
            },
            Event::End(_) => match open.take() {
                Some((name, value)) => add(&mut parameters, name, value)?,
                None => return whole(&mut reader, parameters),
            },
            Event::Eof => return wrong("it breaks off"),
        }
    }
}

/// An element's name: what parameters are called. Attributes are passed over.
fn name_of(start: &BytesStart<'_>) -> Result<String, String> {
    let tag = start.name();
    let name = tag.0;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if !name.is_empty() && name.chars().all(is_name) {
        return Ok(name.to_owned());
    }
    let shown = text::quoted(name);
    Err(format!("the body has an element {shown}: a name has letters, digits and _-.: alone"))
}

fn on_one_line(words: &str) -> String {
    words.chars().map(|c| if c.is_control() || is_forbidden(c) { '\u{FFFD}' } else { c }).collect()
}

/// Behind the root element stands nothing more.
fn whole(
    reader: &mut Reader<&[u8]>,
    parameters: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return Ok(parameters),
            Ok(Event::Comment(_)) => {}
            Ok(Event::Text(text)) if text.trim_ascii().is_empty() => {}
            _ => return Err("the body goes on behind its root element".to_owned()),
        }
    }
}

fn add(
    parameters: &mut BTreeMap<String, String>,
    name: String,
    value: String,
) -> Result<(), String> {
    if parameters.len() == MAX_PARAMETERS {
        return Err(format!("the body has more than {MAX_PARAMETERS} parameters"));
    }
    let twice = format!("the body has {} twice", text::quoted(&name));
    parameters.insert(name, value).map_or(Ok(()), |_| Err(twice))
}

/// The text of a character reference or of one of the five entities that XML has by itself.
fn character(entity: &BytesRef<'_>) -> Option<String> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => resolve_xml_entity(entity).map(str::to_owned),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &[u8]) -> (PayErrorCode, String) {
        let refusal = PayRequest::read(body).unwrap_err();
        (refusal.code, refusal.detail)
    }

    #[test]
    fn a_flat_body_is_read_as_it_was_sent() {
        let body = "\u{feff}<?xml version=\"1.0\"?>\n<xml>\n <appid>wx1 </appid><!-- x -->\
                    <body><![CDATA[a<b]]></body><attach>&lt;&#20013;&#x6587;&amp;</attach><empty/></xml>\n";
        let request = PayRequest::read(body.as_bytes()).unwrap();
        assert_eq!((request.as_sent("appid"), request.get("appid")), ("wx1 ", "wx1"));
        assert_eq!((request.get("body"), request.get("attach")), ("a<b", "<中文&"));
        assert_eq!((request.get("empty"), request.get("none")), ("", ""));
    }

    #[test]
    fn what_is_no_flat_xml_is_refused() {
        assert_eq!(code(b" \n").0, PayErrorCode::PostDataEmpty);
        assert_eq!(code(b"<xml><a>\xff</a></xml>").0, PayErrorCode::NotUtf8);
        let many: String = (0..101).map(|n| format!("<a{n}>1</a{n}>")).collect();
        let many = format!("<xml>{many}</xml>");
        for bad in [
            "{\"a\":1}",
            "a=1&b=2",
            "<xml>",
            "<xml><a>1</b></xml>",
            "<xml><a>1</a>",
            "<xml/>",
            "<xml><a><b>1</b></a></xml>",
            "<xml><a><b/></a></xml>",
            "<xml><a>1</a><a>2</a></xml>",
            "<xml><a>1</a></xml><xml/>",
            "<!DOCTYPE xml [<!ENTITY e \"x\">]><xml><a>&e;</a></xml>",
            "<xml><a>&e;</a></xml>",
            "<xml><a>&#0;</a></xml>",
            "<xml><a>&#1;</a></xml>",
            "<xml><a>&#13;</a></xml>",
            "<xml><a>\u{1}</a></xml>",
            "<xml><?php x?></xml>",
            &many,
        ] {
            let (code, detail) = code(bad.as_bytes());
            assert_eq!(code, PayErrorCode::XmlFormatError, "{bad}");
            assert!(detail.starts_with("the body "), "{detail}");
        }
    }

    #[test]
    fn an_element_is_refused_by_its_name_and_no_complaint_holds_what_xml_cannot_carry() {
        for (bad, shown) in [
            ("<xml><a\u{1}b>1</a\u{1}b></xml>", "element \"a\\u{1}b\""),
            ("<xml><a\u{0}/></xml>", "element \"a\\0\""),
            ("<xml><\u{7f}>1</\u{7f}></xml>", "element \"\\u{7f}\""),
            ("<xml><a\u{FFFE}>1</a\u{FFFE}></xml>", "element \"a\\u{fffe}\""),
            ("<x\u{1}><a>1</a></x\u{1}>", "element \"x\\u{1}\""),
            ("<xml><a&b>1</a&b></xml>", "element \"a&b\""),
            ("<xml><a<b>1</a<b></xml>", "element \"a<b\""),
            ("<xml>< a>1</ a></xml>", "element \"\""),
            ("<xml><a>1</a\u{1}></xml>", "a\u{FFFD}"),
            ("<xml><a>\u{2}</a></xml>", "U+0002 in a"),
            ("<xml><a>&#2;</a></xml>", "U+0002 in a"),
            ("<xml><a><![CDATA[\u{FFFF}]]></a></xml>", "U+FFFF in a"),
        ] {
            let (code, detail) = code(bad.as_bytes());
            assert_eq!(code, PayErrorCode::XmlFormatError, "{bad:?}");
            assert!(detail.contains(shown), "{bad:?}: {detail:?}");
            assert!(!detail.chars().any(|c| is_forbidden(c) || c.is_control()), "{detail:?}");
        }
        // What a name of the published protocol, or of a client's own, may look like.
        for good in ["refund_fee_0", "coupon-type", "a.b", "ns:a", "金额"] {
            let body = format!("<xml a=\"b\"><{good} c=\"d\">1</{good}></xml>");
            assert_eq!(PayRequest::read(body.as_bytes()).unwrap().get(good), "1", "{good}");
        }
    }

    #[test]
    fn no_byte_of_a_body_makes_it_panic() {
        let body = b"<?xml version=\"1.0\"?><xml a='b'><a>1&amp;</a><b><![CDATA[x]]></b><c/></xml>";
        for place in 0..body.len() {
            for byte in 0..=u8::MAX {
                let mut changed = body.to_vec();
                changed[place] = byte;
                if let Err(refusal) = PayRequest::read(&changed) {
                    let says = refusal.to_string();
                    assert!(!says.chars().any(is_forbidden), "{place} {byte}: {says:?}");
                }
            }
        }
    }

    #[test]
    fn a_parameter_has_its_shape() {
        let body =
            "<xml><fee>1.5</fee><a>12</a><plus>+1</plus><long>99999999999999999999</long></xml>";
        let request = PayRequest::read(body.as_bytes()).unwrap();
        assert_eq!(request.required("b", 9).unwrap_err().to_string(), "LACK_PARAMS: b is missing");
        for (name, shown) in [("fee", "1.5"), ("plus", "+1"), ("long", "99999999999999999999")] {
            let refusal = request.required_fen(name).unwrap_err();
            assert!(refusal.detail.contains(&format!("in fen, not \"{shown}\"")), "{refusal}");
        }
        assert_eq!(request.optional("a", 1).unwrap_err().code, PayErrorCode::InvalidRequest);
        assert_eq!(request.required_fen("a"), Ok(12));
    }
}
