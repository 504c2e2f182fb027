//! The resident kinds in each node's memory, with the versions that they have there. A newer version
//! replaces an older one, whoever brings it: this node's own commits, a read that asked for the newest, the look
//! for what others have changed ([`crate::watch`]).

use super::statements::STAMP;
use kaipiao_ports::record::{Key, Kind, Stored, Version};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// A record as a node knows it; without a body, how far its versions had come when it was removed.
pub(crate) type Known = (Version, Option<Stored>);

#[derive(Default)]
pub(crate) struct Resident {
    records: RwLock<HashMap<Key, Known>>,
}

/// The kinds that are resident.
pub(crate) fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.is_resident())
}

/// How long before the newest known version a look begins: a version is given out before its commit, which
/// takes no longer than a session lets it.
pub(crate) const MARGIN_US: i64 = 30_000_000;

/// Everything of a resident kind that has changed since a version; also by a clock that was set back, which gives
/// out versions below those that are known.
pub(crate) fn changed_sql(kind: Kind) -> String {
    format!(
        "SELECT owner, id, version, body FROM {} WHERE version >= LEAST($1, {STAMP} - {MARGIN_US})",
        kind.table()
    )
}

impl Resident {
    pub(crate) fn get(&self, key: &Key) -> Option<Stored> {
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
        records.get(key).and_then(|(_, stored)| stored.clone())
    }

    /// Takes in what is newer than what is known, all in one step.
    pub(crate) fn take_in(&self, changes: impl IntoIterator<Item = (Key, Known)>) {
        let mut changes = changes.into_iter().peekable();
        if changes.peek().is_none() {
            return;
        }
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        for (key, known) in changes {
            match records.get_mut(&key) {
                Some(old) if old.0 < known.0 => *old = known,
                Some(_) => {}
                None => {
                    records.insert(key, known);
                }
            }
        }
    }
}
