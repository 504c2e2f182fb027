//! Numbered SQL files, applied once each, in order, in one transaction; a checksum per file tells
//! when the database and the program disagree about what was applied.

use crate::config::OpenError;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};
use std::path::Path;

/// In the file's header: "this is a kaipiao database" ("KPIA").
const APPLICATION_ID: i32 = 0x4b50_4941;

/// Each file of `migrations/`, in order. Never edit one that was released: add the next.
const MIGRATIONS: &[(u32, &str)] = &[
    (1, include_str!("../migrations/0001_schema.sql")),
    (2, include_str!("../migrations/0002_pay_merchants.sql")),
    (3, include_str!("../migrations/0003_payments.sql")),
    (4, include_str!("../migrations/0004_platform_files.sql")),
    (5, include_str!("../migrations/0005_platform.sql")),
    (6, include_str!("../migrations/0006_upload_tallies.sql")),
    (7, include_str!("../migrations/0007_console_users.sql")),
    (8, include_str!("../migrations/0008_classic_numbers.sql")),
];

/// Brings a database up to this program's schema.
pub(crate) fn apply(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    apply_list(connection, path, MIGRATIONS)
}

/// Checks, without writing, that a database has this program's schema or an older one.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    newest(connection, path).map(|_| ())
}

/// Checks, without writing, that a database has exactly this program's schema: whoever reads looks for all of
/// its tables.
pub(crate) fn check_readable(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    is_up_to_date(newest(connection, path)?, MIGRATIONS)
}

fn newest(connection: &Connection, path: &Path) -> Result<u32, OpenError> {
    let found: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found != APPLICATION_ID {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    compare(connection, MIGRATIONS)
}

fn is_up_to_date(found: u32, migrations: &[(u32, &str)]) -> Result<(), OpenError> {
    let known = migrations.last().map_or(0, |(number, _)| *number);
    if found < known { Err(OpenError::TooOld { found, known }) } else { Ok(()) }
}

/// Checks, without writing, that the file is new, or a database that this program can open.
pub(crate) fn check_openable(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    if is_new(connection, path)? { Ok(()) } else { compare(connection, MIGRATIONS).map(|_| ()) }
}

fn apply_list(
    connection: &mut Connection,
    path: &Path,
    migrations: &[(u32, &str)],
) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    claim_file(&transaction, path)?;
    let applied = compare(&transaction, migrations)?;
    for (number, sql) in migrations.iter().filter(|(number, _)| *number > applied) {
        transaction.execute_batch(sql)?;
        transaction.execute(
            "INSERT INTO schema_migrations (number, checksum) VALUES (?1, ?2)",
            (number, checksum(sql)),
        )?;
    }
    transaction.commit()?;
    Ok(())
}

/// Is the file empty? Refuses one that another program made.
fn is_new(connection: &Connection, path: &Path) -> Result<bool, OpenError> {
    let found: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found == APPLICATION_ID {
        return Ok(false);
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 || found != 0 {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    Ok(true)
}

/// Marks a new file as ours.
fn claim_file(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    if !is_new(connection, path)? {
        return Ok(());
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.execute_batch(
        "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, checksum BLOB NOT NULL) STRICT",
    )?;
    Ok(())
}

/// The newest applied number, once every applied migration is one that this program knows.
fn compare(connection: &Connection, migrations: &[(u32, &str)]) -> Result<u32, OpenError> {
    let mut statement =
        connection.prepare("SELECT number, checksum FROM schema_migrations ORDER BY number")?;
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let applied = rows.collect::<Result<Vec<_>, _>>()?;
    let found = applied.last().map_or(0, |(number, _)| *number);
    let known = migrations.last().map_or(0, |(number, _)| *number);
    if found > known {
        return Err(OpenError::TooNew { found, known });
    }
    for ((number, stored), (_, sql)) in applied.iter().zip(migrations) {
        if *stored != checksum(sql) {
            return Err(OpenError::Altered(*number));
        }
    }
    Ok(found)
}

fn checksum(sql: &str) -> Vec<u8> {
    Sha256::digest(sql.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[(u32, &str)] = &[(1, "CREATE TABLE a (x) STRICT_IS_NOT_ASKED")];

    fn open() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    fn apply_to(connection: &mut Connection, list: &[(u32, &str)]) -> Result<(), OpenError> {
        apply_list(connection, Path::new("test"), list)
    }

    #[test]
    fn an_older_database_is_migrated_and_keeps_its_rows() {
        let one: &[(u32, &str)] = &[(1, "CREATE TABLE a (x)")];
        let two: &[(u32, &str)] =
            &[(1, "CREATE TABLE a (x)"), (2, "ALTER TABLE a ADD COLUMN y DEFAULT 7")];
        let mut connection = open();
        apply_to(&mut connection, one).unwrap();
        connection.execute("INSERT INTO a VALUES (1)", []).unwrap();
        apply_to(&mut connection, two).unwrap();
        apply_to(&mut connection, two).unwrap();
        let sum: i64 = connection.query_row("SELECT x + y FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(sum, 8);
        assert!(matches!(
            apply_to(&mut connection, one),
            Err(OpenError::TooNew { found: 2, known: 1 })
        ));
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut connection = open();
        assert!(apply_to(&mut connection, FIRST).is_err());
        let id: i32 =
            connection.pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
        assert_eq!(id, 0);
    }

    #[test]
    fn who_only_reads_refuses_a_database_that_lacks_tables() {
        let two: &[(u32, &str)] = &[(1, "CREATE TABLE a (x)"), (2, "CREATE TABLE b (x)")];
        assert!(is_up_to_date(2, two).is_ok());
        let old = is_up_to_date(1, two);
        assert!(matches!(old, Err(OpenError::TooOld { found: 1, known: 2 })));
    }

    #[test]
    fn an_altered_migration_and_a_foreign_file_are_refused() {
        let mut connection = open();
        apply_to(&mut connection, &[(1, "CREATE TABLE a (x)")]).unwrap();
        let altered = apply_to(&mut connection, &[(1, "CREATE TABLE a (y)")]);
        assert!(matches!(altered, Err(OpenError::Altered(1))));

        let mut foreign = open();
        foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(apply(&mut foreign, Path::new("test")), Err(OpenError::Foreign(_))));
    }

    #[test]
    fn there_is_a_table_for_every_kind() {
        let mut connection = open();
        apply(&mut connection, Path::new("test")).unwrap();
        for kind in kaipiao_ports::record::Kind::ALL {
            let sql = format!("SELECT owner, id, version, body FROM {}", kind.table());
            assert!(connection.prepare(&sql).is_ok(), "{sql}");
        }
    }
}
