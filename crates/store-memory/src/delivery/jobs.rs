//! Jobs by name and number.

use crate::delivery::claims::ClaimBook;
use kaipiao_ports::delivery::claims::{
    Claim, ClaimRequest, ClaimToken, Claimed, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobFailure, JobId, JobQuery, JobState};
use std::collections::{BTreeMap, HashMap};

pub(crate) struct Jobs {
    by_number: BTreeMap<i64, Job>,
    numbers: HashMap<JobId, i64>,
    last_number: i64,
    claims: BTreeMap<Queue, ClaimBook>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            by_number: BTreeMap::new(),
            numbers: HashMap::new(),
            last_number: 0,
            claims: Queue::ALL.map(|queue| (queue, ClaimBook::new(queue))).into(),
        }
    }
}

impl Jobs {
    pub(crate) fn claims(&mut self, queue: Queue) -> &mut ClaimBook {
        self.claims.get_mut(&queue).expect("each queue has its book from the beginning")
    }

    /// Changes a job. Returns when its turn has work because of it; None: the job has ended.
    pub(crate) fn change(&mut self, change: JobChange) -> Option<(Queue, DueTurn)> {
        match change {
            JobChange::Done(id) => {
                if let Some(number) = self.numbers.get(&id) {
                    self.remove(*number);
                }
                None
            }
            JobChange::Due { id, due_ms } => {
                let (queue, number) = (id.queue, self.number(&id));
                let turn = self.make_due(number, id, due_ms);
                Some((queue, DueTurn { due_ms, turn }))
            }
        }
    }

    /// The job's number; a new one where there is no such job.
    fn number(&mut self, id: &JobId) -> i64 {
        *self.numbers.entry(id.clone()).or_insert_with(|| {
            self.last_number += 1;
            self.last_number
        })
    }

    /// Makes a job due as if nobody had tried it yet.
    fn make_due(&mut self, number: i64, id: JobId, due_ms: i64) -> TurnKey {
        let turn = TurnKey { account: id.account.clone(), origin: String::new() };
        self.claims(id.queue).offer(number, turn.clone(), due_ms);
        let state = JobState::Due { due_ms };
        let job = Job { id, number, state, attempts: 0, last_error: String::new() };
        self.by_number.insert(number, job);
        turn
    }

    fn remove(&mut self, number: i64) {
        if let Some(job) = self.by_number.remove(&number) {
            self.numbers.remove(&job.id);
            self.claims(job.id.queue).withdraw(number);
        }
    }

    pub(crate) fn claim(&mut self, queue: Queue, request: &ClaimRequest<'_>) -> Claimed<Job> {
        let (tokens, next_due_ms) = self.claims(queue).claim(request);
        let to_claim =
            |token: ClaimToken| Claim { work: self.by_number[&token.number].clone(), token };
        Claimed { claims: tokens.into_iter().map(to_claim).collect(), next_due_ms }
    }

    pub(crate) fn fail(&mut self, JobFailure { token, error, next }: JobFailure) -> Reported {
        if !self.claims(token.queue).holds(token) {
            return Reported::Lapsed;
        }
        let job = self.by_number.get_mut(&token.number).expect("a claimed job exists");
        job.attempts += 1;
        job.last_error = error;
        job.state = next.clone();
        let turn = TurnKey { account: job.id.account.clone(), origin: String::new() };
        let claims = self.claims(token.queue);
        let next_due_ms = match next {
            JobState::Due { due_ms } => {
                claims.offer(token.number, turn, due_ms);
                Some(due_ms)
            }
            JobState::Failed { .. } => {
                claims.withdraw(token.number);
                None
            }
        };
        Reported::Counted { next_due_ms }
    }

    pub(crate) fn run_again(&mut self, number: i64, now_ms: i64) -> Option<bool> {
        let job = self.by_number.get(&number)?;
        let has_failed = matches!(job.state, JobState::Failed { .. });
        if has_failed {
            self.make_due(number, job.id.clone(), now_ms);
        }
        Some(has_failed)
    }

    pub(crate) fn list(&self, query: &JobQuery) -> Vec<Job> {
        let is_asked_for = |job: &&Job| {
            let has_failed = matches!(job.state, JobState::Failed { .. });
            query.queue.is_none_or(|queue| queue == job.id.queue)
                && query.account.as_ref().is_none_or(|account| *account == job.id.account)
                && query.failed.is_none_or(|failed| failed == has_failed)
                && query.after.is_none_or(|after| job.number < after)
        };
        let listed = self.by_number.values().rev().filter(is_asked_for);
        listed.take(query.limit).cloned().collect()
    }

    /// Removes jobs that failed before this moment, `limit` of them at most.
    pub(crate) fn purge(&mut self, before_ms: i64, limit: usize) -> usize {
        let is_old = |job: &&Job| match job.state {
            JobState::Failed { at_ms } => at_ms < before_ms,
            JobState::Due { .. } => false,
        };
        let old: Vec<_> = self.by_number.values().filter(is_old).map(|job| job.number).collect();
        let removed = old.len().min(limit);
        old.into_iter().take(removed).for_each(|number| self.remove(number));
        removed
    }
}
