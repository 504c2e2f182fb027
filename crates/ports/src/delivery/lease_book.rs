//! Who holds which push, and who which job, for stores that one process has to itself: leases are
//! kept in memory, so taking one costs no write, and opening the store again frees them all.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What can be held: it belongs to an account.
pub trait Leased: Clone + Eq + Hash {
    /// Whose it is: caps and turns count by it.
    fn account(&self) -> &str;
}

struct Held {
    token: u64,
    since: Instant,
    until: Instant,
}

/// The leases of one store on things of one kind.
pub struct LeaseBook<Id> {
    held: HashMap<Id, Held>,
    per_account: HashMap<String, usize>,
    /// Accounts whose newest attempt failed, and how many leases they have together.
    failing: HashSet<String>,
    held_by_failing: usize,
}

/// Unlike any that this process gave out before, also for a store that it has closed since.
fn new_token() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

impl<Id> Default for LeaseBook<Id> {
    fn default() -> Self {
        Self {
            held: HashMap::new(),
            per_account: HashMap::new(),
            failing: HashSet::new(),
            held_by_failing: 0,
        }
    }
}

impl<Id: Leased> LeaseBook<Id> {
    /// Lets go of leases whose time is over. Returns the accounts that they were of.
    pub fn lapse(&mut self) -> Vec<String> {
        let now = Instant::now();
        let over = |(id, held): (&Id, &Held)| (held.until <= now).then(|| id.clone());
        let lapsed: Vec<_> = self.held.iter().filter_map(over).collect();
        lapsed.iter().for_each(|id| self.remove(id));
        lapsed.iter().map(|id| id.account().to_owned()).collect()
    }

    /// Notes how an account's newest attempt went.
    pub fn note(&mut self, account: &str, failed: bool) {
        let held = self.of_account(account);
        if !failed && self.failing.remove(account) {
            self.held_by_failing -= held;
        } else if failed && self.failing.insert(account.to_owned()) {
            self.held_by_failing += held;
        }
    }

    /// How many more leases this account may have.
    pub fn room(&self, account: &str, per_account: usize, failing_at_once: usize) -> usize {
        let own = per_account.saturating_sub(self.of_account(account));
        if !self.failing.contains(account) {
            return own;
        }
        own.min(failing_at_once.saturating_sub(self.held_by_failing))
    }

    /// Is this account one of those whose newest attempt failed?
    pub fn is_failing(&self, account: &str) -> bool {
        self.failing.contains(account)
    }

    /// How many leases an account has.
    pub fn of_account(&self, account: &str) -> usize {
        self.per_account.get(account).copied().unwrap_or(0)
    }

    /// Since how long somebody has held it; None: nobody does.
    pub fn held_for(&self, id: &Id) -> Option<Duration> {
        self.held.get(id).map(|held| held.since.elapsed())
    }

    /// Takes what nobody holds. Returns the lease's token.
    pub fn take(&mut self, id: &Id, hold_for: Duration) -> u64 {
        let since = Instant::now();
        let token = new_token();
        let held = Held { token, since, until: since + hold_for };
        let before = self.held.insert(id.clone(), held);
        assert!(before.is_none(), "it has one holder");
        *self.per_account.entry(id.account().to_owned()).or_default() += 1;
        self.held_by_failing += usize::from(self.failing.contains(id.account()));
        token
    }

    /// Does this token still hold it?
    pub fn holds(&self, id: &Id, token: u64) -> bool {
        let now = Instant::now();
        self.held.get(id).is_some_and(|held| held.token == token && held.until > now)
    }

    /// Lets go of it.
    pub fn remove(&mut self, id: &Id) {
        if self.held.remove(id).is_some() {
            let count = self.per_account.get_mut(id.account()).expect("it was counted");
            *count -= 1;
            self.held_by_failing -= usize::from(self.failing.contains(id.account()));
            if *count == 0 {
                self.per_account.remove(id.account());
            }
        }
    }
}
