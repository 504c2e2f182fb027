//! Which account has pushes that are due, and who holds which push: in memory, one entry per
//! account, so that a dead receiver with a hundred thousand pushes costs the others nothing.
//!
//! The database is the truth; an account's entry only says when to look there. The writer changes
//! the entries after a COMMIT, never before.

use crate::push_sql;
use kaipiao_seams::lease_book::LeaseBook;
use kaipiao_seams::outbox::{Lease, LeaseAsk, Leases, Push, PushState};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};

#[derive(Default)]
pub(crate) struct Schedule {
    pub(crate) leases: LeaseBook,
    by_time: BTreeSet<(i64, String)>,
    of_account: HashMap<String, i64>,
}

impl Schedule {
    /// Reads when each account's first push is due. Nobody holds any.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut schedule = Self::default();
        for (account, due_ms) in push_sql::due_accounts(connection)? {
            schedule.set(&account, Some(due_ms));
        }
        Ok(schedule)
    }

    /// Reads the times anew: after an error it is not known what is on disk. Leases stay with their
    /// holders.
    pub(crate) fn reload(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let leases = std::mem::take(&mut self.leases);
        *self = Self { leases, ..Self::load(connection)? };
        Ok(())
    }

    /// Says that something about this account's pushes has changed: the next worker looks.
    pub(crate) fn touch(&mut self, account: &str) {
        self.set(account, Some(i64::MIN));
    }

    fn set(&mut self, account: &str, due_ms: Option<i64>) {
        if let Some(before) = self.of_account.remove(account) {
            self.by_time.remove(&(before, account.to_owned()));
        }
        if let Some(due_ms) = due_ms {
            self.of_account.insert(account.to_owned(), due_ms);
            self.by_time.insert((due_ms, account.to_owned()));
        }
    }

    /// Takes what is due, account by account, those that have waited longest first.
    pub(crate) fn lease(
        &mut self,
        connection: &Connection,
        ask: &LeaseAsk,
    ) -> rusqlite::Result<Leases> {
        self.leases.lapse().iter().for_each(|account| self.touch(account));
        let mut taken = Vec::new();
        while taken.len() < ask.limit
            && let Some((due_ms, account)) = self.by_time.first().cloned()
            && due_ms <= ask.now_ms
        {
            self.lease_of(connection, &account, ask, &mut taken)?;
        }
        let later = self.by_time.iter().map(|(due_ms, _)| *due_ms).find(|due| *due > ask.now_ms);
        Ok(Leases { taken, next_due_ms: later })
    }

    /// Takes what one account has due, and notes when to look at it again: when its next push is
    /// due, or, with its cap reached, when a lease of it ends.
    fn lease_of(
        &mut self,
        connection: &Connection,
        account: &str,
        ask: &LeaseAsk,
        taken: &mut Vec<Lease>,
    ) -> rusqlite::Result<()> {
        let held = self.leases.of_account(account);
        let room = ask.per_account.saturating_sub(held).min(ask.limit - taken.len());
        let mut free = push_sql::ready(connection, account, held + room + 1)?;
        free.retain(|push| self.leases.held_for(&push.id).is_none());
        let mut free = free.into_iter().peekable();
        for push in std::iter::from_fn(|| free.next_if(|p| due_of(p) <= ask.now_ms)).take(room) {
            let token = self.leases.take(&push.id, ask.hold_for);
            taken.push(Lease { push, token });
        }
        let is_full = self.leases.of_account(account) >= ask.per_account;
        self.set(account, free.peek().map(due_of).filter(|_| !is_full));
        Ok(())
    }
}

fn due_of(push: &Push) -> i64 {
    match push.state {
        PushState::Ready { due_ms } => due_ms,
        PushState::Waiting | PushState::Settled { .. } => i64::MAX,
    }
}
