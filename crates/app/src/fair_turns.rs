//! Turns at work that takes the processor: documents that are drawn, PDFs that are read. Whose is next?
//!
//! Small pieces go first and always have a place, for a large one takes a processor for as long as
//! hundreds of small ones. Accounts take turns, so that nobody waits for all that another wants.

use crate::metrics::Metrics;
use core::time::Duration;
use kaipiao_domain::access::account::AppId;
use kaipiao_ports::metrics::number;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkSize {
    /// As much as usual.
    Small,
    /// Hundreds of times as much.
    Large,
}

/// The places at which work is done, and who waits for one.
pub(crate) struct FairTurns {
    places: usize,
    /// Pieces that wait at most.
    most_waiting: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    small: Line,
    large: Line,
}

/// Pieces of one size.
#[derive(Default)]
struct Line {
    under_way: usize,
    /// Whose turn is when.
    turns: VecDeque<AppId>,
    /// Each account's, in the order in which they were asked for.
    waiting: BTreeMap<AppId, VecDeque<oneshot::Sender<Place>>>,
}

/// There are too many who wait, and most of them for this account's work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineIsFull;

/// A place at which one piece is done; free again when it is dropped.
pub(crate) struct Place {
    turns: Arc<FairTurns>,
    size: WorkSize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turns.state().line(self.size).under_way -= 1;
        self.turns.fill();
    }
}

impl FairTurns {
    /// Turns at so many places, two at least: one is the large pieces' at most.
    pub(crate) fn new(places: usize, most_waiting: usize) -> Self {
        Self { places: places.max(2), most_waiting, state: Mutex::default() }
    }

    /// Has metrics tell of the places and of who waits, under names that begin so.
    pub(crate) fn register(self: &Arc<Self>, metrics: &Metrics, name: &str, what: &str) {
        let (turns, places) = (Arc::clone(self), number(self.places));
        let help = format!("{what} at this moment");
        metrics.register_reading(&format!("{name}_in_use"), &help, move || {
            let state = turns.state();
            number(state.small.under_way + state.large.under_way)
        });
        let turns = Arc::clone(self);
        let help = format!("{what} that wait for their turn");
        metrics.register_reading(&format!("{name}_waiting"), &help, move || {
            number(turns.state().waiting())
        });
        let help = format!("{what} at once at most");
        metrics.register_reading(&format!("{name}_limit"), &help, move || places);
    }

    /// A place for a piece of this account's work, when it is its turn.
    pub(crate) async fn place(
        self: &Arc<Self>,
        account: &AppId,
        size: WorkSize,
    ) -> Result<Place, LineIsFull> {
        let turn = self.stand_in_line(account, size)?;
        self.fill();
        // Who has waited in vain has made room for an account with less that waits.
        turn.await.map_err(|_| LineIsFull)
    }

    /// The same for a small piece that waits for so long at most; None: nobody has made room for it by then.
    pub(crate) async fn small_within(
        self: &Arc<Self>,
        longest_wait: Duration,
        account: &AppId,
    ) -> Result<Option<Place>, LineIsFull> {
        // Who goes leaves the line with what it waits on.
        timeout(longest_wait, self.place(account, WorkSize::Small)).await.ok().transpose()
    }

    fn stand_in_line(
        &self,
        account: &AppId,
        size: WorkSize,
    ) -> Result<oneshot::Receiver<Place>, LineIsFull> {
        let mut state = self.state();
        if state.waiting() >= self.most_waiting {
            state.forget_who_has_gone();
        }
        if state.waiting() >= self.most_waiting {
            state.make_room_for(account)?;
        }
        let (start, turn) = oneshot::channel();
        state.line(size).push(account, start);
        Ok(turn)
    }

