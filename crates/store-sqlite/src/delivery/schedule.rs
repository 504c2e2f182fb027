//! Which account has something due, and who holds what of it: in memory, one entry per account, so
//! that a dead receiver with a hundred thousand pushes costs the others nothing. Pushes have one
//! schedule, jobs another.
//!
//! Accounts that may have something due stand in a queue and take turns: who comes anew, or comes
//! back, goes to the end. The others stand in `later`, by the time when their next is due. The
//! database is the truth; an entry only says when to look there. The writer changes the entries
//! after a COMMIT, never before.

use kaipiao_ports::delivery::lease_book::{LeaseBook, Leased};
use kaipiao_ports::delivery::outbox::LeaseAsk;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is taken when it is due.
pub(crate) trait Queued: Sized {
    /// Its name.
    type Id: Leased;
    fn id(&self) -> &Self::Id;
    /// When it is due, in the domain's milliseconds.
    fn due_ms(&self) -> i64;
    /// Every account that has some, and when its first is due.
    fn accounts(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>>;
    /// An account's first, by the time they are due.
    fn first(connection: &Connection, account: &str, limit: usize) -> rusqlite::Result<Vec<Self>>;
}

/// What was taken, with its leases' tokens, and when the next of an account with room is due.
pub(crate) struct Taken<Item> {
    pub(crate) items: Vec<(Item, u64)>,
    pub(crate) next_due_ms: Option<i64>,
}

pub(crate) struct Schedule<Item: Queued> {
    pub(crate) leases: LeaseBook<Item::Id>,
    /// Accounts to look at now, by their turn.
    queue: BTreeMap<u64, String>,
    /// Accounts to look at when their next is due.
    later: BTreeSet<(i64, String)>,
    places: HashMap<String, Place>,
    last_turn: u64,
}

/// Where an account's entry is.
#[derive(Clone, Copy)]
enum Place {
    Queue(u64),
    Later(i64),
}

impl<Item: Queued> Default for Schedule<Item> {
    fn default() -> Self {
        Self {
            leases: LeaseBook::default(),
            queue: BTreeMap::new(),
            later: BTreeSet::new(),
            places: HashMap::new(),
            last_turn: 0,
        }
    }
}

impl<Item: Queued> Schedule<Item> {
    /// Reads when each account's first is due. Nobody holds any.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut schedule = Self::default();
        for (account, due_ms) in Item::accounts(connection)? {
            schedule.put_later(&account, due_ms);
        }
        Ok(schedule)
    }

    /// Reads the times anew: after an error it is not known what is on disk. Leases stay with their
    /// holders.
    pub(crate) fn reload(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let loaded = Self::load(connection)?;
        let leases = std::mem::take(&mut self.leases);
        *self = Self { leases, ..loaded };
        Ok(())
    }

    /// Says that something of this account's has changed: a worker looks at it in its
    /// turn.
    pub(crate) fn touch(&mut self, account: &str) {
        if matches!(self.places.get(account), Some(Place::Queue(_))) {
            return;
        }
        self.take_out(account);
        self.last_turn += 1;
        self.queue.insert(self.last_turn, account.to_owned());
        self.places.insert(account.to_owned(), Place::Queue(self.last_turn));
    }

    fn put_later(&mut self, account: &str, due_ms: i64) {
        self.take_out(account);
        self.later.insert((due_ms, account.to_owned()));
        self.places.insert(account.to_owned(), Place::Later(due_ms));
    }

    fn take_out(&mut self, account: &str) {
        match self.places.remove(account) {
            None => {}
            Some(Place::Queue(turn)) => {
                self.queue.remove(&turn);
            }
            Some(Place::Later(due_ms)) => {
                self.later.remove(&(due_ms, account.to_owned()));
            }
        }
    }

    /// Takes what is due, account by account in turns.
    pub(crate) fn lease(
        &mut self,
        connection: &Connection,
        ask: &LeaseAsk,
    ) -> rusqlite::Result<Taken<Item>> {
        self.leases.lapse().iter().for_each(|account| self.touch(account));
        while let Some((due_ms, account)) = self.later.first().cloned()
            && due_ms <= ask.now_ms
        {
            self.touch(&account);
        }
        let mut taken = Vec::new();
        let visited = self.visit(connection, ask, &mut taken);
        if let Err(error) = visited {
            // Nobody will attempt these now.
            taken.iter().for_each(|(item, _)| self.leases.remove(item.id()));
            return Err(error);
        }
        Ok(Taken { items: taken, next_due_ms: self.later.first().map(|(due_ms, _)| *due_ms) })
    }

    fn visit(
        &mut self,
        connection: &Connection,
        ask: &LeaseAsk,
        taken: &mut Vec<(Item, u64)>,
    ) -> rusqlite::Result<()> {
        // Failing accounts that find their share used up keep their turn for the next time.
        let mut passed_over = Vec::new();
        while taken.len() < ask.limit
            && let Some((_, account)) = self.queue.first_key_value()
        {
            let account = account.clone();
            if self.waits_for_its_share(&account, ask) {
                let turn = self.queue.pop_first().expect("it was looked at").0;
                passed_over.push((turn, account));
            } else {
                self.lease_of(connection, &account, ask, taken)?;
            }
        }
        self.queue.extend(passed_over);
        Ok(())
    }

    /// Has it room of its own, but none in the share of the failing accounts?
    fn waits_for_its_share(&self, account: &str, ask: &LeaseAsk) -> bool {
        self.leases.is_failing(account)
            && self.leases.of_account(account) < ask.per_account
            && self.leases.room(account, ask.per_account, ask.failing_at_once) == 0
    }

    /// Takes what one account has due, and notes when to look at it again: in its next turn, when
    /// its next is due, or, with its cap reached, when a lease of it ends.
    fn lease_of(
        &mut self,
        connection: &Connection,
        account: &str,
        ask: &LeaseAsk,
        taken: &mut Vec<(Item, u64)>,
    ) -> rusqlite::Result<()> {
        let held = self.leases.of_account(account);
        let room = self.leases.room(account, ask.per_account, ask.failing_at_once);
        let room = room.min(ask.limit - taken.len());
        let mut free = Item::first(connection, account, held + room + 1)?;
        free.retain(|item| self.leases.held_for(item.id()).is_none());
        let mut free = free.into_iter().peekable();
        for item in std::iter::from_fn(|| free.next_if(|i| i.due_ms() <= ask.now_ms)).take(room) {
            let token = self.leases.take(item.id(), ask.hold_for);
            taken.push((item, token));
        }
        self.take_out(account);
        let is_full = self.leases.of_account(account) >= ask.per_account;
        match free.peek().map(Item::due_ms).filter(|_| !is_full) {
            Some(due_ms) if due_ms <= ask.now_ms => self.touch(account),
            Some(due_ms) => self.put_later(account, due_ms),
            None => {}
        }
        Ok(())
    }
}
