//! Records in a map.

use crate::search::Search;
use kaipiao_ports::record::{Expect, Key, Kind, Save, Stored, Version};
use kaipiao_ports::store::{After, ListBy, Listed, Page, PageOrder};
use std::collections::BTreeMap;

struct Record {
    stored: Stored,
    time_ms: i64,
    unused_since_ms: Option<i64>,
}

#[derive(Default)]
pub(crate) struct Records {
    by_key: BTreeMap<Key, Record>,
    last_version: Version,
    search: Search,
}

impl Records {
    pub(crate) fn read(&self, key: &Key) -> Option<Stored> {
        self.by_key.get(key).map(|record| record.stored.clone())
    }

    /// The first save whose expectation does not hold.
    pub(crate) fn conflict<'a>(&self, saves: &'a [Save]) -> Option<&'a Save> {
        saves.iter().find(|save| {
            let found = self.by_key.get(&save.key).map(|record| record.stored.version);
            match save.expect {
                Expect::Any => false,
                Expect::Absent => found.is_some(),
                Expect::Version(version) => found != Some(version),
            }
        })
    }

    pub(crate) fn save(&mut self, Save { key, body, index, .. }: Save) {
        let Some(body) = body else { return self.remove(&key) };
        let before = self.by_key.get(&key);
        let time_ms = before.map_or(index.time_ms, |record| record.time_ms);
        self.search.note(&key, time_ms, index.fields);
        self.last_version += 1;
        let stored = Stored { key: key.clone(), version: self.last_version, body };
        let unused_since_ms = index.unused_since_ms;
        self.by_key.insert(key, Record { stored, time_ms, unused_since_ms });
    }

    fn remove(&mut self, key: &Key) {
        if let Some(record) = self.by_key.remove(key) {
            self.search.note(key, record.time_ms, Vec::new());
        }
    }

    pub(crate) fn index(&mut self, limit: usize) -> usize {
        self.search.index(limit)
    }

    /// Removes records that have been unused since before this moment, `limit` of them at most.
    pub(crate) fn purge(&mut self, kind: Kind, before_ms: i64, limit: usize) -> usize {
        let is_unused = |record: &&Record| {
            record.stored.key.kind == kind
                && record.unused_since_ms.is_some_and(|since_ms| since_ms < before_ms)
        };
        let unused = self.by_key.values().filter(is_unused).take(limit);
        let unused: Vec<_> = unused.map(|record| record.stored.key.clone()).collect();
        unused.iter().for_each(|key| self.remove(key));
        unused.len()
    }

    pub(crate) fn list(&self, page: &Page) -> Vec<Listed> {
        let mut entries = self.entries(page);
        entries.sort();
        if page.order == PageOrder::Descending {
            entries.reverse();
        }
        let listed = entries.into_iter().filter(|entry| is_behind(page, *entry));
        let stored = listed.filter_map(|(time_ms, key)| {
            self.by_key.get(key).map(|record| Listed { stored: record.stored.clone(), time_ms })
        });
        stored.take(page.limit).collect()
    }

    /// The whole listing in no order: each record with the time that the listing knows it by.
    fn entries<'a>(&'a self, page: &'a Page) -> Vec<(i64, &'a Key)> {
        let is_kind = |record: &&Record| record.stored.key.kind == page.kind;
        let of_kind = self.by_key.values().filter(is_kind);
        match &page.by {
            ListBy::All => of_kind.map(|record| (0, &record.stored.key)).collect(),
            ListBy::Key { owner } => {
                let keys = of_kind.map(|record| (0, &record.stored.key));
                keys.filter(|(_, key)| owner.as_ref().is_none_or(|o| *o == key.owner)).collect()
            }
            ListBy::Time { owner, from_ms, to_ms } => {
                let keys = of_kind.map(|record| (record.time_ms, &record.stored.key));
                let is_listed = |(time_ms, key): &(i64, &Key)| {
                    key.kind.has_time()
                        && key.owner == *owner
                        && (from_ms..=to_ms).contains(&time_ms)
                };
                keys.filter(is_listed).collect()
            }
            ListBy::Field { owner, field, value, within_ms } => {
                let found = self.search.find(*field, value);
                let is_listed = |(time_ms, key): &(i64, &Key)| {
                    key.kind == page.kind
                        && key.owner == *owner
                        && within_ms
                            .is_none_or(|(from_ms, to_ms)| (from_ms..=to_ms).contains(time_ms))
                };
                found.filter(is_listed).collect()
            }
        }
    }
}

fn is_behind(page: &Page, (time_ms, key): (i64, &Key)) -> bool {
    let Some(After { time_ms: after_ms, owner, id }) = &page.after else { return true };
    let (entry, after) = ((time_ms, &key.owner, &key.id), (*after_ms, owner, id));
    match page.order {
        PageOrder::Ascending => entry > after,
        PageOrder::Descending => entry < after,
    }
}
