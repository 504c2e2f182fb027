//! The sandbox's faults of pushes: one is sent twice, too late, before its predecessor, or never (D-259).
//!
//! What was begun with a push is in this process's memory: a push that another node goes on with, or that outlives a
//! restart, is sent as any other.

use crate::faults::{Fault, Faults, Planned, PushFault, Struck};
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::delivery::push::AttemptResult;
use kaipiao_ports::delivery::outbox::{Push, PushId};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Pushes that something was begun with at most: of more, the oldest beginning is forgotten.
const MOST_BEGUN: usize = 1000;
/// Pushes that wait at once for the one that is to overtake them: each is under way meanwhile.
const MOST_OVERTAKEN: usize = 16;

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
    /// The order's next one goes out first.
    IsOvertaken(Overtaking),
    /// It went out before, and came to this.
    WentOut(Sending),
}

/// A push that lets the order's next one go first, if that comes in time.
pub(crate) struct Overtaking {
    /// Until when it waits, by the domain's clock.
    pub(crate) until: Timestamp,
    _place: OwnedSemaphorePermit,
}

/// A sending, and what it came to.
pub(crate) struct Sending {
    /// When it began, in the domain's milliseconds.
    pub(crate) started_ms: i64,
    /// How long it took.
    pub(crate) took: Duration,
    pub(crate) result: AttemptResult,
    pub(crate) oddity: Option<Oddity>,
}

impl Sending {
    /// One that has just ended.
    pub(crate) fn new(started_at: Timestamp, started: Instant, result: AttemptResult) -> Self {
        let (started_ms, took) = (started_at.unix_millis(), started.elapsed());
        Self { started_ms, took, result, oddity: None }
    }
}

/// What was begun with a push.
enum Begun {
    /// It is sent as always when it is due again.
    GoesOut,
    /// It is sent once more when it was delivered.
    IsDuplicated,
    /// It has overtaken.
    WentOut(Sending),
}

/// The faults of pushes of one server.
pub(crate) struct PushFaults {
    faults: Arc<Faults>,
    begun: Mutex<VecDeque<(PushId, Begun)>>,
    overtaken: Arc<Semaphore>,
}

impl PushFaults {
    pub(crate) fn new(faults: Arc<Faults>) -> Self {
        let overtaken = Arc::new(Semaphore::new(MOST_OVERTAKEN));
        Self { faults, begun: Mutex::default(), overtaken }
    }

    fn begun(&self) -> MutexGuard<'_, VecDeque<(PushId, Begun)>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the next attempt at a push goes.
    pub(crate) fn course(&self, push: &Push, now: Timestamp) -> Course {
        match self.take(push) {
            Some(Begun::GoesOut) => Course::IsSent,
            Some(Begun::IsDuplicated) => {
                self.begin(push, Begun::IsDuplicated);
                Course::IsDuplicated
            }
            Some(Begun::WentOut(sending)) => Course::WentOut(sending),
            None => self.struck(push, now),
        }
    }

    fn struck(&self, push: &Push, now: Timestamp) -> Course {
        if !self.faults.are_planned() {
            return Course::IsSent;
        }
        let place = Arc::clone(&self.overtaken).try_acquire_owned().ok();
        let picks = |planned: &Planned| match planned.plan.fault {
            Fault::Push(PushFault::IsOvertaken(_)) if place.is_none() => None,
            Fault::Push(fault) => Some(fault),
            _ => None,
        };
        let struck = self.faults.strike(&[&push.id.account], &push.id, picks);
        let Some(Struck { id, fault }) = struck else { return Course::IsSent };
        tracing::info!(fault = id, push = %push.id, "a fault was played");
        match (fault, place) {
            (PushFault::IsLost, _) => Course::IsLost,
            (PushFault::IsLate(for_so_long), _) => {
                self.begin(push, Begun::GoesOut);
                Course::IsPutOff(now + for_so_long)
            }
            (PushFault::IsDuplicated, _) => {
                self.begin(push, Begun::IsDuplicated);
                Course::IsDuplicated
            }
            (PushFault::IsOvertaken(within), Some(place)) => {
                Course::IsOvertaken(Overtaking { until: now + within, _place: place })
            }
            (PushFault::IsOvertaken(_), None) => Course::IsSent,
        }
    }

    fn take(&self, push: &Push) -> Option<Begun> {
        let mut begun = self.begun();
        let at = begun.iter().position(|(id, _)| *id == push.id)?;
        begun.remove(at).map(|(_, begun)| begun)
    }

    fn begin(&self, push: &Push, what: Begun) {
        let mut begun = self.begun();
        begun.retain(|(id, _)| *id != push.id);
        if begun.len() == MOST_BEGUN {
            begun.pop_front();
        }
        begun.push_back((push.id.clone(), what));
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
        self.take(push);
    }
}
