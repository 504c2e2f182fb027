//! Invoice numbers: whose each is, and out of which range.

use super::inserted;
use super::look::{Look, PAGE};
use super::violation::{Found, Invariant};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::{Block, BlockGaps, InvoiceNumber, NumberRange};
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::number_code::{Allotment, NumberCode};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind};
use kaipiao_ports::store::{After, Page, PageOrder};
use kaipiao_records::invoicing::invoice_number::{NumberOwner, number_key, used_numbers};
use kaipiao_records::invoicing::number_code::{allotment_at, allotment_key, number_code_key};
use kaipiao_records::invoicing::number_range::number_range_key;

/// An issued invoice's number is recorded as its own: so no other invoice has it.
pub(super) async fn request(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    let Ok(invoice) = request.invoice() else { return Ok(()) };
    if !invoice.from_outside {
        has_place(look, request, &invoice.number, found).await?;
    }
    let number = invoice.number.clone().into();
    inserted::is_taken_by(look, &number, &request.merchant, &request.serial, found).await
}

/// The number of an invoice that was issued here is recorded at its place among the merchant's.
async fn has_place(
    look: &Look<'_>,
    request: &InvoiceRequest,
    number: &InvoiceNumber,
    found: &mut Found,
) -> Result<(), StoreError> {
    let (code, place) = number.place();
    let owner: Option<NumberOwner> = look.find(&number_key(&request.merchant, code, place)).await?;
    let shown = format!("{code}/{place}");
    match owner {
        None => found.add(Invariant::Number, format!("its number {shown} is not recorded")),
        Some(owner) if owner.serial != request.serial => {
            let what = format!("its number {shown} is {}'s", owner.serial);
            found.add(Invariant::Number, what);
        }
        Some(owner) => {
            let what = format!("its number {shown} is recorded with another year");
            found.unless(owner.number == *number, Invariant::Number, what);
        }
    }
    Ok(())
}

/// A used number stands on its owner's invoice, and lies in a range of the merchant's, unless the operator's own
/// issuer gave it.
pub(super) async fn number(
    look: &Look<'_>,
    merchant: &AppId,
    owner: &NumberOwner,
    found: &mut Found,
) -> Result<(), StoreError> {
    let request = look.request(merchant, &owner.serial).await?;
    let serial = &owner.serial;
    match request.as_ref().map(InvoiceRequest::invoice) {
        None => found.add(Invariant::NumberOrphan, format!("its request {serial} is not there")),
        Some(Err(_)) => {
            found.add(Invariant::NumberOrphan, format!("its request {serial} is not issued"));
        }
        Some(Ok(invoice)) => {
            let (code, number) = (invoice.number.code(), invoice.number.number());
            let what = format!("its request {serial} has the number {code} {number}");
            found.unless(invoice.number == owner.number, Invariant::NumberOrphan, what);
        }
    }
    let comes_from_outside = request
        .as_ref()
        .and_then(|request| request.invoice().ok())
        .is_some_and(|invoice| invoice.from_outside);
    if comes_from_outside {
        return Ok(());
    }
    let (code, place) = owner.number.place();
    match range_at(look, merchant, owner.number.face(), code, place).await? {
        None => found.add(Invariant::NumberRange, "it lies in no range of the merchant"),
        Some(range) => {
            let what = format!("its range has given out numbers below {} only", range.next);
            found.unless(place < range.next, Invariant::NumberRange, what);
        }
    }
    Ok(())
}

/// The range of a merchant's that a place lies in.
async fn range_at(
    look: &Look<'_>,
    merchant: &AppId,
    face: Face,
    code: &str,
    place: u64,
) -> Result<Option<NumberRange>, StoreError> {
    let (merchant, code) = (merchant.clone(), code.to_owned());
    let Ok(at) = NumberRange::new(merchant, face, &code, place, place) else {
        return Ok(None);
    };
    // Right behind the range that would begin at the place: those that may hold it sort before.
    let Key { kind, owner, id } = number_range_key(&at);
    let page = Page {
        after: Some(After::key(owner.clone(), id + "/")),
        order: PageOrder::Descending,
        ..Page::by_key(kind, Some(owner), 1)
    };
    let range: Option<NumberRange> = look.first(page).await?;
    let holds = |range: &NumberRange| {
        range.face == face && range.code == code && (range.first..=range.last).contains(&place)
    };
    Ok(range.filter(holds))
}

/// A range has its allotment; its blocks lie in it, apart from each other; and it has counted right.
pub(super) async fn range(
    look: &Look<'_>,
    range: &NumberRange,
    found: &mut Found,
) -> Result<(), StoreError> {
    let own = Allotment::of(range);
    let allotted: Option<Allotment> = look.find(&allotment_key(&range.code, range.first)).await?;
    found.unless(allotted == Some(own), Invariant::Allotment, "it is not allotted to its merchant");
    if blocks_lie_well(range, found) {
        let counted = issued_of_closed_blocks(look, range).await?;
        let what =
            format!("it counts {} invoices of its closed blocks: {counted} are", range.issued);
        found.unless(counted == range.issued, Invariant::Blocks, what);
    }
    Ok(())
}

