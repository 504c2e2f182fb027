//! A later program's migrations, beside nodes of this one.

use super::{key, node, save};
use kaipiao_ports::record::{Expect, Kind};
use kaipiao_ports::store::Store;
use kaipiao_store_postgres::{Lost, Migration, OpenError, Options, PostgresStore};
use kaipiao_testkit::postgres::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

async fn later(
    database: &Database,
    later: &'static [Migration],
) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(Options { later, ..Options::new(database.url()) }).await
}

/// What an upgrade adds that older nodes can live with.
const ADDS: &[Migration] = &[Migration {
    number: 1000,
    sql: "ALTER TABLE orders ADD COLUMN later TEXT NOT NULL DEFAULT 'x'; CREATE TABLE later (bucket SMALLINT)",
    oldest_program: 1,
}];

/// The migration wants a table that a report reads for seconds, and nodes write to.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_that_waits_for_a_lock_holds_up_no_node_and_older_nodes_live_with_it() {
    let database = Database::new().await;
    let old = Arc::new(node(&database, Some("old")).await.unwrap());
    let is_over = Arc::new(AtomicBool::new(false));
    let writing = {
        let (old, is_over) = (Arc::clone(&old), Arc::clone(&is_over));
        tokio::spawn(async move {
            let (mut count, mut slowest) = (0, Duration::ZERO);
            while !is_over.load(Ordering::SeqCst) {
                let started = Instant::now();
                let order = key(Kind::Order, &count.to_string());
                old.commit(save(order, Expect::Absent, "x")).await.unwrap();
                (count, slowest) = (count + 1, slowest.max(started.elapsed()));
            }
            (count, slowest)
        })
    };
    let reads = database.execute("BEGIN; SELECT count(*) FROM orders; SELECT pg_sleep(4); COMMIT");
    let upgrade = async {
        let is_read = "SELECT 1 / count(*) FROM pg_locks WHERE relation = 'orders'::regclass \
                       AND mode = 'AccessShareLock' AND granted";
        super::until("the table is read", async || database.try_execute(is_read).await.is_ok())
            .await;
        later(&database, ADDS).await.unwrap()
    };
    let ((), new) = tokio::join!(reads, upgrade);
    is_over.store(true, Ordering::SeqCst);
    let (count, slowest) = writing.await.unwrap();
    assert!(
        count > 50 && slowest < Duration::from_secs(3),
        "{count} commits, the slowest {slowest:?}"
    );
    assert_eq!(database.number("SELECT count(later) FROM orders").await, count);
    for (store, id) in [(&*old, "of the old one"), (&new, "of the new one")] {
        store.commit(save(key(Kind::Order, id), Expect::Absent, "x")).await.unwrap();
    }
    old.close().await;
    let again = node(&database, Some("old")).await.expect("it starts beside the new one");
    again.commit(save(key(Kind::Order, "again"), Expect::Absent, "x")).await.unwrap();
}

/// What an upgrade changes that older nodes cannot live with.
const BREAKS: &[Migration] = &[Migration {
    number: 1000,
    sql: "ALTER TABLE orders RENAME COLUMN body TO text",
    oldest_program: 1000,
}];

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_older_nodes_cannot_live_with_waits_for_their_end_and_then_refuses_them() {
    let database = Database::new().await;
    let old = node(&database, Some("old")).await.unwrap();
    let refused = later(&database, BREAKS).await.err().unwrap();
    assert!(matches!(&refused, OpenError::OlderNodesRun(names) if names == "old"), "{refused}");
    assert!(refused.to_string().contains("stop them first"), "{refused}");
    old.commit(save(key(Kind::Order, "1"), Expect::Absent, "x")).await.unwrap();
    old.close().await;
    later(&database, BREAKS).await.unwrap().close().await;
    let refused = node(&database, Some("old")).await;
    assert!(matches!(refused, Err(OpenError::TooNew { found: 1000, .. })));
}

/// One that stands still for longer than its lease holds, as a virtual machine does that is moved.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_lease_lapsed_before_such_a_migration_ends() {
    let database = Database::new().await;
    let old = node(&database, Some("old")).await.unwrap();
    let new = loop {
        database.execute("UPDATE nodes SET expires_at = clock_timestamp()").await;
        match later(&database, BREAKS).await {
            // It has just renewed its lease.
            Err(OpenError::OlderNodesRun(_)) => {}
            outcome => break outcome.unwrap(),
        }
    };
    let lost = tokio::time::timeout(super::DEADLINE, old.node_lost()).await;
    assert_eq!(lost.expect("the old one learns of it"), Lost::Schema);
    let lives = "SELECT count(*) FROM nodes WHERE name = 'old' AND expires_at > clock_timestamp()";
    assert_eq!(database.number(lives).await, 0, "it has not renewed its lease");
    new.close().await;
}

/// Until a migration lets nobody take a name.
async fn until_nodes_are_held(database: &Database) {
    let is_held = "SELECT 1 / count(*) FROM pg_locks WHERE relation = 'nodes'::regclass \
                   AND mode = 'ShareLock' AND granted";
    let is_held = async || database.try_execute(is_held).await.is_ok();
    super::until("the migration is made", is_held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_takes_a_name_while_such_a_migration_is_made() {
    const SLOW: &[Migration] =
        &[Migration { number: 1000, sql: "SELECT pg_sleep(3)", oldest_program: 1000 }];
    let database = Database::new().await;
    node(&database, Some("old")).await.unwrap().close().await;
    let (made, ()) = tokio::join!(later(&database, SLOW), until_nodes_are_held(&database));
    made.unwrap().close().await;
}

/// A node starts, and has compared the schemas; before it has a name, the migration is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_starts_beside_such_a_migration_does_not_run_on_it() {
    let database = Database::new().await;
    node(&database, Some("old")).await.unwrap().close().await;
    let breaks = format!(
        "BEGIN; LOCK TABLE nodes IN SHARE MODE; {}; \
         INSERT INTO schema_migrations VALUES (1000, '', 1000); SELECT pg_sleep(3); COMMIT",
        BREAKS[0].sql
    );
    let starts = async {
        until_nodes_are_held(&database).await;
        node(&database, Some("old")).await
    };
    let ((), refused) = tokio::join!(database.execute(&breaks), starts);
    assert!(matches!(refused, Err(OpenError::TooNew { found: 1000, .. })));
    let live = "SELECT count(*) FROM nodes WHERE expires_at > clock_timestamp()";
    assert_eq!(database.number(live).await, 0, "it has given the name back");
}
