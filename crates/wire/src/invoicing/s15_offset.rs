//! Section 15: clearoutinvoice.

use crate::invoicing::s14_make_out::{is_empty, read_serial, trimmed};
use crate::object::Object;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::MakeOffset;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;

/// What clearoutinvoice's body holds.
#[derive(Debug)]
pub struct OffsetRequest {
    /// `wxopenid`: the user, as the caller knows them.
    pub openid: String,
    /// The red request's serial, and the taxpayer.
    pub asked: MakeOffset,
    /// `yfpdm` and `yfphm` as they were sent.
    pub original: (String, String),
}

/// Members that must not be empty and have a code of their own, in the codes' order.
const REQUIRED: [(&str, ErrorCode); 4] = [
    ("wxopenid", ErrorCode::OpenidError),
    ("fpqqlsh", ErrorCode::SerialEmpty),
    ("nsrmc", ErrorCode::TaxpayerNameEmpty),
    ("nsrsbh", ErrorCode::TaxpayerIdEmpty),
];

impl OffsetRequest {
    /// Reads the body, wrapped or not. `yfpdm` may be empty: a fully digital invoice has no code.
    pub fn read(body: &Object) -> Result<Self, Refusal> {
        let object = body.unwrapped("invoiceinfo")?;
        for (name, code) in REQUIRED {
            if trimmed(&object, name)?.is_empty() {
                return Err(is_empty(name, code));
            }
        }
        let number = trimmed(&object, "yfphm")?;
        if number.is_empty() {
            return Err(Refusal::invalid("yfphm", "is empty"));
        }
        Ok(Self {
            openid: trimmed(&object, "wxopenid")?,
            asked: MakeOffset {
                serial: read_serial(&object)?,
                tax_id: trimmed(&object, "nsrsbh")?,
            },
            original: (trimmed(&object, "yfpdm")?, number),
        })
    }

    /// The invoice that is to be offset; None: no invoice has such a code and number. Clients that
    /// send numbers lose the zeros in front.
    pub fn number(&self) -> Option<InvoiceNumber> {
        let (code, number) = &self.original;
        if code.is_empty() {
            return InvoiceNumber::parse(code, number);
        }
        InvoiceNumber::parse(&format!("{code:0>12}"), &format!("{number:0>8}"))
    }

    /// 72031: the merchant has no such invoice.
    pub fn unknown_original(&self) -> Refusal {
        let (code, number) = (text::quoted(&self.original.0), text::quoted(&self.original.1));
        let problem = format!("{code} and yfphm {number} are of no invoice of this account");
        Refusal::invalid("yfpdm", problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn refused(body: &str) -> Refusal {
        OffsetRequest::read(&Object::read(body.as_bytes(), None).unwrap()).unwrap_err()
    }

    #[test]
    fn the_contracts_sample_is_read() {
        let read = OffsetRequest::read(&golden::request("s15_offset/request.json")).unwrap();
        assert_eq!(read.asked.serial.as_str(), "test20160511000400");
        assert_eq!(read.asked.tax_id, "110109500321654");
        assert_eq!(read.number(), InvoiceNumber::parse("050003521100", "30329969"));
        let unknown = read.unknown_original().to_string();
        assert!(unknown.contains("yfpdm \"050003521100\" and yfphm \"30329969\""), "{unknown}");
    }

    #[test]
    fn empty_members_are_named_in_the_codes_order() {
        let code = |body| refused(body).code.number();
        assert_eq!(code("{}"), 73001);
        assert_eq!(code(r#"{"wxopenid":"o"}"#), 73003);
        assert_eq!(code(r#"{"wxopenid":"o","fpqqlsh":"a"}"#), 73007);
        assert_eq!(code(r#"{"wxopenid":"o","fpqqlsh":"a","nsrmc":"n"}"#), 73016);
        let body = r#"{"wxopenid":"o","fpqqlsh":"a","nsrmc":"n","nsrsbh":"1"}"#;
        assert_eq!(refused(body).to_string(), "invalid params, yfphm is empty");
    }

    #[test]
    fn a_code_that_came_as_a_number_has_its_zeros_again() {
        let body = r#"{"wxopenid":"o","fpqqlsh":"a","nsrmc":"n","nsrsbh":"1","yfpdm":44032600111,"yfphm":17}"#;
        let read = OffsetRequest::read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
        assert_eq!(read.number(), InvoiceNumber::parse("044032600111", "00000017"));
    }

    #[test]
    fn a_fully_digital_invoice_has_no_code() {
        let body = r#"{"wxopenid":"o","fpqqlsh":"a","nsrmc":"n","nsrsbh":1,"yfpdm":"","yfphm":"25952000000000000017"}"#;
        let read = OffsetRequest::read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
        assert_eq!(read.number(), InvoiceNumber::parse("", "25952000000000000017"));
    }
}