fn blocks_lie_well(range: &NumberRange, found: &mut Found) -> bool {
    let before = found.violations.len();
    let NumberRange { merchant, face, code, first, last, .. } = range;
    if NumberRange::new(merchant.clone(), *face, code, *first, *last).is_err() {
        found.add(Invariant::Blocks, format!("there are no numbers {first} to {last} of its code"));
        return false;
    }
    let is_within = range.first <= range.next && range.next <= range.last + 1;
    let what = format!("its next number is {}", range.next);
    found.unless(is_within, Invariant::Blocks, what);
    let mut expected = range.first;
    for block in open_blocks(range) {
        let fits = expected <= block.first && block.first <= block.last && block.last < range.next;
        let (first, last) = (block.first, block.last);
        let what = format!("its block {first} to {last} lies outside or on another one");
        found.unless(fits, Invariant::Blocks, what);
        expected = block.last.saturating_add(1);
    }
    found.violations.len() == before
}

/// The blocks that are not closed, in order.
fn open_blocks(range: &NumberRange) -> Vec<&Block> {
    let mut blocks: Vec<_> = range.blocks.iter().chain(&range.unclosed).collect();
    blocks.sort_unstable_by_key(|block| block.first);
    blocks
}

/// How many numbers of closed blocks stand on invoices. A closed block's numbers change no more.
async fn issued_of_closed_blocks(look: &Look<'_>, range: &NumberRange) -> Result<u64, StoreError> {
    let (mut issued, mut first) = (0, range.first);
    let ends = open_blocks(range).into_iter().map(|block| (block.first, block.last + 1));
    for (end, next) in ends.chain([(range.next, range.next)]) {
        issued += used_between(look, range, first, end).await?;
        first = next;
    }
    Ok(issued)
}

/// How many of the numbers from `first` to before `end` stand on invoices.
async fn used_between(
    look: &Look<'_>,
    range: &NumberRange,
    mut first: u64,
    end: u64,
) -> Result<u64, StoreError> {
    let at_once = u64::try_from(PAGE).expect("a page is small");
    let mut used = 0;
    while first < end {
        let last = end.min(first + at_once) - 1;
        let part = Block { holder: String::new(), first, last };
        let found = used_numbers(look.store, &range.merchant, &range.code, &part).await?;
        used += u64::try_from(found.len()).expect("a page is small");
        first = last + 1;
    }
    Ok(used)
}

/// An allotment is some range's, within what its code has given out, and apart from the one before it.
pub(super) async fn allotment(
    look: &Look<'_>,
    allotment: &Allotment,
    found: &mut Found,
) -> Result<(), StoreError> {
    let Allotment { merchant, code, first, last } = allotment;
    let range = Face::ALL
        .into_iter()
        .find_map(|face| NumberRange::new(merchant.clone(), face, code, *first, *last).ok());
    let range = match &range {
        Some(range) => look.find::<NumberRange>(&number_range_key(range)).await?,
        None => None,
    };
    let is_ranges = range.is_some_and(|range| range.last == *last);
    let what = format!("{merchant} has no range {first} to {last} of it");
    found.unless(is_ranges, Invariant::Allotment, what);
    let known: Option<NumberCode> = look.find(&number_code_key(code)).await?;
    let highest = known.map_or(0, |known| known.highest);
    let what = format!("its code is allotted up to {highest} only");
    found.unless(*last <= highest, Invariant::Allotment, what);
    if *first > 0
        && let Some(before) = allotment_at(look.store, code, first - 1).await?
    {
        let (from, to) = (before.first, before.last);
        let what = format!("it shares numbers with {from} to {to} of {}", before.merchant);
        found.unless(!before.overlaps(allotment), Invariant::Allotment, what);
    }
    Ok(())
}

/// No invoice has a number that was reported as missing.
pub(super) async fn gaps(
    look: &Look<'_>,
    merchant: &AppId,
    gaps: &BlockGaps,
    found: &mut Found,
) -> Result<(), StoreError> {
    for (first, last) in &gaps.gaps {
        let before = number_key(merchant, &gaps.code, first.saturating_sub(1));
        let after = Some(After::key(before.owner.clone(), before.id));
        let page = Page { after, ..Page::by_key(Kind::InvoiceNumber, Some(before.owner), 1) };
        let Some(next) = look.first::<NumberOwner>(page).await? else { continue };
        let (code, place) = next.number.place();
        let is_free = code != gaps.code || place > *last;
        let what = format!("{place} is reported as missing, and stands on {}", next.serial);
        found.unless(is_free, Invariant::Gap, what);
    }
    Ok(())
}
