//! The writers: each takes the changes that wait and carries them out in one transaction.
//!
//! While a writer is at work, others queue up behind it, so under load transactions are shared and the
//! engine commits once for many. A change whose expectation does not hold would take its neighbours with it, so the
//! group is rolled back then, it gets a transaction of its own, and its neighbours share another one.
//!
//! Statements go out together, without waiting for each other's answers: what they lock is in the order of the
//! keys, saves first, then reports and pushes, then jobs. COMMIT follows when all have answered.

use crate::bucket::bucket;
use crate::config::CommitHook;
use crate::connection::{InTransaction, within_time};
use crate::delivery::jobs;
use crate::delivery::pushes::{self, AddStatement};
use crate::errors::DbError;
use crate::health::Health;
use crate::records::listing::compared;
use crate::records::resident::{Known, Resident};
use crate::records::statements::{SaveStatement, read_row, read_sql};
use crate::watch::{CHANNEL, NOTIFY};
use core::panic::AssertUnwindSafe;
use core::pin::pin;
use core::time::Duration;
use deadpool_postgres::{Client, Pool};
use futures_util::FutureExt;
use futures_util::future::join_all;
use kaipiao_ports::delivery::claims::{DueTurn, Queue, Reported, TurnKey};
use kaipiao_ports::delivery::jobs::{JobChange, JobFailure, JobState};
use kaipiao_ports::delivery::outbox::{NewPush, PushReport};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::metrics::CommitMetrics;
use kaipiao_ports::record::Key;
use kaipiao_ports::store::{Commit, Committed};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Tries of a change that others got in the way of.
const TRIES: usize = 8;
/// A change that has waited so long for a writer is not begun any more: the server is silent, each transaction before
/// it takes its whole time, and whoever asked learns so before their own patience ends.
const WAITS_AT_MOST: Duration = Duration::from_secs(10);

/// One value to commit.
pub(crate) enum Change {
    Commit(Commit),
    Report(PushReport),
    Fail(JobFailure),
}

/// The reply to who asked for a change.
#[derive(Debug)]
pub(crate) enum Reply {
    Committed(Committed),
    Reported(Reported),
}

type Answer = Result<Reply, CommitError>;

struct Waiting {
    change: Change,
    answer: oneshot::Sender<Answer>,
    since: Instant,
}

/// Where changes wait for a writer.
pub(crate) struct Writers {
    queue: mpsc::Sender<Waiting>,
    metrics: CommitMetrics,
}

/// What a writer works with.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) pool: Pool,
    pub(crate) resident: Arc<Resident>,
    pub(crate) health: Arc<Health>,
    pub(crate) node: Arc<str>,
    pub(crate) groups: Arc<AtomicU64>,
    pub(crate) metrics: CommitMetrics,
    /// Changes that share a transaction at most.
    pub(crate) group: usize,
    pub(crate) before_commit: Option<CommitHook>,
}

impl Writers {
    /// Starts writers; they end with the last sender.
    pub(crate) fn start(work: &Work, count: usize, queue_capacity: usize) -> Self {
        let (queue, waiting) = mpsc::channel(queue_capacity.max(1));
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..count {
            tokio::spawn(write(work.clone(), Arc::clone(&waiting)));
        }
        Self { queue, metrics: work.metrics.clone() }
    }

    pub(crate) async fn change(&self, change: Change) -> Answer {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { change, answer, since: Instant::now() };
        // Before a writer can take it.
        self.metrics.queued.inc();
        self.queue.try_send(waiting).map_err(|error| {
            self.metrics.queued.dec();
            match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => StoreError::Away("it is closed".into()),
            }
        })?;
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Away("the commit has panicked".into()).into()))
    }
}

