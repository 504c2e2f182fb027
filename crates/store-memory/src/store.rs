//! The store's traits over the maps.

use crate::delivery::claims::ClaimBook;
use crate::delivery::jobs::Jobs as JobMap;
use crate::delivery::pushes::Pushes;
use crate::records::Records;
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
use std::sync::{Mutex, MutexGuard};

/// Records, pushes and jobs in maps. "On disk" means "in the map" here.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: Records,
    pushes: Pushes,
    jobs: JobMap,
}

impl State {
    fn claims(&mut self, queue: Queue) -> &mut ClaimBook {
        match queue {
            Queue::Push => &mut self.pushes.claims,
            Queue::Issue => self.jobs.claims(queue),
        }
    }
}

impl MemoryStore {
    /// Frees all claims, as opening a store on disk does.
    pub fn free_claims(&self) {
        let mut state = self.state();
        Queue::ALL.into_iter().for_each(|queue| state.claims(queue).release_all());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self, key: &Key, _: Freshness) -> Result<Option<Stored>, StoreError> {
        Ok(self.state().records.read(key))
    }

    async fn list(&self, page: &Page) -> Result<Vec<Listed>, StoreError> {
        Ok(self.state().records.list(page))
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let state = &mut *self.state();
        if let Some(save) = state.records.conflict(&commit.saves) {
            return Err(CommitError::Conflict(save.key.clone()));
        }
        commit.saves.into_iter().for_each(|save| state.records.save(save));
        let pushes = commit.pushes.into_iter().filter_map(|push| state.pushes.add(push));
        let mut due: Vec<_> = pushes.map(|turn| (Queue::Push, turn)).collect();
        due.extend(commit.jobs.into_iter().filter_map(|change| state.jobs.change(change)));
        Ok(Committed { due })
    }

    async fn index(&self, limit: usize) -> Result<usize, StoreError> {
        Ok(self.state().records.index(limit))
    }

    async fn purge(&self, forgettable: &Forgettable, limit: usize) -> Result<usize, StoreError> {
        let mut state = self.state();
        let mut removed = 0;
        for (kind, before_ms) in &forgettable.records {
            removed += state.records.purge(*kind, *before_ms, limit - removed);
        }
        removed += state.pushes.purge(forgettable.pushes_before_ms, limit - removed);
        removed += state.jobs.purge(forgettable.jobs_before_ms, limit - removed);
        Ok(removed)
    }
}

#[async_trait]
impl Claims for MemoryStore {
    async fn due_turns(
        &self,
        queue: Queue,
        due_by_ms: i64,
        after: Option<&TurnKey>,
        limit: usize,
    ) -> Result<Vec<DueTurn>, StoreError> {
        Ok(self.state().claims(queue).due_turns(due_by_ms, after, limit))
    }

    async fn count_open(&self, queue: Queue, at_most: usize) -> Result<usize, StoreError> {
        let mut state = self.state();
        let open = match queue {
            Queue::Push => state.pushes.count_open(),
            Queue::Issue => state.claims(queue).count(),
        };
        Ok(open.min(at_most))
    }

    async fn renew(
        &self,
        tokens: &[ClaimToken],
        lapses_in: Duration,
    ) -> Result<Vec<ClaimToken>, StoreError> {
        let mut state = self.state();
        let mut tokens = tokens.to_vec();
        tokens.retain(|token| !state.claims(token.queue).renew(*token, lapses_in));
        Ok(tokens)
    }

    async fn release(&self, tokens: &[ClaimToken]) -> Result<(), StoreError> {
        let mut state = self.state();
        tokens.iter().for_each(|token| state.claims(token.queue).release(*token));
        Ok(())
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim_pushes(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Push>, StoreError> {
        Ok(self.state().pushes.claim(request))
    }

    async fn complete_push(&self, report: PushReport) -> Result<Reported, CommitError> {
        Ok(self.state().pushes.complete(report))
    }

    async fn replay(&self, id: &PushId, now_ms: i64) -> Result<Replayed, CommitError> {
        Ok(self.state().pushes.replay(id, now_ms))
    }

    async fn remove_pushes(&self, ids: &[PushId], now_ms: i64) -> Result<(), CommitError> {
        let mut state = self.state();
        ids.iter().for_each(|id| state.pushes.remove(id, now_ms));
        Ok(())
    }

    async fn pushes(&self, query: &PushQuery) -> Result<Vec<ListedPush>, StoreError> {
        Ok(self.state().pushes.list(query))
    }
}

#[async_trait]
impl Jobs for MemoryStore {
    async fn claim_jobs(
        &self,
        queue: Queue,
        request: &ClaimRequest<'_>,
    ) -> Result<Claimed<Job>, StoreError> {
        Ok(self.state().jobs.claim(queue, request))
    }

    async fn fail_job(&self, failure: JobFailure) -> Result<Reported, StoreError> {
        Ok(self.state().jobs.fail(failure))
    }

    async fn run_again(&self, number: i64, now_ms: i64) -> Result<Option<bool>, StoreError> {
        Ok(self.state().jobs.run_again(number, now_ms))
    }

    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, StoreError> {
        Ok(self.state().jobs.list(query))
    }
}
