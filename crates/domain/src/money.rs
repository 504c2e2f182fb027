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

    /// Reads yuan as the wire has them: `135.9`, `-3`, `1590e-1`.
    pub fn parse(yuan: &str) -> Result<Self, AmountProblem> {
        decimal(yuan).and_then(Self::exact).ok_or_else(|| AmountProblem::of(yuan))
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

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountProblem {
    /// It is not a number, or has more than two decimals that are not zero.
    Format,
    /// It is beyond a hundred billion yuan.
    TooLarge,
}

impl AmountProblem {
    fn of(yuan: &str) -> Self {
        let limit = Fen(MAX_FEN).yuan();
        match rounded_decimal(yuan) {
            Ok(amount) if amount.abs() > limit => Self::TooLarge,
            Err(NumberProblem::TooLarge) => Self::TooLarge,
            _ => Self::Format,
        }
    }
}

impl fmt::Display for AmountProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str("must be an amount in yuan with at most two decimals"),
            Self::TooLarge => {
                write!(f, "must be at most {} yuan, negative or not", MAX_FEN / 100)
            }
        }
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

/// Why a text is no number that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberProblem {
    /// It is not a number.
    Format,
    /// It has more than 28 digits before its point.
    TooLarge,
}

impl fmt::Display for NumberProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "must be a number",
            Self::TooLarge => "must have at most 28 digits before its decimal point",
        })
    }
}

/// Reads a decimal number; of digits behind the point as many as fit are kept, 28 in all, and the
/// last one is rounded: clients that divide send as many as their type has.
pub fn rounded_decimal(text: &str) -> Result<Decimal, NumberProblem> {
    let text = text.trim();
    if let Some(exact) = decimal(text) {
        return Ok(exact);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && [whole, fraction].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let Ok(exponent) = exponent.parse::<i64>() else { return Err(NumberProblem::Format) };
    if !is_number {
        return Err(NumberProblem::Format);
    }
    let read = match exponent {
        0 => mantissa.parse().ok(),
        _ => Decimal::from_scientific(text).ok(),
    };
    match read {
        Some(rounded) => Ok(rounded),
        // Nothing is left of it in 28 decimals.
        None if exponent < 0 => Ok(Decimal::ZERO),
        None => Err(NumberProblem::TooLarge),
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
            assert_eq!(read, Ok(Fen(fen)), "{text}");
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
            assert!(Fen::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_amount_over_the_limit_is_told_from_one_that_is_none() {
        for (text, problem) in [
            ("100000000000.01", AmountProblem::TooLarge),
            ("-100000000001", AmountProblem::TooLarge),
            ("1e40", AmountProblem::TooLarge),
            ("123456789012345678901234567890123", AmountProblem::TooLarge),
            ("1.234", AmountProblem::Format),
            ("0.00000000000000000000000000000000001", AmountProblem::Format),
            ("1e-40", AmountProblem::Format),
            ("ten", AmountProblem::Format),
            ("", AmountProblem::Format),
        ] {
            assert_eq!(Fen::parse(text), Err(problem), "{text}");
        }
        let words = AmountProblem::TooLarge.to_string();
        assert_eq!(words, "must be at most 100000000000 yuan, negative or not");
    }

    #[test]
    fn a_number_with_more_digits_than_can_be_kept_is_rounded() {
        for (text, expected) in [
            ("0.33333333333333333333333333333333333", "0.3333333333333333333333333333"),
            ("12.34567890123456789012345678901234567", "12.345678901234567890123456789"),
            ("135.9", "135.9"),
            ("1.5e-3", "0.0015"),
        ] {
            let read = rounded_decimal(text).unwrap();
            assert_eq!(read.to_string(), expected);
            assert_eq!(decimal(expected), Some(read), "it reads back");
        }
        for (text, problem) in [
            ("12345678901234567890123456789012", NumberProblem::TooLarge),
            ("1e99", NumberProblem::TooLarge),
            ("1.2.3", NumberProblem::Format),
            ("e5", NumberProblem::Format),
            ("", NumberProblem::Format),
            (".", NumberProblem::Format),
        ] {
            assert_eq!(rounded_decimal(text), Err(problem), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9eE+. -]{0,40}", any: String) {
            for text in [&*text, &*any] {
                let _ = (Fen::parse(text), decimal(text).and_then(Fen::rounded));
                let _ = rounded_decimal(text);
            }
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        let rounded = |text| Fen::rounded(decimal(text).unwrap()).unwrap().get();
        assert_eq!((rounded("23.103"), rounded("0.005"), rounded("-0.005")), (2310, 1, -1));
    }
}