async fn write(work: Work, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    loop {
        let mut group = Vec::new();
        if waiting.lock().await.recv_many(&mut group, work.group).await == 0 {
            return;
        }
        work.metrics.queued.sub(i64::try_from(group.len()).unwrap_or(i64::MAX));
        for one in &group {
            work.metrics.wait.observe(one.since.elapsed().as_secs_f64());
        }
        let (late, group): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|one| one.since.elapsed() > WAITS_AT_MOST);
        for Waiting { answer, .. } in late {
            // Whoever asked may be gone.
            let _ = answer.send(Err(StoreError::Away("it does not answer in time".into()).into()));
        }
        if group.is_empty() {
            continue;
        }
        let (changes, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|one| (one.change, one.answer)).unzip();
        // A panic costs its own group: who waits for it is told so when the answers are dropped.
        let Ok(outcomes) = AssertUnwindSafe(work.carry_out(&changes)).catch_unwind().await else {
            tracing::error!("a group of commits has panicked");
            continue;
        };
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            if matches!(outcome, Err(CommitError::Conflict(_))) {
                work.metrics.conflicts.inc();
            }
            // Whoever asked may be gone.
            let _ = answer.send(outcome);
        }
    }
}

/// Why a group was not committed.
enum Failed {
    /// Expectations do not hold: the changes' places, each with its first such key.
    Conflicts(Vec<(usize, Key)>),
    Db(DbError),
}

impl<E: Into<DbError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Db(error.into())
    }
}

/// Whether everything else would fail as well, and only take its time to.
const fn is_hopeless(error: &StoreError) -> bool {
    matches!(error, StoreError::Away(_) | StoreError::Overloaded)
}

/// What a change has done.
struct Done {
    reply: Reply,
    resident: Vec<(Key, Known)>,
}

impl Work {
    async fn carry_out(&self, changes: &[Change]) -> Vec<Answer> {
        let all: Vec<_> = changes.iter().collect();
        let first = self.try_group(&all).await;
        match first {
            Ok(done) => done.into_iter().map(|done| Ok(self.take_in(done))).collect(),
            Err(failed) if all.len() == 1 => vec![self.alone(all[0], failed).await],
            Err(Failed::Db(DbError::Store(error))) if is_hopeless(&error) => {
                all.iter().map(|_| Err(error.clone().into())).collect()
            }
            Err(Failed::Conflicts(conflicts)) => self.around(&all, &conflicts).await,
            Err(Failed::Db(_)) => self.each_alone(&all).await,
        }
    }

