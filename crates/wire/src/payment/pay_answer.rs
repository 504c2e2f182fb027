//! What pay merchants get: answers and notices, as XML with a signature (wire_facts 5.1).

use crate::payment::pay_request::is_forbidden;
use crate::payment::pay_sign::sign;
use kaipiao_domain::payment::pay_refusal::PayRefusal;
use kaipiao_domain::payment::payments::SignType;
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesEnd, BytesStart, BytesText, Event};
use std::borrow::Cow;

/// Fields in the order in which they are written. Empty ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(Cow<'static, str>, Value)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Number(String),
}

impl Value {
    fn as_str(&self) -> &str {
        match self {
            Self::Text(value) | Self::Number(value) => value,
        }
    }
}

impl Fields {
    /// A text, written in CDATA. What XML cannot carry is written as U+FFFD: an answer can always be read.
    #[must_use]
    pub fn text(mut self, name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.contains(is_forbidden) {
            text = text.replace(is_forbidden, "\u{FFFD}");
        }
        if !text.is_empty() {
            self.0.push((name.into(), Value::Text(text)));
        }
        self
    }

    /// A number, written as it is.
    #[must_use]
    pub fn number(mut self, name: impl Into<Cow<'static, str>>, number: i64) -> Self {
        self.0.push((name.into(), Value::Number(number.to_string())));
        self
    }

    /// More fields behind these.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The XML, with a signature at its end.
    pub fn signed(self, key: &str, sign_type: SignType) -> String {
        let fields = self.0.iter().map(|(name, value)| (&**name, value.as_str()));
        let signature = sign(fields, key, sign_type);
        self.text("sign", signature).unsigned()
    }

    /// The XML.
    pub fn unsigned(&self) -> String {
        self.in_element("xml")
    }

    /// The XML within this element.
    pub(crate) fn in_element(&self, root: &str) -> String {
        let mut writer = Writer::new(Vec::with_capacity(1024));
        let mut write = |event| writer.write_event(event).expect("memory takes what is written");
        write(Event::Start(BytesStart::new(root)));
        for (name, value) in &self.0 {
            write(Event::Start(BytesStart::new(&**name)));
            match value {
                Value::Text(text) => {
                    BytesCData::escaped(text).for_each(|part| write(Event::CData(part)));
                }
                Value::Number(number) => write(Event::Text(BytesText::new(number))),
            }
            write(Event::End(BytesEnd::new(&**name)));
        }
        write(Event::End(BytesEnd::new(root)));
        String::from_utf8(writer.into_inner()).expect("it was made of text")
    }
}

/// `Content-Type` of what pay merchants get.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// The answer to who did not say who they are, or did not prove it: return_code FAIL, unsigned.
pub fn not_understood(refusal: &PayRefusal) -> String {
    let fields = Fields::default().text("return_code", "FAIL");
    fields.text("return_msg", refusal.to_string()).unsigned()
}

/// What begins every signed answer.
pub fn understood(appid: &str, mch_id: &str, nonce_str: &str) -> Fields {
    Fields::default()
        .text("return_code", "SUCCESS")
        .text("return_msg", "OK")
        .text("appid", appid)
        .text("mch_id", mch_id)
        .text("nonce_str", nonce_str)
}

/// What tells a pay merchant that it was refused.
pub fn refused(refusal: &PayRefusal) -> Fields {
    Fields::default()
        .text("result_code", "FAIL")
        .text("err_code", refusal.code.name())
        .text("err_code_des", refusal.detail.clone())
}

/// What tells a pay merchant that it was done.
pub fn done() -> Fields {
    Fields::default().text("result_code", "SUCCESS")
}

/// The answer of getsignkey.
pub fn sign_key(mch_id: &str, key: &str) -> String {
    Fields::default()
        .text("return_code", "SUCCESS")
        .text("return_msg", "ok")
        .text("mch_id", mch_id)
        .text("sandbox_signkey", key)
        .unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::pay_request::PayRequest;
    use kaipiao_domain::payment::pay_refusal::PayErrorCode;

    #[test]
    fn a_signed_answer_reads_back_and_its_signature_holds() {
        for sign_type in SignType::ALL {
            let fields = understood("wx1", "19", "n").and(done()).number("total_fee", 1);
            let xml = fields.text("attach", "a]]>b").text("none", "").signed("key", sign_type);
            assert!(xml.contains("<total_fee>1</total_fee>") && !xml.contains("none"), "{xml}");
            let read = PayRequest::read(xml.as_bytes()).unwrap();
            assert_eq!(read.get("attach"), "a]]>b");
            assert!(read.is_signed_by("key", sign_type) && !read.is_signed_by("k", sign_type));
        }
    }

    #[test]
    fn what_xml_cannot_carry_is_replaced_before_it_is_signed() {
        let xml =
            Fields::default().text("attach", "a\u{1}<&>\u{FFFF}").signed("key", SignType::Md5);
        let read = PayRequest::read(xml.as_bytes()).unwrap();
        assert_eq!(read.get("attach"), "a\u{FFFD}<&>\u{FFFD}");
        assert!(read.is_signed_by("key", SignType::Md5), "{xml}");
    }

    #[test]
    fn who_is_unknown_gets_an_unsigned_answer() {
        let refusal = PayRefusal::new(PayErrorCode::SignError, "no");
        assert_eq!(
            not_understood(&refusal),
            "<xml><return_code><![CDATA[FAIL]]></return_code>\
             <return_msg><![CDATA[SIGNERROR: no]]></return_msg></xml>"
        );
    }
}
