//! What every record has: its kind, its shape, and how it is read and saved.

use kaipiao_ports::store::{Expect, Key, Kind, Page, ReadError, Save, Store, Stored, Version};

/// A domain value that the store keeps.
pub trait Record: Sized + Send {
    /// Its table.
    const KIND: Kind;
    /// The value as JSON text.
    fn encode(&self) -> String;
    /// Reads what [`Record::encode`] wrote.
    fn decode(stored: &Stored) -> Result<Self, ReadError>;
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

/// Reads a record's value.
pub async fn get<T: Record>(
    store: &dyn Store,
    key: &Key,
) -> Result<Option<Versioned<T>>, ReadError> {
    debug_assert_eq!(key.kind, T::KIND, "a key of the value's own kind");
    let Some(stored) = store.read(key).await? else { return Ok(None) };
    Ok(Some(Versioned { value: T::decode(&stored)?, version: stored.version }))
}

/// Reads all values of a page.
pub async fn list<T: Record>(store: &dyn Store, page: &Page) -> Result<Vec<T>, ReadError> {
    store.list(page).await?.iter().map(T::decode).collect()
}

/// Reads all values of a page, each with its version.
pub async fn list_versioned<T: Record>(
    store: &dyn Store,
    page: &Page,
) -> Result<Vec<Versioned<T>>, ReadError> {
    let versioned =
        |stored: &Stored| Ok(Versioned { value: T::decode(stored)?, version: stored.version });
    store.list(page).await?.iter().map(versioned).collect()
}

/// The save of a value.
pub fn save<T: Record>(key: Key, expect: Expect, value: &T) -> Save {
    debug_assert_eq!(key.kind, T::KIND, "a key of the value's own kind");
    Save { key, expect, body: Some(value.encode()) }
}

/// The removal of a record, whatever stands there.
pub fn removal(key: Key) -> Save {
    Save { key, expect: Expect::Any, body: None }
}
