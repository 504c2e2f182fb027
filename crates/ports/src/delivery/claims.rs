//! Claims: the right to do a piece of work, and to say how it ended.
//!
//! Pushes and jobs stand in queues. What is due is found turn by turn ([`Claims::due_turns`]) and
//! taken with a claim ([`crate::delivery::outbox::Outbox::claim_pushes`],
//! [`crate::delivery::jobs::Jobs::claim_jobs`]):
//!
//! - a claim has one holder, which renews it while it works;
//! - not renewed, it lapses after a while of *real* time, whatever the domain's clock says; then
//!   the work is offered again, and what the former holder reports changes nothing;
//! - a report counts while its claim holds, and once;
//! - a claim never sees less than the last report: what is done is not offered again.
//!
//! Who takes turns with whom, how much is under way at once and what failing receivers may take
//! from the others is decided above the store, by the scheduler of each node.

use crate::errors::StoreError;
use async_trait::async_trait;
use core::fmt;
use core::time::Duration;

/// A queue of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Pushes to be sent.
    Push,
    /// Invoice requests to be issued.
    Issue,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 2] = [Self::Push, Self::Issue];

    /// The stored name, also in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Issue => "issue",
        }
    }

    /// The queue with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.name() == name)
    }
}

/// What takes turns: an account, and where its work goes. A dead address of an account does not
/// slow down its others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TurnKey {
    /// The account's appid.
    pub account: String,
    /// Scheme, host and port of a fixed address; empty: the account's callback, or no address at
    /// all.
    pub origin: String,
}

impl fmt::Display for TurnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.origin {
            "" => f.write_str(&self.account),
            origin => write!(f, "{} at {origin}", self.account),
        }
    }
}

/// A turn that has work, and since when the first of it is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueTurn {
    /// The domain's milliseconds.
    pub due_ms: i64,
    /// The turn.
    pub turn: TurnKey,
}

/// A node, among those that share an engine.
pub type Holder = str;

/// What a holder wants to take.
#[derive(Clone, Debug)]
pub struct ClaimRequest<'a> {
    /// Of which turn.
    pub turn: &'a TurnKey,
    /// Work that is due by this moment, in the domain's milliseconds.
    pub due_by_ms: i64,
    /// Real time until the claims lapse.
    pub lapses_in: Duration,
    /// Claims at most.
    pub limit: usize,
    /// The node that asks.
    pub holder: &'a Holder,
}

/// A claim's name, unlike that of every other one, also on the same work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimToken {
    /// The queue.
    pub queue: Queue,
    /// The work's number within the queue.
    pub number: i64,
    /// Unlike any that the store gave out before.
    pub serial: u64,
}

/// Work, and the right to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<T> {
    /// The work.
    pub work: T,
    /// The right.
    pub token: ClaimToken,
}

/// The claims that a holder got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed<T> {
    /// The work that was due for longest first.
    pub claims: Vec<Claim<T>>,
    /// When the first work of the turn that nobody holds is due, in the domain's milliseconds;
    /// None: there is no more.
    pub next_due_ms: Option<i64>,
}

impl<T> Default for Claimed<T> {
    fn default() -> Self {
        Self { claims: Vec::new(), next_due_ms: None }
    }
}

/// What a report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// The report counts.
    Counted {
        /// When the work that took the reported one's place, or it itself, is due, in the domain's
        /// milliseconds.
        next_due_ms: Option<i64>,
    },
    /// The claim had lapsed, or the work was taken back; nothing changed.
    Lapsed,
}

/// The claims' half of a store.
#[async_trait]
pub trait Claims: Send + Sync + 'static {
    /// Turns with work that nobody holds and that is due by this moment, behind `after`, `limit` of
    /// them at most; in the turns' order, not by time.
    async fn due_turns(
        &self,
        queue: Queue,
        due_by_ms: i64,
        after: Option<&TurnKey>,
        limit: usize,
    ) -> Result<Vec<DueTurn>, StoreError>;

    /// How much work of a queue is not over, whoever holds it and whenever it is due: pushes that were neither delivered nor
    /// given up, those that wait behind another one included, and jobs that have neither ended nor failed. Counts to
    /// `at_most`.
    async fn count_open(&self, queue: Queue, at_most: usize) -> Result<usize, StoreError>;

    /// Prolongs claims to `lapses_in` from now. Returns those that no longer hold.
    async fn renew(
        &self,
        tokens: &[ClaimToken],
        lapses_in: Duration,
    ) -> Result<Vec<ClaimToken>, StoreError>;

    /// Lets go of claims; the work is offered again at once.
    async fn release(&self, tokens: &[ClaimToken]) -> Result<(), StoreError>;
}
