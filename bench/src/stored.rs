//! Where a server's store is, and how many bytes it takes.

use crate::load::on_one_thread;
use crate::server::Process;
use kaipiao_testkit::postgres::Database;
use std::path::{Path, PathBuf};

/// A store of a server's own.
pub(crate) enum Stored {
    /// SQLite's files, in this directory.
    Files(PathBuf),
    /// A database on PostgreSQL, and its address.
    Tables(Database, String),
}

/// Bytes so far.
pub(crate) struct Bytes {
    /// Written to files and log together by a server on SQLite; to PostgreSQL's WAL.
    pub(crate) logged: i64,
    /// What the files are long; what tables and indexes are.
    pub(crate) stored: i64,
}

impl Stored {
    pub(crate) fn in_tables() -> Self {
        let database = on_one_thread(Database::new());
        let url = database.url();
        Self::Tables(database, url)
    }

    /// What `kaipiao serve` is told of it.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Files(_) => Vec::new(),
            Self::Tables(_, url) => vec!["--database-url", url],
        }
    }

    pub(crate) fn bytes(&self, server: &Process) -> Bytes {
        match self {
            Self::Files(directory) => Bytes {
                logged: i64::try_from(server.written_bytes()).expect("it fits"),
                stored: length_of(directory),
            },
            Self::Tables(database, _) => Bytes {
                logged: number(database, "SELECT (pg_current_wal_lsn() - '0/0')::bigint"),
                stored: number(
                    database,
                    "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class \
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
                ),
            },
        }
    }
}

fn number(database: &Database, sql: &str) -> i64 {
    on_one_thread(database.number(sql))
}

/// Of a directory's files together.
fn length_of(directory: &Path) -> i64 {
    let files = std::fs::read_dir(directory).expect("the server has made it");
    let lengths = files.map(|file| file.and_then(|file| file.metadata()).map_or(0, |it| it.len()));
    i64::try_from(lengths.sum::<u64>()).expect("it fits")
}
