//! The changes that the writer makes: each is applied to the database inside its SAVEPOINT, and says
//! what follows in memory once the group is on disk.

use crate::delivery::create_times::CreateTimes;
use crate::delivery::{jobs, pushes};
use crate::memory::{Effect, Memory};
use crate::records::search::{self, Done, RowChange};
use crate::records::statements;
use crate::sequence::{Sequence, VERSIONS};
use kaipiao_ports::delivery::claims::{ClaimToken, DueTurn, Queue, Reported};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobFailure, JobId, JobState};
use kaipiao_ports::delivery::outbox::{Next, PushId, PushReport, PushState, Replayed};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Expect, Index, Save, Stored};
use kaipiao_ports::store::{Commit, Committed, Forgettable};
use rusqlite::{Connection, ErrorCode};
use std::collections::{HashMap, HashSet};

/// One value to commit.
pub(crate) enum Change {
    Commit(Commit),
    CompletePush(PushReport),
    Replay {
        id: PushId,
        now_ms: i64,
    },
    RemovePushes {
        ids: Vec<PushId>,
        now_ms: i64,
    },
    FailJob(JobFailure),
    RunAgain {
        number: i64,
        now_ms: i64,
    },
    /// Rows of the index, and how far it has come with them, if they are a plan's last.
    Index {
        rows: Vec<RowChange>,
        done: Option<Done>,
    },
    Purge {
        forgettable: Forgettable,
        limit: usize,
    },
}

impl Change {
    /// Whether it only asks if commits are taken.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Commit(commit) if *commit == Commit::default())
    }
}

/// The answer to who asked for a change.
#[derive(Debug)]
pub(crate) enum Reply {
    Committed(Committed),
    Reported(Reported),
    Replayed(Replayed),
    RunAgain(Option<bool>),
    Count(usize),
}

/// A change that was applied, and is not on disk yet.
pub(crate) struct Applied {
    reply: Reply,
    pub(crate) effects: Vec<Effect>,
}

impl Applied {
    fn unchanged(reply: Reply) -> Self {
        Self { reply, effects: Vec::new() }
    }

    /// The reply, once it is known what became due.
    pub(crate) fn reply(self, due: Vec<(Queue, DueTurn)>) -> Reply {
        match self.reply {
            Reply::Committed(_) => Reply::Committed(Committed { due }),
            Reply::Reported(Reported::Counted { .. }) => {
                let next_due_ms = due.first().map(|(_, turn)| turn.due_ms);
                Reply::Reported(Reported::Counted { next_due_ms })
            }
            other => other,
        }
    }
}

/// What the writer gives out.
pub(crate) struct Numbers {
    pub(crate) versions: Sequence,
    pub(crate) jobs: Sequence,
    pub(crate) next_push: i64,
    pub(crate) create_times: CreateTimes,
}

impl Numbers {
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            versions: Sequence::load(connection, VERSIONS)?,
            jobs: Sequence::load(connection, "jobs")?,
            next_push: pushes::next_number(connection)?,
            create_times: CreateTimes::load(connection)?,
        })
    }

    pub(crate) fn replenish(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.versions.replenish(connection)?;
        self.jobs.replenish(connection)
    }
}

/// A group in the making: what its changes have done that memory does not show yet.
pub(crate) struct Group<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) memory: &'a Memory,
    pub(crate) numbers: &'a mut Numbers,
    /// Claims that were reported under.
    reported: HashSet<ClaimToken>,
    /// Jobs that were added; None: removed.
    jobs: HashMap<JobId, Option<i64>>,
}

type Outcome = rusqlite::Result<Result<Applied, CommitError>>;

