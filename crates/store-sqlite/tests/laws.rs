//! The laws of the store, for SQLite, and the ones that only a disk can break.

#![allow(clippy::unwrap_used, reason = "a law that is broken should say where")]

use async_trait::async_trait;
use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_ports::delivery::claims::{ClaimRequest, Reported, TurnKey};
use kaipiao_ports::delivery::outbox::{
    Destination, NewBody, NewPush, Next, Outbox, PushQuery, PushReport,
};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Freshness, Store};
use kaipiao_store_sqlite::{FILE_NAME, OpenError, Options, SqliteStore};
use kaipiao_testkit::laws::Subject;
use rusqlite::ffi;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tempfile::TempDir;

struct OnDisk(TempDir);

impl OnDisk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Subject for OnDisk {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(open(self.0.path(), Options::default()))
    }
}

kaipiao_testkit::all_laws!(OnDisk::new());

fn open(directory: &Path, options: Options) -> SqliteStore {
    SqliteStore::open(directory, options).unwrap()
}

fn order(id: impl ToString) -> Key {
    Key { kind: Kind::Order, owner: "wx1".into(), id: id.to_string() }
}

fn push(key: &str) -> NewPush {
    NewPush {
        account: "wx1".into(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: key.into(),
        openid: "o".into(),
        event: "e",
        body: NewBody::Whole(String::new()),
        now_ms: 1,
    }
}

fn one(key: Key, body: &str) -> Commit {
    let body = Some(Body::new(body));
    Commit::of(vec![Save { key, expect: Expect::Any, body, index: Index::default() }])
}

/// A gate that the writer stands at before each COMMIT until it is opened.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn pass(&self) {
        let guard = self.is_open.lock().unwrap();
        drop(self.changed.wait_while(guard, |is_open| !*is_open).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_wait_share_one_group() {
    let directory = tempfile::tempdir().unwrap();
    let (gate, groups) = (Arc::new(Gate::default()), Arc::new(AtomicU64::new(0)));
    let (hook_gate, hook_groups) = (Arc::clone(&gate), Arc::clone(&groups));
    let before_commit: kaipiao_store_sqlite::GroupHook = Arc::new(move |group| {
        hook_groups.store(group, Ordering::SeqCst);
        hook_gate.pass();
        Ok(())
    });
    let options = Options { before_commit: Some(before_commit), ..Options::default() };
    let store = Arc::new(open(directory.path(), options));
    let tasks: Vec<_> = (0..300)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(one(order(n), "x")).await })
        })
        .collect();
    // All but the first group's have queued up behind the gate before it opens.
    while groups.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    gate.open();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(groups.load(Ordering::SeqCst) < 100, "300 commits took {groups:?} groups");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_sheds_load_at_once_and_loses_nothing_it_took() {
    let directory = tempfile::tempdir().unwrap();
    let gate = Arc::new(Gate::default());
    let hook_gate = Arc::clone(&gate);
    let before_commit: kaipiao_store_sqlite::GroupHook = Arc::new(move |_| {
        hook_gate.pass();
        Ok(())
    });
    let options =
        Options { queue_capacity: 4, before_commit: Some(before_commit), ..Options::default() };
    let store = Arc::new(open(directory.path(), options));
    let mut tasks = Vec::new();
    for n in 0..100 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move { (n, store.commit(one(order(n), "x")).await) }));
        tokio::task::yield_now().await;
    }
    // The shed ones are answered while the gate is still closed.
    while tasks.iter().filter(|task| task.is_finished()).count() < 50 {
        tokio::task::yield_now().await;
    }
    gate.open();
    let (mut taken, mut shed) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            (n, Ok(_)) => {
                taken += 1;
                assert!(store.read(&order(n), Freshness::Fresh).await.unwrap().is_some());
            }
            (n, Err(CommitError::Store(StoreError::Overloaded))) => {
                shed += 1;
                assert_eq!(store.read(&order(n), Freshness::Fresh).await.unwrap(), None);
            }
            (_, Err(other)) => panic!("{other}"),
        }
    }
    assert!(taken >= 4 && shed >= 50, "{taken} taken, {shed} shed");
}

