//! Jobs: what is to be done after a commit, and not lost with the process.
//!
//! A job is committed together with the change that asks for it, and its end together with what it
//! led to ([`crate::store::Commit`]). In between it is claimed ([`super::claims`]); two who do it at
//! the same time, because one's claim has lapsed, expect the versions that they read, so only one
//! of them counts.
//!
//! A job that cannot be done is tried again with growing pauses, then set aside as failed: seen
//! ([`Jobs::jobs`]), and run again when somebody says so.

use super::claims::{Claim, ClaimRequest, ClaimToken, Claimed, Queue, Reported};
use crate::errors::StoreError;
use async_trait::async_trait;

/// Names a job. A queue has at most one job of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// The queue.
    pub queue: Queue,
    /// The account that it is done for: an appid.
    pub account: String,
    /// The name among the account's jobs of the queue.
    pub name: String,
}

/// A job's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// To be done from this moment on.
    Due {
        /// The domain's milliseconds.
        due_ms: i64,
    },
    /// Set aside.
    Failed {
        /// The domain's milliseconds.
        at_ms: i64,
    },
}

/// A job as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The name.
    pub id: JobId,
    /// Counts up within the store; larger for jobs that came later.
    pub number: i64,
    /// The state.
    pub state: JobState,
    /// Tries that failed since it was committed or run again.
    pub attempts: u32,
    /// Why the last one failed, for people; empty: none did.
    pub last_error: String,
}

/// A job's change as a part of a commit. Whoever holds the job has let go of it afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobChange {
    /// It is to be done from this moment on, whether it is new, waits or had failed.
    Due {
        /// The job.
        id: JobId,
        /// The domain's milliseconds.
        due_ms: i64,
    },
    /// The job has ended.
    Done(JobId),
}

impl JobChange {
    /// The job.
    pub const fn id(&self) -> &JobId {
        match self {
            Self::Due { id, .. } | Self::Done(id) => id,
        }
    }
}

/// The report of a try that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFailure {
    /// The claim that the try was made under.
    pub token: ClaimToken,
    /// Why, for people.
    pub error: String,
    /// When it is tried again, or that it is set aside.
    pub next: JobState,
}

/// Which jobs a listing shows; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Only this queue's.
    pub queue: Option<Queue>,
    /// Only this account's.
    pub account: Option<String>,
    /// Only those that failed (true), or those that did not (false).
    pub failed: Option<bool>,
    /// Behind the job with this number.
    pub after: Option<i64>,
    /// Entries at most.
    pub limit: usize,
}

/// The jobs' half of a store.
#[async_trait]
pub trait Jobs: Send + Sync + 'static {
    /// Claims jobs of a queue that are due.
    async fn claim_jobs(
        &self,
        queue: Queue,
        request: &ClaimRequest<'_>,
    ) -> Result<Claimed<Job>, StoreError>;

    /// Records a try that failed.
    async fn fail_job(&self, failure: JobFailure) -> Result<Reported, StoreError>;

    /// Makes a failed job due, with a fresh count of attempts. None: no job has this number; false:
    /// it has not failed.
    async fn run_again(&self, number: i64, now_ms: i64) -> Result<Option<bool>, StoreError>;

    /// Lists jobs.
    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, StoreError>;
}

/// A claim on a job.
pub type JobClaim = Claim<Job>;
