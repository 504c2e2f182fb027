//! How a store is opened, and why it may not be.

use crate::errors::{DbError, described};
use crate::migration::Migration;
use kaipiao_ports::errors::StoreError;
use std::sync::Arc;
use tokio_postgres::error::SqlState;

/// Called with the group's number (from 1) before its COMMIT.
pub type CommitHook = Arc<dyn Fn(u64) + Send + Sync>;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database`, or PostgreSQL's `key=value` form. TLS is
    /// used where the server offers it, with a certificate that this machine must trust, unless it says `sslmode=disable`.
    pub url: String,
    /// The name that this process has among the nodes of the database; None: the first of `node-1`, `node-2`, …
    /// that nobody holds.
    pub node: Option<String>,
    /// Connections at most, at least 4.
    pub connections: usize,
    /// Commits that may wait; the next one is answered `Overloaded`. So are other requests beyond as many.
    pub queue_capacity: usize,
    /// Writers, each with a connection while it writes: at most half of the connections.
    pub writers: usize,
    /// Commits that share a transaction at most; with 1 each has its own.
    pub group: usize,
    /// Called before each group's COMMIT: where crash rounds cut.
    pub before_commit: Option<CommitHook>,
    /// Migrations of a later program: what an upgrade does to the nodes that run.
    pub later: &'static [Migration],
}

impl Options {
    /// What fits most machines.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            node: None,
            connections: 16,
            queue_capacity: 8192,
            writers: 4,
            group: 16,
            before_commit: None,
            later: &[],
        }
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address.
    #[error("the database's address cannot be read")]
    Url,
    /// No connection, or not the rights.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// The database was written by a newer program that this one cannot work beside.
    #[error(
        "the database has schema {found}, this kaipiao knows up to {known}; use the newer kaipiao that wrote it"
    )]
    TooNew {
        /// The database's newest migration.
        found: i32,
        /// This program's newest migration.
        known: i32,
    },
    /// An older kaipiao made it, and whoever only reads does not change it.
    #[error(
        "the database has schema {found}, this kaipiao reads schema {known}; start a node on it once"
    )]
    TooOld {
        /// The database's newest migration.
        found: i32,
        /// This program's newest migration.
        known: i32,
    },
    /// A migration that older programs cannot live with, while some of them run.
    #[error(
        "the database must be changed in a way that the nodes that run now cannot live with: {0}; stop them first, then start this one"
    )]
    OlderNodesRun(String),
    /// A migration did not get its locks.
    #[error(
        "the database must be changed, and another session holds a table locked; end it (pg_stat_activity, pg_locks) and start this again"
    )]
    Locked,
    /// A migration that was applied is not the one that this program knows.
    #[error("migration {0} of the database differs from this kaipiao's")]
    Altered(i32),
    /// The database has tables of somebody else.
    #[error("the database holds other tables than kaipiao's; give it a database of its own")]
    Foreign,
    /// A node writes.
    #[error(
        "the server can only be read, as a standby is; name the one that can be written to, or all of them with target_session_attrs=read-write"
    )]
    ReadOnly,
    /// A move needs an empty database.
    #[error("the database is not empty: {0} has rows; a move needs an empty one")]
    NotEmpty(String),
    /// Text would be stored in another encoding.
    #[error("the database's encoding is {0}; make it with ENCODING 'UTF8'")]
    Encoding(String),
    /// Another process has the name.
    #[error("another process runs as node \"{0}\"; stop that one or choose another name (node)")]
    NodeInUse(String),
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
            return Self::ReadOnly;
        }
        let text = described(&error);
        Self::Postgres(if is_about_tls(&text) { format!("{text}; {TLS}") } else { text })
    }
}

impl From<DbError> for OpenError {
    fn from(error: DbError) -> Self {
        Self::Postgres(StoreError::from(error).to_string())
    }
}

/// What helps where the two sides do not agree on TLS.
const TLS: &str = "look at sslmode in the address: disable does without TLS, prefer takes it where the server \
                   offers it, require insists on it; the server's certificate must be one that this machine trusts, \
                   for the name in the address";

/// tokio-postgres' words, or those of a server whose pg_hba.conf lets in only who encrypts, or only who does not.
fn is_about_tls(text: &str) -> bool {
    ["TLS", "no encryption", "SSL"].iter().any(|word| text.contains(word))
}
