//! The resident kinds in each node's memory, with the versions that they have there. A newer version
//! replaces an older one, whoever brings it: this node's own commits, the look for what others have changed
//! ([`crate::watch`]). What a read finds that began later than a record was taken in replaces it whatever its version: a
//! database that has failed over may have lost it.

use super::statements::STAMP;
use kaipiao_ports::record::{Key, Kind, Stored, Version};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// A record as a node knows it; without a body, how far its versions had come when it was removed.
pub(crate) type Known = (Version, Option<Stored>);

#[derive(Default)]
pub(crate) struct Resident {
    records: RwLock<HashMap<Key, (Known, Moment)>>,
    reads: AtomicU64,
}

/// How many reads had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

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
        records.get(key).and_then(|((_, stored), _)| stored.clone())
    }

    /// A read begins that replaces what was taken in before.
    pub(crate) fn begin_read(&self) -> Moment {
        Moment(self.reads.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Takes in what is newer than what is known, all in one step.
    pub(crate) fn take_in(&self, changes: impl IntoIterator<Item = (Key, Known)>) {
        let mut changes = changes.into_iter().peekable();
        if changes.peek().is_none() {
            return;
        }
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        for (key, known) in changes {
            take_newer(&mut records, key, known, now);
        }
    }

    /// Takes in what a read has found of one record; None: there is none.
    pub(crate) fn take_read(&self, began: Moment, key: &Key, found: Option<Known>) {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        if records.get(key).is_some_and(|(_, taken)| *taken < began) {
            records.remove(key);
        }
        if let Some(known) = found {
            take_newer(&mut records, key.clone(), known, now);
        }
    }

    /// Takes in what a read has found of all records, and forgets what it has not.
    pub(crate) fn take_all(&self, began: Moment, found: Vec<(Key, Known)>) {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        records.retain(|_, (_, taken)| *taken >= began);
        for (key, known) in found {
            take_newer(&mut records, key, known, now);
        }
    }

    fn now(&self) -> Moment {
        Moment(self.reads.load(Ordering::SeqCst))
    }
}

fn take_newer(records: &mut HashMap<Key, (Known, Moment)>, key: Key, known: Known, now: Moment) {
    match records.entry(key) {
        Entry::Occupied(mut old) if old.get().0.0 < known.0 => {
            old.insert((known, now));
        }
        Entry::Occupied(_) => {}
        Entry::Vacant(place) => {
            place.insert((known, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_ports::record::Body;

    fn key(id: &str) -> Key {
        Key { kind: Kind::Contact, owner: "wx1".into(), id: id.into() }
    }

    fn known(id: &str, version: Version) -> (Key, Known) {
        let body = Body::new(version.to_string());
        (key(id), (version, Some(Stored { key: key(id), version, body })))
    }

    fn version(resident: &Resident, id: &str) -> Option<Version> {
        resident.get(&key(id)).map(|stored| stored.version)
    }

    #[test]
    fn the_newest_version_stays_whoever_brings_it() {
        let resident = Resident::default();
        resident.take_in([known("a", 2)]);
        resident.take_in([known("a", 1)]);
        assert_eq!(version(&resident, "a"), Some(2));
    }

    #[test]
    fn what_a_database_has_lost_is_forgotten_and_what_came_during_the_read_is_not() {
        let resident = Resident::default();
        resident.take_in([known("older", 9), known("lost", 9)]);
        let began = resident.begin_read();
        resident.take_in([known("newer", 9), known("own", 5)]);
        resident.take_all(began, vec![known("older", 3), known("newer", 3)]);
        let versions = ["older", "lost", "newer", "own"].map(|id| version(&resident, id));
        assert_eq!(versions, [Some(3), None, Some(9), Some(5)]);
    }

    #[test]
    fn a_read_of_one_record_replaces_it_too() {
        let resident = Resident::default();
        resident.take_in([known("a", 9), known("b", 9)]);
        let began = resident.begin_read();
        resident.take_read(began, &key("a"), Some(known("a", 3).1));
        resident.take_read(began, &key("b"), None);
        assert_eq!((version(&resident, "a"), version(&resident, "b")), (Some(3), None));
        let late = resident.begin_read();
        resident.take_in([known("a", 7)]);
        resident.take_read(late, &key("a"), Some(known("a", 3).1));
        assert_eq!(version(&resident, "a"), Some(7));
    }
}
