//! Allotting ranges of numbers so that no two share one.

use crate::failure::Failure;
use jiff::tz::{Offset, TimeZone};
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::NumberRange;
use kaipiao_domain::invoicing::number_code::{Allotment, NumberCode};
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_ports::store::Store;
use kaipiao_records::invoicing::number_code::{allotment_at, allotment_key, number_code_key};
use kaipiao_records::invoicing::number_range::number_range_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::{BTreeMap, HashMap};

/// Numbers that the sandbox allots at once.
const SANDBOX_RANGE: u64 = 1_000_000;

/// Ranges that one commit allots, each checked against what the store holds and against the others.
///
/// Every new range changes its code's record, which expects the version that was read: of two
/// commits that allot numbers of one code at the same time, one decides again.
#[derive(Default)]
pub(crate) struct Allotments {
    codes: HashMap<String, CodeAllotments>,
    ranges: Vec<NumberRange>,
    /// Of the sandbox's codes of each face, those that have no more room.
    full_codes: HashMap<&'static str, usize>,
}

/// A code as it was read, and what is new.
struct CodeAllotments {
    code: NumberCode,
    expect: Expect,
    /// By their first numbers.
    new: BTreeMap<u64, Allotment>,
}

impl Allotments {
    /// Allots a range unless the merchant has it already. 72031 where it shares numbers with another.
    pub(crate) async fn allot(
        &mut self,
        store: &dyn Store,
        range: NumberRange,
    ) -> Result<(), Failure> {
        let wanted = Allotment::of(&range);
        if let Some(taken) = self.overlapping(store, &wanted).await? {
            return if taken == wanted { Ok(()) } else { Err(shared(&taken).into()) };
        }
        self.add(store, range).await?;
        Ok(())
    }

    /// Allots a merchant the sandbox's next range: a million numbers behind all that are allotted
    /// below one of Shenzhen's codes.
    pub(crate) async fn allot_automatically(
        &mut self,
        store: &dyn Store,
        taxpayer: &Taxpayer,
        year: i16,
    ) -> Result<(), Failure> {
        let face = taxpayer.face;
        let full = self.full_codes.get(face.name()).copied().unwrap_or_default();
        for (index, code) in sandbox_codes(face, year).enumerate().skip(full) {
            let first = self.code(store, &code).await?.code.highest + 1;
            let last = first.saturating_add(SANDBOX_RANGE - 1);
            // Refused where the code has no more room.
            if let Ok(range) = NumberRange::new(taxpayer.merchant.clone(), face, &code, first, last)
            {
                self.full_codes.insert(face.name(), index);
                self.add(store, NumberRange { is_automatic: true, ..range }).await?;
                return Ok(());
            }
        }
        let problem = "must be given: every range that the sandbox could allot is taken";
        Err(Refusal::invalid("merchant.numbers", problem).into())
    }

    /// What saves the new ranges.
    pub(crate) fn saves(self) -> Vec<Save> {
        let ranges = self.ranges.iter();
        let ranges =
            ranges.map(|range| record::save(number_range_key(range), Expect::Absent, range));
        let codes = self.codes.values().filter(|code| !code.new.is_empty());
        let codes = codes.flat_map(|CodeAllotments { code, expect, new }| {
            let allotments = new.values().map(|allotment| {
                let key = allotment_key(&allotment.code, allotment.first);
                record::save(key, Expect::Absent, allotment)
            });
            let code = record::save(number_code_key(&code.code), *expect, code);
            std::iter::once(code).chain(allotments)
        });
        ranges.chain(codes).collect()
    }

