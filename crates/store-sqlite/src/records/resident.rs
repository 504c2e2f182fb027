//! The resident kinds in memory: accounts, contacts, page fields, token families. They are read on
//! every request and are few, so a look at one costs no hop to another thread and no disk.
//!
//! Only the writer changes them, in one step after a group's COMMIT and before it answers: readers
//! see whole commits here too, and a client reads its own writes.

use super::listing;
use kaipiao_ports::record::{Key, Kind, Stored};
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

pub(crate) struct Resident {
    records: RwLock<HashMap<Key, Stored>>,
}

impl Resident {
    /// Reads all resident records.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self { records: RwLock::new(load(connection)?) })
    }

    /// Reads them anew: after an error it is not known what is on disk.
    pub(crate) fn reload(&self, connection: &Connection) -> rusqlite::Result<()> {
        let records = load(connection)?;
        *self.records.write().unwrap_or_else(PoisonError::into_inner) = records;
        Ok(())
    }

    /// Takes in a group's changes, all in one step. None: removed.
    pub(crate) fn take_in(&self, changes: Vec<(Key, Option<Stored>)>) {
        if changes.is_empty() {
            return;
        }
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        for (key, stored) in changes {
            match stored {
                Some(stored) => records.insert(key, stored),
                None => records.remove(&key),
            };
        }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Stored> {
        self.records.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

fn load(connection: &Connection) -> rusqlite::Result<HashMap<Key, Stored>> {
    let mut records = HashMap::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_resident()) {
        let listed = listing::list(connection, &listing::everything(kind))?;
        let stored = listed.into_iter().map(|listed| listed.stored);
        records.extend(stored.map(|stored| (stored.key.clone(), stored)));
    }
    Ok(records)
}
