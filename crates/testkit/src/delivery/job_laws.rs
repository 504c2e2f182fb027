//! The laws of the jobs.

use super::fixtures::{
    all_jobs, change_jobs, claim_jobs, claim_jobs_for, counted, done, due, due_turns, job_id,
    request, turn,
};
use crate::laws::Subject;
use crate::steps::Steps;
use kaipiao_ports::delivery::claims::{ClaimRequest, Queue, Reported};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobClaim, JobFailure, JobQuery, JobState};
use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Freshness, Store};
use kaipiao_store_memory::MemoryStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Makes one test per law of the jobs.
#[macro_export]
macro_rules! job_laws {
    ($subject:expr) => {
        $crate::law_tests!(
            $subject,
            delivery::job_laws {
                a_job_comes_with_its_commit_or_not_at_all,
                what_is_not_due_waits_and_the_ask_says_for_how_long,
                a_job_that_is_set_anew_is_let_go_of,
                a_failed_try_is_counted_and_waits_for_its_time,
                a_job_that_was_set_aside_is_seen_and_can_be_run_again,
                a_listing_of_jobs_pages_and_filters,
                opening_again_offers_every_job_that_has_not_ended,
                the_jobs_agree_with_the_oracle,
                racing_workers_end_each_job_once,
            }
        );
    };
}

fn names(claims: &[JobClaim]) -> Vec<&str> {
    claims.iter().map(|claim| &*claim.work.id.name).collect()
}

async fn fail(store: &dyn Store, claim: &JobClaim, error: &str, next: JobState) -> Reported {
    let error = error.to_owned();
    store.fail_job(JobFailure { token: claim.token, error, next }).await.unwrap()
}

const fn failed(at_ms: i64) -> JobState {
    JobState::Failed { at_ms }
}

/// The job is in the commit: both or neither, when it is added and when it ends.
pub async fn a_job_comes_with_its_commit_or_not_at_all(subject: &dyn Subject) {
    let store = subject.open().await;
    let key = Key { kind: Kind::InvoiceRequest, owner: "wx1".into(), id: "1".into() };
    let save = |expect| Save {
        key: key.clone(),
        expect,
        body: Some(Body::new("x")),
        index: Index::default(),
    };
    let commit = |expect, jobs| Commit { jobs, ..Commit::of(vec![save(expect)]) };
    store.commit(commit(Expect::Absent, vec![due("wx1", 1, 5)])).await.unwrap();
    let conflict = Err(CommitError::Conflict(key.clone()));
    assert_eq!(store.commit(commit(Expect::Absent, vec![due("wx1", 2, 5)])).await, conflict);
    let version = store.read(&key, Freshness::Fresh).await.unwrap().unwrap().version;
    let claims = claim_jobs(&*store, 5).await;
    let [claim] = &claims[..] else { panic!("{claims:?}") };
    let state = JobState::Due { due_ms: 5 };
    let (id, last_error) = (job_id("wx1", 1), String::new());
    let number = claim.work.number;
    assert!(number > 0);
    assert_eq!(claim.work, Job { id, number, state, attempts: 0, last_error });
    let end = |version| commit(Expect::Version(version), vec![done(&claim.work)]);
    assert_eq!(store.commit(end(version + 1)).await, conflict);
    drop(store);
    let store = subject.open().await;
    assert_eq!(claim_jobs(&*store, 5).await.len(), 1, "it has not ended");
    store.commit(end(version)).await.unwrap();
    drop(store);
    let store = subject.open().await;
    assert_eq!(claim_jobs(&*store, 5).await, [], "it has ended");
    assert_eq!(all_jobs(&*store).await, []);
}

/// A job that is not due yet is not offered.
pub async fn what_is_not_due_waits_and_the_ask_says_for_how_long(subject: &dyn Subject) {
    let store = subject.open().await;
    let jobs = vec![due("wx1", 1, 50), due("wx2", "late", 40), due("wx2", "early", 5)];
    change_jobs(&*store, jobs).await;
    let turn = turn("wx2");
    let early = store.claim_jobs(Queue::Issue, &request(&turn, 10)).await.unwrap();
    assert_eq!((names(&early.claims), early.next_due_ms), (vec!["early"], Some(40)));
    let rest = store.claim_jobs(Queue::Issue, &request(&turn, 45)).await.unwrap();
    assert_eq!((names(&rest.claims), rest.next_due_ms), (vec!["late"], None));
    assert_eq!(names(&claim_jobs(&*store, 50).await), ["1"]);
}

