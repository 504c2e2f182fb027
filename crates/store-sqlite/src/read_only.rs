//! A store that only reads: for tools beside a running server.

use crate::delivery::open_pushes::{self, OpenPushes};
use crate::delivery::{jobs, pushes};
use crate::readers::Readers;
use crate::records::{listing, statements};
use async_trait::async_trait;
use core::time::Duration;
use kaipiao_ports::delivery::claims::{
    ClaimRequest, ClaimToken, Claimed, Claims, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::jobs::{Job, JobFailure, JobQuery, Jobs};
use kaipiao_ports::delivery::outbox::{
    ListedPush, Outbox, Push, PushId, PushQuery, PushReport, Replayed,
};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Key, Stored};
use kaipiao_ports::store::{Commit, Committed, Forgettable, Freshness, Listed, Page, Store};
use std::path::PathBuf;
use std::sync::Arc;

/// Reads what a running server has on disk. What it has in memory, claims above all, is not seen.
pub struct ReadOnlyStore {
    readers: Arc<Readers>,
}

impl ReadOnlyStore {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { readers: Arc::new(Readers::new(path, 1)) }
    }
}

fn refused() -> StoreError {
    StoreError::Refused("the store was opened for reading only".into())
}

#[async_trait]
impl Store for ReadOnlyStore {
    async fn read(&self, key: &Key, _: Freshness) -> Result<Option<Stored>, StoreError> {
        let key = key.clone();
        self.readers.run(move |connection| statements::read(connection, &key)).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<Listed>, StoreError> {
        let page = page.clone();
        self.readers.run(move |connection| listing::list(connection, &page)).await
    }

    async fn commit(&self, _: Commit) -> Result<Committed, CommitError> {
        Err(refused().into())
    }

    async fn index(&self, _: usize) -> Result<usize, StoreError> {
        Err(refused())
    }

    async fn purge(&self, _: &Forgettable, _: usize) -> Result<usize, StoreError> {
        Err(refused())
    }
}

#[async_trait]
impl Claims for ReadOnlyStore {
    async fn due_turns(
        &self,
        _: Queue,
        _: i64,
        _: Option<&TurnKey>,
        _: usize,
    ) -> Result<Vec<DueTurn>, StoreError> {
        Err(refused())
    }

    async fn count_open(&self, _: Queue, _: usize) -> Result<usize, StoreError> {
        Err(refused())
    }

    async fn renew(&self, _: &[ClaimToken], _: Duration) -> Result<Vec<ClaimToken>, StoreError> {
        Err(refused())
    }

    async fn release(&self, _: &[ClaimToken]) -> Result<(), StoreError> {
        Err(refused())
    }
}

#[async_trait]
impl Outbox for ReadOnlyStore {
    async fn claim_pushes(&self, _: &ClaimRequest<'_>) -> Result<Claimed<Push>, StoreError> {
        Err(refused())
    }

    async fn complete_push(&self, _: PushReport) -> Result<Reported, CommitError> {
        Err(refused().into())
    }

    async fn replay(&self, _: &PushId, _: i64) -> Result<Replayed, CommitError> {
        Err(refused().into())
    }

    async fn remove_pushes(&self, _: &[PushId], _: i64) -> Result<(), CommitError> {
        Err(refused().into())
    }

    async fn pushes(&self, query: &PushQuery) -> Result<Vec<ListedPush>, StoreError> {
        let query = query.clone();
        self.readers
            .run(move |connection| {
                let found = pushes::list(connection, &query)?;
                let open = OpenPushes::load_beside(connection, &found)?;
                open_pushes::show(connection, &open, found)
            })
            .await
    }
}

#[async_trait]
impl Jobs for ReadOnlyStore {
    async fn claim_jobs(&self, _: Queue, _: &ClaimRequest<'_>) -> Result<Claimed<Job>, StoreError> {
        Err(refused())
    }

    async fn fail_job(&self, _: JobFailure) -> Result<Reported, StoreError> {
        Err(refused())
    }

    async fn run_again(&self, _: i64, _: i64) -> Result<Option<bool>, StoreError> {
        Err(refused())
    }

    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, StoreError> {
        let query = query.clone();
        self.readers.run(move |connection| jobs::list(connection, &query)).await
    }
}
