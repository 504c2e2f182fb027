//! What every record has: its kind, its stored shape, what it is found by, and how it is read and
//! saved.

use core::any::Any;
use core::fmt;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save, Stored, Version};
use kaipiao_ports::store::{After, Freshness, ListBy, Page, Store};
use std::sync::Arc;

/// A domain value that the store keeps.
pub trait Record: Any + Clone + Send + Sync + Sized {
    /// The table.
    const KIND: Kind;

    /// The value as JSON text.
    fn encode(&self) -> String;

    /// Reads what [`Record::encode`] wrote.
    fn decode(stored: &Stored) -> Result<Self, StoreError>;

    /// What it is found by besides its key.
    fn index(&self) -> Index {
        Index::default()
    }
}

/// A value and the version that it was read at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// What a save of its successor expects.
    pub version: Version,
}

impl<T> Versioned<T> {
    /// What a save expects that follows from what was found, or from finding nothing.
    pub fn expect(found: Option<&Self>) -> Expect {
        found.map_or(Expect::Absent, |found| Expect::Version(found.version))
    }
}

/// The value of a stored record. It is read once for all who get the same body.
pub fn value<T: Record>(stored: &Stored) -> Result<T, StoreError> {
    if let Some(value) = stored.body.value::<T>() {
        return Ok(T::clone(&value));
    }
    let value = Arc::new(T::decode(stored)?);
    stored.body.keep(&value);
    Ok(T::clone(&value))
}

/// Reads a record; a remembered value is good enough.
pub async fn get<T: Record>(
    store: &dyn Store,
    key: &Key,
) -> Result<Option<Versioned<T>>, StoreError> {
    read(store, key, Freshness::Cached).await
}

/// Reads a record as the engine has it at this moment.
pub async fn get_fresh<T: Record>(
    store: &dyn Store,
    key: &Key,
) -> Result<Option<Versioned<T>>, StoreError> {
    read(store, key, Freshness::Fresh).await
}

async fn read<T: Record>(
    store: &dyn Store,
    key: &Key,
    freshness: Freshness,
) -> Result<Option<Versioned<T>>, StoreError> {
    debug_assert_eq!(key.kind, T::KIND, "a key of the value's own kind");
    let Some(stored) = store.read(key, freshness).await? else { return Ok(None) };
    Ok(Some(Versioned { value: value(&stored)?, version: stored.version }))
}

/// Reads all values of a page.
pub async fn list<T: Record>(store: &dyn Store, page: &Page) -> Result<Vec<T>, StoreError> {
    let listed = store.list(page).await?;
    listed.iter().map(|listed| value(&listed.stored)).collect()
}

/// Reads all values of a page, each with its version.
pub async fn list_versioned<T: Record>(
    store: &dyn Store,
    page: &Page,
) -> Result<Vec<Versioned<T>>, StoreError> {
    let listed = store.list(page).await?;
    let versioned = listed.iter().map(|listed| {
        Ok(Versioned { value: value(&listed.stored)?, version: listed.stored.version })
    });
    versioned.collect()
}

/// A record that this version of the program cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The record.
    pub key: Key,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: Key { kind, owner, id }, why } = self;
        write!(f, "{} {owner}/{id} cannot be read: {why}", kind.table())
    }
}

/// Values of a page, and where the next page begins; None: this is the last.
pub struct ValuePage<T> {
    /// The values.
    pub values: Vec<T>,
    /// Records of the page that have no value; those of a search may be others than it wants.
    pub damaged: Vec<Damaged>,
    /// Behind the last of them.
    pub next: Option<After>,
}

/// Reads a page, and says where the next one begins: one damaged record does not hide the others. Values that a search finds by what they no
/// longer say (its index lags behind) are left out.
pub async fn page<T: Record>(store: &dyn Store, page: &Page) -> Result<ValuePage<T>, StoreError> {
    let one_more = Page { limit: page.limit.saturating_add(1), ..page.clone() };
    let mut listed = store.list(&one_more).await?;
    let has_more = listed.len() > page.limit;
    listed.truncate(page.limit);
    let next = listed.last().filter(|_| has_more).map(|last| After {
        time_ms: last.time_ms,
        owner: last.stored.key.owner.clone(),
        id: last.stored.key.id.clone(),
    });
    let (mut values, mut damaged) = (Vec::with_capacity(listed.len()), Vec::new());
    for listed in &listed {
        let value: T = match value(&listed.stored) {
            Ok(value) => value,
            Err(StoreError::Damaged { key, why }) => {
                damaged.push(Damaged { key, why });
                continue;
            }
            Err(error) => return Err(error),
        };
        let says_so = match &page.by {
            ListBy::Field { field, value: wanted, .. } => {
                let index = value.index();
                index.fields.iter().any(|(name, value)| name == field && value == wanted)
            }
            ListBy::All | ListBy::Key { .. } | ListBy::Time { .. } => true,
        };
        if says_so {
            values.push(value);
        }
    }
    Ok(ValuePage { values, damaged, next })
}

/// The save of a value. The store keeps the value beside its text for those who read it next.
pub fn save<T: Record>(key: Key, expect: Expect, value: &T) -> Save {
    debug_assert_eq!(key.kind, T::KIND, "a key of the value's own kind");
    let body = Body::with_value(value.encode(), value.clone());
    Save { key, expect, body: Some(body), index: value.index() }
}

/// The removal of a record.
pub fn removal(key: Key, expect: Expect) -> Save {
    Save { key, expect, body: None, index: Index::default() }
}
