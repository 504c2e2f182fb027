//! Numbered SQL files, applied once each, in order, in one transaction, by one of the nodes that start at the
//! same time. Migrations only add, so an older node works on beside a newer one: a file says in `MIGRATIONS` the
//! oldest program (by its newest migration) that can, and an older one refuses to start. One that older programs cannot
//! live with waits until none of them runs.
//!
//! A migration that waits for a table's lock has all requests wait behind it, so it waits for [`LOCK_TIMEOUT`] only, and is tried again
//! later.

use crate::config::OpenError;
use crate::migration::Migration;
use core::time::Duration;
use sha2::{Digest, Sha256};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, sql: include_str!("../migrations/0001_schema.sql"), oldest_program: 1 },
    Migration {
        number: 2,
        sql: include_str!("../migrations/0002_pay_merchants.sql"),
        oldest_program: 1,
    },
    Migration {
        number: 3,
        sql: include_str!("../migrations/0003_payments.sql"),
        // An older one would lose of an order that a payment opened it, and send no notices.
        oldest_program: 3,
    },
    Migration {
        number: 4,
        sql: include_str!("../migrations/0004_platform_files.sql"),
        // An older one would say of an uploaded PDF's link that there is nothing.
        oldest_program: 4,
    },
    Migration {
        number: 5,
        sql: include_str!("../migrations/0005_platform.sql"),
        // An older one would issue a number that a platform has inserted, and not know such a card's invoice.
        oldest_program: 5,
    },
    Migration {
        number: 6,
        sql: include_str!("../migrations/0006_upload_tallies.sql"),
        // An older one would not count what it takes.
        oldest_program: 6,
    },
    Migration {
        number: 7,
        sql: include_str!("../migrations/0007_console_users.sql"),
        oldest_program: 6,
    },
    Migration {
        number: 8,
        sql: include_str!("../migrations/0008_classic_numbers.sql"),
        // What an older one issues is found by code and number alone.
        oldest_program: 6,
    },
];

/// Nodes that start at the same time migrate one after the other ("KPIA").
const LOCK: i64 = 0x4b50_4941;

/// How long a migration holds up requests while it waits for a lock.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '1s'";
/// Tries of a migration that finds a table locked, and the pause between them: requests go on meanwhile.
const TRIES: usize = 20;
const AGAIN_AFTER: Duration = Duration::from_secs(2);

pub(crate) const WAIT_FOR_LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
pub(crate) const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock($1)";
pub(crate) const IS_NEW: &str = "SELECT to_regclass('schema_migrations') IS NULL, \
     NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema())";
pub(crate) const ARE_MADE: &str = "SELECT to_regclass('schema_migrations') IS NOT NULL";
pub(crate) const APPLIED: &str =
    "SELECT number, checksum, oldest_program FROM schema_migrations ORDER BY number";
pub(crate) const NOTE: &str =
    "INSERT INTO schema_migrations (number, checksum, oldest_program) VALUES ($1, $2, $3)";

/// Whoever takes a name or renews a lease meanwhile waits, and then finds the migration.
const LOCK_NODES: &str = "LOCK TABLE nodes IN SHARE MODE";
pub(crate) const RUNNING: &str =
    "SELECT array_agg(name ORDER BY name) FROM nodes WHERE expires_at > statement_timestamp()";

/// The newest migration that a program cannot live with, by the newest one that it knows.
pub(crate) const BREAKING: &str =
    "SELECT max(number) FROM schema_migrations WHERE oldest_program > $1";

/// Brings the database up to this program's schema, or says why it cannot work with it. `later` are a later program's.
/// Answers the newest migration that this program knows.
pub(crate) async fn apply(client: &mut Client, later: &[Migration]) -> Result<i32, OpenError> {
    let migrations = [MIGRATIONS, later].concat();
    let known = migrations.last().map_or(0, |migration| migration.number);
    apply_in_time(client, &migrations).await.map(|()| known)
}

/// A migration that finds a table locked is tried again.
async fn apply_in_time(client: &mut Client, migrations: &[Migration]) -> Result<(), OpenError> {
    for _ in 1..TRIES {
        match apply_list(client, migrations).await {
            Err(OpenError::Locked) => {
                tracing::info!("a migration finds a table locked, and is tried again");
                pause().await;
            }
            outcome => return outcome,
        }
    }
    apply_list(client, migrations).await
}

#[expect(clippy::disallowed_methods, reason = "locks are let go of in real time")]
async fn pause() {
    tokio::time::sleep(AGAIN_AFTER).await;
}

