//! Invoice numbers, out of the merchants' ranges.
//!
//! A merchant's ranges are records of the store. A node takes a block out of the first range that
//! has numbers left, commits that, and hands the block's numbers out from memory: one commit for
//! many invoices. The invoice's own commit records its number as used, expecting that nobody used it
//! before, so a number can never stand on two invoices.
//!
//! Opened again, a node goes on in its newest block behind the highest number that was used. Numbers
//! below it that nobody used are gaps: they were drawn, and the process died, or the store was away,
//! before the invoice was recorded.

use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::{Block, InvoiceNumber, NumberRange};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Expect, Kind};
use kaipiao_ports::store::{After, Commit, Page, PageOrder, Store};
use kaipiao_records::invoicing::invoice_number::{NumberOwner, number_key};
use kaipiao_records::invoicing::number_range::number_range_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as AsyncMutex;

/// Ranges of a merchant that are looked at, at most.
const MAX_RANGES: usize = 1000;

/// Why no number could be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// The merchant was never allotted any.
    #[error(
        "no {0} numbers are allotted to this merchant; allot a range with merchant.numbers of PUT /admin/v1/accounts/…"
    )]
    NoRange(&'static str),
    /// All that were allotted are used up.
    #[error(
        "the {0} numbers that are allotted to this merchant are used up; allot another range with merchant.numbers of PUT /admin/v1/accounts/…"
    )]
    UsedUp(&'static str),
    /// The store is away.
    #[error("{0}")]
    Store(String),
}

impl From<StoreError> for DrawError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

/// The numbers that this node can hand out.
pub struct Numbers {
    store: Arc<dyn Store>,
    /// This node's name: it goes on in the blocks that were taken under it.
    holder: String,
    block_size: u64,
    drawers: Mutex<HashMap<(AppId, Face), SharedDrawer>>,
}

/// The numbers of one merchant and face.
#[derive(Default)]
struct Drawer {
    open: Option<OpenBlock>,
    /// Whether what the process before left was looked at. Later on, a number that is drawn and not
    /// recorded yet is on its way, not left.
    has_resumed: bool,
}

/// A drawer that one draw at a time uses.
type SharedDrawer = Arc<AsyncMutex<Drawer>>;

struct OpenBlock {
    range: NumberRange,
    next: u64,
    last: u64,
}

impl OpenBlock {
    const fn is_used_up(&self) -> bool {
        self.next > self.last
    }
}

impl Numbers {
    /// Numbers of the store's ranges, in blocks of so many, under this node's name.
    pub fn new(store: Arc<dyn Store>, holder: &str, block_size: u64) -> Self {
        assert!(block_size > 0, "the settings see to that");
        Self { store, holder: holder.to_owned(), block_size, drawers: Mutex::default() }
    }

    /// The merchant's next number. `year` is the calendar year in China.
    pub async fn draw(
        &self,
        merchant: &AppId,
        face: Face,
        year: i16,
    ) -> Result<InvoiceNumber, DrawError> {
        let drawer = {
            let mut drawers = self.drawers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(drawers.entry((merchant.clone(), face)).or_default())
        };
        let mut drawer = drawer.lock().await;
        let open = match drawer.open.take().filter(|open| !open.is_used_up()) {
            Some(open) => open,
            None => self.open_block(merchant, face, !drawer.has_resumed).await?,
        };
        let number = open.range.number(open.next, year);
        *drawer =
            Drawer { open: Some(OpenBlock { next: open.next + 1, ..open }), has_resumed: true };
        Ok(number)
    }

