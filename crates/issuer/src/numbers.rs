//! Invoice numbers, out of the merchants' ranges.
//!
//! A merchant's ranges are records of the store. A node takes a block out of the first range that
//! has numbers left, commits that, and hands the block's numbers out from memory: one commit for
//! many invoices. The invoice's own commit records its number as used, expecting that nobody used it
//! before, so a number can never stand on two invoices.
//!
//! With the next block, those that the node has left are closed: its numbers are read, the range counts
//! those that were used, and what is missing is saved as a gap. A block whose numbers may be on their
//! way to an invoice is closed later, or by the process that comes after this one.
//!
//! Blocks of a node that is gone for good ([`Store::gone_for_good`]), as "main" is after a move to a database that nodes
//! share, are taken over by whoever takes the next block: it goes on in them, and closes them as its own. Whoever goes on in a block
//! saves its range, so of the two of a node that comes back after all and an heir one sees the other.
//!
//! Opened again, a node goes on in its newest block behind the highest number that was used. Numbers
//! below it that nobody used are gaps: they were drawn, and the process died, or the store was away,
//! before the invoice was recorded.

use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::{Block, InvoiceNumber, NumberRange};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Expect, Kind, Save, Version};
use kaipiao_ports::store::{After, Commit, Page, PageOrder, Store};
use kaipiao_records::invoicing::invoice_number::{NumberOwner, number_key, used_numbers};
use kaipiao_records::invoicing::number_gap::block_gaps_key;
use kaipiao_records::invoicing::number_range::number_range_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as AsyncMutex;

/// Ranges of a merchant that are looked at, at most.
const MAX_RANGES: usize = 1000;

/// Blocks, of those that a process used last, whose missing numbers may be on their way to an
/// invoice: many more numbers than are drawn for one merchant at once.
const BLOCKS_ON_THEIR_WAY: usize = 32;

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
    /// The blocks that this process has used last, by code and first number.
    used_last: VecDeque<(String, u64)>,
}

impl Drawer {
    fn begin(&mut self, open: OpenBlock) {
        self.used_last.push_back((open.range.code.clone(), open.first));
        if self.used_last.len() > BLOCKS_ON_THEIR_WAY {
            self.used_last.pop_front();
        }
        self.has_resumed = true;
        self.open = Some(open);
    }

    /// Whether no number of a block is on its way to an invoice.
    fn is_over(&self, range: &NumberRange, block: &Block) -> bool {
        !self.used_last.iter().any(|(code, first)| *code == range.code && *first == block.first)
    }
}

/// A drawer that one draw at a time uses.
type SharedDrawer = Arc<AsyncMutex<Drawer>>;

