//! Connections: a bounded pool, TLS where the address asks for it, limits of time on every session.

use crate::config::{OpenError, Options};
use crate::errors::{DbError, away};
use core::time::Duration;
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Status,
    Timeouts,
};
use kaipiao_ports::metrics::{number, reading};
use prometheus::core::Collector;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long connecting may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a request waits for one of the connections.
const WAIT_WITHIN: Duration = Duration::from_secs(5);
/// How long a server that does not acknowledge is believed to be there.
const SILENT_FOR: Duration = Duration::from_secs(10);
/// Settings of every session. A statement that takes longer than this has met a lock or a dying disk. A node that stands still
/// in a transaction lets go of its rows before the others' claims on them lapse.
const SESSION: &str = "-c statement_timeout=10s -c idle_in_transaction_session_timeout=8s \
                       -c default_transaction_isolation=read\\ committed -c jit=off \
                       -c timezone=UTC -c client_min_messages=warning";

/// Whether a text is the address of a database, and names a host.
pub fn is_address(text: &str) -> bool {
    text.parse::<Config>().is_ok_and(|config| !config.get_hosts().is_empty())
}

/// The address, with the limits of a session. What the parser says could hold a part of the password.
pub(crate) fn config(url: &str) -> Result<Config, OpenError> {
    let mut config: Config = url.parse().map_err(|_| OpenError::Url)?;
    let options = match config.get_options() {
        Some(own) => format!("{SESSION} {own}"),
        None => SESSION.to_owned(),
    };
    config.options(options);
    if config.get_application_name().is_none() {
        config.application_name("kaipiao");
    }
    config.connect_timeout(CONNECT_WITHIN).tcp_user_timeout(SILENT_FOR);
    config.keepalives_idle(SILENT_FOR).keepalives_interval(SILENT_FOR / 4).keepalives_retries(3);
    Ok(config)
}

/// Whoever only reads says so once connected: as an option of the session it would make every server look like
/// one that cannot be written to, which addresses of several hosts are chosen by.
pub(crate) const READ_ONLY: &str = "SET default_transaction_read_only = on";

/// One connection, and the task that serves it.
pub(crate) async fn connect(config: &Config) -> Result<(Client, JoinHandle<()>), OpenError> {
    let connected = tokio::time::timeout(2 * CONNECT_WITHIN, config.connect(tls()?)).await;
    let silent = |_| OpenError::Postgres("no answer in time".to_owned());
    let (client, connection) = connected.map_err(silent)??;
    Ok((client, serve(connection)))
}

fn serve<E>(connection: impl Future<Output = Result<(), E>> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Whoever asks the client learns that it has ended.
        let _ = connection.await;
    })
}

/// A connection beside the pool, which ends with this.
pub(crate) struct Session {
    pub(crate) client: Arc<Client>,
    serving: JoinHandle<()>,
}

impl Session {
    pub(crate) fn new(client: Client, serving: JoinHandle<()>) -> Self {
        Self { client: Arc::new(client), serving }
    }

    pub(crate) async fn open(config: &Config) -> Result<Self, OpenError> {
        let (client, serving) = connect(config).await?;
        Ok(Self::new(client, serving))
    }

    /// One in place of one that was lost.
    pub(crate) async fn open_again(config: &Config) -> Result<Self, DbError> {
        let tls = tls().map_err(|error| away(&error.to_string()))?;
        let (client, connection) = config.connect(tls).await?;
        Ok(Self::new(client, serve(connection)))
    }
}

/// A connection for what must not wait for the pool's, made anew when it is lost.
pub(crate) struct Kept {
    /// None: it was lost, or was never there.
    session: Option<Session>,
    config: Config,
}

impl Kept {
    pub(crate) const fn new(config: Config, session: Option<Session>) -> Self {
        Self { session, config }
    }

