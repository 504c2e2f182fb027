//! Copies of a store that is being written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Freshness, Store};
use kaipiao_store_sqlite::{BackupError, FILE_NAME, Options, SqliteStore, back_up};
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;

fn key(id: &str) -> Key {
    Key { kind: Kind::Order, owner: "wx1".into(), id: id.into() }
}

async fn put(store: &SqliteStore, ids: impl Iterator<Item = String>) {
    let save = |id: String| {
        let body = Some(Body::new(format!("\"{}\"", "x".repeat(8000))));
        Save { key: key(&id), expect: Expect::Any, body, index: Index::default() }
    };
    store.commit(Commit::of(ids.map(save).collect())).await.unwrap();
}

async fn has(store: &SqliteStore, id: &str) -> bool {
    store.read(&key(id), Freshness::Fresh).await.unwrap().is_some()
}

/// What is committed between its parts neither gets into a copy nor makes it begin again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_of_the_moment_at_which_it_began() {
    let (directory, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Arc::new(SqliteStore::open(directory.path(), Options::default()).unwrap());
    for part in 0..20 {
        put(&store, (0..100).map(|n| format!("early {part} {n}"))).await;
    }
    let into = copied.path().join(FILE_NAME);
    let (writer, from, to) = (Arc::clone(&store), directory.path().to_owned(), into.clone());
    let looks = tokio::task::spawn_blocking(move || {
        let mut looks = Vec::new();
        let progress = |copied: u64, all: u64| {
            let late = [format!("late {}", looks.len())];
            Handle::current().block_on(put(&writer, late.into_iter()));
            looks.push((copied, all));
        };
        back_up(&from, &to, progress).unwrap();
        looks
    });
    let looks = looks.await.unwrap();
    assert!(looks.len() > 3 && looks.is_sorted(), "{looks:?}");
    assert!(looks.last().is_some_and(|(copied, all)| copied == all), "{looks:?}");
    assert!(has(&store, "late 0").await);
    let names: Vec<_> = std::fs::read_dir(copied.path()).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "one file alone: {names:?}");
    let copy = SqliteStore::open(copied.path(), Options::default()).unwrap();
    assert!(has(&copy, "early 0 0").await && has(&copy, "early 19 99").await);
    for n in 0..looks.len() {
        assert!(!has(&copy, &format!("late {n}")).await, "{n}");
    }
    put(&copy, ["the copy is a store".to_owned()].into_iter()).await;
}

#[test]
fn a_directory_without_a_store_and_a_foreign_file_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let into = directory.path().join("copy");
    let copy = |from: &Path| back_up(from, &into, |_, _| {}).unwrap_err();
    assert!(matches!(copy(directory.path()), BackupError::NoStore(_)));
    let foreign = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    foreign.execute("CREATE TABLE t (a)", []).unwrap();
    let error = copy(directory.path()).to_string();
    assert!(error.contains("is not a kaipiao database"), "{error}");
    assert!(!into.exists());
}

/// A page that is damaged in the store is damaged in its copy: nobody should rely on that.
#[tokio::test]
async fn a_store_that_is_damaged_gives_no_copy() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), Options::default()).unwrap();
    put(&store, (0..100).map(|n| n.to_string())).await;
    drop(store);
    let path = directory.path().join(FILE_NAME);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let into = directory.path().join("copy");
    let error = back_up(directory.path(), &into, |_, _| {}).unwrap_err();
    let says = error.to_string();
    assert!(says.contains("damaged") || says.contains("malformed"), "{says}");
}
