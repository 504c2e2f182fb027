//! Who was allotted which numbers of an invoice code.
//!
//! Ranges that share a code must share no number, whoever has them. Each range is an [`Allotment`] of
//! its code; every new one changes the code's [`NumberCode`] too, so of two that are decided at the
//! same time one sees the other. Neither grows with the number of merchants.

use crate::access::account::AppId;
use crate::invoicing::invoice_number::NumberRange;

/// How far an invoice code's numbers are allotted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberCode {
    /// The code: 12 digits, or 3.
    pub code: String,
    /// The highest number that was allotted to anybody; 0: none was.
    pub highest: u64,
}

impl NumberCode {
    /// A code of which nothing is allotted.
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), highest: 0 }
    }

    /// The code once a range of it is allotted.
    #[must_use]
    pub fn with(&self, range: &NumberRange) -> Self {
        Self { code: self.code.clone(), highest: self.highest.max(range.last) }
    }
}

/// A range of a code's numbers, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allotment {
    /// The merchant that it was allotted to.
    pub merchant: AppId,
    /// The code: 12 digits, or 3.
    pub code: String,
    /// The first number.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl Allotment {
    /// A range as its code's allotment.
    pub fn of(range: &NumberRange) -> Self {
        let (merchant, code) = (range.merchant.clone(), range.code.clone());
        Self { merchant, code, first: range.first, last: range.last }
    }

    /// Whether a number of its code is one of its own.
    pub fn contains(&self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }

    /// Whether it shares a number with another one.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.code == other.code && self.first <= other.last && other.first <= self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoicing::face::Face;

    fn range(code: &str, first: u64, last: u64) -> NumberRange {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        NumberRange::new(merchant, Face::Digital, code, first, last).unwrap()
    }

    #[test]
    fn allotments_overlap_within_a_code() {
        let one = Allotment::of(&range("952", 10, 20));
        assert!(one.overlaps(&Allotment::of(&range("952", 20, 30))));
        assert!(one.overlaps(&Allotment::of(&range("952", 1, 99))));
        assert!(!one.overlaps(&Allotment::of(&range("952", 21, 30))));
        assert!(!one.overlaps(&Allotment::of(&range("951", 10, 20))));
    }

    #[test]
    fn the_highest_number_of_a_code_never_falls() {
        let code = NumberCode::new("952").with(&range("952", 10, 20));
        assert_eq!((code.highest, code.with(&range("952", 1, 9)).highest), (20, 20));
        assert_eq!(code.with(&range("952", 30, 31)).highest, 31);
    }
}
