//! The laws of the jobs, written once, as `laws` holds those of the records.

use crate::laws::Subject;
use crate::steps::Steps;
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobId};
use kaipiao_ports::delivery::outbox::LeaseAsk;
use kaipiao_ports::store::{Commit, CommitError, Expect, Key, Kind, Save, Store};
use kaipiao_store_memory::MemoryStore;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Makes one test per law for the subject that the expression builds.
#[macro_export]
macro_rules! job_laws {
    ($subject:expr) => {
        $crate::job_laws!(
            $subject,
            a_job_comes_with_its_commit_or_not_at_all,
            a_job_has_one_holder_lapses_and_is_offered_again,
            what_is_not_due_waits_and_the_ask_says_for_how_long,
            a_job_that_is_set_anew_is_let_go_of,
            an_accounts_cap_and_turns_hold_for_jobs,
            opening_again_offers_every_job_that_has_not_ended,
            the_jobs_agree_with_the_oracle,
            racing_workers_end_each_job_once,
        );
    };
    ($subject:expr, $($law:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $law() {
                $crate::delivery::job_laws::$law(&$subject).await;
            }
        )+
    };
}

const LONG: Duration = Duration::from_secs(600);

fn id(account: &str, name: impl ToString) -> JobId {
    JobId { account: account.into(), name: name.to_string() }
}

fn due(account: &str, name: impl ToString, due_ms: i64) -> JobChange {
    JobChange::Due { id: id(account, name), due_ms }
}

fn done(job: &Job) -> JobChange {
    JobChange::Done(job.id.clone())
}

async fn change(store: &dyn Store, jobs: Vec<JobChange>) {
    store.commit(Commit { jobs, ..Commit::default() }).await.unwrap();
}

fn ask(now_ms: i64) -> LeaseAsk {
    LeaseAsk { now_ms, hold_for: LONG, limit: 100, per_account: 100, failing_at_once: 100 }
}

async fn lease(store: &dyn Store, ask: LeaseAsk) -> Vec<Job> {
    store.lease_jobs(ask).await.unwrap().taken
}

/// The job is in the commit: both or neither, when it is added and when it ends.
pub async fn a_job_comes_with_its_commit_or_not_at_all(subject: &dyn Subject) {
    let store = subject.open().await;
    let key = Key { kind: Kind::InvoiceRequest, owner: "wx1".into(), id: "1".into() };
    let save = |expect| Save { key: key.clone(), expect, body: Some("x".into()) };
    let commit = |expect, jobs| Commit { jobs, ..Commit::of(vec![save(expect)]) };
    store.commit(commit(Expect::Absent, vec![due("wx1", 1, 5)])).await.unwrap();
    let conflict = Err(CommitError::Conflict(key.clone()));
    assert_eq!(store.commit(commit(Expect::Absent, vec![due("wx1", 2, 5)])).await, conflict);
    let taken = lease(&*store, ask(5)).await;
    assert_eq!(taken, [Job { id: id("wx1", 1), due_ms: 5 }]);
    assert_eq!(store.commit(commit(Expect::Version(9), vec![done(&taken[0])])).await, conflict);
    drop(store);
    let store = subject.open().await;
    assert_eq!(lease(&*store, ask(5)).await.len(), 1, "it has not ended");
    store.commit(commit(Expect::Version(1), vec![done(&taken[0])])).await.unwrap();
    drop(store);
    let store = subject.open().await;
    assert_eq!(lease(&*store, ask(5)).await, [], "it has ended");
}

/// Nobody else gets it while it is held; afterwards somebody does.
pub async fn a_job_has_one_holder_lapses_and_is_offered_again(subject: &dyn Subject) {
    let store = subject.open().await;
    change(&*store, vec![due("wx1", 1, 5)]).await;
    let brief = LeaseAsk { hold_for: Duration::ZERO, ..ask(5) };
    assert_eq!(lease(&*store, brief).await.len(), 1);
    assert_eq!(lease(&*store, ask(5)).await.len(), 1, "the first lease has lapsed");
    assert_eq!(lease(&*store, ask(i64::MAX)).await, [], "it has a holder");
}

/// A job that is not due yet is not offered.
pub async fn what_is_not_due_waits_and_the_ask_says_for_how_long(subject: &dyn Subject) {
    let store = subject.open().await;
    change(&*store, vec![due("wx1", 1, 50), due("wx2", 1, 40), due("wx2", 2, 5)]).await;
    let early = store.lease_jobs(ask(10)).await.unwrap();
    assert_eq!((early.taken.len(), early.next_due_ms), (1, Some(40)));
    assert_eq!(lease(&*store, ask(45)).await, [Job { id: id("wx2", 1), due_ms: 40 }]);
    assert_eq!(lease(&*store, ask(50)).await, [Job { id: id("wx1", 1), due_ms: 50 }]);
}

