//! The open pushes in memory: their order, who holds which, and the pushes themselves as long as
//! there are not too many.

use super::pushes;
use super::queue::WorkQueue;
use kaipiao_ports::delivery::claims::{ClaimToken, DueTurn, Queue};
use kaipiao_ports::delivery::outbox::{
    Attempt, ListedPush, Push, PushQuery, PushState, StateFilter,
};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};

/// Pushes that are kept whole; of further ones the database is read when they are claimed.
const KEPT: usize = 10_000;

/// An account and an ordering key.
type OrderingKey = (String, String);

pub(crate) struct OpenPushes {
    pub(crate) queue: WorkQueue,
    in_order: HashMap<OrderingKey, InOrder>,
    keys: HashMap<i64, OrderingKey>,
    kept: HashMap<i64, Push>,
}

const fn is_completed(push: &Push) -> bool {
    matches!(push.state, PushState::Completed { .. })
}

/// The open pushes of one key. The ready one stays ready when an earlier one is replayed.
struct InOrder {
    ready: i64,
    waiting: BTreeSet<i64>,
}

impl OpenPushes {
    fn empty() -> Self {
        Self {
            queue: WorkQueue::new(Queue::Push),
            in_order: HashMap::new(),
            keys: HashMap::new(),
            kept: HashMap::new(),
        }
    }

    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut pushes = Self::empty();
        for push in pushes::open(connection)? {
            pushes.add(&push);
        }
        Ok(pushes)
    }

    /// The open pushes that some which were found stand in order with.
    pub(crate) fn load_beside(
        connection: &Connection,
        found: &[(Push, Vec<Attempt>)],
    ) -> rusqlite::Result<Self> {
        let open = found.iter().filter(|(push, _)| !is_completed(push));
        let keys: BTreeSet<_> =
            open.map(|(push, _)| (push.id.account.clone(), push.ordering_key.clone())).collect();
        let mut pushes = Self::empty();
        for (account, ordering_key) in keys {
            let query = PushQuery {
                account: Some(account),
                ordering_keys: vec![ordering_key],
                state: Some(StateFilter::Open),
                after: None,
                limit: usize::MAX,
            };
            // Newest first; the oldest is the one that is ready.
            for (push, _) in pushes::list(connection, &query)?.iter().rev() {
                pushes.add(push);
            }
        }
        Ok(pushes)
    }

    /// Reads the open pushes anew: after an error it is not known what is on disk. Claims stay with
    /// their holders.
    pub(crate) fn reload(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { queue, in_order, keys, kept } = Self::load(connection)?;
        let ready = in_order.values().map(|in_order| in_order.ready);
        let mut work = Vec::new();
        for number in ready {
            let (turn, due_ms) = queue.turn_and_due(number).expect("a ready push is in the queue");
            work.push((number, turn, due_ms));
        }
        self.queue.reload(work);
        (self.in_order, self.keys, self.kept) = (in_order, keys, kept);
        Ok(())
    }

    /// How many are open, those that wait behind others included.
    pub(crate) fn count(&self) -> usize {
        self.keys.len()
    }

    /// Adds an open push, new or replayed. Returns when it is due, if it is ready.
    pub(crate) fn add(&mut self, push: &Push) -> Option<i64> {
        let number = push.id.number;
        let key = (push.id.account.clone(), push.ordering_key.clone());
        self.keys.insert(number, key.clone());
        if self.kept.len() < KEPT {
            self.kept.insert(number, push.clone());
        }
        if let Some(in_order) = self.in_order.get_mut(&key) {
            in_order.waiting.insert(number);
            return None;
        }
        self.in_order.insert(key, InOrder { ready: number, waiting: BTreeSet::new() });
        let due_ms = match push.state {
            PushState::Ready { due_ms } => due_ms,
            PushState::Waiting | PushState::Completed { .. } => push.committed_ms,
        };
        self.queue.put(number, &push.turn(), due_ms);
        Some(due_ms)
    }

    /// A ready push is tried again at this moment; its numbers of tries as they are now.
    pub(crate) fn retry(&mut self, number: i64, due_ms: i64, tried: u32) {
        if let Some(kept) = self.kept.get_mut(&number) {
            kept.tries += tried;
            kept.attempts += tried;
        }
        if let Some((turn, _)) = self.queue.turn_and_due(number) {
            self.queue.put(number, &turn, due_ms);
        }
    }

    /// A ready push is over. Returns the number of the one that takes its place, due now.
    pub(crate) fn complete(&mut self, number: i64, now_ms: i64) -> Option<i64> {
        let turn = self.queue.turn_and_due(number).map(|(turn, _)| turn);
        self.queue.remove(number);
        self.kept.remove(&number);
        let key = self.keys.remove(&number)?;
        let in_order = self.in_order.get_mut(&key)?;
        match in_order.waiting.pop_first() {
            None => {
                self.in_order.remove(&key);
                None
            }
            Some(next) => {
                in_order.ready = next;
                // Pushes of one order may have different destinations.
                let turn = self.kept.get(&next).map(Push::turn).or(turn)?;
                self.queue.put(next, &turn, now_ms);
                Some(next)
            }
        }
    }

    /// A push is taken out, if it is open. Returns the number of the one that takes its place, due now, if it was the
    /// ready one.
    pub(crate) fn remove(&mut self, number: i64, now_ms: i64) -> Option<i64> {
        let in_order = self.in_order.get_mut(self.keys.get(&number)?)?;
        if in_order.ready == number {
            return self.complete(number, now_ms);
        }
        in_order.waiting.remove(&number);
        self.keys.remove(&number);
        self.kept.remove(&number);
        None
    }

    /// The turn of a push that has become ready, and when it is due.
    pub(crate) fn turn_of(&self, number: Option<i64>) -> Option<(Queue, DueTurn)> {
        let (turn, due_ms) = self.queue.turn_and_due(number?)?;
        Some((Queue::Push, DueTurn { due_ms, turn }))
    }

    /// The push that takes the place of a ready one when that is over.
    pub(crate) fn next_of(&self, number: i64) -> Option<i64> {
        self.in_order.get(self.keys.get(&number)?)?.waiting.first().copied()
    }

    /// The push of a claim, as it is now, if it is kept.
    pub(crate) fn kept(&self, token: ClaimToken) -> Option<Push> {
        let push = self.kept.get(&token.number)?.clone();
        Some(Push { state: self.state(token.number)?, ..push })
    }

    /// Where an open push stands; None: it is not open.
    pub(crate) fn state(&self, number: i64) -> Option<PushState> {
        let in_order = self.in_order.get(self.keys.get(&number)?)?;
        if in_order.ready != number {
            return Some(PushState::Waiting);
        }
        self.queue.turn_and_due(number).map(|(_, due_ms)| PushState::Ready { due_ms })
    }

    /// What was completed since it was read is shown as it was read.
    fn listed(
        &self,
        push: Push,
        attempts: Vec<Attempt>,
        waits_behind: Option<Box<ListedPush>>,
    ) -> ListedPush {
        let number = push.id.number;
        let is_open = !is_completed(&push);
        let state = self.state(number).filter(|_| is_open).unwrap_or(push.state);
        let in_flight_for = self.queue.held_for(number);
        ListedPush { push: Push { state, ..push }, attempts, in_flight_for, waits_behind }
    }

    /// The ready push that an open one waits behind.
    pub(crate) fn waits_behind(&self, number: i64) -> Option<i64> {
        let ready = self.in_order.get(self.keys.get(&number)?)?.ready;
        (ready != number).then_some(ready)
    }
}

/// Pushes as they were read, with what is known of them in memory: where they stand, who holds them,
/// what they wait behind.
pub(crate) fn show(
    connection: &Connection,
    open: &OpenPushes,
    found: Vec<(Push, Vec<Attempt>)>,
) -> rusqlite::Result<Vec<ListedPush>> {
    let one = |(push, attempts): (Push, Vec<Attempt>)| {
        let ready = match open.waits_behind(push.id.number) {
            Some(number) => pushes::read(connection, number)?,
            None => None,
        };
        let waits_behind = ready.map(|ready| Box::new(open.listed(ready, Vec::new(), None)));
        Ok(open.listed(push, attempts, waits_behind))
    };
    found.into_iter().map(one).collect()
}