/// A store whose second group, with many waiters, fails with `code` before its COMMIT: every waiter
/// is answered, and the connection is opened again before the next group.
async fn recovers_from(code: i32) {
    const WAITERS: usize = 50;
    let directory = tempfile::tempdir().unwrap();
    let (gate, groups) = (Arc::new(Gate::default()), Arc::new(AtomicU64::new(0)));
    let (hook_gate, hook_groups) = (Arc::clone(&gate), Arc::clone(&groups));
    let before_commit: kaipiao_store_sqlite::GroupHook = Arc::new(move |group| {
        hook_groups.store(group, Ordering::SeqCst);
        hook_gate.pass();
        match group {
            2 => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
            _ => Ok(()),
        }
    });
    let options = Options { before_commit: Some(before_commit), ..Options::default() };
    let store = Arc::new(open(directory.path(), options));
    let contact = Key { kind: Kind::Contact, owner: "wx1".into(), id: String::new() };
    // The first group stands at the gate while the second one's waiters queue up.
    let first = {
        let (store, contact) = (Arc::clone(&store), contact.clone());
        tokio::spawn(async move { store.commit(one(contact, "before")).await })
    };
    while groups.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let waiters: Vec<_> = (0..WAITERS)
        .map(|n| {
            let (store, contact) = (Arc::clone(&store), contact.clone());
            let commit = if n == 0 { one(contact, "lost") } else { one(order(n), "lost") };
            tokio::spawn(async move { store.commit(commit).await })
        })
        .collect();
    tokio::task::yield_now().await;
    gate.open();
    first.await.unwrap().unwrap();
    let mut failed = 0;
    for waiter in waiters {
        match waiter.await.unwrap() {
            Err(CommitError::Store(StoreError::Away(_))) => failed += 1,
            // Those that came too late for the second group are in the third.
            other => assert!(other.is_ok(), "{other:?}"),
        }
    }
    assert!(failed > 0, "the second group failed for nobody");
    store.commit(one(order("after"), "x")).await.unwrap();
    let stored = async || {
        let mut found = 0;
        for n in 1..WAITERS {
            found += usize::from(store.read(&order(n), Freshness::Fresh).await.unwrap().is_some());
        }
        let body = store.read(&contact, Freshness::Fresh).await.unwrap().unwrap().body;
        found + usize::from(body.text() == "lost")
    };
    assert_eq!(stored().await, WAITERS - failed, "what failed is not there, the rest is");
}

#[tokio::test]
async fn an_io_error_in_a_group_answers_every_waiter_and_the_store_goes_on() {
    recovers_from(ffi::SQLITE_IOERR).await;
}

#[tokio::test]
async fn a_full_disk_in_a_group_answers_every_waiter_and_the_store_goes_on() {
    recovers_from(ffi::SQLITE_FULL).await;
}

#[tokio::test]
async fn one_process_per_data_directory() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path(), Options::default());
    let second = SqliteStore::open(directory.path(), Options::default());
    assert!(matches!(second, Err(OpenError::InUse(_))));
    drop(first);
    open(directory.path(), Options::default());
}

#[tokio::test]
async fn a_tool_reads_beside_the_running_server_and_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    assert!(SqliteStore::open_read_only(directory.path()).unwrap().is_none());
    let store = open(directory.path(), Options::default());
    store.commit(one(order(1), "x")).await.unwrap();
    let tool = SqliteStore::open_read_only(directory.path()).unwrap().unwrap();
    assert!(tool.read(&order(1), Freshness::Fresh).await.unwrap().is_some());
    assert!(tool.commit(one(order(2), "x")).await.is_err());
}

/// What waits behind what is in no row: a tool works it out for the pushes that it lists.
#[tokio::test]
async fn a_tool_lists_pushes_as_the_server_does() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), Options::default());
    for key in ["1", "2", "1", "1", "2", "3"] {
        store.commit(Commit { pushes: vec![push(key)], ..Commit::default() }).await.unwrap();
    }
    let turn = TurnKey { account: "wx1".into(), origin: String::new() };
    let request = ClaimRequest {
        turn: &turn,
        holder: "main",
        due_by_ms: 1,
        lapses_in: Duration::from_secs(60),
        limit: 1,
    };
    let claim = store.claim_pushes(&request).await.unwrap().claims.remove(0);
    let next = Next::Complete { outcome: Outcome::Delivered, now_ms: 2 };
    let report = PushReport { token: claim.token, attempt: None, next };
    assert!(matches!(store.complete_push(report).await.unwrap(), Reported::Counted { .. }));
    let tool = SqliteStore::open_read_only(directory.path()).unwrap().unwrap();
    let everything = PushQuery { limit: 10, ..PushQuery::default() };
    let of_key = PushQuery { ordering_keys: vec!["1".into()], ..everything.clone() };
    // The last page alone: what its pushes wait behind stands on it no more than on another.
    let newest = PushQuery { account: Some("wx1".into()), limit: 3, ..PushQuery::default() };
    for query in [everything, of_key, newest] {
        let listed = store.pushes(&query).await.unwrap();
        assert!(listed.iter().any(|listed| listed.waits_behind.is_some()));
        assert_eq!(tool.pushes(&query).await.unwrap(), listed);
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_with_both_numbers() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path(), Options::default()));
    let database = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    let known = "SELECT max(number) FROM schema_migrations";
    let known: u32 = database.query_row(known, [], |row| row.get(0)).unwrap();
    database.execute("INSERT INTO schema_migrations VALUES (99, x'00')", []).unwrap();
    drop(database);
    let error = SqliteStore::open(directory.path(), Options::default()).err().unwrap();
    let expected = format!("schema 99, this kaipiao knows up to {known};");
    assert!(error.to_string().contains(&expected), "{error}");
}

