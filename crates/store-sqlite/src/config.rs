//! How a store is opened, and why it may not be.

use crate::owner::NotOwner;
use std::path::PathBuf;
use std::sync::Arc;

/// The database's file name within the data directory.
pub const FILE_NAME: &str = "kaipiao.sqlite3";

/// The file beside the database that says that its contents live on elsewhere.
pub const MOVED_NAME: &str = "kaipiao.sqlite3.moved";

/// Called with the group's number (from 1) before its COMMIT; an error makes the group fail.
pub type GroupHook = Arc<dyn Fn(u64) -> Result<(), rusqlite::Error> + Send + Sync>;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Changes that may wait for the writer; the next one is answered `Overloaded`.
    pub queue_capacity: usize,
    /// Reads at once; more of them wait.
    pub readers: usize,
    /// Called before each group's COMMIT: where tests make the disk fail and crash rounds cut.
    pub before_commit: Option<GroupHook>,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue_capacity: 8192, readers: 4, before_commit: None }
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the data directory.
    #[error("{0} is in use by another kaipiao process; stop that one or choose another --data")]
    InUse(PathBuf),
    /// The database was written by a newer program.
    #[error(
        "the database has schema {found}, this kaipiao knows up to {known}; use the newer kaipiao that wrote it"
    )]
    TooNew {
        /// The database's newest migration.
        found: u32,
        /// This program's newest migration.
        known: u32,
    },
    /// An older kaipiao wrote it, and whoever only reads does not change it.
    #[error(
        "the database has schema {found}, this kaipiao reads schema {known}; start the server on it once"
    )]
    TooOld {
        /// The database's newest migration.
        found: u32,
        /// This program's newest migration.
        known: u32,
    },
    /// Its contents were moved to another engine.
    #[error(
        "the store was moved to PostgreSQL: start with --database-url. If the move was cut off, run kaipiao move again first: \
         it moves everything, or says that the database is not empty and so has it. What this one takes from here on will never \
         get there; to go on with it all the same, remove {0}"
    )]
    Moved(PathBuf),
    /// The file is some other program's database.
    #[error("{0} is not a kaipiao database")]
    Foreign(PathBuf),
    /// A migration that was applied is not the one that this program knows.
    #[error("migration {0} of the database differs from this kaipiao's")]
    Altered(u32),
    /// Another user's data directory.
    #[error("{0}")]
    Owner(#[from] NotOwner),
    /// The directory or the lock file.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// SQLite itself.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
}
