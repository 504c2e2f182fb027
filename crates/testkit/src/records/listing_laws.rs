//! The laws of listings and searches.

use super::fixtures::{
    ORDERS, at, by_field, by_key, by_time, commit, found_by, index_all, indexed, key, order, page,
    paged, removal, save, times_and_ids,
};
use crate::laws::Subject;
use kaipiao_ports::record::{Expect, Field, Index, Kind};
use kaipiao_ports::store::{After, ListBy, Page, PageOrder, Store};
use std::collections::BTreeSet;

/// Makes one test per law of listings and searches.
#[macro_export]
macro_rules! listing_laws {
    ($subject:expr) => {
        $crate::law_tests!(
            $subject,
            records::listing_laws {
                paging_is_stable,
                a_walk_through_everybodys_records_sees_each_once,
                paging_stays_with_its_owner,
                a_listing_by_time_pages_both_ways,
                a_records_time_stays_what_its_first_save_said,
                a_search_finds_the_newest_value_only,
                a_search_pages_both_ways_by_time,
                indexing_goes_on_after_reopening_from_where_it_was,
            }
        );
    };
}

/// Pages put together are the whole list, in order, also when records come between.
pub async fn paging_is_stable(subject: &dyn Subject) {
    let store = subject.open().await;
    let mut expected = BTreeSet::new();
    for owner in ["wx1", "wx10", "wx2", "中"] {
        for id in ["", "1", "10", "2", "a/b", "中"] {
            let key = key(Kind::Order, owner, id);
            commit(&*store, vec![save(key, Expect::Absent, "x")]).await.unwrap();
            expected.insert((owner.to_owned(), id.to_owned()));
        }
    }
    for order in ORDERS {
        let mut expected: Vec<_> = expected.iter().cloned().collect();
        if order == PageOrder::Descending {
            expected.reverse();
        }
        assert_eq!(all_pages(&*store, order).await, expected);
    }
}

/// Pages put together, while records come that stand before each page's place.
async fn all_pages(store: &dyn Store, order: PageOrder) -> Vec<(String, String)> {
    let early = if order == PageOrder::Ascending { "a" } else { "龙" };
    let by = ListBy::Key { owner: None };
    let mut page = Page { kind: Kind::Order, by, after: None, order, limit: 5 };
    let mut seen = Vec::new();
    loop {
        let found = store.list(&page).await.unwrap();
        assert!(found.len() <= 5);
        let Some(last) = found.last() else { break };
        assert_eq!(last.time_ms, 0);
        let last = &last.stored.key;
        page.after = Some(After::key(last.owner.clone(), last.id.clone()));
        let keys = found.into_iter().map(|listed| listed.stored.key);
        seen.extend(keys.map(|key| (key.owner, key.id)));
        // A record before the page's place does not shift what follows.
        let early = key(Kind::Order, early, &seen.len().to_string());
        commit(store, vec![save(early, Expect::Any, "x")]).await.unwrap();
    }
    // The other direction's early records are not this one's.
    seen.retain(|(owner, _)| owner != "a" && owner != "龙");
    seen
}

/// Whatever the store's own order is, both ways.
pub async fn a_walk_through_everybodys_records_sees_each_once(subject: &dyn Subject) {
    let store = subject.open().await;
    let mut expected = BTreeSet::new();
    for owner in ["", "wx1", "wx10", "wx2", "中"] {
        for id in ["", "1", "10", "a/b", "中"] {
            let key = key(Kind::Card, owner, id);
            commit(&*store, vec![save(key.clone(), Expect::Absent, "x")]).await.unwrap();
            expected.insert(key);
        }
    }
    let mut walks = Vec::new();
    for order in ORDERS {
        let found = paged(&*store, page(Kind::Card, ListBy::All, order)).await;
        let keys: Vec<_> = found.into_iter().map(|listed| listed.stored.key).collect();
        assert_eq!(keys.len(), expected.len());
        assert_eq!(keys.iter().cloned().collect::<BTreeSet<_>>(), expected);
        walks.push(keys);
    }
    walks[1].reverse();
    assert_eq!(walks[0], walks[1]);
}

