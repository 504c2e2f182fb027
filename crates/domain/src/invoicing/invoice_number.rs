//! What names an invoice, and where its number comes from (invoice_face a, wire_facts 0.2).
//!
//! A merchant has ranges of numbers. The issuer takes a block out of a range, commits that, and then
//! gives out the block's numbers one by one without asking the store. A number that was given out
//! and whose invoice was never recorded (the process died, or the store was away) is a gap: it is
//! not used again.
//!
//! A block that its holder has left is closed once the invoices of its last numbers are recorded:
//! the range counts what was issued, and what is missing becomes the block's [`BlockGaps`].

use crate::access::account::AppId;
use crate::invoicing::face::Face;
use crate::{Refusal, text};

/// Code and number of an invoice; the code of a fully digital one is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvoiceNumber {
    /// 12 digits, or empty.
    code: String,
    /// 8 digits, or 20.
    number: String,
}

/// Digits of a classic invoice's code, of its number, and of a fully digital number.
const CODE_DIGITS: usize = 12;
const NUMBER_DIGITS: usize = 8;
const DIGITAL_DIGITS: usize = 20;
/// A fully digital number is two digits of the year, three of region and channel, and 15 that count.
const DIGITAL_PREFIX_DIGITS: usize = 3;
const SEQUENCE_DIGITS: usize = 15;

impl InvoiceNumber {
    /// Reads code and number as the wire has them; None: neither 12 and 8 digits, nor none and 20.
    pub fn parse(code: &str, number: &str) -> Option<Self> {
        let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let lengths = (code.len(), number.len());
        let fits = matches!(lengths, (CODE_DIGITS, NUMBER_DIGITS) | (0, DIGITAL_DIGITS));
        let fits = fits && is_digits(code) && is_digits(number);
        fits.then(|| Self { code: code.to_owned(), number: number.to_owned() })
    }

    /// The code: 12 digits, or empty.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The number: 8 digits, or 20.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// What kind of invoice bears such a number.
    pub fn face(&self) -> Face {
        if self.code.is_empty() { Face::Digital } else { Face::Classic }
    }

    /// Code and number, joined: how files are called, and what searches look for.
    pub fn joined(&self) -> String {
        format!("{}{}", self.code, self.number)
    }

    /// The range's code that the number belongs to, and its place in the sequence. A year is no
    /// part of it: a digital range goes on counting over new year.
    pub fn place(&self) -> (&str, u64) {
        let (code, sequence) = match self.face() {
            Face::Classic => (&*self.code, &*self.number),
            Face::Digital => self.number[2..].split_at(DIGITAL_PREFIX_DIGITS),
        };
        (code, sequence.parse().expect("it is made of digits, 15 at most"))
    }
}

/// Numbers that one process takes from and nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The node that takes from it, by name.
    pub holder: String,
    /// The first of its numbers.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl Block {
    /// Count of its numbers.
    pub const fn size(&self) -> u64 {
        self.last + 1 - self.first
    }

    /// The runs of its numbers that are not among `used`, sorted: first and last of each.
    pub fn gaps(&self, used: &[u64]) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut expected = self.first;
        for used in used {
            if expected < *used {
                gaps.push((expected, used - 1));
            }
            expected = used + 1;
        }
        if expected <= self.last {
            gaps.push((expected, self.last));
        }
        gaps
    }

    /// The same without what lies behind the last used number: the holder may still use that.
    pub fn gaps_so_far(&self, used: &[u64]) -> Vec<(u64, u64)> {
        let mut gaps = self.gaps(used);
        let highest = used.last().copied().unwrap_or(self.first);
        gaps.retain(|(first, _)| *first < highest);
        gaps
    }
}

/// What is missing of a closed block: numbers that no invoice has, and none will have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockGaps {
    /// The range's code.
    pub code: String,
    /// The last number of the block.
    pub block_last: u64,
    /// First and last of each run, sorted.
    pub gaps: Vec<(u64, u64)>,
}

/// Count of numbers.
fn count(numbers: &[u64]) -> u64 {
    u64::try_from(numbers.len()).expect("a count fits")
}

/// A range of numbers that was allotted to a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRange {
    /// The merchant that it was allotted to.
    pub merchant: AppId,
    /// The kind of invoice that its numbers are for.
    pub face: Face,
    /// Classic: the 12-digit code. Digital: two digits of the region and one of the channel.
    pub code: String,
    /// The first number that was allotted.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The first that is in no block yet.
    pub next: u64,
    /// The newest block of each holder.
    pub blocks: Vec<Block>,
    /// Blocks that their holders have left, and whose last invoices may be on their way.
    pub unclosed: Vec<Block>,
    /// Count of the numbers of closed blocks that stand on invoices.
    pub issued: u64,
    /// Did the sandbox allot it by itself? Those that an operator allots are used up before.
    pub is_automatic: bool,
}

