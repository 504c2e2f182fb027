//! The outbox: pushes on their way to a merchant (section 6).
//!
//! A push is committed together with the change that it tells of ([`crate::store::Commit`]), so
//! neither exists without the other. From then on it belongs to a lane, the account and the order:
//!
//! - the pushes of a lane go out one after the other, in the order of their commits; only the
//!   first that is not settled is Ready, those behind it are Waiting;
//! - a worker takes Ready pushes that are due with [`Outbox::lease`], makes one attempt at each,
//!   and reports it with [`Outbox::settle`];
//! - a lease has one holder and lapses after a while in real time, whatever the domain's clock
//!   says; then the push is offered again, and what the former holder reports changes nothing;
//! - an account never has more leases than its cap, and accounts whose newest attempt failed have a
//!   share of all: a receiver that hangs holds up itself only;
//! - accounts take turns: the one that was served longest ago comes first;
//! - an attempt and what follows from it are one commit, and so is a replay.
//!
//! CreateTime is given out here, by whoever serialises the commits: `max(now, last + 1)` for each
//! user of an account, because receivers tell events apart by FromUserName and CreateTime.
//!
//! `kaipiao_testkit::delivery::outbox_laws` holds all of it for every store.

use crate::delivery::lease_book::Leased;
use crate::store::{CommitError, ReadError};
use async_trait::async_trait;
use core::fmt;
use kaipiao_domain::delivery::push::Verdict;
use std::sync::Arc;
use std::time::Duration;

/// Names a push: the receiving account and a number that counts up within the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushId {
    /// The receiving account's appid.
    pub account: String,
    /// Which of its pushes; later ones have larger numbers.
    pub number: i64,
}

impl Leased for PushId {
    fn account(&self) -> &str {
        &self.account
    }
}

impl PushId {
    /// Reads what Display writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (account, number) = text.rsplit_once('-')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        (!account.is_empty()).then(|| Self { account: account.to_owned(), number })
    }
}

impl fmt::Display for PushId {
    /// `<appid>-<number>`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.account, self.number)
    }
}

/// A push as a part of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPush {
    /// The receiving account's appid.
    pub account: String,
    /// The order: the pushes of one lane go out in order.
    pub lane: String,
    /// FromUserName: the user, as the receiving account knows them.
    pub openid: String,
    /// `Event`, for the listings.
    pub event: &'static str,
    /// The body before CreateTime's digits …
    pub before_time: String,
    /// … and behind them.
    pub after_time: String,
    /// The domain's now, in milliseconds: CreateTime is at least that, and the push is due.
    pub now_ms: i64,
}

/// Where a push stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushState {
    /// Behind an earlier push of its lane.
    Waiting,
    /// The lane's first: to be sent as soon as this moment (milliseconds) has come.
    Ready {
        /// The domain's milliseconds.
        due_ms: i64,
    },
    /// Over.
    Settled {
        /// How it ended.
        verdict: Verdict,
        /// When, in the domain's milliseconds.
        at_ms: i64,
    },
}

/// A push as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Its name.
    pub id: PushId,
    /// The order.
    pub lane: String,
    /// FromUserName.
    pub openid: String,
    /// `Event`.
    pub event: String,
    /// CreateTime, unix seconds.
    pub create_time_s: i64,
    /// The event in clear; the same for every try and replay.
    pub body: Arc<str>,
    /// When it was committed, in the domain's milliseconds.
    pub committed_ms: i64,
    /// Where it stands.
    pub state: PushState,
    /// Attempts since it was committed or last replayed.
    pub tries: u32,
    /// Attempts in all.
    pub attempts: u32,
    /// Is an attempt being made right now, and since how long?
    pub in_flight_for: Option<Duration>,
}

/// One attempt, as the history keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began, in the domain's milliseconds.
    pub started_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why it failed, in words; empty when it did not.
    pub problem: String,
    /// How the answer's body began, at most 2 KiB.
    pub excerpt: String,
}