/// Its holder puts it off, or somebody else wants it done at once: it is free from then on.
pub async fn a_job_that_is_set_anew_is_let_go_of(subject: &dyn Subject) {
    let store = subject.open().await;
    change_jobs(&*store, vec![due("wx1", 1, 5)]).await;
    let held = claim_jobs(&*store, 5).await.remove(0);
    change_jobs(&*store, vec![due("wx1", 1, 20)]).await;
    assert_eq!(claim_jobs(&*store, 19).await, []);
    assert_eq!(fail(&*store, &held, "late", failed(19)).await, Reported::Lapsed);
    let later = claim_jobs(&*store, 20).await.remove(0);
    assert_eq!(later.work, Job { state: JobState::Due { due_ms: 20 }, ..held.work });
    change_jobs(&*store, vec![due("wx1", 1, 3)]).await;
    let sooner = claim_jobs(&*store, 3).await.remove(0);
    assert_eq!(sooner.work.state, JobState::Due { due_ms: 3 });
    change_jobs(&*store, vec![done(&sooner.work)]).await;
    assert_eq!(fail(&*store, &sooner, "late", failed(19)).await, Reported::Lapsed);
    assert_eq!(all_jobs(&*store).await, []);
    // The end of a job that is not there changes nothing.
    change_jobs(&*store, vec![JobChange::Done(job_id("wx9", 9))]).await;
}

/// Tries that failed are counted, with why the last one did, until somebody wants the job anew.
pub async fn a_failed_try_is_counted_and_waits_for_its_time(subject: &dyn Subject) {
    let mut store = subject.open().await;
    change_jobs(&*store, vec![due("wx1", 1, 5)]).await;
    for attempt in 1..=3 {
        let (now_ms, due_ms) = (i64::from(attempt) * 10, i64::from(attempt) * 10 + 7);
        let claim = claim_jobs(&*store, now_ms).await.remove(0);
        assert_eq!(claim.work.attempts, attempt - 1);
        let next = JobState::Due { due_ms };
        let error = format!("try {attempt}");
        assert_eq!(fail(&*store, &claim, &error, next.clone()).await, counted(Some(due_ms)));
        assert_eq!(due_turns(&*store, Queue::Issue, due_ms - 1).await, []);
        drop(store);
        store = subject.open().await;
        let expected = Job { state: next, attempts: attempt, last_error: error, ..claim.work };
        assert_eq!(all_jobs(&*store).await, [expected]);
    }
    change_jobs(&*store, vec![due("wx1", 1, 50)]).await;
    let job = &all_jobs(&*store).await[0];
    assert_eq!((job.attempts, &*job.last_error), (0, ""));
}

/// What failed for good is not offered, also after a crash, but stays in the listing until somebody
/// runs it again, wants it anew or ends it.
pub async fn a_job_that_was_set_aside_is_seen_and_can_be_run_again(subject: &dyn Subject) {
    let store = subject.open().await;
    change_jobs(&*store, vec![due("wx1", "a", 1), due("wx1", "b", 1), due("wx1", "c", 1)]).await;
    for claim in claim_jobs(&*store, 1).await {
        assert_eq!(fail(&*store, &claim, "poison", failed(9)).await, counted(None));
    }
    drop(store);
    let store = subject.open().await;
    assert_eq!(claim_jobs(&*store, i64::MAX).await, []);
    let jobs = all_jobs(&*store).await;
    let [c, b, a] = &jobs[..] else { panic!("{jobs:?}") };
    for job in [a, b, c] {
        assert_eq!((&job.state, job.attempts, &*job.last_error), (&failed(9), 1, "poison"));
    }
    assert_eq!(store.run_again(a.number, 20).await, Ok(Some(true)));
    assert_eq!(store.run_again(a.number, 20).await, Ok(Some(false)), "it is due already");
    assert_eq!(store.run_again(c.number + 1, 20).await, Ok(None));
    change_jobs(&*store, vec![due("wx1", "b", 30), done(c)]).await;
    assert_eq!(due_turns(&*store, Queue::Issue, 19).await, []);
    let anew = |job: &Job, due_ms| {
        let (state, last_error) = (JobState::Due { due_ms }, String::new());
        Job { state, attempts: 0, last_error, ..job.clone() }
    };
    assert_eq!(all_jobs(&*store).await, [anew(b, 30), anew(a, 20)]);
    drop(store);
    let store = subject.open().await;
    assert_eq!(all_jobs(&*store).await, [anew(b, 30), anew(a, 20)]);
    assert_eq!(names(&claim_jobs(&*store, 20).await), ["a"]);
    assert_eq!(names(&claim_jobs(&*store, 30).await), ["b"]);
}

