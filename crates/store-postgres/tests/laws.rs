//! The laws of the store, for PostgreSQL, and the ones that only nodes that share a database can break.

#![allow(clippy::unwrap_used, reason = "a law that is broken should say where")]

use async_trait::async_trait;
use kaipiao_ports::store::Store;
use kaipiao_store_postgres::{Options, PostgresStore};
use kaipiao_testkit::laws::Subject;
use kaipiao_testkit::postgres::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::OnceCell;

/// A database of its own for each law.
#[derive(Default)]
struct OnServer {
    database: OnceCell<Database>,
    was_open: AtomicBool,
}

#[async_trait]
impl Subject for OnServer {
    /// Each time as the same node, whose process before has died: its lease has lapsed.
    async fn open(&self) -> Arc<dyn Store> {
        let database = self.database.get_or_init(Database::new).await;
        if self.was_open.swap(true, Ordering::SeqCst) {
            database.execute("UPDATE nodes SET expires_at = clock_timestamp()").await;
        }
        let options = Options { node: Some("node".into()), ..Options::new(database.url()) };
        Arc::new(PostgresStore::open(options).await.unwrap())
    }
}

kaipiao_testkit::all_laws!(OnServer::default());
