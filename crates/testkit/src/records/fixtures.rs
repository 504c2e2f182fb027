//! Saves and pages, as the laws write them.

use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::{Body, Expect, Field, Index, Key, Kind, Save, Stored, Version};
use kaipiao_ports::store::{After, Commit, Freshness, ListBy, Listed, Page, PageOrder, Store};

pub(crate) const ORDERS: [PageOrder; 2] = [PageOrder::Ascending, PageOrder::Descending];

pub(crate) fn key(kind: Kind, owner: &str, id: &str) -> Key {
    Key { kind, owner: owner.into(), id: id.into() }
}

pub(crate) fn order(id: &str) -> Key {
    key(Kind::Order, "wx1", id)
}

pub(crate) fn save(key: Key, expect: Expect, body: &str) -> Save {
    Save { key, expect, body: Some(Body::new(body)), index: Index::default() }
}

pub(crate) fn indexed(key: Key, index: Index) -> Save {
    Save { index, ..save(key, Expect::Any, "x") }
}

pub(crate) fn at(time_ms: i64) -> Index {
    Index { time_ms, ..Index::default() }
}

pub(crate) fn found_by(time_ms: i64, fields: &[(Field, &str)]) -> Index {
    let fields = fields.iter().map(|(field, value)| (*field, (*value).to_owned())).collect();
    Index { fields, ..at(time_ms) }
}

pub(crate) fn removal(key: Key, expect: Expect) -> Save {
    Save { key, expect, body: None, index: Index::default() }
}

pub(crate) async fn commit(store: &dyn Store, saves: Vec<Save>) -> Result<(), CommitError> {
    store.commit(Commit::of(saves)).await.map(|committed| assert_eq!(committed.due, []))
}

pub(crate) async fn read(store: &dyn Store, key: &Key) -> Option<Stored> {
    let cached = store.read(key, Freshness::Cached).await.unwrap();
    let fresh = store.read(key, Freshness::Fresh).await.unwrap();
    // A record of a running writer may change between the two looks, but never back.
    if let (Some(cached), Some(fresh)) = (&cached, &fresh) {
        assert!(cached.version <= fresh.version, "{cached:?} is ahead of {fresh:?}");
    }
    fresh
}

pub(crate) async fn version(store: &dyn Store, key: &Key) -> Version {
    read(store, key).await.unwrap().version
}

pub(crate) async fn body(store: &dyn Store, key: &Key) -> Option<String> {
    read(store, key).await.map(|stored| stored.body.text().to_owned())
}

pub(crate) fn page(kind: Kind, by: ListBy, order: PageOrder) -> Page {
    Page { kind, by, after: None, order, limit: 1000 }
}

pub(crate) fn by_key(owner: &str) -> ListBy {
    ListBy::Key { owner: Some(owner.into()) }
}

pub(crate) fn by_time(owner: &str, from_ms: i64, to_ms: i64) -> ListBy {
    ListBy::Time { owner: owner.into(), from_ms, to_ms }
}

pub(crate) fn by_field(owner: &str, field: Field, value: &str) -> ListBy {
    ListBy::Field { owner: owner.into(), field, value: value.into(), within_ms: None }
}

/// Pages of three, put together.
pub(crate) async fn paged(store: &dyn Store, whole: Page) -> Vec<Listed> {
    let mut page = Page { limit: 3, ..whole };
    let mut all: Vec<Listed> = Vec::new();
    loop {
        let found = store.list(&page).await.unwrap();
        assert!(found.len() <= 3);
        let Some(Listed { stored, time_ms }) = found.last() else { return all };
        let Key { owner, id, .. } = stored.key.clone();
        page.after = Some(After { time_ms: *time_ms, owner, id });
        all.extend(found);
    }
}

/// Times and ids of a listing, which its pages agree on.
pub(crate) async fn times_and_ids(store: &dyn Store, whole: Page) -> Vec<(i64, String)> {
    let all = store.list(&whole).await.unwrap();
    assert_eq!(paged(store, whole).await, all);
    all.into_iter().map(|listed| (listed.time_ms, listed.stored.key.id)).collect()
}

/// Indexes until every change is findable.
pub(crate) async fn index_all(store: &dyn Store) {
    while store.index(7).await.unwrap() > 0 {}
}

/// Every record, by kind and key.
pub(crate) async fn all_records(store: &dyn Store) -> Vec<Stored> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let by = ListBy::Key { owner: None };
        for listed in store.list(&page(kind, by, PageOrder::Ascending)).await.unwrap() {
            assert_eq!(read(store, &listed.stored.key).await.as_ref(), Some(&listed.stored));
            all.push(listed.stored);
        }
    }
    all
}
