//! The laws of forgetting.

use crate::delivery::fixtures::{
    all_jobs, all_pushes, change_jobs, claim_jobs, claim_pushes, commit_pushes, complete,
    delivered, done, due, due_turns, last_push, push,
};
use crate::laws::Subject;
use crate::records::fixtures::{
    ORDERS, by_field, by_time, commit, found_by, index_all, indexed, key, page, read, save,
    times_and_ids, version,
};
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_ports::delivery::claims::{Queue, Reported};
use kaipiao_ports::delivery::jobs::{JobFailure, JobState};
use kaipiao_ports::delivery::outbox::{Next, Replayed};
use kaipiao_ports::record::{Expect, Field, Index, Kind};
use kaipiao_ports::store::{Forgettable, Store};

/// Makes one test per law of forgetting.
#[macro_export]
macro_rules! retention_laws {
    ($subject:expr) => {
        $crate::law_tests!(
            $subject,
            retention_laws {
                unused_records_are_purged_and_no_others,
                a_purged_records_version_never_comes_again,
                completed_pushes_are_purged_with_their_attempts,
                failed_jobs_are_purged,
                purged_numbers_never_come_again,
            }
        );
    };
}

/// Purges in small parts. Returns how much it was.
async fn purge(store: &dyn Store, forgettable: &Forgettable) -> usize {
    let mut all = 0;
    loop {
        let removed = store.purge(forgettable, 2).await.unwrap();
        assert!(removed <= 2, "{removed}");
        if removed == 0 {
            return all;
        }
        all += removed;
    }
}

fn records(kind: Kind, before_ms: i64) -> Forgettable {
    Forgettable { records: vec![(kind, before_ms)], ..Forgettable::default() }
}

fn pushes(pushes_before_ms: i64) -> Forgettable {
    Forgettable { pushes_before_ms, ..Forgettable::default() }
}

fn jobs(jobs_before_ms: i64) -> Forgettable {
    Forgettable { jobs_before_ms, ..Forgettable::default() }
}

fn unused_since(unused_since_ms: i64) -> Index {
    Index { unused_since_ms: Some(unused_since_ms), ..Index::default() }
}

/// Unused since before the moment, by the newest save; also from memory, and for good.
pub async fn unused_records_are_purged_and_no_others(subject: &dyn Subject) {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.can_expire()) {
        let mut store = subject.open().await;
        let ids = ["a", "b", "c", "used", "again", "later"];
        let indices = [
            unused_since(10),
            unused_since(20),
            unused_since(5),
            Index::default(),
            unused_since(5),
            unused_since(5),
        ];
        for (id, index) in ids.into_iter().zip(indices) {
            commit(&*store, vec![indexed(key(kind, "u", id), index)]).await.unwrap();
        }
        let newest = [("again", Index::default()), ("later", unused_since(30))];
        for (id, index) in newest {
            commit(&*store, vec![indexed(key(kind, "u", id), index)]).await.unwrap();
        }
        let left = async |store: &dyn Store| {
            let mut left = Vec::new();
            for id in ids {
                left.extend(read(store, &key(kind, "u", id)).await.map(|stored| stored.key.id));
            }
            left
        };
        assert_eq!(purge(&*store, &Forgettable::default()).await, 0);
        assert_eq!(purge(&*store, &records(kind, 5)).await, 0, "5 is not before 5");
        assert_eq!(purge(&*store, &records(kind, 20)).await, 2);
        assert_eq!(left(&*store).await, ["b", "used", "again", "later"]);
        drop(store);
        store = subject.open().await;
        assert_eq!(left(&*store).await, ["b", "used", "again", "later"]);
        assert_eq!(purge(&*store, &records(kind, 1000)).await, 2);
        assert_eq!(left(&*store).await, ["used", "again"]);
    }
}

/// A purged record is gone from every listing, and whoever remembers it takes no later one for it.
pub async fn a_purged_records_version_never_comes_again(subject: &dyn Subject) {
    let mut store = subject.open().await;
    let (kind, mut last) = (Kind::Order, 0);
    let order = || key(kind, "wx1", "a");
    for round in 0..4 {
        let index = Index { unused_since_ms: Some(1), ..found_by(7, &[(Field::User, "u")]) };
        commit(&*store, vec![indexed(order(), index)]).await.unwrap();
        let first = version(&*store, &order()).await;
        assert!(first > last, "{first} behind {last}");
        last = first;
        if round % 2 == 0 {
            index_all(&*store).await;
        }
        assert_eq!(purge(&*store, &records(kind, 2)).await, 1);
        index_all(&*store).await;
        for by in [by_time("wx1", 0, 10), by_field("wx1", Field::User, "u")] {
            assert_eq!(times_and_ids(&*store, page(kind, by, ORDERS[0])).await, []);
        }
        let stale = vec![save(order(), Expect::Version(first), "x")];
        assert!(commit(&*store, stale).await.is_err());
        drop(store);
        store = subject.open().await;
    }
}

