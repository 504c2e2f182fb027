//! What became of the numbers that merchants were allotted.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_number::NumberRange;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{PageOrder, Store};
use kaipiao_records::invoicing::invoice_number::used_numbers;
use kaipiao_records::invoicing::number_gap::gaps_behind;

/// A range, and what became of its numbers.
#[derive(Clone, Debug)]
pub struct RangeReport {
    /// The range.
    pub range: NumberRange,
    /// How many of its numbers stand on invoices.
    pub issued: u64,
    /// Numbers that no invoice has and none will have: first and last of each run. A number that is
    /// on its way to an invoice this moment may be among them.
    pub gaps: Vec<(u64, u64)>,
    /// `gaps_after` of the gaps that follow; None: these are the last.
    pub next_gap: Option<u64>,
}

/// A page of a merchant's ranges, each with what became of its numbers. A range reports at most
/// `limit` gaps, of those behind `gaps_after`.
pub async fn list(
    app: &App,
    merchant: &AppId,
    after: Option<&str>,
    limit: usize,
    gaps_after: u64,
) -> Result<Listing<RangeReport>, Failure> {
    let owner = merchant.to_string();
    let ask = Ask { owner: Some(&owner), after, order: PageOrder::Ascending, limit };
    let ranges = listing::list::<NumberRange>(app, Kind::NumberRange, ask).await?;
    let (mut items, mut damaged) = (Vec::new(), ranges.damaged);
    for range in ranges.items {
        let report = report(&*app.store, range, limit, gaps_after).await.map(Some);
        items.extend(listing::readable(report, &mut damaged)?);
    }
    Ok(Listing { items, damaged, next: ranges.next })
}

async fn report(
    store: &dyn Store,
    range: NumberRange,
    limit: usize,
    gaps_after: u64,
) -> Result<RangeReport, Failure> {
    let (issued, of_open) = open_blocks(store, &range).await?;
    let (gaps, has_more) = gaps(store, &range, &of_open, limit, gaps_after).await?;
    let next_gap = gaps.last().filter(|_| has_more).map(|(_, last)| *last);
    Ok(RangeReport { issued: range.issued + issued, range, gaps, next_gap })
}

/// How many numbers of the blocks that aren't closed stand on invoices, and the gaps in them. These
/// are the only numbers that a report reads: a few blocks of each node.
async fn open_blocks(
    store: &dyn Store,
    range: &NumberRange,
) -> Result<(u64, Vec<(u64, u64)>), Failure> {
    let used = |block| used_numbers(store, &range.merchant, &range.code, block);
    let (mut issued, mut gaps) = (0, Vec::new());
    for block in &range.unclosed {
        let used = used(block).await?;
        issued += used.len();
        gaps.extend(block.gaps(&used));
    }
    for block in &range.blocks {
        let used = used(block).await?;
        issued += used.len();
        gaps.extend(block.gaps_so_far(&used));
    }
    Ok((u64::try_from(issued).unwrap_or(u64::MAX), gaps))
}

/// At most `limit` gaps behind a number, those of closed blocks and those that are given, and whether
/// more follow.
async fn gaps(
    store: &dyn Store,
    range: &NumberRange,
    of_open: &[(u64, u64)],
    limit: usize,
    gaps_after: u64,
) -> Result<(Vec<(u64, u64)>, bool), Failure> {
    // Each has a gap, though neighbours may share one.
    let blocks = limit.saturating_add(1);
    let mut of_closed = Vec::new();
    let mut behind = gaps_after.max(range.first - 1);
    loop {
        let last = range.last;
        let page = gaps_behind(store, &range.merchant, &range.code, behind, last, blocks).await?;
        let is_last = page.len() < blocks;
        behind = page.last().filter(|_| !is_last).map_or(last, |gaps| gaps.block_last);
        of_closed.extend(page.into_iter().flat_map(|block| block.gaps));
        let known = of_closed.iter().chain(of_open).copied();
        let mut gaps = joined(known.filter(|(_, last)| *last <= behind).collect());
        gaps.retain(|(first, _)| *first > gaps_after);
        if is_last || gaps.len() > limit {
            let has_more = gaps.len() > limit;
            gaps.truncate(limit);
            return Ok((gaps, has_more));
        }
    }
}