struct OpenBlock {
    range: NumberRange,
    /// The first of the whole block.
    first: u64,
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
        if drawer.open.as_ref().is_none_or(OpenBlock::is_used_up) {
            let open = self.open_block(merchant, face, &drawer).await?;
            drawer.begin(open);
        }
        let open = drawer.open.as_mut().expect("it was opened if it was not open");
        let number = open.range.number(open.next, year);
        open.next += 1;
        Ok(number)
    }

    /// The node's newest block as far as it is not used, if it may go on there; or the next one.
    async fn open_block(
        &self,
        merchant: &AppId,
        face: Face,
        drawer: &Drawer,
    ) -> Result<OpenBlock, DrawError> {
        'again: loop {
            let ranges = self.ranges(merchant, face).await?;
            if ranges.is_empty() {
                return Err(DrawError::NoRange(face.name()));
            }
            // In whichever range it is: once a block is begun, what the process before left is not looked at again.
            if !drawer.has_resumed
                && let Some((version, resumed)) = self.resumed_in_any(&ranges).await?
            {
                // A range that is saved as it was: an heir who has looked at it meanwhile inherits nothing.
                match self.commit(vec![save_range(version, &resumed.range)]).await? {
                    Saved::Committed => return Ok(resumed),
                    Saved::Conflict => continue 'again,
                }
            }
            let gone = self.gone_for_good(&ranges).await?;
            let mut used_up = Vec::new();
            for Versioned { value: range, version } in ranges {
                let after = |gone: &String| range.inherit(gone, &self.holder);
                if let Some(inherited) = gone.iter().map(after).find(|after| *after != range) {
                    let saved = self.commit(vec![save_range(version, &inherited)]).await?;
                    if saved == Saved::Committed
                        && let Some(resumed) = self.resumed(&inherited).await?
                    {
                        return Ok(resumed);
                    }
                    continue 'again;
                }
                let Some((next, block)) = range.take_block(&self.holder, self.block_size) else {
                    used_up.push(Versioned { value: range, version });
                    continue;
                };
                let mut saves = Vec::new();
                let next = self.close_blocks(drawer, next, &mut saves).await?;
                saves.push(save_range(version, &next));
                for Versioned { value: before, version } in used_up {
                    let after = self.close_blocks(drawer, before.clone(), &mut saves).await?;
                    if after != before {
                        saves.push(save_range(version, &after));
                    }
                }
                match self.commit(saves).await? {
                    Saved::Committed => {
                        let (first, last) = (block.first, block.last);
                        return Ok(OpenBlock { range, first, next: first, last });
                    }
                    // Another node has taken a block meanwhile: look again.
                    Saved::Conflict => continue 'again,
                }
            }
            return Err(DrawError::UsedUp(face.name()));
        }
    }

    async fn commit(&self, saves: Vec<Save>) -> Result<Saved, DrawError> {
        match self.store.commit(Commit::of(saves)).await {
            Ok(_) => Ok(Saved::Committed),
            Err(CommitError::Conflict(_)) => Ok(Saved::Conflict),
            Err(error) => Err(DrawError::Store(error.to_string())),
        }
    }

    /// The other holders of blocks of these ranges that are gone for good.
    async fn gone_for_good(
        &self,
        ranges: &[Versioned<NumberRange>],
    ) -> Result<Vec<String>, DrawError> {
        let blocks =
            ranges.iter().flat_map(|range| range.value.blocks.iter().chain(&range.value.unclosed));
        let others = blocks.map(|block| &block.holder).filter(|holder| **holder != self.holder);
        let others: BTreeSet<_> = others.cloned().collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.gone_for_good(&others.into_iter().collect::<Vec<_>>()).await?)
    }

    /// The range once the blocks are closed that this node has left, as far as their numbers are used
    /// or over. What is missing goes to `saves`.
    async fn close_blocks(
        &self,
        drawer: &Drawer,
        mut range: NumberRange,
        saves: &mut Vec<Save>,
    ) -> Result<NumberRange, DrawError> {
        for block in range.unclosed.clone() {
            if block.holder != self.holder {
                continue;
            }
            let (merchant, code) = (&range.merchant, &range.code);
            // Asked before the numbers are read: what is over stays as it is.
            let is_over = drawer.is_over(&range, &block);
            let used = used_numbers(&*self.store, merchant, code, &block).await?;
            let (closed, gaps) = range.close_block(&block, &used);
            if is_over || gaps.is_none() {
                let key = block_gaps_key(merchant, code, block.last);
                saves.extend(gaps.map(|gaps| record::save(key, Expect::Absent, &gaps)));
                range = closed;
            }
        }
        Ok(range)
    }

    /// What this node's newest block still has, of the first range in which it has anything; and that range's version.
    async fn resumed_in_any(
        &self,
        ranges: &[Versioned<NumberRange>],
    ) -> Result<Option<(Version, OpenBlock)>, DrawError> {
        for Versioned { value: range, version } in ranges {
            if let Some(resumed) = self.resumed(range).await? {
                return Ok(Some((*version, resumed)));
            }
        }
        Ok(None)
    }

    /// What this node's newest block of a range still has.
    async fn resumed(&self, range: &NumberRange) -> Result<Option<OpenBlock>, DrawError> {
        let Some(block) = range.block_of(&self.holder) else { return Ok(None) };
        let used = self.highest_used(range, block).await?;
        let next = used.map_or(block.first, |used| used + 1);
        let (first, last) = (block.first, block.last);
        let open = OpenBlock { range: range.clone(), first, next, last };
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

/// What became of a range's save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saved {
    Committed,
    /// Somebody else has changed it.
    Conflict,
}

