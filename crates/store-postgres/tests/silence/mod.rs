//! A database that falls silent in the middle of a transaction: a proxy before the real one stops passing on.

use super::{DEADLINE, key, save, until};
use futures_util::FutureExt;
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Expect, Kind};
use kaipiao_ports::store::Store;
use kaipiao_store_postgres::{CommitHook, Options, PostgresStore};
use kaipiao_testkit::postgres::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The next rollback does not arrive; all else does.
const LOSES_ROLLBACK: u8 = 1;
/// The next rollback is the last that arrives.
const ENDS_BEHIND_ROLLBACK: u8 = 2;
const IS_SILENT: u8 = 3;

/// The database's address through a proxy, and what that does.
async fn proxy_before(database: &Database) -> (String, Arc<AtomicU8>) {
    let config: Config = database.url().parse().unwrap();
    let Some(Host::Unix(folder)) = config.get_hosts().first() else { panic!("it has a socket") };
    let socket = folder.join(".s.PGSQL.5432");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("postgres://postgres@127.0.0.1:{port}/{}?sslmode=disable", database.name());
    let mode = Arc::new(AtomicU8::new(0));
    let does = Arc::clone(&mode);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (from_client, mut to_client) = client.into_split();
            let (mut from_server, to_server) =
                UnixStream::connect(&socket).await.unwrap().into_split();
            tokio::spawn(pass(from_client, to_server, Arc::clone(&does)));
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        }
    });
    (url, mode)
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mode: Arc<AtomicU8>,
) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let sent = &buffer[..read];
        let is_rollback = sent.windows(8).any(|part| part == b"ROLLBACK");
        match mode.load(Ordering::SeqCst) {
            LOSES_ROLLBACK if is_rollback => {
                mode.store(0, Ordering::SeqCst);
                return core::future::pending().await;
            }
            ENDS_BEHIND_ROLLBACK if is_rollback => mode.store(IS_SILENT, Ordering::SeqCst),
            IS_SILENT => return core::future::pending().await,
            _ => {}
        }
        if to.write_all(sent).await.is_err() {
            return;
        }
    }
}

/// With a hook each commit has a transaction that can be rolled back.
fn transactions() -> Option<CommitHook> {
    Some(Arc::new(|_| {}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rollback_that_hangs_is_given_up_and_holds_up_no_other_commit() {
    let database = Database::new().await;
    let (url, mode) = proxy_before(&database).await;
    let options = Options { before_commit: transactions(), writers: 1, ..Options::new(url) };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let order = |id: &str| save(key(Kind::Order, id), Expect::Absent, "x");
    store.commit(order("taken")).await.unwrap();
    mode.store(LOSES_ROLLBACK, Ordering::SeqCst);
    let started = Instant::now();
    let conflict = store.commit(order("taken")).await;
    assert!(matches!(conflict, Err(CommitError::Conflict(_))), "{conflict:?}");
    assert_eq!(mode.load(Ordering::SeqCst), 0, "a rollback was lost");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(30), "the one writer has waited for {took:?}");
    // On a connection without a transaction of before: it is there for others.
    store.commit(order("next")).await.unwrap();
    let rows = "SELECT count(*) FROM orders WHERE id = 'next'";
    assert_eq!(database.number(rows).await, 1);
}

/// Of a group one change conflicts, and then nothing more is answered: its neighbours wait for one transaction, not for one
/// each.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_beside_a_conflict_wait_for_a_silent_database_once() {
    const GROUP: usize = 16;
    let database = Database::new().await;
    let (url, mode) = proxy_before(&database).await;
    // The first group waits here until the others stand behind it.
    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    let waits = std::sync::Mutex::new(waits);
    let hook: CommitHook = Arc::new(move |group| {
        if group == 2 {
            let wait = || waits.lock().unwrap().recv_timeout(DEADLINE).unwrap();
            tokio::task::block_in_place(wait);
        }
    });
    let options =
        Options { before_commit: Some(hook), writers: 1, group: GROUP, ..Options::new(url) };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let commit = |id: String| {
        let store = Arc::clone(&store);
        let order = save(key(Kind::Order, &id), Expect::Absent, "x");
        Box::pin(async move { store.commit(order).await.map(|_| ()) })
    };
    commit("taken".into()).await.unwrap();
    let first = tokio::spawn(commit("first".into()));
    let is_begun = "SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND state = 'idle in transaction'";
    until("the first group waits", async || database.number(is_begun).await == 1).await;
    let mut group: Vec<_> = (1..GROUP).map(|n| commit(n.to_string())).collect();
    group.push(commit("taken".into()));
    for waits in &mut group {
        assert!(waits.now_or_never().is_none(), "it stands behind the first");
    }
    mode.store(ENDS_BEHIND_ROLLBACK, Ordering::SeqCst);
    go_on.send(()).unwrap();
    first.await.unwrap().unwrap();
    let started = Instant::now();
    let answers = futures_util::future::join_all(group).await;
    let took = started.elapsed();
    assert_eq!(mode.load(Ordering::SeqCst), IS_SILENT, "there was a conflict");
    for answer in answers {
        assert!(matches!(answer, Err(CommitError::Store(StoreError::Away(_)))), "{answer:?}");
    }
    assert!(took < Duration::from_secs(35), "the last of them waited for {took:?}");
}