/// One owner's page holds nobody else's records, and no other kind's.
pub async fn paging_stays_with_its_owner(subject: &dyn Subject) {
    let store = subject.open().await;
    for (kind, owner) in [(Kind::Message, "a"), (Kind::Message, "ab"), (Kind::BookEntry, "a")] {
        for id in ["1", "2", "3"] {
            commit(&*store, vec![save(key(kind, owner, id), Expect::Absent, "x")]).await.unwrap();
        }
    }
    let whole = page(Kind::Message, by_key("a"), PageOrder::Ascending);
    let page = Page { after: Some(After::key("a", "1")), ..whole };
    let found = store.list(&page).await.unwrap();
    let keys: Vec<_> = found.into_iter().map(|listed| listed.stored.key).collect();
    assert_eq!(keys, [key(Kind::Message, "a", "2"), key(Kind::Message, "a", "3")]);
}

fn entries(expected: &[(i64, &str)], order: PageOrder) -> Vec<(i64, String)> {
    let mut entries: Vec<_> =
        expected.iter().map(|(time_ms, id)| (*time_ms, (*id).to_owned())).collect();
    if order == PageOrder::Descending {
        entries.reverse();
    }
    entries
}

/// By time within an owner, then by id; both bounds belong to it.
pub async fn a_listing_by_time_pages_both_ways(subject: &dyn Subject) {
    let store = subject.open().await;
    for kind in Kind::ALL.into_iter().filter(|kind| kind.has_time()) {
        for (id, time_ms) in
            [("a", 30), ("b", 10), ("c", 20), ("d", 20), ("e", 20), ("f", 20), ("g", 40), ("h", -5)]
        {
            for owner in ["wx1", "wx10"] {
                commit(&*store, vec![indexed(key(kind, owner, id), at(time_ms))]).await.unwrap();
            }
        }
        let times = async |from_ms, to_ms, order| {
            times_and_ids(&*store, page(kind, by_time("wx1", from_ms, to_ms), order)).await
        };
        for order in ORDERS {
            let middle = [(20, "c"), (20, "d"), (20, "e"), (20, "f"), (30, "a")];
            assert_eq!(times(20, 30, order).await, entries(&middle, order));
            let all = [&[(-5, "h"), (10, "b")], &middle[..], &[(40, "g")]].concat();
            assert_eq!(times(i64::MIN, i64::MAX, order).await, entries(&all, order));
            assert_eq!(times(11, 19, order).await, []);
        }
    }
}

/// A later save does not move a record in the listings, whatever time it names; only a record that
/// was removed begins anew.
pub async fn a_records_time_stays_what_its_first_save_said(subject: &dyn Subject) {
    let store = subject.open().await;
    let times = async |by| times_and_ids(&*store, page(Kind::Order, by, ORDERS[0])).await;
    let by_any_time = || by_time("wx1", i64::MIN, i64::MAX);
    let by_user = || by_field("wx1", Field::User, "u");
    commit(&*store, vec![indexed(order("a"), at(10))]).await.unwrap();
    commit(&*store, vec![indexed(order("a"), found_by(99, &[(Field::User, "u")]))]).await.unwrap();
    index_all(&*store).await;
    assert_eq!(times(by_any_time()).await, entries(&[(10, "a")], ORDERS[0]));
    assert_eq!(times(by_user()).await, entries(&[(10, "a")], ORDERS[0]));
    commit(&*store, vec![removal(order("a"), Expect::Any)]).await.unwrap();
    commit(&*store, vec![indexed(order("a"), found_by(20, &[(Field::User, "u")]))]).await.unwrap();
    index_all(&*store).await;
    assert_eq!(times(by_any_time()).await, entries(&[(20, "a")], ORDERS[0]));
    assert_eq!(times(by_user()).await, entries(&[(20, "a")], ORDERS[0]));
}

