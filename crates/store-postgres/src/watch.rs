//! What other nodes change of the resident kinds: read each second, at once when a node says so, and whole when
//! the connection had to be made anew. So a node lags behind the others by a second and the time of a look.

use crate::connection::{Access, READ_ONLY, tls, within_time};
use crate::errors::{DbError, described};
use crate::records::resident::{MARGIN_US, Resident, changed_sql, kinds};
use core::time::Duration;
use futures_util::future::poll_fn;
use kaipiao_ports::record::{Body, Key, Stored};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Config};

/// Where nodes say that they have changed something resident.
pub(crate) const CHANNEL: &str = "kaipiao_changed";
pub(crate) const NOTIFY: &str = "SELECT pg_notify($1, '')";

const LOOK_EVERY: Duration = Duration::from_secs(1);
pub(crate) struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads all resident records, and goes on looking for changes.
pub(crate) async fn start(
    config: Config,
    access: Access,
    resident: Arc<Resident>,
) -> Result<Watch, DbError> {
    let mut watcher = within_time(Watcher::connect(&config, access)).await?;
    within_time(watcher.look(&resident)).await?;
    Ok(Watch(tokio::spawn(run(config, access, watcher, resident))))
}

#[expect(clippy::disallowed_methods, reason = "other nodes' changes come in real time")]
async fn run(config: Config, access: Access, mut watcher: Watcher, resident: Arc<Resident>) {
    loop {
        let error = loop {
            if let Err(error) = within_time(watcher.look(&resident)).await {
                break error;
            }
            let changed = watcher.changed.notified();
            // Either way it is time to look.
            let _ = tokio::time::timeout(LOOK_EVERY, changed).await;
        };
        tracing::warn!(?error, "other nodes' changes are not seen");
        loop {
            tokio::time::sleep(LOOK_EVERY / 4).await;
            match within_time(Watcher::connect(&config, access)).await {
                Ok(anew) => break watcher = anew,
                Err(error) => tracing::warn!(?error, "other nodes' changes are not seen"),
            }
        }
    }
}

struct Watcher {
    client: Client,
    changed: Arc<Notify>,
    /// The newest version that a look has seen; 0: nothing was read yet.
    newest: i64,
    connection: JoinHandle<()>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Watcher {
    /// Who only reads may read a standby, where nobody can listen: the look each second does without.
    async fn connect(config: &Config, access: Access) -> Result<Self, DbError> {
        let tls = tls().map_err(|error| crate::errors::away(&error.to_string()))?;
        let (client, mut connection) = config.connect(tls).await?;
        let changed = Arc::new(Notify::new());
        let notify = Arc::clone(&changed);
        let connection = tokio::spawn(async move {
            loop {
                match poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(_))) => notify.notify_one(),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        tracing::warn!(
                            error = described(&error),
                            "the connection to PostgreSQL is lost"
                        );
                        break;
                    }
                    None => break,
                }
            }
            // The next look finds out.
            notify.notify_one();
        });
        let watcher = Self { client, changed, newest: 0, connection };
        let begin = match access {
            Access::Writes => &*format!("LISTEN {CHANNEL}"),
            Access::Reads => READ_ONLY,
        };
        watcher.client.batch_execute(begin).await?;
        Ok(watcher)
    }

    /// Takes in what has changed since the last look; at the first all, in place of what was known before.
    async fn look(&mut self, resident: &Resident) -> Result<(), DbError> {
        // All that is known, as it was before anything of it was read.
        let mut first = (self.newest == 0).then(|| (resident.begin_read(), Vec::new()));
        let since = self.newest.saturating_sub(MARGIN_US).max(0);
        for kind in kinds() {
            let rows = self.client.query(&changed_sql(kind), &[&since]).await?;
            let changes = rows.iter().map(|row| {
                let key = Key { kind, owner: row.get(0), id: row.get(1) };
                let (version, body): (i64, Option<String>) = (row.get(2), row.get(3));
                let stored =
                    body.map(|body| Stored { key: key.clone(), version, body: Body::new(body) });
                (key, (version, stored))
            });
            let changes: Vec<_> = changes.collect();
            let newest = changes.iter().map(|(_, (version, _))| *version).max();
            self.newest = self.newest.max(newest.unwrap_or(0));
            match &mut first {
                Some((_, all)) => all.extend(changes),
                None => resident.take_in(changes),
            }
        }
        if let Some((began, all)) = first {
            resident.take_all(began, all);
            self.newest = self.newest.max(1);
        }
        Ok(())
    }
}
