//! Jobs: what is to be done after a commit, and not lost with the process.
//!
//! A job is committed together with the change that asks for it, and its end together with what it
//! led to ([`crate::store::Commit`]). Between the two
//!
//! - a worker takes jobs that are due with [`Jobs::lease_jobs`], under the same caps and turns as
//!   pushes ([`crate::delivery::outbox`]);
//! - a lease has one holder and lapses after a while in real time; then the job is offered again;
//! - opening the store offers every job again that has not ended.
//!
//! A job may therefore be done twice at the same time, by a holder whose lease has lapsed and by
//! the next one. What they commit expects the versions that they read, so only one of them counts.
//!
//! `kaipiao_testkit::delivery::job_laws` holds all of it for every store.

use crate::delivery::lease_book::Leased;
use crate::delivery::outbox::LeaseAsk;
use crate::store::ReadError;
use async_trait::async_trait;

/// Names a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// Whose it is: an account's appid.
    pub account: String,
    /// Which of the account's jobs.
    pub name: String,
}

impl Leased for JobId {
    fn account(&self) -> &str {
        &self.account
    }
}

/// A job that its holder may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// Since when it is due, in the domain's milliseconds.
    pub due_ms: i64,
}

/// A job's change as a part of a commit. Either way its holder has let go of it afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobChange {
    /// It is to be done from this moment on, whether it is new or not.
    Due {
        /// Which.
        id: JobId,
        /// When, in the domain's milliseconds.
        due_ms: i64,
    },
    /// It has ended.
    Done(JobId),
}

impl JobChange {
    /// Which job.
    pub const fn id(&self) -> &JobId {
        match self {
            Self::Due { id, .. } | Self::Done(id) => id,
        }
    }
}

/// What a worker gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobLeases {
    /// The jobs to do.
    pub taken: Vec<Job>,
    /// When, in the domain's milliseconds, the next job of an account with room is due; None when
    /// nothing waits for its time.
    pub next_due_ms: Option<i64>,
}

/// Durable jobs.
#[async_trait]
pub trait Jobs: Send + Sync + 'static {
    /// Takes jobs that are due.
    async fn lease_jobs(&self, ask: LeaseAsk) -> Result<JobLeases, ReadError>;
}