impl NumberRange {
    /// A new range, checked: digits of the code, and numbers that fit.
    pub fn new(
        merchant: AppId,
        face: Face,
        code: &str,
        first: u64,
        last: u64,
    ) -> Result<Self, Refusal> {
        let (code_digits, digits) = match face {
            Face::Classic => (CODE_DIGITS, NUMBER_DIGITS),
            Face::Digital => (DIGITAL_PREFIX_DIGITS, SEQUENCE_DIGITS),
        };
        if code.len() != code_digits || !code.bytes().all(|b| b.is_ascii_digit()) {
            let problem = format!("must be {code_digits} digits, not {}", text::quoted(code));
            return Err(Refusal::invalid("code", problem));
        }
        let largest = 10_u64.pow(u32::try_from(digits).expect("a few digits")) - 1;
        if first == 0 || first > last || last > largest {
            let problem = format!("to last must be a range within 1 to {largest}");
            return Err(Refusal::invalid("first", problem));
        }
        let code = code.to_owned();
        Ok(Self {
            merchant,
            face,
            code,
            first,
            last,
            next: first,
            blocks: Vec::new(),
            unclosed: Vec::new(),
            issued: 0,
            is_automatic: false,
        })
    }

    /// The range as it was allotted: no number is taken, and none stands on an invoice.
    #[must_use]
    pub fn unused(self) -> Self {
        Self { next: self.first, blocks: Vec::new(), unclosed: Vec::new(), issued: 0, ..self }
    }

    /// Count of the numbers that are in no block yet.
    pub fn left(&self) -> u64 {
        (self.last + 1).saturating_sub(self.next)
    }

    /// The range after `holder` left its block and took its next block of `size` numbers at most; None: it is used up.
    pub fn take_block(&self, holder: &str, size: u64) -> Option<(Self, Block)> {
        if self.left() == 0 || size == 0 {
            return None;
        }
        let last = self.last.min(self.next.saturating_add(size - 1));
        let block = Block { holder: holder.to_owned(), first: self.next, last };
        let mut next = Self { next: last + 1, ..self.clone() };
        let left = next.blocks.extract_if(.., |block| block.holder == holder);
        next.unclosed.extend(left);
        next.blocks.push(block.clone());
        Some((next, block))
    }

    /// The range after `heir` took over all blocks of a holder who will not come back: it goes on in the newest of them.
    pub fn inherit(&self, holder: &str, heir: &str) -> Self {
        let mut next = self.clone();
        if next.block_of(holder).is_some() {
            let left = next.blocks.extract_if(.., |block| block.holder == heir);
            next.unclosed.extend(left);
        }
        let blocks = next.blocks.iter_mut().chain(&mut next.unclosed);
        for block in blocks.filter(|block| block.holder == holder) {
            heir.clone_into(&mut block.holder);
        }
        next
    }

    /// The range after one of its unclosed blocks was closed, of whose numbers invoices have `used`,
    /// sorted; and what is missing, if anything is.
    pub fn close_block(&self, block: &Block, used: &[u64]) -> (Self, Option<BlockGaps>) {
        let mut next = self.clone();
        next.unclosed.retain(|unclosed| unclosed != block);
        next.issued += count(used);
        let gaps = block.gaps(used);
        let gaps = (!gaps.is_empty()).then(|| BlockGaps {
            code: self.code.clone(),
            block_last: block.last,
            gaps,
        });
        (next, gaps)
    }