    /// Carries out the neighbours of changes that conflict together, and each of these by itself.
    async fn around(&self, all: &[&Change], conflicts: &[(usize, Key)]) -> Vec<Answer> {
        let conflicts = |place: usize| conflicts.iter().any(|(of, _)| *of == place);
        let places = 0..all.len();
        let (alone, shared): (Vec<_>, Vec<_>) = places.partition(|place| conflicts(*place));
        let of = |places: &[usize]| places.iter().map(|place| all[*place]).collect::<Vec<_>>();
        let shared_changes = of(&shared);
        let mut answers = match self.try_group(&shared_changes).await {
            Ok(done) => done.into_iter().map(|done| Ok(self.take_in(done))).collect(),
            Err(Failed::Db(DbError::Store(error))) if is_hopeless(&error) => {
                return all.iter().map(|_| Err(error.clone().into())).collect();
            }
            Err(_) => self.each_alone(&shared_changes).await,
        };
        answers.extend(self.each_alone(&of(&alone)).await);
        let mut placed: Vec<_> = shared.into_iter().chain(alone).zip(answers).collect();
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, answer)| answer).collect()
    }

    async fn each_alone(&self, changes: &[&Change]) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::with_capacity(changes.len());
        for change in changes {
            let before = answers.last().and_then(|answer| answer.as_ref().err());
            if let Some(CommitError::Store(error)) = before
                && is_hopeless(error)
            {
                let answer = Err(error.clone().into());
                answers.push(answer);
                continue;
            }
            answers.push(match self.try_group(&[change]).await {
                Ok(mut done) => Ok(self.take_in(done.remove(0))),
                Err(failed) => self.alone(change, failed).await,
            });
        }
        answers
    }

    /// Goes on with a change that has failed once in a transaction of its own.
    async fn alone(&self, change: &Change, mut failed: Failed) -> Answer {
        for _ in 1..TRIES {
            if !matches!(failed, Failed::Db(DbError::Again)) {
                break;
            }
            match self.try_group(&[change]).await {
                Ok(mut done) => return Ok(self.take_in(done.remove(0))),
                Err(again) => failed = again,
            }
        }
        match failed {
            Failed::Conflicts(mut conflicts) => {
                let (_, key) = conflicts.remove(0);
                self.refresh(&key).await;
                Err(CommitError::Conflict(key))
            }
            Failed::Db(error) => Err(StoreError::from(error).into()),
        }
    }

    fn take_in(&self, done: Done) -> Reply {
        self.resident.take_in(done.resident);
        done.reply
    }

    /// Whoever is told that a resident record is not as expected reads it as it is next time.
    async fn refresh(&self, key: &Key) {
        if key.kind.is_resident()
            && let Err(error) = within_time(self.read_fresh(key)).await
        {
            tracing::warn!(?error, "a record that has changed was not read");
        }
    }

    async fn read_fresh(&self, key: &Key) -> Result<(), DbError> {
        read_fresh(&self.pool.get().await?, &self.resident, key).await
    }

    fn note_transaction(&self, changes: usize, took: Duration) {
        if let Ok(changes @ 1..) = u32::try_from(changes) {
            self.metrics.group_size.observe(f64::from(changes));
            self.metrics.duration.observe(took.as_secs_f64());
        }
    }

    async fn try_group(&self, changes: &[&Change]) -> Result<Vec<Done>, Failed> {
        let client = match self.pool.get().await.map_err(DbError::from) {
            Ok(client) => client,
            Err(error) => {
                if let DbError::Store(error @ StoreError::Away(_)) = &error {
                    self.metrics.failures.inc();
                    self.health.note(Some(error));
                }
                return Err(Failed::Db(error));
            }
        };
        let (session, began) = (InTransaction::new(client), Instant::now());
        let mut group = Group::of(changes, &self.node);
        group.has_transaction |= self.before_commit.is_some();
        let outcome = within_time(async { Ok(group.run(session.client(), self).await) }).await;
        self.note_transaction(changes.len(), began.elapsed());
        match &outcome {
            Ok(Ok(_)) => self.health.note(None),
            Ok(Err(Failed::Db(DbError::Store(error @ StoreError::Away(_)))))
            | Err(DbError::Store(error)) => {
                self.metrics.failures.inc();
                self.health.note(Some(error));
            }
            Ok(Err(_)) | Err(DbError::Again) => {}
        }
        let has_ended = match &outcome {
            Ok(Ok(_)) => true,
            Ok(Err(_)) if group.has_transaction => {
                let rollback = session.client().batch_execute("ROLLBACK");
                within_time(async { Ok(rollback.await?) }).await.is_ok()
            }
            Ok(Err(_)) => true,
            Err(_) => false,
        };
        if has_ended {
            session.give_back();
        }
        outcome.map_err(Failed::Db)?
    }
}

/// Reads a resident record past this node's memory, and takes it in.
pub(crate) async fn read_fresh(
    client: &Client,
    resident: &Resident,
    key: &Key,
) -> Result<(), DbError> {
    let (owner, id) = (compared(&key.owner), compared(&key.id));
    let statement = client.prepare_cached(read_sql(key.kind)).await?;
    let began = resident.begin_read();
    let row = client.query_opt(&statement, &[&bucket(&key.owner), &owner, &id]).await?;
    resident.take_read(began, key, row.map(|row| read_row(key, &row)));
    Ok(())
}

