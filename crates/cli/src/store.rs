//! The store that the settings choose: the embedded one, or a database that nodes share.

use crate::exchange::{self, Contents, ExchangeError};
use crate::fault::Fault;
use crate::settings::{Database, Settings, SettingsError};
use kaipiao_ports::store::Store;
use kaipiao_store_postgres::{Lost, PostgresStore};
use kaipiao_store_sqlite::SqliteStore;
use std::sync::Arc;

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// Contents that were decided before.
    #[error("{0}")]
    Exchange(#[from] ExchangeError),
    /// The embedded store.
    #[error("{0}")]
    Sqlite(#[from] kaipiao_store_sqlite::OpenError),
    /// The database.
    #[error("{0}")]
    Postgres(#[from] kaipiao_store_postgres::OpenError),
}

/// The name under which a process that has its store to itself takes blocks of invoice numbers and claims.
const ONLY_NODE: &str = "main";

/// An open store, and this process among those that share it.
#[derive(Clone)]
pub struct OpenStore {
    /// The store.
    pub store: Arc<dyn Store>,
    /// This process's name.
    pub node: String,
    shared: Option<Arc<PostgresStore>>,
    embedded: Option<Arc<SqliteStore>>,
}

impl OpenStore {
    /// Opens it, and takes a name.
    pub async fn open(settings: &Settings, fault: Option<&Fault>) -> Result<Self, OpenError> {
        let Some(url) = settings.database.address()? else {
            let options = kaipiao_store_sqlite::Options {
                queue_capacity: settings.limits.commit_queue,
                readers: settings.limits.store_readers,
                before_commit: fault.map(Fault::sqlite_hook),
            };
            exchange::finish(&settings.data)?;
            let embedded = Arc::new(SqliteStore::open(&settings.data, options)?);
            let store = Self::unshared(Arc::<SqliteStore>::clone(&embedded));
            return Ok(Self { embedded: Some(embedded), ..store });
        };
        let options = kaipiao_store_postgres::Options {
            node: settings.database.node()?.map(str::to_owned),
            queue_capacity: settings.limits.commit_queue,
            before_commit: fault.map(Fault::postgres_hook),
            ..postgres_options(url, &settings.database)
        };
        let shared = Arc::new(PostgresStore::open(options).await?);
        if settings.public_base_url.is_empty() {
            tracing::warn!("public_base_url is empty: links of this node lead to it alone");
        }
        tracing::info!(node = shared.node(), "this node's name in the database");
        let store = Arc::clone(&shared) as Arc<dyn Store>;
        Ok(Self { store, node: shared.node().to_owned(), shared: Some(shared), embedded: None })
    }

    /// A store that this process has to itself.
    pub fn unshared(store: Arc<dyn Store>) -> Self {
        Self { store, node: ONLY_NODE.to_owned(), shared: None, embedded: None }
    }

    /// Resolves when this process must end, and says why.
    pub fn node_lost(&self) -> impl Future<Output = Lost> + use<> {
        let lost = self.shared.as_ref().map(|shared| shared.node_lost());
        async move {
            match lost {
                Some(lost) => lost.await,
                None => core::future::pending().await,
            }
        }
    }

    /// Gives the name back, or the files, for whoever starts next.
    pub async fn close(&self) {
        if let Some(embedded) = &self.embedded {
            embedded.close().await;
        }
        if let Some(shared) = &self.shared {
            shared.close().await;
        }
    }
}

/// The store for reading only, beside servers; None: no server has made it yet.
pub async fn open_read_only(settings: &Settings) -> Result<Option<Arc<dyn Store>>, OpenError> {
    let Some(url) = settings.database.address()? else {
        Contents::of(&settings.data)?;
        let store = SqliteStore::open_read_only(&settings.data)?;
        return Ok(store.map(|store| Arc::new(store) as Arc<dyn Store>));
    };
    let options = postgres_options(url, &settings.database);
    let store = PostgresStore::open_read_only(options).await?;
    Ok(store.map(|store| Arc::new(store) as Arc<dyn Store>))
}

/// The store's place as people are told of it.
pub(crate) fn place(settings: &Settings) -> String {
    match settings.database.is_given() {
        true => "the database".to_owned(),
        false => settings.data.display().to_string(),
    }
}

fn postgres_options(url: String, database: &Database) -> kaipiao_store_postgres::Options {
    kaipiao_store_postgres::Options {
        connections: database.connections,
        ..kaipiao_store_postgres::Options::new(url)
    }
}