    /// An allotment that shares numbers with a wanted one: if any does, the last that begins before
    /// the wanted one's end. The code is read before it: whoever allots in between changes the code.
    async fn overlapping(
        &mut self,
        store: &dyn Store,
        wanted: &Allotment,
    ) -> Result<Option<Allotment>, StoreError> {
        let code = self.code(store, &wanted.code).await?;
        let new = code.new.range(..=wanted.last).next_back().map(|(_, allotment)| allotment);
        if let Some(new) = new.filter(|new| new.overlaps(wanted)) {
            return Ok(Some(new.clone()));
        }
        let stored = allotment_at(store, &wanted.code, wanted.last).await?;
        Ok(stored.filter(|stored| stored.overlaps(wanted)))
    }

    async fn add(&mut self, store: &dyn Store, range: NumberRange) -> Result<(), StoreError> {
        let code = self.code(store, &range.code).await?;
        code.code = code.code.with(&range);
        code.new.insert(range.first, Allotment::of(&range));
        self.ranges.push(range);
        Ok(())
    }

    async fn code(
        &mut self,
        store: &dyn Store,
        code: &str,
    ) -> Result<&mut CodeAllotments, StoreError> {
        if !self.codes.contains_key(code) {
            let found = record::get::<NumberCode>(store, &number_code_key(code)).await?;
            let expect = Versioned::expect(found.as_ref());
            let known = found.map_or_else(|| NumberCode::new(code), |found| found.value);
            let read = CodeAllotments { code: known, expect, new: BTreeMap::new() };
            self.codes.insert(code.to_owned(), read);
        }
        Ok(self.codes.get_mut(code).expect("it was inserted if it was not there"))
    }
}

fn shared(taken: &Allotment) -> Refusal {
    let Allotment { merchant, first, last, .. } = taken;
    let problem = format!("shares numbers with {first} to {last} of {merchant}");
    Refusal::invalid("merchant.numbers", problem)
}

/// The codes below which the sandbox allots numbers, in their order.
fn sandbox_codes(face: Face, year: i16) -> impl Iterator<Item = String> {
    let count = match face {
        Face::Classic => 999,
        Face::Digital => 10,
    };
    (1..=count).map(move |batch| match face {
        Face::Classic => format!("04403{:02}{batch:03}11", year % 100),
        Face::Digital => format!("95{}", (batch + 1) % 10),
    })
}