/// Newest first, by page, queue, account and state.
pub async fn a_listing_of_jobs_pages_and_filters(subject: &dyn Subject) {
    let store = subject.open().await;
    for n in 0..7 {
        change_jobs(&*store, vec![due("wx1", n, 50), due("wx2", n, 60 + n)]).await;
    }
    for claim in &claim_jobs(&*store, 62).await[..9] {
        fail(&*store, claim, "poison", failed(9)).await;
    }
    let whole = all_jobs(&*store).await;
    assert!(whole.is_sorted_by(|one, other| one.number > other.number), "{whole:?}");
    let newest_first = (0..7).rev().flat_map(|n| [job_id("wx2", n), job_id("wx1", n)]);
    assert!(whole.iter().map(|job| job.id.clone()).eq(newest_first), "{whole:?}");
    let count = async |query: JobQuery| {
        let found = store.jobs(&JobQuery { limit: 100, ..query.clone() }).await.unwrap();
        let mut page = JobQuery { limit: 3, ..query };
        let mut paged = Vec::new();
        loop {
            let found = store.jobs(&page).await.unwrap();
            assert!(found.len() <= 3);
            let Some(last) = found.last() else { break };
            page.after = Some(last.number);
            paged.extend(found);
        }
        assert_eq!(paged, found);
        found.len()
    };
    let all = JobQuery::default;
    assert_eq!(count(all()).await, 14);
    assert_eq!(count(JobQuery { queue: Some(Queue::Issue), ..all() }).await, 14);
    assert_eq!(count(JobQuery { queue: Some(Queue::Push), ..all() }).await, 0);
    let of = |account: &str| JobQuery { account: Some(account.into()), ..all() };
    assert_eq!(count(of("wx2")).await, 7);
    assert_eq!(count(JobQuery { failed: Some(true), ..all() }).await, 9);
    assert_eq!(count(JobQuery { failed: Some(false), ..all() }).await, 5);
    assert_eq!(count(JobQuery { failed: Some(true), ..of("wx2") }).await, 2);
    assert_eq!(count(JobQuery { failed: Some(false), ..of("wx1") }).await, 0);
}

/// Nobody holds anything after a crash, and nothing was lost.
pub async fn opening_again_offers_every_job_that_has_not_ended(subject: &dyn Subject) {
    let store = subject.open().await;
    change_jobs(&*store, (0..20).map(|n| due("wx1", n, 1)).collect()).await;
    let held = claim_jobs(&*store, 1).await;
    change_jobs(&*store, held[..5].iter().map(|claim| done(&claim.work)).collect()).await;
    drop(store);
    let store = subject.open().await;
    assert_eq!(claim_jobs(&*store, 1).await.len(), 15);
}

/// A job without its number, which may differ after a reopening.
fn unnumbered(job: Job) -> Job {
    Job { number: 0, ..job }
}

