//! Numbers that are never given out twice. A sequence reserves them in blocks in the database and
//! counts within a block in memory; what is left of a block at a crash is skipped.

use rusqlite::{Connection, OptionalExtension};

/// Numbers reserved at once: more than any group of changes takes.
const BLOCK: i64 = 1_000_000;

/// The sequence of records' versions.
pub(crate) const VERSIONS: &str = "versions";

/// One sequence.
pub(crate) struct Sequence {
    name: &'static str,
    next: i64,
    reserved: i64,
}

impl Sequence {
    /// Goes on behind what was reserved before.
    pub(crate) fn load(connection: &Connection, name: &'static str) -> rusqlite::Result<Self> {
        let next = read(connection, name)?;
        Ok(Self { name, next, reserved: next })
    }

    /// Reserves enough for a group. Belongs to the group's transaction, not to one change's
    /// savepoint: a change that is taken back must not take the reservation with it.
    pub(crate) fn replenish(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.reserved - self.next < BLOCK / 2 {
            self.reserved = self.next + BLOCK;
            write(connection, self.name, self.reserved)?;
        }
        Ok(())
    }

    /// The next number.
    pub(crate) fn take(&mut self) -> i64 {
        debug_assert!(self.next < self.reserved, "a group was replenished before it began");
        let number = self.next;
        self.next += 1;
        number
    }
}

/// Where a sequence stands; 1 before anything was given out.
pub(crate) fn read(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    let found = connection
        .prepare_cached("SELECT next FROM sequences WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(1))
}

/// The condition that a column has reached where a sequence stands, whose name is bound.
pub(crate) fn reached(column: &str) -> String {
    format!("{column} >= coalesce((SELECT next FROM sequences WHERE name = ?), 0)")
}

/// Sets where a sequence stands.
pub(crate) fn write(connection: &Connection, name: &str, next: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO sequences (name, next) VALUES (?1, ?2) \
             ON CONFLICT DO UPDATE SET next = excluded.next",
        )?
        .execute((name, next))
        .map(|_| ())
}