/// The calendar year in China, which the sandbox's codes name.
pub(crate) fn china_year(at: Timestamp) -> i16 {
    let instant = jiff::Timestamp::from_millisecond(at.unix_millis());
    let instant = instant.expect("the domain's clock is within jiff's ten thousand years");
    instant.to_zoned(TimeZone::fixed(Offset::constant(8))).year()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::access::account::AppId;
    use kaipiao_domain::invoicing::merchant_code::MerchantCode;
    use kaipiao_domain::invoicing::party::Party;
    use kaipiao_ports::errors::CommitError;
    use kaipiao_ports::store::Commit;
    use kaipiao_store_memory::MemoryStore;

    const LARGEST_DIGITAL: u64 = 999_999_999_999_999;

    fn taxpayer(n: u32, face: Face) -> Taxpayer {
        Taxpayer {
            merchant: AppId::parse(&format!("wx{n:016x}")).unwrap(),
            code: MerchantCode::parse("2ff836").unwrap(),
            party: Party::default(),
            face,
        }
    }

    fn range(n: u32, code: &str, first: u64, last: u64) -> NumberRange {
        let face = if code.len() == 3 { Face::Digital } else { Face::Classic };
        NumberRange::new(taxpayer(n, face).merchant, face, code, first, last).unwrap()
    }

    async fn save(store: &MemoryStore, allotments: Allotments) -> Result<(), CommitError> {
        store.commit(Commit::of(allotments.saves())).await.map(|_| ())
    }

    async fn save_range(store: &MemoryStore, range: NumberRange) {
        let mut allotments = Allotments::default();
        allotments.allot(store, range).await.unwrap();
        save(store, allotments).await.unwrap();
    }

    /// Code, first and last of the sandbox's next range.
    async fn next(store: &MemoryStore, taxpayer: &Taxpayer) -> Result<(String, u64, u64), Failure> {
        let mut allotments = Allotments::default();
        allotments.allot_automatically(store, taxpayer, 2026).await?;
        let range = allotments.ranges.remove(0);
        Ok((range.code, range.first, range.last))
    }

    #[tokio::test]
    async fn the_sandbox_allots_behind_all_that_is_taken_and_says_when_nothing_is_left() {
        let store = MemoryStore::default();
        let digital = taxpayer(1, Face::Digital);
        save_range(&store, range(1, "952", 1, LARGEST_DIGITAL)).await;
        let found = next(&store, &digital).await.unwrap();
        assert_eq!(found, ("953".to_owned(), 1, 1_000_000));
        for channel in [0, 1, 3, 4, 5, 6, 7, 8, 9] {
            save_range(&store, range(1, &format!("95{channel}"), 1, LARGEST_DIGITAL)).await;
        }
        let failure = next(&store, &digital).await.unwrap_err();
        assert!(failure.to_string().contains("is taken"), "{failure}");
        let classic = taxpayer(1, Face::Classic);
        save_range(&store, range(1, "044032600111", 1, 98_500_000)).await;
        let found = next(&store, &classic).await.unwrap();
        assert_eq!(found, ("044032600111".to_owned(), 98_500_001, 99_500_000));
        save_range(&store, range(1, "044032600111", 98_500_001, 99_500_000)).await;
        assert_eq!(next(&store, &classic).await.unwrap().0, "044032600211");
    }

    #[tokio::test]
    async fn ranges_of_one_commit_and_of_the_store_never_share_numbers() {
        let store = MemoryStore::default();
        save_range(&store, range(1, "952", 100, 199)).await;
        let mut allotments = Allotments::default();
        let mut is_free = async |range: NumberRange| allotments.allot(&store, range).await.is_ok();
        assert!(is_free(range(2, "952", 300, 399)).await);
        for (first, last, expected) in [
            (1, 100, false),
            (199, 200, false),
            (120, 130, false),
            (1, 1000, false),
            (399, 400, false),
            (350, 360, false),
            (200, 299, true),
            (1, 99, true),
            (400, 400, true),
        ] {
            assert_eq!(is_free(range(3, "952", first, last)).await, expected, "{first} to {last}");
        }
        // The same again is no new range, of the store or of the commit.
        assert!(
            is_free(range(1, "952", 100, 199)).await && is_free(range(2, "952", 300, 399)).await
        );
        assert!(is_free(range(3, "951", 1, 1000)).await);
        assert_eq!(allotments.ranges.len(), 5);
        save(&store, allotments).await.unwrap();
    }

    #[tokio::test]
    async fn of_two_who_allot_numbers_of_a_code_one_decides_again() {
        let store = MemoryStore::default();
        let (mut one, mut other) = (Allotments::default(), Allotments::default());
        one.allot(&store, range(1, "952", 1, 100)).await.unwrap();
        other.allot(&store, range(2, "952", 50, 60)).await.unwrap();
        save(&store, other).await.unwrap();
        assert!(matches!(save(&store, one).await, Err(CommitError::Conflict(_))));
        let failure = Allotments::default().allot(&store, range(1, "952", 1, 100)).await;
        let words = failure.unwrap_err().to_string();
        assert!(words.contains("shares numbers with 50 to 60 of wx0000000000000002"), "{words}");
    }

    #[tokio::test]
    async fn thousands_of_merchants_of_one_commit_get_ranges_in_a_row() {
        let store = MemoryStore::default();
        let mut allotments = Allotments::default();
        for n in 0..2000 {
            let taxpayer = taxpayer(n, Face::Classic);
            allotments.allot_automatically(&store, &taxpayer, 2026).await.unwrap();
        }
        let last = allotments.ranges.last().unwrap();
        // 99 ranges of a million fit below a code.
        assert_eq!((&*last.code, last.first), ("044032602111", 19_000_001));
        save(&store, allotments).await.unwrap();
    }
}
