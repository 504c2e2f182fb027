//! Section 16: queryinvoceinfo (sic), and the address that an invoice's PDF has.

use crate::answer;
use crate::china_time::in_china;
use crate::invoicing::s14_make_out::{is_empty, read_serial, trimmed};
use crate::keys::Keys;
use crate::object::Object;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::requests::QueryRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;
use serde::Serialize;

/// What the answer says besides.
const SUCCESS: &str = "Invoice data obtained successfully";
/// Where PDFs are, below the server's address.
pub const PDF_PATH: &str = "/invoice/pdf/";
/// Bytes of the MAC that the address bears: nobody guesses 128 bits.
const MAC_BYTES: usize = 16;
const APPID_BYTES: usize = 18;

/// Reads the body: 73003, 73016 when a member is empty.
pub fn read(body: &Object) -> Result<QueryRequest, Refusal> {
    let object = body.unwrapped("invoiceinfo", "fpqqlsh")?;
    for (name, code) in
        [("fpqqlsh", ErrorCode::SerialEmpty), ("nsrsbh", ErrorCode::TaxpayerIdEmpty)]
    {
        if trimmed(&object, name)?.is_empty() {
            return Err(is_empty(name, code));
        }
    }
    Ok(QueryRequest { serial: read_serial(&object)?, tax_id: trimmed(&object, "nsrsbh")? })
}

#[derive(Serialize)]
struct QueryAnswer<'a> {
    invoicedetail: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    fpqqlsh: &'a str,
    fpdm: &'a str,
    fphm: &'a str,
    jym: &'a str,
    kprq: String,
    pdfurl: &'a str,
}

/// Writes the answer. Code and check code of a fully digital invoice are empty (wire_facts 6.1 no. 19).
pub fn write(serial: &Serial, invoice: &IssuedInvoice, pdf_url: &str) -> String {
    let detail = Detail {
        fpqqlsh: serial.as_str(),
        fpdm: invoice.number.code(),
        fphm: invoice.number.number(),
        jym: &invoice.check_code,
        kprq: issue_time(invoice.at),
        pdfurl: pdf_url,
    };
    answer::success(SUCCESS, &QueryAnswer { invoicedetail: detail })
}

/// `kprq`: the issue's time in China, `yyyyMMddHHmmss`.
pub fn issue_time(at: Timestamp) -> String {
    in_china(at).strftime("%Y%m%d%H%M%S").to_string()
}

/// The address of an invoice's PDF: always the same for one invoice, and not to be guessed by who
/// does not know it.
pub fn pdf_url(keys: &Keys, base_url: &str, merchant: &AppId, serial: &Serial) -> String {
    format!("{}{PDF_PATH}{}", base_url.trim_end_matches('/'), pdf_name(keys, merchant, serial))
}

/// An invoice's name in addresses.
pub fn pdf_name(keys: &Keys, merchant: &AppId, serial: &Serial) -> String {
    let claim = format!("{merchant}{serial}");
    let mac = keys.invoice_mac(claim.as_bytes()).finalize().into_bytes();
    let (name, proof) = (URL_SAFE_NO_PAD.encode(&claim), URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES]));
    format!("{name}.{proof}")
}

/// Reads what [`pdf_name`] wrote: whose invoice it is, and its serial. None: this
/// server did not write it.
pub fn read_pdf_name(keys: &Keys, text: &str) -> Option<(AppId, Serial)> {
    let (name, proof) = text.split_once('.')?;
    let claim = URL_SAFE_NO_PAD.decode(name).ok()?;
    let proof = URL_SAFE_NO_PAD.decode(proof).ok().filter(|proof| proof.len() == MAC_BYTES)?;
    keys.invoice_mac(&claim).verify_truncated_left(&proof).ok()?;
    let claim = String::from_utf8(claim).ok()?;
    let (merchant, serial) = claim.split_at_checked(APPID_BYTES)?;
    Some((AppId::parse(merchant)?, Serial::parse(serial)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::keys::test_keys;
    use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;

    fn serial(text: &str) -> Serial {
        Serial::parse(text).unwrap()
    }

    #[test]
    fn the_contracts_sample_is_read_and_what_is_empty_is_named() {
        let asked = read(&golden::request("s16_query/request.json")).unwrap();
        assert_eq!(
            (asked.serial.as_str(), &*asked.tax_id),
            ("test20160511000440", "110109500321654")
        );
        let code = |body: &str| {
            let object = Object::read(body.as_bytes(), None).unwrap();
            read(&object).unwrap_err().code.number()
        };
        assert_eq!((code("{}"), code(r#"{"fpqqlsh":"a","nsrsbh":""}"#)), (73003, 73016));
    }

    #[test]
    fn the_answers_are_the_golden_ones() {
        let at = Timestamp::from_unix_millis(1_512_379_319_999); // 2017-12-04T09:21:59Z
        let number = InvoiceNumber::parse("088978450417", "21590001").unwrap();
        let issued = |number, check_code: &str| IssuedInvoice {
            number,
            check_code: check_code.into(),
            at,
            specimen: true,
            machine_number: String::new(),
            from_outside: false,
            documents: Vec::new(),
        };
        let classic = issued(number, "59004166725791147047");
        assert_eq!(
            write(&serial("14574d75004451097845"), &classic, "http://weixin.com"),
            golden::response("s16_query/response.json")
        );
        let number = InvoiceNumber::parse("", "25952000000000000017").unwrap();
        let digital = issued(number, "");
        assert_eq!(
            write(&serial("14574d75004451097845"), &digital, "http://weixin.com"),
            golden::response("s16_query/response_digital.json")
        );
    }

    #[test]
    fn the_pdfs_address_reads_back_and_cannot_be_made_up() {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        let url = pdf_url(&test_keys(), "http://x/", &merchant, &serial("2ff836 发/1"));
        let name = url.strip_prefix("http://x/invoice/pdf/").unwrap();
        assert_eq!(
            read_pdf_name(&test_keys(), name),
            Some((merchant.clone(), serial("2ff836 发/1")))
        );
        let other = pdf_url(&test_keys(), "http://x", &merchant, &serial("2ff836 发/2"));
        let (_, proof) = other.rsplit_once('.').unwrap();
        let (own, _) = name.split_once('.').unwrap();
        for forged in [format!("{own}.{proof}"), own.to_owned(), format!("{own}."), String::new()] {
            assert_eq!(read_pdf_name(&test_keys(), &forged), None, "{forged}");
        }
        assert_eq!(read_pdf_name(&Keys::derive(&[8; 32]), name), None);
    }
}
