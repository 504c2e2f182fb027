//! Section 15: clearoutinvoice.

use crate::invoicing::s14_make_out::{is_empty, limited, read_serial, trimmed};
use crate::object::Object;
use kaipiao_domain::invoicing::make_offset::MakeOffset;
use kaipiao_domain::invoicing::party::PartyField;
use kaipiao_domain::invoicing::requests::OffsetRequest;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;

/// Members that must not be empty and have a code of their own, in the codes' order.
const REQUIRED: [(&str, ErrorCode); 4] = [
    ("wxopenid", ErrorCode::OpenidError),
    ("fpqqlsh", ErrorCode::SerialEmpty),
    ("nsrmc", ErrorCode::TaxpayerNameEmpty),
    ("nsrsbh", ErrorCode::TaxpayerIdEmpty),
];

/// Reads the body, wrapped or not. `yfpdm` may be empty: a fully digital invoice has no code.
pub fn read(body: &Object) -> Result<OffsetRequest, Refusal> {
    let object = body.unwrapped("invoiceinfo", "fpqqlsh")?;
    for (name, code) in REQUIRED {
        if trimmed(&object, name)?.is_empty() {
            return Err(is_empty(name, code));
        }
    }
    // Nothing keeps the name; a text that makeoutinvoice refuses is refused here too.
    limited(&object, "nsrmc", PartyField::Name.max_chars())?;
    let number = trimmed(&object, "yfphm")?;
    if number.is_empty() {
        return Err(Refusal::invalid("yfphm", "is empty"));
    }
    Ok(OffsetRequest {
        openid: trimmed(&object, "wxopenid")?,
        asked: MakeOffset { serial: read_serial(&object)?, tax_id: trimmed(&object, "nsrsbh")? },
        original: (trimmed(&object, "yfpdm")?, number),
    })
}

/// 72031: the merchant has no such invoice.
pub fn unknown_original(asked: &OffsetRequest) -> Refusal {
    let (code, number) = (text::quoted(&asked.original.0), text::quoted(&asked.original.1));
    let problem = format!("{code} and yfphm {number} are of no invoice of this account");
    Refusal::invalid("yfpdm", problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;

    fn refused(body: &str) -> Refusal {
        read(&Object::read(body.as_bytes(), None).unwrap()).unwrap_err()
    }

    #[test]
    fn the_contracts_sample_is_read() {
        let read = read(&golden::request("s15_offset/request.json")).unwrap();
        assert_eq!(read.asked.serial.as_str(), "test20160511000400");
        assert_eq!(read.asked.tax_id, "110109500321654");
        assert_eq!(read.number(), InvoiceNumber::parse("050003521100", "30329969"));
        let unknown = unknown_original(&read).to_string();
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
        let read = read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
        assert_eq!(read.number(), InvoiceNumber::parse("044032600111", "00000017"));
    }

    #[test]
    fn a_fully_digital_invoice_has_no_code() {
        let body = r#"{"wxopenid":"o","fpqqlsh":"a","nsrmc":"n","nsrsbh":1,"yfpdm":"","yfphm":"25952000000000000017"}"#;
        let read = read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
        assert_eq!(read.number(), InvoiceNumber::parse("", "25952000000000000017"));
    }
}
