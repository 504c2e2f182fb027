//! The QR code at the top of an invoice, in the country's comma format: every app that scans
//! invoices reads it (invoice_face b).

use fast_qr::{ECL, QRBuilder};
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;

use crate::dates::in_china;

/// The version of the format.
const VERSION: &str = "01";
/// The kind of a classic electronic ordinary invoice.
const CLASSIC: &str = "10";
/// The kind of a fully digital ordinary invoice.
const DIGITAL: &str = "32";
const CRC_POLYNOMIAL: u16 = 0x8005;

/// What the QR code of an invoice says: `01,kind,code,number,amount,date,check code,CRC,`. The
/// amount is without tax on the classic face and with tax on the digital one, as practice has it.
#[must_use]
pub fn text(content: &Content, invoice: &IssuedInvoice) -> String {
    let (kind, amount) = match invoice.number.face() {
        Face::Classic => (CLASSIC, content.net),
        Face::Digital => (DIGITAL, content.gross),
    };
    let date = in_china(invoice.at).strftime("%Y%m%d").to_string();
    let (code, number) = (invoice.number.code(), invoice.number.number());
    let checked =
        format!("{VERSION},{kind},{code},{number},{amount},{date},{},", invoice.check_code);
    format!("{checked}{:04X},", crc(checked.as_bytes()))
}

/// CRC-16/UMTS: no reflection, starts from 0.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            let carry = crc & 0x8000 != 0;
            (crc << 1) ^ if carry { CRC_POLYNOMIAL } else { 0 }
        })
    })
}

/// The rows of a QR code from top to bottom; true is dark. Without the quiet zone around it.
pub(crate) fn modules(text: &str) -> Vec<Vec<bool>> {
    // The longest text has 90 characters; a code holds thousands.
    let code = QRBuilder::new(text).ecl(ECL::M).build().expect("a short text fits into a QR code");
    (0..code.size).map(|row| code[row].iter().map(|module| module.value()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_published_samples() {
        assert_eq!(crc(b"01,01,1200154130,03630024,94339.62,20160621,,"), 0x9335);
        // The published check value of CRC-16/UMTS.
        assert_eq!(crc(b"123456789"), 0xFEE8);
    }

    #[test]
    fn modules_are_a_square_with_finders_in_three_corners() {
        let rows =
            modules("01,10,050003521100,30329969,135.90,20171204,63205347819001756240,9335,");
        let size = rows.len();
        assert!(rows.iter().all(|row| row.len() == size));
        assert!(rows[0][..7].iter().all(|dark| *dark) && rows[size - 1][..7].iter().all(|d| *d));
        assert!(!rows[size - 1][size - 1 - 6..].iter().all(|dark| *dark));
    }
}
