//! A node's name, which it leases: whoever has it takes blocks of invoice numbers and claims under it.
//!
//! The lease is renewed each 5 s, on a connection that no request can hold, and lapses after 15 s by the database's
//! clock. While the database is away nobody else can take the name either, so the node goes on with it afterwards. A
//! node that learns that somebody else has its name ([`NodeLease::lost`]) must end. So must one that learns that a newer
//! program has made the schema one that it cannot live with, which can happen once its lease has lapsed.

use crate::config::OpenError;
use crate::connection::{Kept, Session};
use crate::delivery::claims::{FIRST_SERIAL, free_node_sql};
use crate::errors::DbError;
use crate::health::Health;
use crate::migrations::BREAKING;
use core::time::Duration;
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::errors::StoreError;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};

const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How long a renewal may take, a new connection for it included: two in vain leave time for a third.
pub(crate) const RENEW_WITHIN: Duration = Duration::from_secs(4);
/// How soon after one in vain it is tried again.
const RENEW_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How often it is looked whether the holder of a name that is wanted lives.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const LAPSES_IN: &str = "interval '15 seconds'";
/// How long a lease that nobody renews is waited for, by this machine's clock: longer than it lasts, so only a database's
/// clock that was set back has it hold on.
const WAITS_AT_MOST: Duration = Duration::from_secs(16);
/// Names that are tried where none was given.
const NAMES: usize = 10_000;

/// A name, for as long as this lives.
pub(crate) struct NodeLease {
    pub(crate) name: Arc<str>,
    /// The moment at which it was taken: larger than that of every earlier holder.
    pub(crate) lease: i64,
    lost: watch::Receiver<Option<Lost>>,
    renewing: Option<JoinHandle<()>>,
}

/// Why a node must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Another process has its name.
    Name,
    /// A newer program has changed the database in a way that this one cannot live with.
    Schema,
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

/// Takes a name from a holder who has not renewed the lease since it was last looked at.
pub(crate) fn take_over_sql() -> String {
    format!(
        "UPDATE nodes SET lease = GREATEST(lease + 1000000000, {FIRST_SERIAL}), \
         expires_at = statement_timestamp() + {LAPSES_IN} \
         WHERE name = $1 AND lease = $2 AND expires_at = $3 RETURNING lease"
    )
}

/// Names that nobody has, or has had for a week: a node that was cut off from the database for so long has no invoice on
/// its way, and its blocks of numbers are others'.
pub(crate) const GONE_FOR_GOOD: &str = "SELECT h.name FROM unnest($1::text[]) AS h (name) WHERE NOT EXISTS \
     (SELECT FROM nodes n WHERE n.name = h.name AND n.expires_at > statement_timestamp() - interval '7 days')";

/// Who holds a name, and until when.
pub(crate) const HOLDER: &str =
    "SELECT lease, expires_at FROM nodes WHERE name = $1 AND expires_at > statement_timestamp()";

