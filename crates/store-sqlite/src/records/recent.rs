//! Records that were written or read lately, in memory: what a worker needs next was mostly
//! committed a moment ago, and reading it costs no hop to another thread.
//!
//! Entries leave in the order in which they came, so that a reader's value can be taken in safely: an
//! older snapshot's value only counts while no entry that came after the snapshot has left again,
//! and where no entry stands. What was removed stands as absent.

use kaipiao_ports::record::{Key, Stored};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of bodies that are kept, about.
const CAPACITY_BYTES: usize = 16 * 1024 * 1024;
/// What an entry costs besides its body: keys, maps, the decoded value's frame.
const ENTRY_BYTES: usize = 300;

#[derive(Default)]
pub(crate) struct Recent {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<Key, Entry>,
    /// In the order in which they came; a key whose entry has another number came again later.
    order: VecDeque<(u64, Key)>,
    bytes: usize,
    /// Numbers entries.
    last: u64,
    /// The number of the newest entry that has left.
    left: u64,
}

struct Entry {
    number: u64,
    stored: Option<Stored>,
}

/// The moment before a read of the disk.
pub(crate) struct Snapshot(u64);

impl Recent {
    /// A record, if it is here. Some(None): it is known to be absent.
    pub(crate) fn get(&self, key: &Key) -> Option<Option<Stored>> {
        self.entries().by_key.get(key).map(|entry| entry.stored.clone())
    }

    /// To be taken before the disk is read.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot(self.entries().last)
    }

    /// Takes in what the disk had after the snapshot, unless something newer may have been known.
    pub(crate) fn take_read(&self, snapshot: &Snapshot, stored: &Stored) {
        let mut entries = self.entries();
        if entries.left <= snapshot.0 && !entries.by_key.contains_key(&stored.key) {
            entries.put(stored.key.clone(), Some(stored.clone()));
        }
    }

    /// Takes in a group's changes after its COMMIT. None: removed.
    pub(crate) fn take_in(&self, changes: Vec<(Key, Option<Stored>)>) {
        if changes.is_empty() {
            return;
        }
        let mut entries = self.entries();
        for (key, stored) in changes {
            entries.put(key, stored);
        }
    }

    /// Forgets everything: after an error it is not known what is on disk. Reads that began before
    /// are not taken in.
    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.last += 1;
        let last = entries.last;
        *entries = Entries { last, left: last, ..Entries::default() };
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(stored: Option<&Stored>) -> usize {
    stored.map_or(0, |stored| stored.body.text().len()) + ENTRY_BYTES
}

impl Entries {
    fn put(&mut self, key: Key, stored: Option<Stored>) {
        self.last += 1;
        self.bytes += cost(stored.as_ref());
        self.order.push_back((self.last, key.clone()));
        let before = self.by_key.insert(key, Entry { number: self.last, stored });
        if let Some(before) = before {
            self.bytes -= cost(before.stored.as_ref());
        }
        while self.bytes > CAPACITY_BYTES
            && let Some((number, key)) = self.order.pop_front()
        {
            self.drop_entry(number, &key);
        }
        // Keys that came again leave holes in the order; they are swept before they outnumber it.
        if self.order.len() > 64 + 2 * self.by_key.len() {
            let by_key = &self.by_key;
            self.order.retain(|(number, key)| {
                by_key.get(key).is_some_and(|entry| entry.number == *number)
            });
        }
    }

    fn drop_entry(&mut self, number: u64, key: &Key) {
        if self.by_key.get(key).is_some_and(|entry| entry.number == number) {
            let entry = self.by_key.remove(key).expect("it was looked at");
            self.bytes -= cost(entry.stored.as_ref());
            self.left = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_ports::record::{Body, Kind};

    fn stored(id: &str, version: i64, length: usize) -> Stored {
        let key = Key { kind: Kind::Order, owner: "wx1".into(), id: id.into() };
        Stored { key, version, body: Body::new("x".repeat(length)) }
    }

    #[test]
    fn an_old_snapshot_never_hides_a_newer_value() {
        let recent = Recent::default();
        let (old, new) = (stored("a", 1, 1), stored("a", 2, 1));
        let snapshot = recent.snapshot();
        recent.take_in(vec![(new.key.clone(), Some(new.clone()))]);
        recent.take_read(&snapshot, &old);
        assert_eq!(recent.get(&old.key), Some(Some(new)));
        // Removed after the snapshot.
        recent.take_in(vec![(old.key.clone(), None)]);
        recent.take_read(&snapshot, &old);
        assert_eq!(recent.get(&old.key), Some(None));
        // Changed after the snapshot, and gone from memory since.
        let other = stored("b", 1, 1);
        let snapshot = recent.snapshot();
        recent.take_in(vec![(other.key.clone(), Some(stored("b", 2, 1)))]);
        for n in 0..20 {
            let large = stored(&n.to_string(), 1, CAPACITY_BYTES / 10);
            recent.take_in(vec![(large.key.clone(), Some(large))]);
        }
        assert_eq!(recent.get(&other.key), None);
        recent.take_read(&snapshot, &other);
        assert_eq!(recent.get(&other.key), None);
    }

    #[test]
    fn it_keeps_what_came_last_and_no_more_than_its_capacity() {
        let recent = Recent::default();
        for n in 0..100_000 {
            let one = stored(&(n % 5).to_string(), n, 10);
            recent.take_in(vec![(one.key.clone(), Some(one))]);
        }
        assert!(recent.entries().order.len() < 100);
        for n in 0..100 {
            let large = stored(&format!("l{n}"), 1, CAPACITY_BYTES / 20);
            recent.take_in(vec![(large.key.clone(), Some(large.clone()))]);
            assert_eq!(recent.get(&large.key), Some(Some(large)));
        }
        assert!(recent.entries().bytes <= CAPACITY_BYTES);
    }
}