    /// Gives free places to those whose turn it is.
    fn fill(self: &Arc<Self>) {
        loop {
            let mut state = self.state();
            let Some(size) = state.next_size(self.places) else { return };
            let Some(start) = state.line(size).pop() else { return };
            state.line(size).under_way += 1;
            drop(state);
            // Of one who has gone in this moment the place comes back, and is free again.
            let _ = start.send(Place { turns: Arc::clone(self), size });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn line(&mut self, size: WorkSize) -> &mut Line {
        match size {
            WorkSize::Small => &mut self.small,
            WorkSize::Large => &mut self.large,
        }
    }

    fn waiting(&self) -> usize {
        self.small.len() + self.large.len()
    }

    fn forget_who_has_gone(&mut self) {
        self.small.forget_who_has_gone();
        self.large.forget_who_has_gone();
    }

    /// The size of the next piece, if there is a place for it.
    fn next_size(&self, places: usize) -> Option<WorkSize> {
        let under_way = self.small.under_way + self.large.under_way;
        if under_way >= places {
            return None;
        }
        let large_fits = self.large.len() > 0 && self.large.under_way < places - 1;
        // Small ones without end do not keep the large ones waiting for ever.
        let large_is_due = self.large.under_way == 0 && self.small.under_way > 0;
        match (self.small.len() > 0, large_fits) {
            (true, true) if large_is_due => Some(WorkSize::Large),
            (true, _) => Some(WorkSize::Small),
            (false, true) => Some(WorkSize::Large),
            (false, false) => None,
        }
    }

    /// Turns away the newest piece of the account with the most that wait, unless that is the
    /// one who asks.
    fn make_room_for(&mut self, account: &AppId) -> Result<(), LineIsFull> {
        let accounts = self.small.waiting.keys().chain(self.large.waiting.keys());
        let most = accounts.max_by_key(|account| self.waiting_of(account)).cloned();
        let most = most.ok_or(LineIsFull)?;
        if self.waiting_of(&most) <= self.waiting_of(account) + 1 {
            return Err(LineIsFull);
        }
        if !self.large.turn_away(&most) {
            self.small.turn_away(&most);
        }
        Ok(())
    }

    fn waiting_of(&self, account: &AppId) -> usize {
        self.small.len_of(account) + self.large.len_of(account)
    }
}

impl Line {
    fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    fn len_of(&self, account: &AppId) -> usize {
        self.waiting.get(account).map_or(0, VecDeque::len)
    }

    fn push(&mut self, account: &AppId, start: oneshot::Sender<Place>) {
        let waiting = self.waiting.entry(account.clone()).or_default();
        if waiting.is_empty() {
            self.turns.push_back(account.clone());
        }
        waiting.push_back(start);
    }

    /// The next who still waits; its account's next turn is behind all others'.
    fn pop(&mut self) -> Option<oneshot::Sender<Place>> {
        self.forget_who_has_gone();
        let account = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&account)?;
        let start = waiting.pop_front();
        match waiting.is_empty() {
            true => drop(self.waiting.remove(&account)),
            false => self.turns.push_back(account),
        }
        start
    }

    /// Whether the account's newest one was sent away.
    fn turn_away(&mut self, account: &AppId) -> bool {
        let newest = self.waiting.get_mut(account).and_then(VecDeque::pop_back);
        self.drop_empty();
        newest.is_some()
    }

    fn forget_who_has_gone(&mut self) {
        self.waiting.values_mut().for_each(|line| line.retain(|start| !start.is_closed()));
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        self.waiting.retain(|_, line| !line.is_empty());
        self.turns.retain(|account| self.waiting.contains_key(account));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WorkSize::{Large, Small};
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    fn merchant(number: u32) -> AppId {
        AppId::parse(&format!("wx{number:016x}")).unwrap()
    }

    /// One who has asked for a document.
    struct Asked(Pin<Box<dyn Future<Output = Result<Place, LineIsFull>>>>);

    impl Asked {
        fn new(turns: &Arc<FairTurns>, number: u32, size: WorkSize) -> Self {
            let turns = Arc::clone(turns);
            Self(Box::pin(async move { turns.place(&merchant(number), size).await }))
        }

        /// The place, if it is this one's turn by now.
        fn place(&mut self) -> Result<Option<Place>, LineIsFull> {
            match self.0.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(place) => place.map(Some),
                Poll::Pending => Ok(None),
            }
        }
    }

    /// Asks for documents, none of which can begin.
    fn waiting(turns: &Arc<FairTurns>, asked: &[(u32, WorkSize)]) -> Vec<Asked> {
        let waits = |(number, size): &(u32, WorkSize)| {
            let mut asked = Asked::new(turns, *number, *size);
            assert!(asked.place().unwrap().is_none(), "{number} {size:?}");
            asked
        };
        asked.iter().map(waits).collect()
    }

    fn begun(turns: &Arc<FairTurns>, number: u32, size: WorkSize) -> Place {
        Asked::new(turns, number, size).place().unwrap().expect("a place is free")
    }

    /// In what order those who wait begin, each ending before the next.
    fn order(first: Place, mut waiting: Vec<Asked>) -> Vec<usize> {
        let mut under_way = Some(first);
        let mut order = Vec::new();
        while order.len() < waiting.len() {
            drop(under_way.take());
            for (index, asked) in waiting.iter_mut().enumerate() {
                if order.contains(&index) {
                    continue;
                }
                if let Some(place) = asked.place().unwrap() {
                    assert!(under_way.replace(place).is_none(), "one place, one document");
                    order.push(index);
                }
            }
            assert!(under_way.is_some(), "a free place is taken");
        }
        order
    }

    #[test]
    fn a_small_document_waits_for_no_large_ones() {
        let turns = Arc::new(FairTurns::new(2, 100));
        let _large = begun(&turns, 1, Large);
        let _waiting = waiting(&turns, &[(1, Large); 6]);
        let small = begun(&turns, 2, Small);
        let second = waiting(&turns, &[(2, Small)]);
        assert_eq!(order(small, second), [0]);
    }

    #[test]
    fn merchants_take_turns() {
        let turns = Arc::new(FairTurns::new(2, 100));
        let first = begun(&turns, 1, Large);
        let asked = [(1, Large), (1, Large), (1, Large), (2, Large), (3, Large), (2, Large)];
        let waiting = waiting(&turns, &asked);
        assert_eq!(order(first, waiting), [0, 3, 4, 1, 5, 2]);
    }

    #[test]
    fn small_ones_without_end_leave_the_large_ones_a_place() {
        let turns = Arc::new(FairTurns::new(2, 100));
        let (one, _other) = (begun(&turns, 1, Small), begun(&turns, 1, Small));
        let mut waiting = waiting(&turns, &[(1, Small), (1, Small), (2, Large)]);
        drop(one);
        let large = waiting[2].place().unwrap();
        assert!(large.is_some());
        assert!(waiting[0].place().unwrap().is_none());
    }

    #[test]
    fn who_has_most_in_a_full_line_is_refused() {
        let turns = Arc::new(FairTurns::new(2, 4));
        let _large = begun(&turns, 1, Large);
        let mut of_one = waiting(&turns, &[(1, Large); 4]);
        let refused = |number| Asked::new(&turns, number, Large).place().is_err();
        assert!(refused(1), "its own line is the longest");
        let _of_another = waiting(&turns, &[(2, Large); 2]);
        let outcomes: Vec<_> = of_one.iter_mut().map(|asked| asked.place().is_err()).collect();
        assert_eq!(outcomes, [false, false, true, true], "the newest make room");
        assert!(refused(2), "two and two are even");
    }

    #[test]
    fn who_goes_away_leaves_the_line() {
        let turns = Arc::new(FairTurns::new(2, 2));
        let first = begun(&turns, 1, Large);
        drop(waiting(&turns, &[(1, Large), (1, Large)]));
        let last = waiting(&turns, &[(1, Large)]);
        assert_eq!(order(first, last), [0]);
    }

    #[tokio::test]
    async fn who_has_waited_long_enough_goes_and_takes_nobodys_turn() {
        let turns = Arc::new(FairTurns::new(2, 1));
        let (short, long) = (Duration::from_millis(20), Duration::from_secs(60));
        let under_way = [begun(&turns, 1, Small), begun(&turns, 1, Small)];
        let waited = turns.small_within(short, &merchant(2)).await;
        assert!(waited.unwrap().is_none());
        // There is room in the line for one, and a turn for it.
        let third = merchant(3);
        let (next, ()) = tokio::join!(turns.small_within(long, &third), async {
            drop(under_way);
        });
        assert!(next.unwrap().is_some());
    }
}