    /// The newest block of a holder.
    pub fn block_of(&self, holder: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.holder == holder)
    }

    /// The invoice number at a place of the sequence. `year` is the calendar year in China.
    pub fn number(&self, place: u64, year: i16) -> InvoiceNumber {
        match self.face {
            Face::Classic => {
                InvoiceNumber { code: self.code.clone(), number: format!("{place:08}") }
            }
            Face::Digital => {
                let number = format!("{:02}{}{place:015}", year.rem_euclid(100), self.code);
                InvoiceNumber { code: String::new(), number }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(face: Face, code: &str, first: u64, last: u64) -> Result<NumberRange, Refusal> {
        NumberRange::new(AppId::parse("wx6b61697069616f31").unwrap(), face, code, first, last)
    }

    #[test]
    fn code_and_number_have_12_and_8_digits_or_none_and_20() {
        let classic = InvoiceNumber::parse("050003521100", "30329969").unwrap();
        assert_eq!(
            (classic.face(), classic.place()),
            (Face::Classic, ("050003521100", 30_329_969))
        );
        let digital = InvoiceNumber::parse("", "25952000000000000017").unwrap();
        assert_eq!((digital.face(), digital.place()), (Face::Digital, ("952", 17)));
        for (code, number) in
            [("", "30329969"), ("050003521100", "3032996"), ("05000352110x", "30329969"), ("", "")]
        {
            assert_eq!(InvoiceNumber::parse(code, number), None, "{code} {number}");
        }
    }

    #[test]
    fn a_number_reads_back_as_its_place() {
        let classic = range(Face::Classic, "044032411111", 5, 10).unwrap().number(7, 2026);
        assert_eq!((classic.code(), classic.number()), ("044032411111", "00000007"));
        assert_eq!(classic.place(), ("044032411111", 7));
        let digital = range(Face::Digital, "952", 5, 10).unwrap().number(7, 2026);
        assert_eq!((digital.code(), digital.number()), ("", "26952000000000000007"));
        assert_eq!(digital.place(), ("952", 7));
        let next_year = range(Face::Digital, "952", 5, 10).unwrap().number(8, 2027);
        assert_eq!((next_year.number(), next_year.place()), ("27952000000000000008", ("952", 8)));
    }

    #[test]
    fn a_range_is_checked() {
        assert!(range(Face::Classic, "04403241111", 1, 2).is_err());
        assert!(range(Face::Classic, "044032411111", 1, 99_999_999).is_ok());
        assert!(range(Face::Classic, "044032411111", 1, 100_000_000).is_err());
        assert!(range(Face::Classic, "044032411111", 0, 2).is_err());
        assert!(range(Face::Digital, "952", 3, 2).is_err());
    }

    #[test]
    fn what_a_block_has_ahead_is_no_gap_until_it_is_left() {
        let block = Block { holder: "a".into(), first: 11, last: 20 };
        assert_eq!((block.gaps_so_far(&[]), block.gaps(&[])), (vec![], vec![(11, 20)]));
        let used = [11, 12, 14, 17];
        assert_eq!(block.gaps_so_far(&used), [(13, 13), (15, 16)]);
        assert_eq!(block.gaps(&used), [(13, 13), (15, 16), (18, 20)]);
        assert_eq!(block.gaps_so_far(&[20]), [(11, 19)]);
        assert_eq!(block.gaps(&(11..=20).collect::<Vec<_>>()), []);
    }

    #[test]
    fn an_heir_goes_on_in_the_newest_block_and_closes_the_others() {
        let mut range = range(Face::Digital, "952", 1, 100).unwrap();
        for holder in ["gone", "heir", "gone", "other"] {
            range = range.take_block(holder, 10).unwrap().0;
        }
        let after = range.inherit("gone", "heir");
        let firsts = |blocks: &[Block], holder: &str| -> Vec<u64> {
            blocks.iter().filter(|block| block.holder == holder).map(|block| block.first).collect()
        };
        assert_eq!(firsts(&after.blocks, "heir"), [21]);
        assert_eq!(firsts(&after.unclosed, "heir"), [1, 11]);
        assert_eq!(firsts(&after.blocks, "other"), [31]);
        assert_eq!(after.blocks.len() + after.unclosed.len(), 4);
        // Whose newest block is closed already has nothing to go on in.
        let closed = NumberRange { blocks: vec![], ..range.clone() };
        assert_eq!(firsts(&closed.inherit("gone", "heir").unclosed, "heir"), [1]);
    }

    #[test]
    fn an_unused_range_is_what_was_allotted() {
        let allotted = range(Face::Digital, "952", 5, 100).unwrap();
        let allotted = NumberRange { is_automatic: true, ..allotted };
        let (range, first) = allotted.take_block("a", 10).unwrap();
        let (range, _) = range.take_block("a", 10).unwrap();
        let (range, _) = range.close_block(&first, &[5, 6]);
        assert_eq!(range.unused(), allotted);
    }

    #[test]
    fn a_block_that_was_left_is_counted_when_it_is_closed() {
        let range = range(Face::Digital, "952", 1, 100).unwrap();
        let (range, first) = range.take_block("a", 10).unwrap();
        let (range, _) = range.take_block("b", 10).unwrap();
        assert!(range.unclosed.is_empty());
        let (range, _) = range.take_block("a", 10).unwrap();
        assert_eq!(range.unclosed, core::slice::from_ref(&first));
        let (closed, gaps) = range.close_block(&first, &[1, 2, 3, 10]);
        assert_eq!((closed.issued, closed.unclosed.len()), (4, 0));
        let missing = BlockGaps { code: "952".into(), block_last: 10, gaps: vec![(4, 9)] };
        assert_eq!(gaps, Some(missing));
        let all: Vec<u64> = (1..=10).collect();
        assert_eq!(range.close_block(&first, &all).1, None);
    }

    proptest! {
        #[test]
        fn blocks_cover_the_range_once_and_then_it_is_used_up(
            first in 1_u64..1000, count in 1_u64..500, sizes in prop::collection::vec(1_u64..60, 1..40)
        ) {
            let mut range = range(Face::Classic, "044032411111", first, first + count - 1).unwrap();
            let mut taken = Vec::new();
            for (index, size) in sizes.iter().cycle().take(1000).enumerate() {
                let holder = if index % 3 == 0 { "a" } else { "b" };
                let Some((next, block)) = range.take_block(holder, *size) else { break };
                prop_assert_eq!(next.block_of(holder), Some(&block));
                taken.extend(block.first..=block.last);
                range = next;
            }
            prop_assert_eq!(taken, (first..first + count).collect::<Vec<_>>());
            prop_assert_eq!((range.left(), range.take_block("a", 1)), (0, None));
        }
    }
}
