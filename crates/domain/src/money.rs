//! Amounts of an invoice: yuan with at most two decimals on the wire, fen inside, no floats
//! anywhere.

use core::fmt;
use core::iter::Sum;
use core::ops::{Add, Neg};
use rust_decimal::{Decimal, RoundingStrategy};

/// A hundred billion yuan: more is a mistake, and sums of as many as fit into a body stay exact.
const MAX_FEN: i64 = 10_000_000_000_000;

/// A signed amount in fen, a hundredth of a yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(i64);

impl Fen {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// An amount in fen.
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in fen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads yuan as the wire has them: `135.9`, `-3`, `1590e-1`. None: not a number, more than two
    /// decimals that are not zero, or beyond a hundred billion yuan.
    pub fn parse(yuan: &str) -> Option<Self> {
        Self::exact(decimal(yuan)?)
    }

    fn exact(yuan: Decimal) -> Option<Self> {
        let fen = yuan.checked_mul(Decimal::ONE_HUNDRED)?;
        let fen = i64::try_from(fen.normalize().is_integer().then_some(fen)?).ok()?;
        (fen.abs() <= MAX_FEN).then_some(Self(fen))
    }

    /// The nearest fen to an exact number of yuan, halves away from zero. None: beyond the limit.
    pub fn rounded(yuan: Decimal) -> Option<Self> {
        Self::exact(yuan.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    }

    /// The amount in yuan.
    pub fn yuan(self) -> Decimal {
        Decimal::new(self.0, 2)
    }
}

impl Add for Fen {
    type Output = Self;

    /// Cannot overflow: amounts are bounded, and so is their number in a body.
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Neg for Fen {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals: `135.90`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// Reads a decimal number exactly, also with an exponent: clients that send numbers write small ones
/// as `1e-7`. None: anything else, or more digits than 28.
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let is_plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
    if text.is_empty() || !text.bytes().all(is_plain) {
        return None;
    }
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    // Some clients write as many zeros as their type has digits.
    let shortest = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    };
    Decimal::from_str_exact(shortest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_read_as_fen_and_write_with_two_decimals() {
        for (text, fen, written) in [
            ("159", 15900, "159.00"),
            ("135.9", 13590, "135.90"),
            ("23.10", 2310, "23.10"),
            ("159.000", 15900, "159.00"),
            ("135.9000000000000000000000000000000000", 13590, "135.90"),
            ("-0.05", -5, "-0.05"),
            ("1.59e2", 15900, "159.00"),
            (" 7 ", 700, "7.00"),
            ("0", 0, "0.00"),
            ("100000000000", MAX_FEN, "100000000000.00"),
        ] {
            let read = Fen::parse(text);
            assert_eq!(read, Some(Fen(fen)), "{text}");
            assert_eq!(Fen(fen).to_string(), written);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in [
            "",
            "x",
            "1.234",
            "0.001",
            "1,000",
            "1_000",
            "¥1",
            "100000000000.01",
            "1e40",
            "NaN",
            ".",
        ] {
            assert_eq!(Fen::parse(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9eE+. -]{0,40}", any: String) {
            for text in [&*text, &*any] {
                let _ = (Fen::parse(text), decimal(text).and_then(Fen::rounded));
            }
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        let rounded = |text| Fen::rounded(decimal(text).unwrap()).unwrap().get();
        assert_eq!((rounded("23.103"), rounded("0.005"), rounded("-0.005")), (2310, 1, -1));
    }
}
