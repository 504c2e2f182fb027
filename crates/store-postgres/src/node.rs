//! A node's name, which it leases: whoever has it takes blocks of invoice numbers and claims under it.
//!
//! The lease is renewed each 5 s and lapses after 15 s by the database's clock. While the database is away nobody else
//! can take the name either, so the node goes on with it afterwards. A node that learns that somebody else has its
//! name ([`NodeLease::lost`]) must end.

use crate::config::OpenError;
use crate::connection::within_time;
use crate::delivery::claims::{FIRST_SERIAL, free_node_sql};
use crate::errors::{DbError, away, described};
use crate::health::Health;
use core::time::Duration;
use deadpool_postgres::Pool;
use kaipiao_ports::delivery::claims::Queue;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

const RENEW_EVERY: Duration = Duration::from_secs(5);
const LAPSES_IN: &str = "interval '15 seconds'";
/// Names that are tried where none was given.
const NAMES: usize = 10_000;

/// A name, for as long as this lives.
pub(crate) struct NodeLease {
    pub(crate) name: Arc<str>,
    /// The moment at which it was taken: larger than that of every earlier holder.
    pub(crate) lease: i64,
    lost: watch::Receiver<bool>,
    renewing: JoinHandle<()>,
}

/// Takes a name that nobody holds. Answers no row if somebody does.
pub(crate) fn take_sql() -> String {
    format!(
        "INSERT INTO nodes AS n (name, lease, expires_at) \
         VALUES ($1, {FIRST_SERIAL}, statement_timestamp() + {LAPSES_IN}) ON CONFLICT (name) DO UPDATE \
         SET lease = GREATEST(n.lease + 1000000000, excluded.lease), expires_at = excluded.expires_at \
         WHERE excluded.expires_at - n.expires_at >= {LAPSES_IN} RETURNING lease"
    )
}

async fn take(client: &Client, name: &str) -> Result<Option<i64>, OpenError> {
    let row = client.query_opt(&take_sql(), &[&name]).await;
    let row = row.map_err(|error| OpenError::Postgres(described(&error)))?;
    Ok(row.map(|row| row.get(0)))
}

/// Takes the name that was asked for, or the first free one, and lets go of all claims that were made under it.
pub(crate) async fn lease(
    client: &Client,
    pool: &Pool,
    health: &Arc<Health>,
    wanted: Option<&str>,
) -> Result<NodeLease, OpenError> {
    let names: Vec<_> = match wanted {
        Some(name) => vec![name.to_owned()],
        None => (1..=NAMES).map(|n| format!("node-{n}")).collect(),
    };
    for name in names {
        let Some(lease) = take(client, &name).await? else { continue };
        for queue in Queue::ALL {
            let freed = client.execute(&free_node_sql(queue), &[&name]).await;
            freed.map_err(|error| OpenError::Postgres(described(&error)))?;
        }
        let name: Arc<str> = name.into();
        let (losing, lost) = watch::channel(false);
        let renewing =
            tokio::spawn(renew(pool.clone(), Arc::clone(health), Arc::clone(&name), lease, losing));
        return Ok(NodeLease { name, lease, lost, renewing });
    }
    Err(OpenError::NodeInUse(wanted.unwrap_or("node-1").to_owned()))
}

impl NodeLease {
    /// Resolves when somebody else has the name.
    pub(crate) fn lost(&self) -> impl Future<Output = ()> + use<> {
        let mut lost = self.lost.clone();
        async move {
            // An error: the lease has ended by itself.
            if lost.wait_for(|is_lost| *is_lost).await.is_err() {
                core::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for NodeLease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

pub(crate) const GIVE_BACK: &str =
    "UPDATE nodes SET expires_at = statement_timestamp() WHERE name = $1 AND lease = $2";

/// Gives the name back, so that whoever starts next need not wait.
pub(crate) async fn give_back(pool: &Pool, name: &str, lease: i64) -> Result<(), DbError> {
    let client = pool.get().await?;
    client.execute(GIVE_BACK, &[&name, &lease]).await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "leases run in real time")]
async fn renew(
    pool: Pool,
    health: Arc<Health>,
    name: Arc<str>,
    lease: i64,
    losing: watch::Sender<bool>,
) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        match within_time(renew_once(&pool, &name, lease)).await {
            Ok(true) => health.note(None),
            Ok(false) => {
                tracing::error!(node = &*name, "another process has taken this node's name");
                losing.send_replace(true);
                return;
            }
            Err(error) => {
                tracing::warn!(?error, node = &*name, "the node's lease was not renewed");
                health.note(Some(&error.into()));
            }
        }
    }
}

pub(crate) fn renew_sql() -> String {
    format!(
        "UPDATE nodes SET expires_at = statement_timestamp() + {LAPSES_IN} WHERE name = $1 AND lease = $2"
    )
}

async fn renew_once(pool: &Pool, name: &str, lease: i64) -> Result<bool, DbError> {
    let client = pool.get().await?;
    let renewed = client.execute(&renew_sql(), &[&name, &lease]).await;
    let renewed = renewed.map_err(|e| away(&described(&e)))?;
    Ok(renewed == 1)
}
