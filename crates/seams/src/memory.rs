//! The store in memory: the laws' oracle, and what a tool uses that needs no disk.

use crate::store::{Commit, CommitError, Expect, Key, Page, ReadError, Save, Store, Stored};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// Records in a map. "On disk" means "in the map" here.
#[derive(Debug, Default)]
pub struct MemoryStore {
    records: Mutex<BTreeMap<Key, Stored>>,
}

impl MemoryStore {
    fn records(&self) -> MutexGuard<'_, BTreeMap<Key, Stored>> {
        self.records.lock().expect("no code panics while it holds this lock")
    }
}

/// Does a record stand as a save expects it?
fn holds(expect: Expect, found: Option<&Stored>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent => found.is_none(),
        Expect::Version(version) => found.is_some_and(|stored| stored.version == version),
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self, key: &Key) -> Result<Option<Stored>, ReadError> {
        Ok(self.records().get(key).cloned())
    }

    async fn list(&self, page: &Page) -> Result<Vec<Stored>, ReadError> {
        let is_listed = |key: &Key| {
            key.kind == page.kind
                && page.owner.as_ref().is_none_or(|owner| *owner == key.owner)
                && page.after.as_ref().is_none_or(|(owner, id)| (&key.owner, &key.id) > (owner, id))
        };
        let records = self.records();
        let listed = records.values().filter(|stored| is_listed(&stored.key));
        Ok(listed.take(page.limit).cloned().collect())
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut records = self.records();
        if let Some(save) = commit.saves.iter().find(|s| !holds(s.expect, records.get(&s.key))) {
            return Err(CommitError::Conflict(save.key.clone()));
        }
        for Save { key, body, .. } in commit.saves {
            let version = records.get(&key).map_or(1, |stored| stored.version + 1);
            records.insert(key.clone(), Stored { key, version, body: body.into() });
        }
        Ok(())
    }
}