/// Thousands of random steps end as they do in memory, through reopenings.
pub async fn the_jobs_agree_with_the_oracle(subject: &dyn Subject) {
    let (mut store, oracle) = (subject.open().await, MemoryStore::default());
    let mut steps = Steps::new(7);
    for round in 0..2000 {
        let (account, name) = (format!("wx{}", steps.below(3)), steps.below(6));
        let due_ms = steps.up_to(100);
        match steps.below(8) {
            0 | 1 => {
                let jobs = vec![JobChange::Done(job_id(&account, name))];
                change_both(&*store, &oracle, jobs).await;
            }
            2..5 => change_both(&*store, &oracle, vec![due(&account, name, due_ms)]).await,
            step => {
                let turn = turn(&account);
                let request = ClaimRequest { limit: 2, ..request(&turn, due_ms) };
                let next = match step {
                    5 => Some(failed(due_ms)),
                    6 => Some(JobState::Due { due_ms: due_ms + 5 }),
                    _ => None,
                };
                try_both(&*store, &oracle, request, next).await;
            }
        }
        if round % 50 == 0 {
            run_a_failed_one_again(&*store, &oracle).await;
            drop(store);
            store = subject.open().await;
            oracle.free_claims();
            let (found, expected) = (all_jobs(&*store).await, all_jobs(&oracle).await);
            let unnumbered = |jobs: Vec<Job>| jobs.into_iter().map(unnumbered).collect::<Vec<_>>();
            assert_eq!(unnumbered(found), unnumbered(expected), "after {round} steps");
            // All of them, and nobody keeps them.
            let found = claim_jobs_for(&*store, 100, Duration::ZERO).await;
            let expected = claim_jobs_for(&oracle, 100, Duration::ZERO).await;
            assert_eq!(names(&found), names(&expected), "after {round} steps");
        }
    }
}

async fn change_both(store: &dyn Store, oracle: &dyn Store, jobs: Vec<JobChange>) {
    let commit = Commit { jobs, ..Commit::default() };
    assert_eq!(store.commit(commit.clone()).await, oracle.commit(commit).await);
}

/// Claims, and reports this failure or keeps the claims.
async fn try_both(
    store: &dyn Store,
    oracle: &dyn Store,
    request: ClaimRequest<'_>,
    next: Option<JobState>,
) {
    let found = store.claim_jobs(Queue::Issue, &request).await.unwrap();
    let expected = oracle.claim_jobs(Queue::Issue, &request).await.unwrap();
    assert_eq!(found.next_due_ms, expected.next_due_ms);
    assert_eq!(found.claims.len(), expected.claims.len());
    for (claim, twin) in found.claims.iter().zip(&expected.claims) {
        assert_eq!(unnumbered(claim.work.clone()), unnumbered(twin.work.clone()));
        if let Some(next) = &next {
            let reported = fail(store, claim, "no", next.clone()).await;
            assert_eq!(reported, fail(oracle, twin, "no", next.clone()).await);
        }
    }
}

async fn run_a_failed_one_again(store: &dyn Store, oracle: &dyn Store) {
    let query = JobQuery { failed: Some(true), limit: 1, ..JobQuery::default() };
    let (found, expected) = (store.jobs(&query).await.unwrap(), oracle.jobs(&query).await.unwrap());
    assert_eq!(found.len(), expected.len());
    if let (Some(job), Some(twin)) = (found.first(), expected.first()) {
        let ran = store.run_again(job.number, 7).await;
        assert_eq!(ran, oracle.run_again(twin.number, 7).await);
    }
}

/// Many workers, and each job ends once.
pub async fn racing_workers_end_each_job_once(subject: &dyn Subject) {
    const JOBS: usize = 300;
    let store = subject.open().await;
    let account = |n: usize| format!("wx{}", n % 5);
    change_jobs(&*store, (0..JOBS).map(|n| due(&account(n), n, 1)).collect()).await;
    let ended = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..8)
        .map(|worker: usize| {
            let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut round = worker;
                while ended.load(Ordering::SeqCst) < JOBS {
                    round += 1;
                    let turn = turn(&account(round));
                    let few = ClaimRequest { limit: 3, ..request(&turn, 1) };
                    let claimed = store.claim_jobs(Queue::Issue, &few).await.unwrap();
                    for JobClaim { work: job, .. } in claimed.claims {
                        let owner = job.id.account.clone();
                        let key = Key { kind: Kind::Order, owner, id: job.id.name.clone() };
                        let (body, index) = (Some(Body::new("x")), Index::default());
                        let save = Save { key, expect: Expect::Absent, body, index };
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
