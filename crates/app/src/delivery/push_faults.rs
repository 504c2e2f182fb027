//! The sandbox's faults of pushes: one is sent twice, too late, before its predecessor, or never (D-263).
//!
//! What was begun with a push is in this process's memory: a push that another node goes on with, or that outlives a
//! restart, is sent as any other.

use crate::app::App;
use crate::failure::Failure;
use crate::faults::{Fault, Faults, Planned, PushFault, Struck};
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::delivery::push::AttemptResult;
use kaipiao_ports::delivery::outbox::{Push, PushId, PushQuery, PushState, StateFilter};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How often it is looked whether the push has come that is to overtake, by the domain's clock.
const LOOK_FOR_NEXT_EVERY: Duration = Duration::from_millis(250);
/// Open pushes of an order that are looked through for it.
const MOST_OF_AN_ORDER: usize = 100;
/// Pushes that something was begun with at most; others go out as always.
const MOST_BEGUN: usize = 1000;

/// What the history says of a push that was never sent.
pub(crate) const LOST: &str = "lost by a fault of the sandbox: it was not sent";

/// What is odd about a push that was sent.
#[derive(Clone, Copy)]
pub(crate) enum Oddity {
    /// It is sent once more.
    IsDuplicated,
    /// It went out before its predecessor.
    Overtook,
}

impl Oddity {
    /// What the history says of it.
    pub(crate) const fn note(self) -> &'static str {
        match self {
            Self::IsDuplicated => "delivered; a fault of the sandbox has it sent once more",
            Self::Overtook => {
                "delivered before the order's push that comes first, by a fault of the sandbox"
            }
        }
    }
}

/// How the next attempt at a push goes.
pub(crate) enum Course {
    /// As always.
    IsSent,
    /// Not now: at this moment of the domain's time.
    IsPutOff(Timestamp),
    /// It counts as delivered.
    IsLost,
    /// Once it is delivered it is sent again.
    IsDuplicated,
    /// This one goes out first.
    IsOvertaken(Box<Push>),
    /// It went out before, and came to this.
    WentOut(Sending),
}

/// A sending, and what it came to.
pub(crate) struct Sending {
    /// When it began, in the domain's milliseconds.
    pub(crate) started_ms: i64,
    /// How long it took, in milliseconds.
    pub(crate) took_ms: i64,
    pub(crate) result: AttemptResult,
    pub(crate) oddity: Option<Oddity>,
}

impl Sending {
    /// One that has just ended.
    pub(crate) fn new(started_at: Timestamp, started: Instant, result: AttemptResult) -> Self {
        let took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        Self { started_ms: started_at.unix_millis(), took_ms, result, oddity: None }
    }
}

/// What was begun with a push.
enum Begun {
    /// It is sent as always when it is due again.
    GoesOut,
    /// It is sent once more when it was delivered.
    IsDuplicated,
    /// It waits for the one that overtakes it, until then.
    WaitsForNext(Timestamp),
    /// It has overtaken.
    WentOut(Sending),
}

/// The faults of pushes of one server.
pub(crate) struct PushFaults {
    faults: Arc<Faults>,
    begun: Mutex<HashMap<PushId, Begun>>,
}

impl PushFaults {
    pub(crate) fn new(faults: Arc<Faults>) -> Self {
        Self { faults, begun: Mutex::default() }
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<PushId, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the next attempt at a push goes.
    pub(crate) async fn course(&self, app: &App, push: &Push) -> Result<Course, Failure> {
        let begun = self.begun().remove(&push.id);
        match begun {
            Some(Begun::GoesOut) => Ok(Course::IsSent),
            Some(Begun::IsDuplicated) => {
                self.begin(push, Begun::IsDuplicated);
                Ok(Course::IsDuplicated)
            }
            Some(Begun::WentOut(sending)) => Ok(Course::WentOut(sending)),
            Some(Begun::WaitsForNext(until)) => self.overtaken(app, push, until).await,
            None => self.struck(app, push).await,
        }
    }

    async fn struck(&self, app: &App, push: &Push) -> Result<Course, Failure> {
        let picks = |planned: &Planned| match planned.plan.fault {
            Fault::Push(fault) => Some(fault),
            _ => None,
        };
        if !self.faults.are_planned() || self.begun().len() >= MOST_BEGUN {
            return Ok(Course::IsSent);
        }
        let struck = self.faults.strike(&[&push.id.account], &push.id, picks);
        let Some(Struck { id, fault }) = struck else { return Ok(Course::IsSent) };
        tracing::info!(fault = id, push = %push.id, "a fault was played");
        match fault {
            PushFault::IsLost => Ok(Course::IsLost),
            PushFault::IsLate(for_so_long) => {
                self.begin(push, Begun::GoesOut);
                Ok(Course::IsPutOff(app.now() + for_so_long))
            }
            PushFault::IsDuplicated => {
                self.begin(push, Begun::IsDuplicated);
                Ok(Course::IsDuplicated)
            }
            PushFault::IsOvertaken(within) => self.overtaken(app, push, app.now() + within).await,
        }
    }

    /// The order's next push goes out first, where there is one; else this one waits for it.
    async fn overtaken(&self, app: &App, push: &Push, until: Timestamp) -> Result<Course, Failure> {
        self.begin(push, Begun::WaitsForNext(until));
        let (next, now) = (next_of(app, push).await?, app.now());
        if next.is_none() && now < until {
            return Ok(Course::IsPutOff((now + LOOK_FOR_NEXT_EVERY).min(until)));
        }
        self.ended(push);
        Ok(next.map_or(Course::IsSent, |next| Course::IsOvertaken(Box::new(next))))
    }

    fn begin(&self, push: &Push, begun: Begun) {
        self.begun().insert(push.id.clone(), begun);
    }

    /// A push has overtaken: what its sending came to counts when its turn has come.
    pub(crate) fn went_out(&self, push: &Push, sending: Sending) {
        self.begin(push, Begun::WentOut(sending));
    }

    /// A push that is sent twice was delivered the first time.
    pub(crate) fn was_delivered(&self, push: &Push) {
        self.begin(push, Begun::GoesOut);
    }

    /// Nothing more is to be done with a push than with any other.
    pub(crate) fn ended(&self, push: &Push) {
        self.begun().remove(&push.id);
    }
}

/// The push that waits right behind this one.
async fn next_of(app: &App, push: &Push) -> Result<Option<Push>, Failure> {
    let query = PushQuery {
        account: Some(push.id.account.clone()),
        ordering_keys: vec![push.ordering_key.clone()],
        state: Some(StateFilter::Open),
        after: None,
        limit: MOST_OF_AN_ORDER,
    };
    let listed = app.store.pushes(&query).await?;
    let waiting = listed.into_iter().map(|listed| listed.push);
    let behind = waiting.filter(|one| one.id.number > push.id.number);
    Ok(behind.filter(|one| one.state == PushState::Waiting).min_by_key(|one| one.id.number))
}