async fn take(client: &Client, name: &str) -> Result<Option<i64>, OpenError> {
    let row = client.query_opt(&take_sql(), &[&name]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Takes a name as soon as its holder's lease has lapsed; None: the holder lives, for it renews the lease. A lease that the
/// database's clock, set back, would have hold for long is over when nobody has renewed it for [`WAITS_AT_MOST`].
#[expect(clippy::disallowed_methods, reason = "leases run in real time")]
async fn take_when_free(client: &Client, name: &str) -> Result<Option<i64>, OpenError> {
    let mut seen: Option<(i64, SystemTime)> = None;
    let began = Instant::now();
    loop {
        let taken = take(client, name).await?;
        if taken.is_some() {
            return Ok(taken);
        }
        let row = client.query_opt(HOLDER, &[&name]).await?;
        let holder = row.map(|row| (row.get::<_, i64>(0), row.get::<_, SystemTime>(1)));
        // One that has just given it back lives no more.
        if seen.is_some() && holder.is_some() && holder != seen {
            return Ok(None);
        }
        if seen.is_none() {
            tracing::info!(
                node = name,
                "the node's name is held; it is free once that lease lapses"
            );
        }
        if let Some((lease, expires_at)) = holder.filter(|_| began.elapsed() > WAITS_AT_MOST) {
            tracing::warn!(
                node = name,
                "a lease that nobody renews is over, whatever the database's clock says"
            );
            let row = client.query_opt(&take_over_sql(), &[&name, &lease, &expires_at]).await?;
            return Ok(row.map(|row| row.get(0)));
        }
        seen = holder.or(seen);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Takes the name that was asked for, or the first free one, and lets go of all claims that were made under it. `known` is the
/// newest migration that this program knows.
pub(crate) async fn lease(
    (session, config): (Session, &Config),
    health: &Arc<Health>,
    wanted: Option<&str>,
    known: i32,
) -> Result<NodeLease, OpenError> {
    let client = &session.client;
    let (name, lease) = match wanted {
        Some(name) => {
            let lease = take_when_free(client, name).await?;
            (name.to_owned(), lease.ok_or_else(|| OpenError::NodeInUse(name.to_owned()))?)
        }
        None => take_first_free(client).await?,
    };
    let name: Arc<str> = name.into();
    let held = Held { name: Arc::clone(&name), lease, known };
    // Since this program's migrations a newer one can have made others, seeing no node.
    match held.renew(client).await? {
        Renewed::Held => {}
        Renewed::NameLost => return Err(OpenError::NodeInUse(name.to_string())),
        Renewed::TooNew { found } => {
            give_back(client, &name, lease).await?;
            return Err(OpenError::TooNew { found, known });
        }
    }
    for queue in Queue::ALL {
        client.execute(&free_node_sql(queue), &[&&*name]).await?;
    }
    let (losing, lost) = watch::channel(None);
    let kept = Kept::new(config.clone(), Some(session));
    let renewing = tokio::spawn(renew((kept, held), Arc::clone(health), losing));
    Ok(NodeLease { name, lease, lost, renewing: Some(renewing) })
}

async fn take_first_free(client: &Client) -> Result<(String, i64), OpenError> {
    for name in (1..=NAMES).map(|n| format!("node-{n}")) {
        if let Some(lease) = take(client, &name).await? {
            return Ok((name, lease));
        }
    }
    Err(OpenError::NodeInUse("node-1".to_owned()))
}

impl NodeLease {
    /// Of one who only reads: no node has this name.
    pub(crate) fn of_nobody() -> Self {
        let (_, lost) = watch::channel(None);
        Self { name: "".into(), lease: 0, lost, renewing: None }
    }

    /// Resolves when somebody else has the name, or has made the schema one that this program cannot live with.
    pub(crate) fn lost(&self) -> impl Future<Output = Lost> + use<> {
        let mut lost = self.lost.clone();
        async move {
            let why = lost.wait_for(Option::is_some).await.ok().and_then(|why| *why);
            match why {
                Some(why) => why,
                // The lease has ended by itself.
                None => core::future::pending().await,
            }
        }
    }
}

impl NodeLease {
    /// What is given back is renewed no more.
    pub(crate) fn stop_renewing(&self) {
        if let Some(renewing) = &self.renewing {
            renewing.abort();
        }
    }
}

impl Drop for NodeLease {
    fn drop(&mut self) {
        self.stop_renewing();
    }
}

pub(crate) const GIVE_BACK: &str =
    "UPDATE nodes SET expires_at = statement_timestamp() WHERE name = $1 AND lease = $2";

/// Gives the name back, so that whoever starts next need not wait.
pub(crate) async fn give_back(client: &Client, name: &str, lease: i64) -> Result<(), DbError> {
    client.execute(GIVE_BACK, &[&name, &lease]).await?;
    Ok(())
}

/// What a lease is renewed by.
struct Held {
    name: Arc<str>,
    lease: i64,
    /// The newest migration that this program knows.
    known: i32,
}

/// What became of a renewal.
enum Renewed {
    Held,
    NameLost,
    /// By which migration this program cannot live with the schema.
    TooNew {
        found: i32,
    },
}

#[expect(clippy::disallowed_methods, reason = "leases run in real time")]
async fn renew(
    (mut kept, held): (Kept, Held),
    health: Arc<Health>,
    losing: watch::Sender<Option<Lost>>,
) {
    let mut pause = RENEW_EVERY;
    let node = &*held.name;
    let why = loop {
        tokio::time::sleep(pause).await;
        let renew = |client: Arc<Client>| {
            let held = &held;
            async move { held.renew(&client).await }
        };
        match kept.run(RENEW_WITHIN, renew).await {
            Ok(Renewed::Held) => {
                health.note(None);
                pause = RENEW_EVERY;
            }
            Ok(Renewed::NameLost) => {
                tracing::error!(node, "another process has taken this node's name");
                break Lost::Name;
            }
            Ok(Renewed::TooNew { found }) => {
                let known = held.known;
                tracing::error!(node, found, known, "a newer kaipiao has changed the database");
                break Lost::Schema;
            }
            Err(error) => {
                tracing::warn!(?error, node, "the node's lease was not renewed");
                if let DbError::Store(error @ StoreError::Away(_)) = &error {
                    health.note(Some(error));
                }
                pause = RENEW_AGAIN_AFTER;
            }
        }
    };
    losing.send_replace(Some(why));
}

pub(crate) fn renew_sql() -> String {
    format!(
        "UPDATE nodes SET expires_at = statement_timestamp() + {LAPSES_IN} WHERE name = $1 AND lease = $2 \
         AND NOT EXISTS (SELECT FROM schema_migrations WHERE oldest_program > $3)"
    )
}

impl Held {
    async fn renew(&self, client: &Client) -> Result<Renewed, DbError> {
        let (name, lease, known) = (&*self.name, self.lease, self.known);
        if client.execute(&renew_sql(), &[&name, &lease, &known]).await? == 1 {
            return Ok(Renewed::Held);
        }
        let found = client.query_one(BREAKING, &[&known]).await?.get::<_, Option<i32>>(0);
        Ok(found.map_or(Renewed::NameLost, |found| Renewed::TooNew { found }))
    }
}
