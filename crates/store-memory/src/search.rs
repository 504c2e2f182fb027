//! What records are searched by. A commit only notes its changes; they are findable once they have
//! been taken from the notes, oldest first.

use kaipiao_ports::record::{Field, Key};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// A record as it was left by a change: no fields, no record.
struct Noted {
    key: Key,
    time_ms: i64,
    fields: BTreeSet<(Field, String)>,
}

#[derive(Default)]
pub(crate) struct Search {
    noted: VecDeque<Noted>,
    indexed: HashMap<Key, (i64, BTreeSet<(Field, String)>)>,
}

impl Search {
    /// Notes what a record is to be found by.
    pub(crate) fn note(&mut self, key: &Key, time_ms: i64, fields: Vec<(Field, String)>) {
        if !key.kind.fields().is_empty() {
            let fields = fields.into_iter().collect();
            self.noted.push_back(Noted { key: key.clone(), time_ms, fields });
        }
    }

    /// Makes changes findable, `limit` of them at most. Returns how many it were.
    pub(crate) fn index(&mut self, limit: usize) -> usize {
        let count = limit.min(self.noted.len());
        for Noted { key, time_ms, fields } in self.noted.drain(..count) {
            if fields.is_empty() {
                self.indexed.remove(&key);
            } else {
                self.indexed.insert(key, (time_ms, fields));
            }
        }
        count
    }

    /// The records with this value, in no order, and their times.
    pub(crate) fn find<'a>(
        &'a self,
        field: Field,
        value: &'a str,
    ) -> impl Iterator<Item = (i64, &'a Key)> {
        let has_value = move |fields: &BTreeSet<(Field, String)>| {
            fields.iter().any(|(name, text)| *name == field && text == value)
        };
        self.indexed
            .iter()
            .filter(move |(_, (_, fields))| has_value(fields))
            .map(|(key, (time_ms, _))| (*time_ms, key))
    }
}