/// How many pushes, or jobs, a worker can take.
#[derive(Clone, Copy, Debug)]
pub struct LeaseAsk {
    /// The domain's now, in milliseconds: retries that are due by then.
    pub now_ms: i64,
    /// So long, in real time, the leases hold.
    pub hold_for: Duration,
    /// At most so many.
    pub limit: usize,
    /// An account has at most so many leases at once, these included.
    pub per_account: usize,
    /// Accounts whose newest attempt failed have at most so many leases together: however many
    /// receivers are dead, the others find a place.
    pub failing_at_once: usize,
}

/// A push that its holder may attempt once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The push.
    pub push: Push,
    /// Tells this lease from an earlier one of the same push.
    pub token: u64,
}

/// What a worker gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leases {
    /// The pushes to attempt.
    pub taken: Vec<Lease>,
    /// When, in the domain's milliseconds, the next push of an account with room is due; None when
    /// nothing waits for its time.
    pub next_due_ms: Option<i64>,
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is due again at this moment, in the domain's milliseconds.
    Retry {
        /// When.
        due_ms: i64,
    },
    /// It is over, and the lane's next push takes its place.
    Settle {
        /// How it ended.
        verdict: Verdict,
        /// The domain's now, in milliseconds.
        now_ms: i64,
    },
}

impl Next {
    /// Did the attempt before it fail?
    pub const fn is_a_failure(self) -> bool {
        !matches!(self, Self::Settle { verdict: Verdict::Delivered | Verdict::Unroutable, .. })
    }
}

/// The report of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which push.
    pub id: PushId,
    /// The lease's token.
    pub token: u64,
    /// What happened; None when there was nothing to attempt.
    pub attempt: Option<Attempt>,
    /// What follows.
    pub next: Next,
}

/// What a report or a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Yes,
    /// The lease had lapsed (report), or the push is not settled (replay); nothing changed.
    No,
    /// There is no such push (replay).
    NoSuchPush,
}

/// Which pushes a listing shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushQuery {
    /// Only this receiving account's.
    pub account: Option<String>,
    /// Only this lane's (with `account` or of every account).
    pub lane: Option<String>,
    /// Only those with this state.
    pub state: Option<StateFilter>,
    /// Behind this one, in the listing's order.
    pub after: Option<PushId>,
    /// At most so many.
    pub limit: usize,
}

/// A state to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Waiting or Ready.
    Open,
    /// Settled with this verdict.
    Settled(Verdict),
}

/// The outbox half of a store.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Takes pushes that are due: those of the account that was served longest ago first, and of
    /// one account those that have been due for longest.
    async fn lease(&self, ask: LeaseAsk) -> Result<Leases, ReadError>;

    /// Records an attempt and what follows from it.
    async fn settle(&self, report: Report) -> Result<Changed, CommitError>;

    /// Opens a settled push again with a fresh count of tries. It is due at `now_ms`, or, while its
    /// lane has a Ready push, takes its old place among those that wait.
    async fn replay(&self, id: PushId, now_ms: i64) -> Result<Changed, CommitError>;

    /// Lists pushes: by account, downwards, newest first within one.
    async fn pushes(&self, query: &PushQuery) -> Result<Vec<Push>, ReadError>;

    /// A push's attempts, oldest first.
    async fn attempts(&self, id: &PushId) -> Result<Vec<Attempt>, ReadError>;
}

#[cfg(test)]
mod tests {
    use super::PushId;

    #[test]
    fn an_id_reads_back() {
        let id = PushId { account: "wx6b61697069616f31".into(), number: 17 };
        assert_eq!(PushId::parse(&id.to_string()), Some(id));
        for bad in ["", "wx", "wx-", "-1", "wx-0", "wx-x"] {
            assert_eq!(PushId::parse(bad), None, "{bad}");
        }
    }
}
