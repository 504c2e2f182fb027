//! The check code of the classic face: 20 digits that only this server can make, and can make again
//! (invoice_face i).

use hmac::{Hmac, KeyInit, Mac};
use kaipiao_domain::Timestamp;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::money::Fen;
use sha2::Sha256;

const DIGITS: usize = 20;
const MODULUS: u128 = 10_u128.pow(20);

/// The check code of an invoice: the same for the same number, second and amount without tax.
pub(crate) fn check_code(
    key: &[u8; 32],
    number: &InvoiceNumber,
    at: Timestamp,
    net: Fen,
) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length fits");
    let (code, digits) = (number.code(), number.number());
    mac.update(format!("{code}|{digits}|{}|{net}", at.unix_seconds()).as_bytes());
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    let (first, _) = bytes.split_first_chunk::<16>().expect("32 bytes hold 16");
    format!("{:0DIGITS$}", u128::from_be_bytes(*first) % MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_code_has_20_digits_and_depends_on_everything() {
        let number = |n: &str| InvoiceNumber::parse("044032411111", n).unwrap();
        let at = |s: i64| Timestamp::from_unix_millis(s * 1000);
        let codes = [
            check_code(&[1; 32], &number("00000001"), at(1), Fen::new(100)),
            check_code(&[2; 32], &number("00000001"), at(1), Fen::new(100)),
            check_code(&[1; 32], &number("00000002"), at(1), Fen::new(100)),
            check_code(&[1; 32], &number("00000001"), at(2), Fen::new(100)),
            check_code(&[1; 32], &number("00000001"), at(1), Fen::new(-100)),
        ];
        for code in &codes {
            assert!(code.len() == 20 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        }
        let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(distinct.len(), codes.len());
        let again = check_code(&[1; 32], &number("00000001"), at(1), Fen::new(100));
        assert_eq!(again, codes[0]);
    }
}
