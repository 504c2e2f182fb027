//! Which account has pushes that are due, and who holds which push: in memory, one entry per
//! account, so that a dead receiver with a hundred thousand pushes costs the others nothing.
//!
//! Accounts that may have something due stand in a queue and take turns: who comes anew, or comes
//! back, goes to the end. The others stand in `later`, by the time when their next push is due. The
//! database is the truth; an entry only says when to look there. The writer changes the entries
//! after a COMMIT, never before.

use crate::push_sql;
use kaipiao_seams::lease_book::LeaseBook;
use kaipiao_seams::outbox::{Lease, LeaseAsk, Leases, Push, PushState};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Default)]
pub(crate) struct Schedule {
    pub(crate) leases: LeaseBook,
    /// Accounts to look at now, by their turn.
    queue: BTreeMap<u64, String>,
    /// Accounts to look at when their next push is due.
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

impl Schedule {
    /// Reads when each account's first push is due. Nobody holds any.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut schedule = Self::default();
        for (account, due_ms) in push_sql::due_accounts(connection)? {
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

    /// Says that something about this account's pushes has changed: a worker looks at it in its
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
    ) -> rusqlite::Result<Leases> {
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
            taken.iter().for_each(|lease| self.leases.remove(&lease.push.id));
            return Err(error);
        }
        Ok(Leases { taken, next_due_ms: self.later.first().map(|(due_ms, _)| *due_ms) })
    }

    fn visit(
        &mut self,
        connection: &Connection,
        ask: &LeaseAsk,
        taken: &mut Vec<Lease>,
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
    /// its next push is due, or, with its cap reached, when a lease of it ends.
    fn lease_of(
        &mut self,
        connection: &Connection,
        account: &str,
        ask: &LeaseAsk,
        taken: &mut Vec<Lease>,
    ) -> rusqlite::Result<()> {
        let held = self.leases.of_account(account);
        let room = self.leases.room(account, ask.per_account, ask.failing_at_once);
        let room = room.min(ask.limit - taken.len());
        let mut free = push_sql::ready(connection, account, held + room + 1)?;
        free.retain(|push| self.leases.held_for(&push.id).is_none());
        let mut free = free.into_iter().peekable();
        for push in std::iter::from_fn(|| free.next_if(|p| due_of(p) <= ask.now_ms)).take(room) {
            let token = self.leases.take(&push.id, ask.hold_for);
            taken.push(Lease { push, token });
        }
        self.take_out(account);
        let is_full = self.leases.of_account(account) >= ask.per_account;
        match free.peek().map(due_of).filter(|_| !is_full) {
            Some(due_ms) if due_ms <= ask.now_ms => self.touch(account),
            Some(due_ms) => self.put_later(account, due_ms),
            None => {}
        }
        Ok(())
    }
}

fn due_of(push: &Push) -> i64 {
    match push.state {
        PushState::Ready { due_ms } => due_ms,
        PushState::Waiting | PushState::Settled { .. } => i64::MAX,
    }
}
