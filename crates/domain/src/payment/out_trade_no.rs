//! The names that a pay merchant gives its payments and refunds (wire_facts 5.2).

use crate::payment::pay_refusal::PayRefusal;
use crate::text;
use core::fmt;

/// A payment's number among its pay merchant's, `out_trade_no`: 6 to 32 of `0-9A-Za-z_-|*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutTradeNo(String);

impl OutTradeNo {
    /// Checks a number.
    pub fn parse(text: &str) -> Result<Self, PayRefusal> {
        check("out_trade_no", text, 6, 32, b"_-|*")?;
        Ok(Self(text.to_owned()))
    }

    /// The number's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutTradeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A refund's number among its pay merchant's, `out_refund_no`: 1 to 64 of `0-9A-Za-z_-|*@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutRefundNo(String);

impl OutRefundNo {
    /// Checks a number.
    pub fn parse(text: &str) -> Result<Self, PayRefusal> {
        check("out_refund_no", text, 1, 64, b"_-|*@")?;
        Ok(Self(text.to_owned()))
    }

    /// The number's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutRefundNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(
    name: &str,
    text: &str,
    shortest: usize,
    longest: usize,
    signs: &[u8],
) -> Result<(), PayRefusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || signs.contains(&byte);
    if (shortest..=longest).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(());
    }
    let signs: String = signs.iter().map(|sign| char::from(*sign)).collect();
    let problem = format!(
        "must be {shortest} to {longest} letters, digits and {signs}, not {}",
        text::quoted(text)
    );
    Err(PayRefusal::invalid(name, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_length_and_signs() {
        for good in ["1415659990", "a_-|*9", &"1".repeat(32)] {
            assert!(OutTradeNo::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "12345", "1234 6", "订单号一二三", "123456@", &"1".repeat(33)] {
            assert!(OutTradeNo::parse(bad).is_err(), "{bad}");
        }
        assert!(OutRefundNo::parse("r@1").is_ok() && OutRefundNo::parse("").is_err());
        let refusal = OutTradeNo::parse("12345").unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "INVALID_REQUEST: out_trade_no must be 6 to 32 letters, digits and _-|*, not \"12345\""
        );
    }
}