/// Completed before the moment; what is open stays, however old it is.
pub async fn completed_pushes_are_purged_with_their_attempts(subject: &dyn Subject) {
    let store = subject.open().await;
    let new = ["a", "b", "c", "d"].map(|key| push("wx1", key, 1));
    commit_pushes(&*store, new.into()).await;
    let held = claim_pushes(&*store, 1).await;
    complete(&*store, &held[0], Next::Retry { due_ms: 2 }).await;
    let again = claim_pushes(&*store, 2).await;
    complete(&*store, &again[0], delivered(10)).await;
    complete(&*store, &held[1], Next::Complete { outcome: Outcome::GaveUp, now_ms: 11 }).await;
    complete(&*store, &held[2], delivered(20)).await;
    assert_eq!(purge(&*store, &pushes(10)).await, 0);
    assert_eq!(purge(&*store, &pushes(20)).await, 2);
    drop(store);
    let store = subject.open().await;
    let left = all_pushes(&*store).await;
    let keys: Vec<_> = left.iter().map(|listed| &*listed.push.ordering_key).collect();
    assert_eq!(keys, ["d", "c"]);
    assert_eq!(left[1].attempts.len(), 1);
    for claim in &held[..2] {
        assert_eq!(store.replay(&claim.work.id, 30).await, Ok(Replayed::NoSuchPush));
    }
    assert_eq!(store.replay(&held[2].work.id, 30).await, Ok(Replayed::Yes));
    assert_eq!(purge(&*store, &pushes(1000)).await, 0, "it is open again");
    assert_eq!(claim_pushes(&*store, 30).await.len(), 2);
}

/// Failed before the moment; what is to be done stays, however old it is.
pub async fn failed_jobs_are_purged(subject: &dyn Subject) {
    let store = subject.open().await;
    change_jobs(&*store, ["a", "b", "c"].map(|name| due("wx1", name, 1)).into()).await;
    set_aside(&*store, &["a", "b"], |name| if name == "a" { 10 } else { 20 }).await;
    assert_eq!(purge(&*store, &jobs(10)).await, 0);
    assert_eq!(purge(&*store, &jobs(20)).await, 1);
    drop(store);
    let store = subject.open().await;
    let left = all_jobs(&*store).await;
    assert_eq!(left.iter().map(|job| &*job.id.name).collect::<Vec<_>>(), ["c", "b"]);
    assert_eq!(store.run_again(left[1].number, 1).await, Ok(Some(true)));
    assert_eq!(purge(&*store, &jobs(1000)).await, 0);
    change_jobs(&*store, vec![due("wx1", "a", 1)]).await;
    assert_eq!(claim_jobs(&*store, 1).await.len(), 3);
}

/// Sets jobs aside, each at its moment.
async fn set_aside(store: &dyn Store, names: &[&str], at_ms: impl Fn(&str) -> i64) {
    for claim in claim_jobs(store, 1).await {
        let name = &*claim.work.id.name;
        if !names.contains(&name) {
            store.release(&[claim.token]).await.unwrap();
            continue;
        }
        let next = JobState::Failed { at_ms: at_ms(name) };
        let failure = JobFailure { token: claim.token, error: "poison".into(), next };
        let reported = store.fail_job(failure).await.unwrap();
        assert_ne!(reported, Reported::Lapsed);
    }
}

/// Whoever remembers a push or a job takes no later one for it, also after a crash.
pub async fn purged_numbers_never_come_again(subject: &dyn Subject) {
    let (mut last_number, mut last_job) = (0, 0);
    for round in 0..4 {
        let store = subject.open().await;
        assert_eq!((all_pushes(&*store).await, all_jobs(&*store).await), (vec![], vec![]));
        commit_pushes(&*store, vec![push("wx1", "a", 1)]).await;
        change_jobs(&*store, vec![due("wx1", "a", 1)]).await;
        let (id, job) = (last_push(&*store).await, all_jobs(&*store).await.remove(0));
        assert!(id.number > last_number && job.number > last_job, "{id:?} {job:?}");
        (last_number, last_job) = (id.number, job.number);
        let held = claim_pushes(&*store, 1).await.remove(0);
        complete(&*store, &held, delivered(1)).await;
        if round % 2 == 0 {
            set_aside(&*store, &["a"], |_| 1).await;
        } else {
            change_jobs(&*store, vec![done(&job)]).await;
        }
        purge(&*store, &pushes(2)).await;
        purge(&*store, &jobs(2)).await;
        for queue in Queue::ALL {
            assert_eq!(due_turns(&*store, queue, i64::MAX).await, []);
        }
    }
}
