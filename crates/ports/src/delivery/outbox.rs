//! The outbox: pushes on their way to a receiver.
//!
//! A push is committed together with the change that it reports ([`crate::store::Commit`]), so
//! neither exists without the other. From then on:
//!
//! - the open pushes of one ordering key (an account's order) go out one after the other, in the
//!   order of their commits: only the first of them is Ready, those behind it are Waiting;
//! - a worker claims Ready pushes that are due ([`super::claims`]), makes one attempt at each, and
//!   reports it with [`Outbox::complete_push`]; the attempt and what follows from it are one
//!   commit, and so is a replay.
//!
//! What counts as delivered and when to try again belong to the push's kind
//! (`kaipiao_domain::delivery::push`); a store doesn't look at it.
//!
//! CreateTime is given out here, by whoever serialises the commits: `max(now, last + 1)` for each
//! user of an account, because receivers tell events apart by FromUserName and CreateTime.

use super::claims::{Claim, ClaimRequest, ClaimToken, Claimed, Reported, TurnKey};
use crate::errors::{CommitError, StoreError};
use async_trait::async_trait;
use core::fmt;
use core::time::Duration;
use kaipiao_domain::delivery::push::{Outcome, PushKind};
use std::sync::Arc;

/// Names a push: the receiving account and a number that counts up within the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushId {
    /// The receiving account's appid.
    pub account: String,
    /// Later pushes have larger numbers; no two pushes of a store share one.
    pub number: i64,
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

/// A push's destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Wherever the account's callback is at the moment of the attempt.
    Callback,
    /// An address that was fixed when the push was committed.
    Fixed {
        /// The whole address.
        url: String,
        /// Its scheme, host and port: what the pushes to it take turns by.
        origin: String,
    },
}

impl Destination {
    /// The address, where it is fixed.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Callback => None,
            Self::Fixed { url, .. } => Some(url),
        }
    }

    /// The origin of a fixed address; empty for the callback.
    pub fn origin(&self) -> &str {
        match self {
            Self::Callback => "",
            Self::Fixed { origin, .. } => origin,
        }
    }
}

/// The body of a new push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewBody {
    /// The whole body.
    Whole(String),
    /// All but the digits of CreateTime, which the store fills in.
    Untimed {
        /// The text before the digits.
        before: String,
        /// The text behind the digits.
        after: String,
    },
}

/// A push as a part of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPush {
    /// The receiving account's appid.
    pub account: String,
    /// The destination.
    pub destination: Destination,
    /// What decides over its attempts.
    pub kind: PushKind,
    /// Pushes of one account and key go out in order: the order number.
    pub ordering_key: String,
    /// FromUserName: the user, as the receiving account knows them.
    pub openid: String,
    /// `Event`, for the listings.
    pub event: &'static str,
    /// The body.
    pub body: NewBody,
    /// The domain's now, in milliseconds: CreateTime is at least that, and the push is due.
    pub now_ms: i64,
}

/// A push's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushState {
    /// Behind an earlier open push of its ordering key.
    Waiting,
    /// The first of its ordering key, to be sent as soon as this moment has come.
    Ready {
        /// The domain's milliseconds.
        due_ms: i64,
    },
    /// Over.
    Completed {
        /// The outcome.
        outcome: Outcome,
        /// The domain's milliseconds.
        at_ms: i64,
    },
}

/// A push as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The name.
    pub id: PushId,
    /// The destination.
    pub destination: Destination,
    /// What decides over its attempts.
    pub kind: PushKind,
    /// What it is in order with.
    pub ordering_key: String,
    /// FromUserName.
    pub openid: String,
    /// `Event`.
    pub event: String,
    /// CreateTime, unix seconds.
    pub create_time_s: i64,
    /// The event in clear; the same for every attempt.
    pub body: Arc<str>,
    /// When it was committed, in the domain's milliseconds.
    pub committed_ms: i64,
    /// The state.
    pub state: PushState,
    /// Attempts since it was committed or last replayed.
    pub tries: u32,
    /// Attempts in all.
    pub attempts: u32,
}

impl Push {
    /// What it takes turns by.
    pub fn turn(&self) -> TurnKey {
        let origin = self.destination.origin().to_owned();
        TurnKey { account: self.id.account.clone(), origin }
    }
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
    /// Why it failed, for people; empty when it did not.
    pub problem: String,
    /// How the answer's body began, at most 2 KiB.
    pub excerpt: String,
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The push is due again.
    Retry {
        /// The domain's milliseconds.
        due_ms: i64,
    },
    /// It is over, and the next push of its ordering key is Ready, due since this moment.
    Complete {
        /// The outcome.
        outcome: Outcome,
        /// The domain's now, in milliseconds.
        now_ms: i64,
    },
}

/// The report of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushReport {
    /// The claim that the attempt was made under.
    pub token: ClaimToken,
    /// What happened; None when there was nothing to attempt.
    pub attempt: Option<Attempt>,
    /// What becomes of the push.
    pub next: Next,
}

/// What a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The push is open again.
    Yes,
    /// It is not over yet; nothing changed.
    IsOpen,
    /// No push has this name.
    NoSuchPush,
}

/// Which pushes a listing shows: by account, downwards, newest first within one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushQuery {
    /// Only this receiving account's.
    pub account: Option<String>,
    /// Only those of one of these ordering keys (with `account` or of every account); empty: of every key.
    pub ordering_keys: Vec<String>,
    /// Only those with this state.
    pub state: Option<StateFilter>,
    /// Behind this one, in the listing's order.
    pub after: Option<PushId>,
    /// Entries at most.
    pub limit: usize,
}

/// A state to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Waiting or Ready.
    Open,
    /// Completed so.
    Completed(Outcome),
}

/// A push in a listing, with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPush {
    /// The push.
    pub push: Push,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Real time since somebody of this process has claimed it; None: nobody holds it, or another
    /// process does.
    pub in_flight_for: Option<Duration>,
    /// The Ready push of its ordering key that it waits behind, without its attempts.
    pub waits_behind: Option<Box<ListedPush>>,
}

/// The outbox half of a store.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Claims Ready pushes that are due, those first that have been due for longest.
    async fn claim_pushes(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Push>, StoreError>;

    /// Records an attempt and what follows from it.
    async fn complete_push(&self, report: PushReport) -> Result<Reported, CommitError>;

    /// Opens a completed push again with a fresh count of tries. It is due at `now_ms`, or, while an
    /// earlier push of its ordering key is open, takes its old place among those that wait.
    async fn replay(&self, id: &PushId, now_ms: i64) -> Result<Replayed, CommitError>;

    /// Removes pushes and their attempts, open or over, whoever holds them: what is reported of one changes nothing.
    /// Where one was Ready, the next of its ordering key is, due at `now_ms`, the domain's milliseconds. Names of no push
    /// are passed over. No number is given out again; a CreateTime may be.
    async fn remove_pushes(&self, ids: &[PushId], now_ms: i64) -> Result<(), CommitError>;

    /// Lists pushes with their history, in one look.
    async fn pushes(&self, query: &PushQuery) -> Result<Vec<ListedPush>, StoreError>;
}

/// A claim on a push.
pub type PushClaim = Claim<Push>;

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