/// A group with a new push and a report in it fails: nothing of it counts, the claim stays with
/// its holder, whose next report counts.
#[tokio::test]
async fn a_disk_error_neither_loses_nor_doubles_a_push() {
    let directory = tempfile::tempdir().unwrap();
    let fails = Arc::new(AtomicU64::new(0));
    let hook_fails = Arc::clone(&fails);
    let before_commit: kaipiao_store_sqlite::GroupHook =
        Arc::new(move |_| match hook_fails.load(Ordering::SeqCst) {
            0 => Ok(()),
            _ => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR), None)),
        });
    let options = Options { before_commit: Some(before_commit), ..Options::default() };
    let store = open(directory.path(), options);
    let commit_push = |key| Commit { pushes: vec![push(key)], ..Commit::default() };
    let turn = TurnKey { account: "wx1".into(), origin: String::new() };
    let ask = ClaimRequest {
        turn: &turn,
        due_by_ms: 10,
        lapses_in: Duration::from_secs(600),
        limit: 10,
        holder: "a",
    };
    store.commit(commit_push("a")).await.unwrap();
    let held = store.claim_pushes(&ask).await.unwrap().claims.remove(0);
    let next = Next::Complete { outcome: Outcome::Delivered, now_ms: 10 };
    let report = PushReport { token: held.token, attempt: None, next };

    fails.store(1, Ordering::SeqCst);
    let away = |error| matches!(error, CommitError::Store(StoreError::Away(_)));
    assert!(away(store.commit(commit_push("b")).await.unwrap_err()));
    assert!(away(store.complete_push(report.clone()).await.unwrap_err()));
    let taken = store.claim_pushes(&ask).await.unwrap().claims;
    assert!(taken.is_empty(), "it has a holder, b was not taken");
    fails.store(0, Ordering::SeqCst);

    // The writer may have tried by itself, and rest for a moment.
    while store.commit(commit_push("c")).await.is_err() {
        tokio::task::yield_now().await;
    }
    let taken = store.claim_pushes(&ask).await.unwrap().claims;
    let keys: Vec<_> = taken.iter().map(|claim| &*claim.work.ordering_key).collect();
    assert_eq!(keys, ["c"]);
    let counted = Ok(Reported::Counted { next_due_ms: None });
    assert_eq!(store.complete_push(report.clone()).await, counted);
    assert_eq!(store.complete_push(report).await, Ok(Reported::Lapsed));
}

/// A data directory that somebody deletes is not written to where nobody would find it, nor made anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_removed_or_replaced_is_written_to_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let store = open(directory.path(), Options::default());
    store.commit(one(order(1), "x")).await.unwrap();
    let away = directory.path().join("away");
    std::fs::rename(&path, &away).unwrap();
    for _ in 0..3 {
        let Err(CommitError::Store(StoreError::Away(why))) = store.commit(one(order(2), "x")).await
        else {
            panic!("a commit that nobody would find again")
        };
        assert!(why.contains("was removed or replaced"), "{why}");
    }
    assert!(!path.exists());
    std::fs::copy(&away, &path).unwrap();
    assert!(store.commit(one(order(2), "x")).await.is_err(), "it is another file");
    std::fs::rename(&away, &path).unwrap();
    // It was tried too often in a row, and rests for a moment.
    while store.commit(one(order(2), "x")).await.is_err() {
        tokio::task::yield_now().await;
    }
    drop(store);
    let store = open(directory.path(), Options::default());
    assert!(store.read(&order(2), Freshness::Fresh).await.unwrap().is_some());
}

