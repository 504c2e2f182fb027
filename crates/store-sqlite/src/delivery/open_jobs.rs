//! The jobs in memory: which there are, and who holds which.

use super::jobs;
use super::queue::WorkQueue;
use kaipiao_ports::delivery::claims::{ClaimToken, Queue, TurnKey};
use kaipiao_ports::delivery::jobs::{Job, JobId, JobState};
use rusqlite::Connection;
use std::collections::HashMap;

pub(crate) struct OpenJobs {
    queues: HashMap<Queue, WorkQueue>,
    /// Every job, failed ones too: a name is one job.
    numbers: HashMap<JobId, i64>,
    jobs: HashMap<i64, Job>,
}

fn turn(id: &JobId) -> TurnKey {
    TurnKey { account: id.account.clone(), origin: String::new() }
}

impl OpenJobs {
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let queues = Queue::ALL.into_iter().map(|queue| (queue, WorkQueue::new(queue)));
        let mut open =
            Self { queues: queues.collect(), numbers: HashMap::new(), jobs: HashMap::new() };
        for job in jobs::all(connection)? {
            open.put(job);
        }
        Ok(open)
    }

    /// Reads the jobs anew: after an error it is not known what is on disk. Claims stay with their
    /// holders.
    pub(crate) fn reload(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let loaded = Self::load(connection)?;
        (self.numbers, self.jobs) = (loaded.numbers, loaded.jobs);
        for (queue, work) in &mut self.queues {
            let due = self.jobs.values().filter(|job| job.id.queue == *queue);
            let due = due.filter_map(|job| match job.state {
                JobState::Due { due_ms } => Some((job.number, turn(&job.id), due_ms)),
                JobState::Failed { .. } => None,
            });
            work.reload(due);
        }
        Ok(())
    }

    pub(crate) fn queue(&mut self, queue: Queue) -> &mut WorkQueue {
        self.queues.get_mut(&queue).expect("there is one for each")
    }

    /// Adds a job, or sets it anew; whoever held it has let go of it.
    pub(crate) fn put(&mut self, job: Job) {
        self.numbers.insert(job.id.clone(), job.number);
        let queue = self.queue(job.id.queue);
        match job.state {
            JobState::Due { due_ms } => queue.put(job.number, &turn(&job.id), due_ms),
            JobState::Failed { .. } => queue.remove(job.number),
        }
        self.jobs.insert(job.number, job);
    }

    pub(crate) fn remove(&mut self, number: i64) {
        if let Some(job) = self.jobs.remove(&number) {
            self.queue(job.id.queue).remove(number);
            self.numbers.remove(&job.id);
        }
    }

    pub(crate) fn number(&self, id: &JobId) -> Option<i64> {
        self.numbers.get(id).copied()
    }

    /// The job of a claim.
    pub(crate) fn job(&self, token: ClaimToken) -> Option<Job> {
        self.jobs.get(&token.number).cloned()
    }
}