async fn apply_list(client: &mut Client, migrations: &[Migration]) -> Result<(), OpenError> {
    let encoding: String = client.query_one("SHOW server_encoding", &[]).await?.get(0);
    if encoding != "UTF8" {
        return Err(OpenError::Encoding(encoding));
    }
    let transaction = client.transaction().await?;
    transaction.batch_execute("SET LOCAL statement_timeout = 0").await?;
    let is_first: bool = transaction.query_one(TRY_LOCK, &[&LOCK]).await?.get(0);
    if !is_first {
        tracing::info!("another node changes the database; this one waits until it is done");
        transaction.execute(WAIT_FOR_LOCK, &[&LOCK]).await?;
    }
    let row = transaction.query_one(IS_NEW, &[]).await?;
    let (is_new, is_empty): (bool, bool) = (row.get(0), row.get(1));
    if is_new && !is_empty {
        return Err(OpenError::Foreign);
    }
    if is_new {
        let table = "CREATE TABLE schema_migrations \
                     (number INTEGER PRIMARY KEY, checksum BYTEA NOT NULL, oldest_program INTEGER NOT NULL)";
        transaction.batch_execute(table).await?;
    }
    let applied = applied(&transaction).await?;
    compare(&applied, migrations)?;
    let newest = applied.last().map_or(0, |(number, _, _)| *number);
    transaction.batch_execute(LOCK_TIMEOUT).await?;
    let new: Vec<_> = migrations.iter().filter(|migration| migration.number > newest).collect();
    if newest > 0 && new.iter().any(|migration| migration.oldest_program > newest) {
        transaction.batch_execute(LOCK_NODES).await.map_err(locked)?;
        let running: Option<Vec<String>> = transaction.query_one(RUNNING, &[]).await?.get(0);
        if let Some(running) = running {
            return Err(OpenError::OlderNodesRun(running.join(", ")));
        }
    }
    for migration in new {
        transaction.batch_execute(migration.sql).await.map_err(locked)?;
        let checksum = checksum(migration.sql);
        transaction
            .execute(NOTE, &[&migration.number, &checksum, &migration.oldest_program])
            .await?;
    }
    Ok(transaction.commit().await?)
}

fn locked(error: tokio_postgres::Error) -> OpenError {
    match error.code() {
        Some(&(SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED)) => {
            OpenError::Locked
        }
        _ => error.into(),
    }
}

/// Whether there are tables, and this program can read them.
pub(crate) async fn are_applied(client: &Client) -> Result<bool, OpenError> {
    let row = client.query_one(ARE_MADE, &[]).await?;
    if !row.get::<_, bool>(0) {
        return Ok(false);
    }
    let applied = applied(client).await?;
    compare(&applied, MIGRATIONS)?;
    is_up_to_date(&applied, MIGRATIONS).map(|()| true)
}

/// Whoever reads looks for all tables of this program.
fn is_up_to_date(
    applied: &[(i32, Vec<u8>, i32)],
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let number = |number: Option<i32>| number.unwrap_or_default();
    let found = number(applied.last().map(|(number, _, _)| *number));
    let known = number(migrations.last().map(|migration| migration.number));
    if found < known { Err(OpenError::TooOld { found, known }) } else { Ok(()) }
}

/// Number, checksum and oldest program of what was applied, in order.
async fn applied(client: &impl GenericClient) -> Result<Vec<(i32, Vec<u8>, i32)>, OpenError> {
    let rows = client.query(APPLIED, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// Whether this program can work with what was applied. Newer migrations are fine as long as they say so.
fn compare(applied: &[(i32, Vec<u8>, i32)], migrations: &[Migration]) -> Result<(), OpenError> {
    let known = migrations.last().map_or(0, |migration| migration.number);
    for (number, stored, oldest_program) in applied {
        match migrations.iter().find(|migration| migration.number == *number) {
            Some(migration) if checksum(migration.sql) != *stored => {
                return Err(OpenError::Altered(*number));
            }
            Some(_) => {}
            None if *oldest_program > known => {
                return Err(OpenError::TooNew { found: *number, known });
            }
            None => {}
        }
    }
    Ok(())
}

fn checksum(sql: &str) -> Vec<u8> {
    Sha256::digest(sql.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(number: i32, oldest_program: i32) -> Migration {
        Migration { number, sql: "x", oldest_program }
    }

    #[test]
    fn an_older_node_lives_with_a_migration_that_says_so_and_refuses_the_others() {
        let own = [migration(1, 1)];
        let row = |number, oldest| (number, checksum("x"), oldest);
        assert!(compare(&[row(1, 1)], &own).is_ok());
        assert!(compare(&[row(1, 1), row(2, 1)], &own).is_ok());
        let refused = compare(&[row(1, 1), row(2, 1), row(3, 2)], &own);
        assert!(matches!(refused, Err(OpenError::TooNew { found: 3, known: 1 })));
        let newer = [migration(1, 1), migration(2, 1)];
        let old = is_up_to_date(&[row(1, 1)], &newer);
        assert!(matches!(old, Err(OpenError::TooOld { found: 1, known: 2 })));
        assert!(is_up_to_date(&[row(1, 1), row(2, 1)], &newer).is_ok());
        let altered = compare(&[(1, checksum("y"), 1)], &own);
        assert!(matches!(altered, Err(OpenError::Altered(1))));
    }
}