impl<'a> Group<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        memory: &'a Memory,
        numbers: &'a mut Numbers,
    ) -> Self {
        Self { connection, memory, numbers, reported: HashSet::new(), jobs: HashMap::new() }
    }

    /// Applies one change, whole or not at all. An error of the disk fails the group (Err); an
    /// error of this change alone, such as a body that is too large, answers only this change.
    pub(crate) fn apply(&mut self, change: &Change) -> Outcome {
        let has_parts = has_parts(change);
        if has_parts {
            execute(self.connection, "SAVEPOINT one")?;
        }
        let answer = match self.run(change) {
            Ok(answer) => answer,
            Err(error) if is_of_the_disk(&error) || !is_commit(change) => return Err(error),
            Err(error) => Err(StoreError::Refused(error.to_string()).into()),
        };
        if has_parts {
            if answer.is_err() {
                execute(self.connection, "ROLLBACK TO one")?;
            }
            execute(self.connection, "RELEASE one")?;
        }
        if let Ok(applied) = &answer {
            self.note(change, applied);
        }
        Ok(answer)
    }

    /// Remembers what later changes of the group must know.
    fn note(&mut self, change: &Change, applied: &Applied) {
        let counted = matches!(applied.reply, Reply::Reported(Reported::Counted { .. }));
        match change {
            Change::CompletePush(PushReport { token, .. })
            | Change::FailJob(JobFailure { token, .. })
                if counted =>
            {
                self.reported.insert(*token);
            }
            Change::Commit(commit) => {
                let removed = commit.jobs.iter().filter(|job| matches!(job, JobChange::Done(_)));
                self.jobs.extend(removed.map(|job| (job.id().clone(), None)));
                for effect in &applied.effects {
                    if let Effect::Job(job) = effect {
                        self.jobs.insert(job.id.clone(), Some(job.number));
                    }
                }
            }
            _ => {}
        }
    }

    fn run(&mut self, change: &Change) -> Outcome {
        match change {
            Change::Commit(commit) => self.commit(commit),
            Change::CompletePush(report) => self.complete_push(report),
            Change::Replay { id, now_ms } => self.replay(id, *now_ms),
            Change::RemovePushes { ids, now_ms } => self.remove_pushes(ids, *now_ms),
            Change::FailJob(failure) => self.fail_job(failure),
            Change::RunAgain { number, now_ms } => self.run_again(*number, *now_ms),
            Change::Index { rows, done } => self.index(rows, done.as_ref()),
            Change::Purge { forgettable, limit } => self.purge(forgettable, *limit),
        }
    }

    fn commit(&mut self, commit: &Commit) -> Outcome {
        let mut effects = Vec::with_capacity(commit.saves.len() + commit.pushes.len() + 1);
        for save in &commit.saves {
            let Some(effect) = self.save(save)? else {
                return Ok(Err(CommitError::Conflict(save.key.clone())));
            };
            effects.push(effect);
        }
        for new in &commit.pushes {
            let create_time_s = self.numbers.create_times.give(new);
            let push = pushes::numbered(new, self.numbers.next_push, create_time_s);
            self.numbers.next_push += 1;
            pushes::add(self.connection, &push)?;
            effects.push(Effect::PushOpened(push));
        }
        for change in &commit.jobs {
            effects.extend(self.change_job(change)?);
        }
        Ok(Ok(Applied { reply: Reply::Committed(Committed::default()), effects }))
    }

    /// None: the expectation does not hold.
    fn save(&mut self, save: &Save) -> rusqlite::Result<Option<Effect>> {
        let version = self.numbers.versions.take();
        if !statements::save(self.connection, save, version)? {
            return Ok(None);
        }
        let key = save.key.clone();
        let stored = save.body.clone().map(|body| Stored { key: key.clone(), version, body });
        Ok(Some(Effect::Record(key, stored)))
    }

    fn change_job(&mut self, change: &JobChange) -> rusqlite::Result<Option<Effect>> {
        let known = match self.jobs.get(change.id()) {
            Some(number) => *number,
            None => self.memory.jobs().number(change.id()),
        };
        match (change, known) {
            (JobChange::Done(_), None) => Ok(None),
            (JobChange::Done(_), Some(number)) => {
                jobs::remove(self.connection, number)?;
                Ok(Some(Effect::JobRemoved(number)))
            }
            (JobChange::Due { id, due_ms }, known) => {
                let number = match known {
                    Some(number) => {
                        jobs::set_due(self.connection, number, *due_ms)?;
                        number
                    }
                    None => {
                        let number = self.numbers.jobs.take();
                        jobs::add(self.connection, number, id, *due_ms)?;
                        number
                    }
                };
                let state = JobState::Due { due_ms: *due_ms };
                let (id, last_error) = (id.clone(), String::new());
                Ok(Some(Effect::Job(Job { id, number, state, attempts: 0, last_error })))
            }
        }
    }

    /// A report counts while its claim holds, and once.
    fn complete_push(&mut self, report: &PushReport) -> Outcome {
        let lapsed = || Ok(Ok(Applied::unchanged(Reply::Reported(Reported::Lapsed))));
        let (token, number) = (report.token, report.token.number);
        if self.reported.contains(&token) || !self.memory.pushes().queue.holds(token) {
            return lapsed();
        }
        if !pushes::report(self.connection, number, report.attempt.as_ref(), report.next)? {
            return lapsed();
        }
        if let Next::Complete { now_ms, .. } = report.next
            && let Some(next) = self.memory.pushes().next_of(number)
        {
            pushes::set_due(self.connection, next, now_ms)?;
        }
        let effect = match report.next {
            Next::Retry { due_ms } => {
                Effect::PushRetried { number, due_ms, tried: u32::from(report.attempt.is_some()) }
            }
            Next::Complete { now_ms, .. } => Effect::PushCompleted { number, now_ms },
        };
        let reply = Reply::Reported(Reported::Counted { next_due_ms: None });
        Ok(Ok(Applied { reply, effects: vec![effect] }))
    }

    fn replay(&mut self, id: &PushId, now_ms: i64) -> Outcome {
        Ok(Ok(match pushes::replay(self.connection, id, now_ms)? {
            None => Applied::unchanged(Reply::Replayed(Replayed::NoSuchPush)),
            Some(false) => Applied::unchanged(Reply::Replayed(Replayed::IsOpen)),
            Some(true) => {
                let push = pushes::read(self.connection, id.number)?;
                let effects = push.into_iter().map(Effect::PushOpened).collect();
                Applied { reply: Reply::Replayed(Replayed::Yes), effects }
            }
        }))
    }

    fn remove_pushes(&mut self, ids: &[PushId], now_ms: i64) -> Outcome {
        let removed = pushes::remove(self.connection, ids)?;
        for number in &removed {
            let pushes = self.memory.pushes();
            let is_ready = matches!(pushes.state(*number), Some(PushState::Ready { .. }));
            let next = pushes.next_of(*number).filter(|_| is_ready);
            drop(pushes);
            if let Some(next) = next {
                pushes::set_due(self.connection, next, now_ms)?;
            }
        }
        let reply = Reply::Count(removed.len());
        let to_effect = |number| Effect::PushRemoved { number, now_ms };
        Ok(Ok(Applied { reply, effects: removed.into_iter().map(to_effect).collect() }))
    }

    fn fail_job(&mut self, failure: &JobFailure) -> Outcome {
        let lapsed = || Ok(Ok(Applied::unchanged(Reply::Reported(Reported::Lapsed))));
        let JobFailure { token, error, next } = failure;
        let holds = self.memory.jobs().queue(token.queue).holds(*token);
        if self.reported.contains(token) || !holds {
            return lapsed();
        }
        if !jobs::fail(self.connection, token.number, error, next)? {
            return lapsed();
        }
        let job = jobs::read(self.connection, token.number)?;
        let effects = job.into_iter().map(Effect::Job).collect();
        let reply = Reply::Reported(Reported::Counted { next_due_ms: None });
        Ok(Ok(Applied { reply, effects }))
    }

    fn run_again(&mut self, number: i64, now_ms: i64) -> Outcome {
        let Some(job) = jobs::read(self.connection, number)? else {
            return Ok(Ok(Applied::unchanged(Reply::RunAgain(None))));
        };
        if matches!(job.state, JobState::Due { .. }) {
            return Ok(Ok(Applied::unchanged(Reply::RunAgain(Some(false)))));
        }
        jobs::set_due(self.connection, number, now_ms)?;
        let state = JobState::Due { due_ms: now_ms };
        let job = Job { state, attempts: 0, last_error: String::new(), ..job };
        let effects = vec![Effect::Job(job)];
        Ok(Ok(Applied { reply: Reply::RunAgain(Some(true)), effects }))
    }

    fn index(&mut self, rows: &[RowChange], done: Option<&Done>) -> Outcome {
        search::apply(self.connection, rows)?;
        if let Some(done) = done {
            search::finish(self.connection, done)?;
        }
        Ok(Ok(Applied::unchanged(Reply::Count(rows.len()))))
    }

    fn purge(&mut self, forgettable: &Forgettable, limit: usize) -> Outcome {
        let Forgettable { records, pushes_before_ms, jobs_before_ms } = forgettable;
        let (mut left, mut effects) = (limit, Vec::new());
        for (kind, before_ms) in records.iter().filter(|(kind, _)| kind.can_expire()) {
            let keys = statements::unused(self.connection, *kind, *before_ms, left)?;
            left -= keys.len();
            for key in keys {
                // The writer itself has found the key in this transaction.
                let removal =
                    Save { key, expect: Expect::Any, body: None, index: Index::default() };
                effects.extend(self.save(&removal)?);
            }
        }
        left -= pushes::purge(self.connection, *pushes_before_ms, left)?;
        let jobs = jobs::purge(self.connection, *jobs_before_ms, left)?;
        left -= jobs.len();
        effects.extend(jobs.into_iter().map(Effect::JobRemoved));
        Ok(Ok(Applied { reply: Reply::Count(limit - left), effects }))
    }
}

const fn is_commit(change: &Change) -> bool {
    matches!(change, Change::Commit(_))
}

/// Whether a later part may refuse what an earlier one has written. SQLite copies every page that a
/// savepoint touches, so nothing else has one: a single save, a report and the store's own upkeep are
/// right or wrong at their first statement.
fn has_parts(change: &Change) -> bool {
    let Change::Commit(Commit { saves, pushes, jobs }) = change else { return false };
    saves.len() + pushes.len() + jobs.len() > 1
}

fn is_of_the_disk(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
    )
}

/// Runs a statement that returns nothing.
pub(crate) fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}