/// The parts of changes that share a transaction, each with the place of its change.
struct Group<'a> {
    changes: &'a [&'a Change],
    node: &'a str,
    saves: Vec<(usize, SaveStatement<'a>)>,
    /// The first push of each ordering key, and those behind them, in order.
    first_pushes: Vec<(usize, &'a NewPush)>,
    later_pushes: Vec<(usize, &'a NewPush)>,
    jobs: Vec<&'a JobChange>,
    reports: Vec<(usize, &'a PushReport)>,
    failures: Vec<(usize, &'a JobFailure)>,
    /// Other nodes are told that what they have in memory has changed.
    notifies: bool,
    has_transaction: bool,
}

impl<'a> Group<'a> {
    fn of(changes: &'a [&'a Change], node: &'a str) -> Self {
        let (mut saves, mut pushes, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
        let (mut reports, mut failures) = (Vec::new(), Vec::new());
        for (place, change) in changes.iter().enumerate() {
            match change {
                Change::Commit(commit) => {
                    saves.extend(commit.saves.iter().map(|save| (place, SaveStatement::new(save))));
                    pushes.extend(commit.pushes.iter().map(|push| (place, push)));
                    jobs.extend(&commit.jobs);
                }
                Change::Report(report) => reports.push((place, report)),
                Change::Fail(failure) => failures.push((place, failure)),
            }
        }
        saves.sort_by(|(_, one), (_, other)| one.save.key.cmp(&other.save.key));
        pushes.sort_by_key(|(_, push)| (&push.account, &push.ordering_key));
        reports.sort_by_key(|(_, report)| report.token);
        failures.sort_by_key(|(_, failure)| failure.token);
        jobs.sort_by_key(|change: &&JobChange| change.id());
        let mut keys = HashSet::new();
        let is_first =
            |(_, push): &(usize, &'a NewPush)| keys.insert((&push.account, &push.ordering_key));
        let (first_pushes, later_pushes): (Vec<_>, Vec<_>) = pushes.into_iter().partition(is_first);
        let notifies = saves.iter().any(|(_, save)| save.save.key.kind.is_resident());
        let is_one_save = saves.len() == 1
            && first_pushes.is_empty()
            && jobs.is_empty()
            && reports.is_empty()
            && failures.is_empty()
            && !notifies;
        Self {
            changes,
            node,
            saves,
            first_pushes,
            later_pushes,
            jobs,
            reports,
            failures,
            notifies,
            // One statement is a transaction by itself.
            has_transaction: !is_one_save,
        }
    }

    async fn run(&self, client: &Client, work: &Work) -> Result<Vec<Done>, Failed> {
        let mut begin = pin!(client.batch_execute("BEGIN"));
        // Sent with the first poll, so before every statement below.
        let is_begun = match self.has_transaction {
            true => futures_util::poll!(begin.as_mut()).is_ready(),
            false => true,
        };
        let notify = async {
            if self.notifies {
                client.execute(NOTIFY, &[&CHANNEL]).await?;
            }
            Ok::<(), DbError>(())
        };
        // The lock on a ready push keeps out the completions of other transactions, not of this one.
        let delivered = async {
            let reported = self.run_reports(client).await?;
            Ok::<_, DbError>((reported, self.run_pushes(client).await?))
        };
        let (saved, delivered, changed, failed, notified) = futures_util::join!(
            self.run_saves(client),
            delivered,
            self.run_jobs(client),
            self.run_failures(client),
            notify
        );
        if !is_begun {
            begin.await?;
        }
        let errors = [
            saved.as_ref().err(),
            delivered.as_ref().err(),
            changed.as_ref().err(),
            failed.as_ref().err(),
            notified.as_ref().err(),
        ];
        // Statements behind one that has failed only say that it did.
        if let Some(error) = errors.into_iter().flatten().find(|e| matches!(e, DbError::Store(_))) {
            return Err(Failed::Db(error.clone()));
        }
        let versions = saved?;
        let conflicts = self.conflicts(&versions);
        if !conflicts.is_empty() {
            return Err(Failed::Conflicts(conflicts));
        }
        let mut done: Vec<_> = self.changes.iter().map(|change| unanswered(change)).collect();
        for ((place, statement), version) in self.saves.iter().zip(versions) {
            if statement.save.key.kind.is_resident()
                && let Some(version) = version
                && version > 0
            {
                let known = (version, statement.stored(version));
                done[*place].resident.push((statement.save.key.clone(), known));
            }
        }
        let (reported, pushed) = delivered?;
        for (place, due) in pushed {
            became_due(&mut done[place], Queue::Push, due);
        }
        changed?;
        for (place, next) in reported {
            counted(&mut done[place], next);
        }
        for (place, next) in failed? {
            counted(&mut done[place], next);
        }
        notified?;
        let group = work.groups.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(hook) = &work.before_commit {
            hook(group);
        }
        if self.has_transaction {
            client.batch_execute("COMMIT").await?;
        }
        Ok(done)
    }

    /// The saves' versions; None: the expectation does not hold.
    async fn run_saves(&self, client: &Client) -> Result<Vec<Option<i64>>, DbError> {
        let run = self.saves.iter().map(async |(_, statement)| {
            let prepared = client.prepare_cached(statement.sql()).await?;
            let rows = client.query(&prepared, &statement.values()).await?;
            Ok::<_, DbError>(statement.outcome(&rows))
        });
        join_all(run).await.into_iter().collect()
    }

    /// Of each change whose expectations do not hold the first key, as its saves were given.
    fn conflicts(&self, versions: &[Option<i64>]) -> Vec<(usize, Key)> {
        let in_vain = self.saves.iter().zip(versions).filter(|(_, version)| version.is_none());
        let in_vain: HashSet<_> =
            in_vain.map(|((place, statement), _)| (*place, &statement.save.key)).collect();
        let conflicts = self.changes.iter().enumerate().filter_map(|(place, change)| {
            let Change::Commit(commit) = change else { return None };
            let mut keys = commit.saves.iter().map(|save| &save.key);
            let key = keys.find(|key| in_vain.contains(&(place, *key)))?;
            Some((place, key.clone()))
        });
        conflicts.collect()
    }

    /// The turns that became due.
    async fn run_pushes(&self, client: &Client) -> Result<Vec<(usize, DueTurn)>, DbError> {
        let add = async |nth: usize, place: usize, new: &NewPush| {
            let due = AddStatement::new(new, nth).add(client).await?;
            Ok::<_, DbError>(due.map(|due| (place, due)))
        };
        let first = self.first_pushes.iter().enumerate();
        let added = join_all(first.map(|(nth, (place, new))| add(nth, *place, new))).await;
        let mut due: Vec<_> = added.into_iter().collect::<Result<Vec<_>, _>>()?;
        for (nth, (place, new)) in self.later_pushes.iter().enumerate() {
            due.push(add(self.first_pushes.len() + nth, *place, new).await?);
        }
        Ok(due.into_iter().flatten().collect())
    }

    async fn run_jobs(&self, client: &Client) -> Result<(), DbError> {
        let run = self.jobs.iter().enumerate();
        let run = run.map(|(nth, change)| jobs::change(client, change, nth));
        join_all(run).await.into_iter().collect()
    }

    /// Reports that count, and when what follows is due.
    async fn run_reports(&self, client: &Client) -> Result<Vec<(usize, Option<i64>)>, DbError> {
        let run = self.reports.iter().map(async |(place, report)| {
            let counts = pushes::report(client, report, self.node).await?;
            Ok(counts.map(|next_due_ms| (*place, next_due_ms)))
        });
        let counted = join_all(run).await.into_iter().collect::<Result<Vec<_>, DbError>>()?;
        Ok(counted.into_iter().flatten().collect())
    }

    async fn run_failures(&self, client: &Client) -> Result<Vec<(usize, Option<i64>)>, DbError> {
        let run = self.failures.iter().map(async |(place, failure)| {
            let counts = jobs::fail(client, failure, self.node).await?;
            let next_due_ms = match failure.next {
                JobState::Due { due_ms } => Some(due_ms),
                JobState::Failed { .. } => None,
            };
            Ok(counts.then_some((*place, next_due_ms)))
        });
        let counted = join_all(run).await.into_iter().collect::<Result<Vec<_>, DbError>>()?;
        Ok(counted.into_iter().flatten().collect())
    }
}

/// A change's reply before anything is known but what it asks for.
fn unanswered(change: &Change) -> Done {
    let reply = match change {
        Change::Report(_) | Change::Fail(_) => Reply::Reported(Reported::Lapsed),
        Change::Commit(commit) => {
            let due = commit.jobs.iter().filter_map(|change| match change {
                JobChange::Due { id, due_ms } => {
                    let turn = TurnKey { account: id.account.clone(), origin: String::new() };
                    Some((id.queue, DueTurn { due_ms: *due_ms, turn }))
                }
                JobChange::Done(_) => None,
            });
            Reply::Committed(Committed { due: due.collect() })
        }
    };
    Done { reply, resident: Vec::new() }
}

fn became_due(done: &mut Done, queue: Queue, due: DueTurn) {
    if let Reply::Committed(committed) = &mut done.reply {
        committed.due.push((queue, due));
    }
}

fn counted(done: &mut Done, next_due_ms: Option<i64>) {
    done.reply = Reply::Reported(Reported::Counted { next_due_ms });
}
