//! What is in memory of a store, and how a change that is on disk shows there.

use crate::delivery::open_jobs::OpenJobs;
use crate::delivery::open_pushes::OpenPushes;
use crate::records::recent::Recent;
use crate::records::resident::Resident;
use kaipiao_ports::delivery::claims::{DueTurn, Queue, TurnKey};
use kaipiao_ports::delivery::jobs::{Job, JobState};
use kaipiao_ports::delivery::outbox::Push;
use kaipiao_ports::record::{Key, Stored};
use rusqlite::Connection;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Changed by the writer only, claims apart.
pub(crate) struct Memory {
    pub(crate) resident: Resident,
    pub(crate) recent: Recent,
    pushes: Mutex<OpenPushes>,
    jobs: Mutex<OpenJobs>,
}

/// One consequence of a change.
pub(crate) enum Effect {
    /// A record was saved; None: removed.
    Record(Key, Option<Stored>),
    /// A push is open, new or replayed.
    PushOpened(Push),
    /// A push is tried again.
    PushRetried {
        number: i64,
        due_ms: i64,
        /// Attempts that were made: 1, or 0 when it could not be prepared.
        tried: u32,
    },
    /// A push is over.
    PushCompleted { number: i64, now_ms: i64 },
    /// A push is no more, open or over.
    PushRemoved { number: i64, now_ms: i64 },
    /// A job is as this from now on.
    Job(Job),
    /// A job is no more.
    JobRemoved(i64),
}

impl Memory {
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            resident: Resident::load(connection)?,
            recent: Recent::default(),
            pushes: Mutex::new(OpenPushes::load(connection)?),
            jobs: Mutex::new(OpenJobs::load(connection)?),
        })
    }

    /// Reads everything anew: after an error it is not known what is on disk.
    pub(crate) fn reload(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.recent.clear();
        self.resident.reload(connection)?;
        self.pushes().reload(connection)?;
        self.jobs().reload(connection)
    }

    pub(crate) fn pushes(&self) -> MutexGuard<'_, OpenPushes> {
        self.pushes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn jobs(&self) -> MutexGuard<'_, OpenJobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a group's changes, those of records in one step. Returns what each change made due.
    pub(crate) fn show(&self, changes: Vec<Vec<Effect>>) -> Vec<Vec<(Queue, DueTurn)>> {
        let (mut resident, mut recent, mut due) = (Vec::new(), Vec::new(), Vec::new());
        let (mut pushes, mut jobs) = (self.pushes(), self.jobs());
        for effects in changes {
            let mut own = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Record(key, stored) if key.kind.is_resident() => {
                        resident.push((key, stored));
                    }
                    Effect::Record(key, stored) => recent.push((key, stored)),
                    Effect::PushOpened(push) => {
                        let due_ms = pushes.add(&push);
                        own.extend(
                            due_ms.map(|due_ms| (Queue::Push, due_turn(push.turn(), due_ms))),
                        );
                    }
                    Effect::PushRetried { number, due_ms, tried } => {
                        pushes.retry(number, due_ms, tried);
                        let turn = pushes.queue.turn_and_due(number).map(|(turn, _)| turn);
                        own.extend(turn.map(|turn| (Queue::Push, due_turn(turn, due_ms))));
                    }
                    Effect::PushCompleted { number, now_ms } => {
                        let next = pushes.complete(number, now_ms);
                        own.extend(pushes.turn_of(next));
                    }
                    Effect::PushRemoved { number, now_ms } => {
                        let next = pushes.remove(number, now_ms);
                        own.extend(pushes.turn_of(next));
                    }
                    Effect::Job(job) => {
                        if let JobState::Due { due_ms } = job.state {
                            let account = job.id.account.clone();
                            let turn = TurnKey { account, origin: String::new() };
                            own.push((job.id.queue, due_turn(turn, due_ms)));
                        }
                        jobs.put(job);
                    }
                    Effect::JobRemoved(number) => jobs.remove(number),
                }
            }
            due.push(own);
        }
        self.resident.take_in(resident);
        self.recent.take_in(recent);
        due
    }
}

fn due_turn(turn: TurnKey, due_ms: i64) -> DueTurn {
    DueTurn { due_ms, turn }
}