    /// Runs statements within a time, a new connection included. A session that has failed is not used again.
    pub(crate) async fn run<T, Run>(
        &mut self,
        within: Duration,
        statements: impl FnOnce(Arc<Client>) -> Run,
    ) -> Result<T, DbError>
    where
        Run: Future<Output = Result<T, DbError>>,
    {
        let run = async {
            let session = match &mut self.session {
                Some(session) if !session.client.is_closed() => session,
                lost => lost.insert(Session::open_again(&self.config).await?),
            };
            statements(Arc::clone(&session.client)).await
        };
        let outcome = tokio::time::timeout(within, run).await;
        let outcome = outcome.unwrap_or_else(|_| Err(away("no answer in time")));
        if matches!(outcome, Err(DbError::Store(_))) {
            self.session = None;
        }
        outcome
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Certificates are checked against the machine's own trust store.
pub(crate) fn tls() -> Result<MakeRustlsConnect, OpenError> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Postgres(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// What a pool's sessions are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anything.
    Writes,
    /// The server refuses changes.
    Reads,
}

pub(crate) fn pool(config: &Config, options: &Options, access: Access) -> Result<Pool, OpenError> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config.clone(), tls()?, recycling);
    let timeouts = Timeouts {
        wait: Some(WAIT_WITHIN),
        create: Some(CONNECT_WITHIN),
        recycle: Some(CONNECT_WITHIN),
    };
    Pool::builder(manager)
        .max_size(options.connections.max(4))
        .timeouts(timeouts)
        .runtime(Runtime::Tokio1)
        .post_create(Hook::async_fn(move |client, _| {
            Box::pin(async move {
                if access == Access::Reads {
                    client.batch_execute(READ_ONLY).await.map_err(HookError::Backend)?;
                }
                Ok(())
            })
        }))
        .build()
        .map_err(|error| OpenError::Postgres(error.to_string()))
}

/// What metrics tell of a pool.
pub(crate) fn pool_collectors(pool: &Pool) -> Vec<Box<dyn Collector>> {
    let of = |name: &str, help: &str, read: fn(Status) -> usize| {
        let pool = pool.clone();
        reading(name, help, move || number(read(pool.status())))
    };
    vec![
        of("kaipiao_database_connections_in_use", "Connections to the database in use", |pool| {
            pool.size.saturating_sub(pool.available)
        }),
        of("kaipiao_database_connections_waiting", "Who waits for a connection", |pool| {
            pool.waiting
        }),
        of("kaipiao_database_connections_limit", "Connections at once at most", |pool| {
            pool.max_size
        }),
    ]
}

/// Runs statements within the time that a session may take for all of them together.
pub(crate) async fn within_time<T>(
    statements: impl Future<Output = Result<T, DbError>>,
) -> Result<T, DbError> {
    match tokio::time::timeout(SILENT_FOR * 2, statements).await {
        Ok(result) => result,
        Err(_) => Err(away("no answer in time")),
    }
}

/// A connection with a transaction of which nobody knows how far it came, unless it is given back: whoever
/// leaves it early, by a panic or a time limit, takes it out of the pool.
pub(crate) struct InTransaction(Option<Object>);

impl InTransaction {
    pub(crate) const fn new(connection: Object) -> Self {
        Self(Some(connection))
    }

    pub(crate) fn client(&self) -> &Object {
        self.0.as_ref().expect("it is given back only by value")
    }

    /// Its transaction has ended.
    pub(crate) fn give_back(mut self) {
        self.0 = None;
    }
}

impl Drop for InTransaction {
    fn drop(&mut self) {
        self.0.take().map(Object::take);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn who_insists_on_tls_where_there_is_none_is_led_to_sslmode() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let without_tls = async {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut asks_for_tls = [0; 8];
            client.read_exact(&mut asks_for_tls).await.unwrap();
            client.write_all(b"N").await.unwrap();
        };
        let config = config(&format!("postgres://u@127.0.0.1:{port}/x?sslmode=require")).unwrap();
        let (connected, ()) = tokio::join!(connect(&config), without_tls);
        let error = connected.err().unwrap().to_string();
        assert!(error.contains("look at sslmode in the address"), "{error}");
        drop(listener);
        let refused = connect(&config).await.err().unwrap().to_string();
        assert!(!refused.contains("sslmode"), "{refused}");
    }
}