/// A value that has changed finds nothing any more, once the change is indexed; nor does a removed
/// record's.
pub async fn a_search_finds_the_newest_value_only(subject: &dyn Subject) {
    let store = subject.open().await;
    let request = |id: &str| key(Kind::InvoiceRequest, "wx1", id);
    let found = async |field, value: &str| {
        index_all(&*store).await;
        let page = page(Kind::InvoiceRequest, by_field("wx1", field, value), ORDERS[0]);
        let found = times_and_ids(&*store, page).await;
        found.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    };
    let asked = found_by(1, &[(Field::State, "asked"), (Field::Buyer, "买方")]);
    for id in ["a", "b", "c"] {
        commit(&*store, vec![indexed(request(id), asked.clone())]).await.unwrap();
    }
    assert_eq!(found(Field::State, "asked").await, ["a", "b", "c"]);
    assert_eq!(found(Field::Buyer, "买方").await, ["a", "b", "c"]);
    assert_eq!(found(Field::User, "买方").await, [""; 0], "another field's value");
    let issued = found_by(1, &[(Field::State, "issued"), (Field::Buyer, "买方")]);
    // Several changes of one record between two looks, and one that leads back.
    let path = [("a", &issued), ("b", &issued), ("b", &asked), ("c", &asked)];
    let saves = path.map(|(id, index)| indexed(request(id), index.clone()));
    for save in saves {
        commit(&*store, vec![save]).await.unwrap();
    }
    assert_eq!(found(Field::State, "asked").await, ["b", "c"]);
    assert_eq!(found(Field::State, "issued").await, ["a"]);
    commit(&*store, vec![removal(request("b"), Expect::Any)]).await.unwrap();
    commit(&*store, vec![indexed(request("c"), Index::default())]).await.unwrap();
    assert_eq!(found(Field::State, "asked").await, [""; 0]);
    assert_eq!(found(Field::Buyer, "买方").await, ["a"]);
    // Somebody else's records, and another kind's, are not found.
    let same = found_by(1, &[(Field::State, "issued")]);
    commit(&*store, vec![indexed(key(Kind::InvoiceRequest, "wx2", "z"), same.clone())])
        .await
        .unwrap();
    commit(&*store, vec![indexed(order("z"), same)]).await.unwrap();
    assert_eq!(found(Field::State, "issued").await, ["a"]);
}

/// A search goes by time, then by id.
pub async fn a_search_pages_both_ways_by_time(subject: &dyn Subject) {
    let store = subject.open().await;
    for (id, time_ms) in
        [("a", 30), ("b", 10), ("c", 20), ("d", 20), ("e", 20), ("f", 20), ("g", 40)]
    {
        let state = if id == "g" { "other" } else { "same" };
        let index = found_by(time_ms, &[(Field::State, state), (Field::User, id)]);
        commit(&*store, vec![indexed(order(id), index)]).await.unwrap();
    }
    index_all(&*store).await;
    for order in ORDERS {
        let expected = [(10, "b"), (20, "c"), (20, "d"), (20, "e"), (20, "f"), (30, "a")];
        let whole = page(Kind::Order, by_field("wx1", Field::State, "same"), order);
        assert_eq!(times_and_ids(&*store, whole).await, entries(&expected, order));
    }
}

/// A crash between two parts of the work loses no change and shows none twice; a search lags behind
/// by what is not indexed, and the indexer says when that is nothing.
pub async fn indexing_goes_on_after_reopening_from_where_it_was(subject: &dyn Subject) {
    let mut store = subject.open().await;
    let ids: Vec<_> = (10..40).map(|n| n.to_string()).collect();
    for state in ["old", "new"] {
        for id in &ids {
            let index = found_by(1, &[(Field::State, state)]);
            commit(&*store, vec![indexed(order(id), index)]).await.unwrap();
        }
    }
    let found = async |store: &dyn Store, state| {
        let page = page(Kind::Order, by_field("wx1", Field::State, state), ORDERS[0]);
        times_and_ids(store, page).await.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    };
    let mut rounds = 0;
    loop {
        let count = store.index(7).await.unwrap();
        assert!(count <= 7, "{count}");
        drop(store);
        store = subject.open().await;
        let (old, new) = (found(&*store, "old").await, found(&*store, "new").await);
        let both: BTreeSet<_> = old.iter().chain(&new).collect();
        assert_eq!(both.len(), old.len() + new.len(), "nothing is found by two states");
        if count == 0 {
            break;
        }
        rounds += 1;
        assert!(rounds <= 60, "there are only 60 changes");
    }
    assert_eq!(found(&*store, "new").await, ids);
    assert_eq!(found(&*store, "old").await, [""; 0]);
}