/// Deleting the lock file lets nobody in.
#[tokio::test]
async fn a_store_in_use_is_refused_without_its_lock_file_too() {
    let directory = tempfile::tempdir().unwrap();
    let _store = open(directory.path(), Options::default());
    std::fs::remove_file(directory.path().join("kaipiao.lock")).unwrap();
    let second = SqliteStore::open(directory.path(), Options::default());
    assert!(matches!(second, Err(OpenError::InUse(_))));
}

/// Whoever copies the main file of a stopped server has everything.
#[tokio::test]
async fn a_clean_stop_leaves_one_whole_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), Options::default());
    store.commit(one(order(1), "x")).await.unwrap();
    // A reader's connection, which stays open.
    store.read(&order(2), Freshness::Fresh).await.unwrap();
    drop(store);
    assert!(!directory.path().join(format!("{FILE_NAME}-wal")).exists());
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(directory.path().join(FILE_NAME), copy.path().join(FILE_NAME)).unwrap();
    let store = open(copy.path(), Options::default());
    assert!(store.read(&order(1), Freshness::Fresh).await.unwrap().is_some());
}

/// A full disk costs the requests that meet it an answer, not a reading of the whole store each.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_stays_full_is_tried_again_after_pauses() {
    let directory = tempfile::tempdir().unwrap();
    let tries = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&tries);
    let before_commit: kaipiao_store_sqlite::GroupHook = Arc::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None))
    });
    let options = Options { before_commit: Some(before_commit), ..Options::default() };
    let store = open(directory.path(), options);
    for n in 0..200 {
        let failed = store.commit(one(order(n), "x")).await;
        assert!(matches!(failed, Err(CommitError::Store(StoreError::Away(_)))));
    }
    // The first failure is followed by one try at once, each further one by a longer pause.
    let tries = tries.load(Ordering::SeqCst);
    assert!((2..20).contains(&tries), "200 commits were tried {tries} times");
}

/// A disk that is full while the test says so, and how often it was tried to write to it then.
#[derive(Default)]
struct Disk {
    is_full: AtomicBool,
    failures: AtomicU64,
}

impl Disk {
    fn store(self: &Arc<Self>, directory: &Path) -> SqliteStore {
        let disk = Arc::clone(self);
        let before_commit: kaipiao_store_sqlite::GroupHook = Arc::new(move |_| {
            if !disk.is_full.load(Ordering::SeqCst) {
                return Ok(());
            }
            disk.failures.fetch_add(1, Ordering::SeqCst);
            Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None))
        });
        open(directory, Options { before_commit: Some(before_commit), ..Options::default() })
    }

    fn is_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }
}

/// Whoever asks by an empty commit is told why real ones failed, until the writer, by itself, finds room.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_commit_fails_for_what_the_newest_one_failed_for_until_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::<Disk>::default();
    let store = disk.store(directory.path());
    store.commit(Commit::default()).await.unwrap();
    disk.is_full(true);
    // Enough for a rest.
    for n in 0..5 {
        store.commit(one(order(n), "x")).await.unwrap_err();
    }
    disk.is_full(false);
    let Err(CommitError::Store(StoreError::Away(why))) = store.commit(Commit::default()).await
    else {
        panic!("it has not been written since")
    };
    assert!(why.contains("full"), "{why}");
    let heals = async {
        while store.commit(Commit::default()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), heals).await.unwrap();
    store.commit(one(order(9), "x")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_writer_tries_again_when_nobody_asks() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::<Disk>::default();
    let store = disk.store(directory.path());
    disk.is_full(true);
    store.commit(one(order(1), "x")).await.unwrap_err();
    let tried = async {
        while disk.failures.load(Ordering::SeqCst) < 5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), tried).await.unwrap();
}

/// The disk has room for what changes nothing, and none for what does.
#[tokio::test(flavor = "multi_thread")]
async fn empty_commits_that_succeed_do_not_shorten_the_pauses() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::<Disk>::default();
    let store = disk.store(directory.path());
    for n in 0..200 {
        disk.is_full(true);
        store.commit(one(order(n), "x")).await.unwrap_err();
        disk.is_full(false);
        let _ = store.commit(Commit::default()).await;
    }
    let failures = disk.failures.load(Ordering::SeqCst);
    assert!((2..20).contains(&failures), "200 commits were tried {failures} times");
}