    /// The node's newest block as far as it is not used, if it may go on there; or the next one.
    async fn open_block(
        &self,
        merchant: &AppId,
        face: Face,
        may_resume: bool,
    ) -> Result<OpenBlock, DrawError> {
        'again: loop {
            let ranges = self.ranges(merchant, face).await?;
            if ranges.is_empty() {
                return Err(DrawError::NoRange(face.name()));
            }
            for Versioned { value: range, version } in ranges {
                if may_resume && let Some(resumed) = self.resumed(&range).await? {
                    return Ok(resumed);
                }
                let Some((next, block)) = range.take_block(&self.holder, self.block_size) else {
                    continue;
                };
                let save = record::save(number_range_key(&next), Expect::Version(version), &next);
                match self.store.commit(Commit::of(vec![save])).await {
                    Ok(_) => return Ok(OpenBlock { range, next: block.first, last: block.last }),
                    // Another node has taken a block meanwhile: look again.
                    Err(CommitError::Conflict(_)) => continue 'again,
                    Err(error) => return Err(DrawError::Store(error.to_string())),
                }
            }
            return Err(DrawError::UsedUp(face.name()));
        }
    }

    /// What this node's newest block of a range still has.
    async fn resumed(&self, range: &NumberRange) -> Result<Option<OpenBlock>, DrawError> {
        let Some(block) = range.block_of(&self.holder) else { return Ok(None) };
        let used = self.highest_used(range, block).await?;
        let next = used.map_or(block.first, |used| used + 1);
        let open = OpenBlock { range: range.clone(), next, last: block.last };
        Ok(Some(open).filter(|open| !open.is_used_up()))
    }

    /// The highest number of a block that an invoice has.
    async fn highest_used(
        &self,
        range: &NumberRange,
        block: &Block,
    ) -> Result<Option<u64>, DrawError> {
        let behind = number_key(&range.merchant, &range.code, block.last + 1);
        let page = Page {
            after: Some(After::key(behind.owner.clone(), behind.id)),
            order: PageOrder::Descending,
            ..Page::by_key(Kind::InvoiceNumber, Some(behind.owner), 1)
        };
        let found: Vec<NumberOwner> = record::list(&*self.store, &page).await?;
        let place = found.first().map(|owner| owner.number.place());
        let of_block = place.filter(|(code, place)| *code == range.code && *place >= block.first);
        Ok(of_block.map(|(_, place)| place))
    }

    /// A merchant's ranges of one face, in the order they are used up: an operator's before the
    /// sandbox's own.
    async fn ranges(
        &self,
        merchant: &AppId,
        face: Face,
    ) -> Result<Vec<Versioned<NumberRange>>, DrawError> {
        let page = Page::by_key(Kind::NumberRange, Some(merchant.to_string()), MAX_RANGES);
        let ranges = record::list_versioned::<NumberRange>(&*self.store, &page).await?;
        let of_face = ranges.into_iter().filter(|range| range.value.face == face);
        let mut of_face: Vec<_> = of_face.collect();
        of_face.sort_by_key(|range| range.value.is_automatic);
        Ok(of_face)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::invoicing::serial::Serial;
    use kaipiao_store_memory::MemoryStore;
    use std::collections::BTreeSet;

    fn merchant() -> AppId {
        AppId::parse("wx6b61697069616f31").unwrap()
    }

    async fn allot(store: &MemoryStore, face: Face, code: &str, first: u64, last: u64) {
        let range = NumberRange::new(merchant(), face, code, first, last).unwrap();
        let save = record::save(number_range_key(&range), Expect::Absent, &range);
        store.commit(Commit::of(vec![save])).await.unwrap();
    }

    /// Records a number as an invoice's commit does.
    async fn use_up(store: &MemoryStore, number: InvoiceNumber) {
        let owner = NumberOwner { number, serial: Serial::parse("s").unwrap() };
        let save = record::save(owner.key(&merchant()), Expect::Absent, &owner);
        store.commit(Commit::of(vec![save])).await.expect("nobody has used it");
    }

    async fn place(numbers: &Numbers) -> Result<u64, DrawError> {
        let number = numbers.draw(&merchant(), Face::Classic, 2026).await?;
        Ok(number.place().1)
    }

    #[tokio::test]
    async fn ranges_are_used_up_in_order_and_then_it_says_so() {
        let store = Arc::new(MemoryStore::default());
        let numbers = Numbers::new(Arc::clone(&store) as Arc<dyn Store>, "main", 4);
        assert_eq!(place(&numbers).await, Err(DrawError::NoRange("classic")));
        allot(&store, Face::Digital, "952", 1, 100).await;
        assert_eq!(place(&numbers).await, Err(DrawError::NoRange("classic")));
        allot(&store, Face::Classic, "044032411111", 5, 10).await;
        allot(&store, Face::Classic, "044032411211", 90, 91).await;
        let mut places = Vec::new();
        while let Ok(number) = numbers.draw(&merchant(), Face::Classic, 2026).await {
            places.push(number.place().1);
            use_up(&store, number).await;
        }
        assert_eq!(places, [5, 6, 7, 8, 9, 10, 90, 91]);
        assert_eq!(place(&numbers).await, Err(DrawError::UsedUp("classic")));
        allot(&store, Face::Classic, "044032411311", 1, 1).await;
        assert_eq!(place(&numbers).await, Ok(1));
        let digital = numbers.draw(&merchant(), Face::Digital, 2026).await.unwrap();
        assert_eq!(digital.number(), "26952000000000000001");
    }

    #[tokio::test]
    async fn a_restarted_node_goes_on_behind_the_last_number_that_was_used() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411111", 1, 100).await;
        let start = || Numbers::new(Arc::clone(&store) as Arc<dyn Store>, "main", 10);
        let before = start();
        for used in [1, 2, 3, 5] {
            while let Ok(number) = before.draw(&merchant(), Face::Classic, 2026).await {
                if number.place().1 == used {
                    use_up(&store, number).await;
                    break;
                }
            }
        }
        // 4 was drawn and never recorded: a gap. 6 to 10 are still the block's.
        assert_eq!(place(&start()).await, Ok(6));
        let after = start();
        let mut places = Vec::new();
        for _ in 0..7 {
            let number = after.draw(&merchant(), Face::Classic, 2026).await.unwrap();
            places.push(number.place().1);
            use_up(&store, number).await;
        }
        assert_eq!(places, [6, 7, 8, 9, 10, 11, 12]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn two_nodes_and_many_tasks_draw_no_number_twice() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411111", 1, 1000).await;
        let nodes = ["a", "b"]
            .map(|name| Arc::new(Numbers::new(Arc::clone(&store) as Arc<dyn Store>, name, 7)));
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let numbers = Arc::clone(&nodes[n % 2]);
                tokio::spawn(async move { place(&numbers).await.unwrap() })
            })
            .collect();
        let mut places = BTreeSet::new();
        for task in tasks {
            assert!(places.insert(task.await.unwrap()));
        }
        assert!(places.last().copied() <= Some(214), "blocks are used before new ones are taken");
    }
}
