//! The merchant's number of an invoice request.

use crate::invoicing::merchant_code::MerchantCode;
use crate::refusal::Compared;
use crate::{Refusal, text};
use core::fmt;
use kaipiao_errcode::ErrorCode;

/// A merchant's number of an invoice request: 1 to 64 characters on one line, the first six of them
/// the merchant code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(String);

impl Serial {
    /// Takes a text of 1 to 64 characters, without control characters and others that XML cannot
    /// carry: it travels in a push.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text::required("", text, Self::MAX_CHARS).is_ok();
        (fits && !text.contains(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// Most characters of a serial.
    pub const MAX_CHARS: usize = 64;

    /// Whether it is the server's own name for an invoice that a platform has inserted: no merchant's
    /// serial begins like it, for a merchant code has letters and digits alone.
    pub fn is_inserted(&self) -> bool {
        self.0.starts_with(Self::INSERTED)
    }

    /// What stands before the rest of such a name.
    pub const INSERTED: char = '+';

    /// The serial's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The serial as a complaint quotes it.
    pub(super) fn quoted(&self) -> String {
        text::quoted(&self.0)
    }

    /// 73110 unless the first six characters are the merchant's code.
    pub fn check_prefix(&self, code: &MerchantCode) -> Result<(), Refusal> {
        if self.0.starts_with(code.as_str()) {
            return Ok(());
        }
        let code = code.as_str();
        let detail = format!("it must begin with the merchant code {code}, not {}", self.quoted());
        let compared = Compared::unlike("serial", format!("{code}…"), &*self.0);
        Err(Refusal::new(ErrorCode::SerialPrefixMismatch, detail).comparing([compared]))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merchants_serial_is_never_taken_for_an_inserted_invoices() {
        let inserted = Serial::parse("+186921658591").unwrap();
        assert!(inserted.is_inserted());
        let code = MerchantCode::parse("2ff836").unwrap();
        assert!(inserted.check_prefix(&code).is_err());
        assert!(!Serial::parse("2ff836+1").unwrap().is_inserted());
    }

    #[test]
    fn a_serial_travels_in_xml() {
        assert!(Serial::parse("2ff836发票/1]]>").is_some());
        for bad in ["", "a\nb", "a\u{ffff}", "a\u{fffe}", &"x".repeat(65)] {
            assert_eq!(Serial::parse(bad), None, "{bad:?}");
        }
    }
}
