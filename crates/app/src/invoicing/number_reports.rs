//! What became of the numbers that merchants were allotted.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_number::NumberRange;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{After, Page, PageOrder};
use kaipiao_records::invoicing::invoice_number::{NumberOwner, number_key};
use kaipiao_records::record;

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

/// Numbers that are read at once.
const PAGE: usize = 1000;

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
    let mut items = Vec::new();
    for range in ranges.items {
        items.push(report(app, range, limit, gaps_after).await?);
    }
    Ok(Listing { items, next: ranges.next })
}

async fn report(
    app: &App,
    range: NumberRange,
    limit: usize,
    gaps_after: u64,
) -> Result<RangeReport, Failure> {
    let (mut issued, mut gaps) = (0, Vec::new());
    let mut expected = range.first;
    let mut after = number_key(&range.merchant, &range.code, range.first - 1);
    loop {
        let mut page = Page::by_key(Kind::InvoiceNumber, Some(after.owner.clone()), PAGE);
        page.after = Some(After::key(after.owner.clone(), after.id.clone()));
        let owners: Vec<NumberOwner> = record::list(&*app.store, &page).await?;
        let places = owners.iter().map(|owner| owner.number.place());
        let own = places.take_while(|(code, place)| *code == range.code && *place <= range.last);
        let own: Vec<u64> = own.map(|(_, place)| place).collect();
        for place in &own {
            gaps.extend(gaps_between(&range, expected, *place));
            expected = place + 1;
            issued += 1;
        }
        let Some(last) = own.last().filter(|_| own.len() == PAGE) else { break };
        after = number_key(&range.merchant, &range.code, *last);
    }
    gaps.extend(gaps_between(&range, expected, range.next));
    gaps.retain(|(first, _)| *first > gaps_after);
    let has_more = gaps.len() > limit;
    gaps.truncate(limit);
    let next_gap = gaps.last().filter(|_| has_more).map(|(first, _)| *first);
    Ok(RangeReport { range, issued, gaps, next_gap })
}

/// The runs of unused numbers from `first` up to, and without, `end`. What a block that is being
/// used still has ahead of it is no gap.
fn gaps_between(range: &NumberRange, first: u64, end: u64) -> Vec<(u64, u64)> {
    let mut gaps = Vec::new();
    let mut start = first;
    let mut blocks: Vec<_> = range.blocks.iter().collect();
    blocks.sort_by_key(|block| block.first);
    for block in blocks {
        // A block's rest is ahead only where no used number follows within it.
        let rest = start.max(block.first)..block.last + 1;
        if rest.start < rest.end && rest.end <= end {
            if start < rest.start {
                gaps.push((start, rest.start - 1));
            }
            start = rest.end;
        }
    }
    if start < end {
        gaps.push((start, end - 1));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::invoicing::face::Face;

    #[test]
    fn what_a_block_has_ahead_is_no_gap() {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        let range = NumberRange::new(merchant, Face::Classic, "044032411111", 1, 100).unwrap();
        let (range, _) = range.take_block("a", 10).unwrap();
        assert_eq!(gaps_between(&range, 4, 11), []);
        assert_eq!(gaps_between(&range, 4, 7), [(4, 6)]);
        let (range, _) = range.take_block("b", 10).unwrap();
        assert_eq!(gaps_between(&range, 11, 21), []);
        let (range, _) = range.take_block("a", 10).unwrap();
        // a's first block is no longer its newest: what it left is a gap.
        assert_eq!(gaps_between(&range, 4, 31), [(4, 10)]);
        assert_eq!(gaps_between(&range, 24, 31), []);
    }
}