fn save_range(version: Version, range: &NumberRange) -> Save {
    record::save(number_range_key(range), Expect::Version(version), range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::invoicing::serial::Serial;
    use kaipiao_records::invoicing::number_gap::gaps_behind;
    use kaipiao_store_memory::MemoryStore;

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
    async fn an_heir_that_looked_before_the_node_came_back_inherits_nothing() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411111", 1, 10).await;
        let start = |name| Numbers::new(Arc::clone(&store) as Arc<dyn Store>, name, 5);
        let first = start("gone").draw(&merchant(), Face::Classic, 2026).await.unwrap();
        use_up(&store, first).await;
        let heir = start("heir");
        let seen = heir.ranges(&merchant(), Face::Classic).await.unwrap().remove(0);
        assert_eq!(place(&start("gone")).await, Ok(2), "it is back");
        let inherited = save_range(seen.version, &seen.value.inherit("gone", "heir"));
        assert_eq!(heir.commit(vec![inherited]).await, Ok(Saved::Conflict));
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

    #[tokio::test]
    async fn a_restarted_node_goes_on_in_its_block_of_a_later_range_first() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411211", 90, 99).await;
        let start = || Numbers::new(Arc::clone(&store) as Arc<dyn Store>, "main", 3);
        use_up(&store, start().draw(&merchant(), Face::Classic, 2026).await.unwrap()).await;
        allot(&store, Face::Classic, "044032411111", 5, 10).await;
        let after = start();
        let mut places = Vec::new();
        for _ in 0..4 {
            let number = after.draw(&merchant(), Face::Classic, 2026).await.unwrap();
            places.push(number.place().1);
            use_up(&store, number).await;
        }
        assert_eq!(places, [91, 92, 5, 6]);
    }

    /// The range of the first code, and the gaps of its closed blocks.
    async fn kept(store: &MemoryStore) -> (NumberRange, Vec<(u64, u64)>) {
        let code = "044032411111";
        let page = Page::by_key(Kind::NumberRange, Some(merchant().to_string()), 1);
        let range = record::list::<NumberRange>(store, &page).await.unwrap().remove(0);
        let gaps = gaps_behind(store, &merchant(), code, 0, range.last, 100).await.unwrap();
        (range, gaps.into_iter().flat_map(|block| block.gaps).collect())
    }

    /// Draws numbers up to `last`, and records some of them.
    async fn draw_to(
        store: &MemoryStore,
        numbers: &Numbers,
        last: u64,
        is_recorded: fn(u64) -> bool,
    ) {
        loop {
            let number = numbers.draw(&merchant(), Face::Classic, 2026).await.unwrap();
            let place = number.place().1;
            if is_recorded(place) {
                use_up(store, number).await;
            }
            if place == last {
                return;
            }
        }
    }

    #[tokio::test]
    async fn a_block_is_closed_with_the_next_one_when_all_its_numbers_are_recorded() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411111", 1, 1000).await;
        let numbers = Numbers::new(Arc::clone(&store) as Arc<dyn Store>, "main", 10);
        draw_to(&store, &numbers, 21, |place| place != 14).await;
        let (range, gaps) = kept(&store).await;
        // 14 may be on its way.
        assert_eq!((range.issued, gaps), (10, vec![]));
        assert_eq!(range.unclosed.iter().map(|b| b.first).collect::<Vec<_>>(), [11]);
        use_up(&store, range.number(14, 2026)).await;
        draw_to(&store, &numbers, 31, |_| true).await;
        let (range, gaps) = kept(&store).await;
        assert_eq!((range.issued, gaps, range.unclosed), (30, vec![], vec![]));
    }

    #[tokio::test]
    async fn what_a_process_leaves_behind_is_a_gap_for_the_next_one() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411111", 1, 1000).await;
        let start = || Numbers::new(Arc::clone(&store) as Arc<dyn Store>, "main", 10);
        draw_to(&store, &start(), 15, |place| ![3, 4, 15].contains(&place)).await;
        assert_eq!(kept(&store).await.1, []);
        // 15 was never recorded, so it is drawn again.
        draw_to(&store, &start(), 21, |_| true).await;
        let (range, gaps) = kept(&store).await;
        assert_eq!((range.issued, gaps, range.unclosed), (18, vec![(3, 4)], vec![]));
    }

    #[tokio::test]
    async fn what_is_missing_for_long_is_a_gap() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411111", 1, 1000).await;
        let numbers = Numbers::new(Arc::clone(&store) as Arc<dyn Store>, "main", 2);
        draw_to(&store, &numbers, 66, |place| place != 2).await;
        assert_eq!(kept(&store).await.1, []);
        draw_to(&store, &numbers, 68, |_| true).await;
        let (range, gaps) = kept(&store).await;
        assert_eq!((range.issued, gaps, range.unclosed), (65, vec![(2, 2)], vec![]));
    }

    #[tokio::test]
    async fn a_used_up_ranges_blocks_are_closed_with_the_next_ranges() {
        let store = Arc::new(MemoryStore::default());
        allot(&store, Face::Classic, "044032411111", 1, 4).await;
        allot(&store, Face::Classic, "044032411211", 1, 4).await;
        let start = || Numbers::new(Arc::clone(&store) as Arc<dyn Store>, "main", 2);
        draw_to(&store, &start(), 4, |place| place != 1).await;
        assert_eq!(kept(&store).await.0.unclosed.len(), 1);
        draw_to(&store, &start(), 1, |_| true).await;
        let (range, gaps) = kept(&store).await;
        assert_eq!((range.issued, gaps, range.unclosed), (1, vec![(1, 1)], vec![]));
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
