//! The prefix of a merchant's serials.

/// The six characters that every serial of a merchant begins with, as its back office shows them
/// (section 14, note 2; wire_facts 0.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MerchantCode(String);

impl MerchantCode {
    /// Characters of a merchant code.
    pub const CHARS: usize = 6;

    /// Takes six letters and digits; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == Self::CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }

    /// The six characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merchant_code_has_six_letters_and_digits() {
        assert!(MerchantCode::parse("2ff836").is_some() && MerchantCode::parse("test20").is_some());
        for bad in ["", "2ff83", "2ff8366", "2ff 36", "发票发票发票"] {
            assert_eq!(MerchantCode::parse(bad), None, "{bad}");
        }
    }
}
