//! What names the paper that a card is of.

use crate::invoicing::invoice_number::InvoiceNumber;
use crate::people::card_kind::CardKind;

/// Code and number of a bill: 8 and 10 digits (wire_facts 1.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillNumber {
    code: String,
    number: String,
}

impl BillNumber {
    /// Digits of a code, and of a number.
    const DIGITS: (usize, usize) = (8, 10);

    /// Reads code and number; None: they have not 8 and 10 digits.
    pub fn parse(code: &str, number: &str) -> Option<Self> {
        let is_digits = [code, number].iter().all(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let fits = (code.len(), number.len()) == Self::DIGITS && is_digits;
        fits.then(|| Self { code: code.to_owned(), number: number.to_owned() })
    }
}

/// Code and number of the invoice or of the bill that a card is of. No two kinds have the same lengths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardNumber {
    /// An invoice's.
    Invoice(InvoiceNumber),
    /// A bill's.
    Bill(BillNumber),
}

impl From<InvoiceNumber> for CardNumber {
    fn from(number: InvoiceNumber) -> Self {
        Self::Invoice(number)
    }
}

impl CardNumber {
    /// Reads code and number, of whichever kind; None: they have the lengths of neither.
    pub fn parse(code: &str, number: &str) -> Option<Self> {
        let invoice = InvoiceNumber::parse(code, number).map(Self::Invoice);
        invoice.or_else(|| BillNumber::parse(code, number).map(Self::Bill))
    }

    /// What it is the number of.
    pub const fn card_kind(&self) -> CardKind {
        match self {
            Self::Invoice(_) => CardKind::Invoice,
            Self::Bill(_) => CardKind::Bill,
        }
    }

    /// The code; empty on a fully digital invoice.
    pub fn code(&self) -> &str {
        match self {
            Self::Invoice(number) => number.code(),
            Self::Bill(number) => &number.code,
        }
    }

    /// The number.
    pub fn number(&self) -> &str {
        match self {
            Self::Invoice(number) => number.number(),
            Self::Bill(number) => &number.number,
        }
    }

    /// Code and number, joined: what searches look for.
    pub fn joined(&self) -> String {
        format!("{}{}", self.code(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_tell_the_kinds_apart() {
        for (code, number, kind) in [
            ("44010124", "0000000017", CardKind::Bill),
            ("044032000211", "62522141", CardKind::Invoice),
            ("", "25952000000000000017", CardKind::Invoice),
        ] {
            let read = CardNumber::parse(code, number).unwrap();
            assert_eq!((read.card_kind(), read.code(), read.number()), (kind, code, number));
            assert_eq!(read.joined(), format!("{code}{number}"));
        }
        for (code, number) in
            [("0000000017", "44010124"), ("4401012x", "0000000017"), ("44010124", "000000017")]
        {
            assert_eq!(CardNumber::parse(code, number), None, "{code} {number}");
        }
    }
}