/// Its holder puts it off, or somebody else wants it done at once: it is free from then on.
pub async fn a_job_that_is_set_anew_is_let_go_of(subject: &dyn Subject) {
    let store = subject.open().await;
    change(&*store, vec![due("wx1", 1, 5)]).await;
    assert_eq!(lease(&*store, ask(5)).await.len(), 1);
    change(&*store, vec![due("wx1", 1, 20)]).await;
    assert_eq!(lease(&*store, ask(19)).await, []);
    assert_eq!(lease(&*store, ask(20)).await, [Job { id: id("wx1", 1), due_ms: 20 }]);
    change(&*store, vec![due("wx1", 1, 3)]).await;
    assert_eq!(lease(&*store, ask(3)).await, [Job { id: id("wx1", 1), due_ms: 3 }]);
    // The end of a job that is not there changes nothing.
    change(&*store, vec![JobChange::Done(id("wx9", 9))]).await;
}

/// An account has at most so many jobs under way, and accounts take turns.
pub async fn an_accounts_cap_and_turns_hold_for_jobs(subject: &dyn Subject) {
    let store = subject.open().await;
    change(&*store, (0..50).map(|n| due("wx1", n, 1)).collect()).await;
    change(&*store, vec![due("wx2", 1, 2)]).await;
    let capped = LeaseAsk { per_account: 4, ..ask(10) };
    let mut held = lease(&*store, capped).await;
    assert_eq!(held.iter().filter(|job| job.id.account == "wx1").count(), 4);
    assert_eq!(held.len(), 5);
    assert_eq!(lease(&*store, capped).await, []);
    held.retain(|job| job.id.account == "wx1");
    let mut ended = 0;
    while let Some(job) = held.pop() {
        change(&*store, vec![done(&job)]).await;
        ended += 1;
        held.extend(lease(&*store, capped).await);
        assert!(held.len() <= 4);
    }
    assert_eq!(ended, 50);
    change(&*store, (0..9).map(|n| due("wx3", n, 1)).collect()).await;
    change(&*store, vec![due("wx4", 1, 1)]).await;
    let one = LeaseAsk { limit: 1, ..ask(10) };
    let mut first = BTreeSet::new();
    for _ in 0..2 {
        first.insert(lease(&*store, one).await.remove(0).id.account);
    }
    assert_eq!(first.len(), 2, "the second place is the other account's");
}

/// Nobody holds anything after a crash, and nothing was lost.
pub async fn opening_again_offers_every_job_that_has_not_ended(subject: &dyn Subject) {
    let store = subject.open().await;
    change(&*store, (0..20).map(|n| due("wx1", n, 1)).collect()).await;
    let held = lease(&*store, ask(1)).await;
    change(&*store, held[..5].iter().map(done).collect()).await;
    drop(store);
    let store = subject.open().await;
    assert_eq!(lease(&*store, ask(1)).await.len(), 15);
}

/// Thousands of random steps end as they do in memory.
pub async fn the_jobs_agree_with_the_oracle(subject: &dyn Subject) {
    let (store, oracle) = (subject.open().await, MemoryStore::default());
    let mut steps = Steps::new(7);
    for round in 0..2000 {
        let (account, name) = (format!("wx{}", steps.below(3)), steps.below(6));
        let due_ms = i64::try_from(steps.below(100)).unwrap();
        let jobs = match steps.below(3) {
            0 => vec![JobChange::Done(id(&account, name))],
            _ => vec![due(&account, name, due_ms)],
        };
        let commit = Commit { jobs, ..Commit::default() };
        store.commit(commit.clone()).await.unwrap();
        oracle.commit(commit).await.unwrap();
        if round % 50 == 0 {
            // All of them, and nobody keeps them: what is left is compared, not who holds it.
            let all = LeaseAsk { hold_for: Duration::ZERO, ..ask(100) };
            let sorted = |mut jobs: Vec<Job>| {
                jobs.sort_by(|one, other| one.id.cmp(&other.id));
                jobs
            };
            let (found, expected) = (lease(&*store, all).await, lease(&oracle, all).await);
            assert_eq!(sorted(found), sorted(expected), "after {round} steps");
        }
    }
}

/// Many workers, and each job ends once.
pub async fn racing_workers_end_each_job_once(subject: &dyn Subject) {
    const JOBS: usize = 300;
    let store = subject.open().await;
    let account = |n: usize| format!("wx{}", n % 5);
    change(&*store, (0..JOBS).map(|n| due(&account(n), n, 1)).collect()).await;
    let ended = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
            tokio::spawn(async move {
                while ended.load(Ordering::SeqCst) < JOBS {
                    let few = LeaseAsk { limit: 3, per_account: 4, ..ask(1) };
                    for job in lease(&*store, few).await {
                        let owner = job.id.account.clone();
                        let key = Key { kind: Kind::Order, owner, id: job.id.name.clone() };
                        let save = Save { key, expect: Expect::Absent, body: Some("x".into()) };
                        let commit = Commit { jobs: vec![done(&job)], ..Commit::of(vec![save]) };
                        store.commit(commit).await.expect("nobody else has done it");
                        ended.fetch_add(1, Ordering::SeqCst);
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(ended.load(Ordering::SeqCst), JOBS);
}