/// Gaps in order, and those that touch as one.
fn joined(mut gaps: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    gaps.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(gaps.len());
    for (first, last) in gaps {
        match joined.last_mut() {
            Some(before) if before.1 + 1 == first => before.1 = last,
            _ => joined.push((first, last)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::invoicing::face::Face;
    use kaipiao_domain::invoicing::invoice_number::Block;
    use kaipiao_domain::invoicing::serial::Serial;
    use kaipiao_ports::record::{Expect, Save};
    use kaipiao_ports::store::Commit;
    use kaipiao_records::invoicing::invoice_number::NumberOwner;
    use kaipiao_records::invoicing::number_gap::block_gaps_key;
    use kaipiao_records::record;
    use kaipiao_store_memory::MemoryStore;

    #[test]
    fn gaps_of_neighbouring_blocks_are_one() {
        assert_eq!(joined(vec![(11, 12), (4, 10), (20, 20)]), [(4, 12), (20, 20)]);
        assert_eq!(joined(Vec::new()), []);
    }

    fn range() -> NumberRange {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        NumberRange::new(merchant, Face::Classic, "044032411111", 1, 1000).unwrap()
    }

    fn number(range: &NumberRange, place: u64) -> Save {
        let number = range.number(place, 2026);
        let owner = NumberOwner { number, serial: Serial::parse("s").unwrap() };
        record::save(owner.key(&range.merchant), Expect::Absent, &owner)
    }

    /// Closes a block as the issuer does.
    fn close(range: &mut NumberRange, block: &Block, used: &[u64], saves: &mut Vec<Save>) {
        let (closed, gaps) = range.close_block(block, used);
        let key = block_gaps_key(&range.merchant, &range.code, block.last);
        saves.extend(gaps.map(|gaps| record::save(key, Expect::Absent, &gaps)));
        *range = closed;
    }

    /// A range with blocks of ten: three that are closed, one that was left, one each that a and b
    /// are using.
    async fn with_gaps(store: &MemoryStore) -> NumberRange {
        let (mut range, mut saves) = (range(), Vec::new());
        let mut blocks = Vec::new();
        for holder in ["a", "a", "b", "a", "a", "b"] {
            let (next, block) = range.take_block(holder, 10).unwrap();
            blocks.push(block);
            range = next;
        }
        let used: [&[u64]; 6] = [
            &[1, 3, 4, 5, 6, 7, 8, 9],
            &[13, 14, 15, 16, 17, 18, 19, 20],
            &[21, 22, 23, 24, 26, 27, 28, 29, 30],
            &[31, 32, 33, 34, 35, 36, 37, 38],
            &[42, 43],
            &[],
        ];
        for (block, used) in blocks.iter().zip(used).take(3) {
            close(&mut range, block, used, &mut saves);
        }
        // The numbers of closed blocks are not read.
        let open = used.iter().skip(3).copied().flatten();
        saves.extend(open.map(|place| number(&range, *place)));
        store.commit(Commit::of(saves)).await.unwrap();
        range
    }

    #[tokio::test]
    async fn gaps_are_reported_without_what_blocks_in_use_have_ahead() {
        let store = MemoryStore::default();
        let range = with_gaps(&store).await;
        assert_eq!((range.unclosed.len(), range.blocks.len()), (1, 2));
        let report = report(&store, range, 100, 0).await.unwrap();
        assert_eq!(report.issued, 8 + 8 + 9 + 8 + 2);
        assert_eq!(report.gaps, [(2, 2), (10, 12), (25, 25), (39, 41)]);
        assert_eq!(report.next_gap, None);
    }

    #[tokio::test]
    async fn gaps_are_paged() {
        let store = MemoryStore::default();
        let range = with_gaps(&store).await;
        for limit in 1..=4 {
            let (mut paged, mut next) = (Vec::new(), Some(0));
            while let Some(after) = next {
                let page = report(&store, range.clone(), limit, after).await.unwrap();
                assert!(page.gaps.len() <= limit);
                paged.extend(page.gaps);
                next = page.next_gap;
            }
            assert_eq!(paged, [(2, 2), (10, 12), (25, 25), (39, 41)], "{limit} a page");
        }
    }
}
