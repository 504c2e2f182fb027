//! The laws of commits and reads.

use super::fixtures::{
    all_records, body, by_field, by_key, by_time, commit, index_all, key, order, page, read,
    removal, save, times_and_ids, version,
};
use crate::laws::Subject;
use crate::steps::Steps;
use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save, Stored, Version};
use kaipiao_ports::store::{Forgettable, Freshness, PageOrder, Store};
use kaipiao_store_memory::MemoryStore;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Makes one test per law of commits and reads.
#[macro_export]
macro_rules! store_laws {
    ($subject:expr) => {
        $crate::law_tests!(
            $subject,
            records::commit_laws {
                all_or_nothing,
                expected_or_conflict_and_nothing_changed,
                a_removed_record_is_gone,
                a_removed_records_version_never_comes_again,
                a_conflict_takes_no_neighbour_with_it,
                you_read_your_own_writes,
                readers_see_whole_commits,
                what_was_acknowledged_is_there_after_reopening,
                bodies_are_equal_by_their_text,
                agrees_with_the_oracle_over_random_steps,
                racing_writers_lose_no_step,
                only_one_of_many_creators_wins,
            }
        );
    };
}

/// A commit's saves happen together or not at all.
pub async fn all_or_nothing(subject: &dyn Subject) {
    let store = subject.open().await;
    commit(&*store, vec![save(order("taken"), Expect::Absent, "1")]).await.unwrap();
    for kind in [Kind::Order, Kind::Contact, Kind::Message] {
        let first = key(kind, "wx1", "first");
        let both = vec![
            save(first.clone(), Expect::Absent, "x"),
            save(order("taken"), Expect::Absent, "x"),
        ];
        assert_eq!(commit(&*store, both).await, Err(CommitError::Conflict(order("taken"))));
        assert_eq!(read(&*store, &first).await, None);
    }
}

/// A save whose expectation does not hold is a Conflict, and nothing changed.
pub async fn expected_or_conflict_and_nothing_changed(subject: &dyn Subject) {
    let store = subject.open().await;
    for kind in [Kind::Order, Kind::TokenFamily] {
        let key = key(kind, "wx1", "a");
        let try_save =
            async |expect, body| commit(&*store, vec![save(key.clone(), expect, body)]).await;
        let conflict = Err(CommitError::Conflict(key.clone()));
        assert_eq!(try_save(Expect::Version(1), "none yet").await, conflict);
        assert_eq!(try_save(Expect::Absent, "one").await, Ok(()));
        let first = version(&*store, &key).await;
        assert_eq!(try_save(Expect::Absent, "again").await, conflict);
        assert_eq!(try_save(Expect::Version(first + 1), "ahead").await, conflict);
        assert_eq!(version(&*store, &key).await, first);
        assert_eq!(try_save(Expect::Version(first), "two").await, Ok(()));
        let second = version(&*store, &key).await;
        assert_eq!(try_save(Expect::Version(first), "stale").await, conflict);
        assert_eq!(try_save(Expect::Any, "three").await, Ok(()));
        let stored = read(&*store, &key).await.unwrap();
        assert!(first < second && second < stored.version);
        assert_eq!(stored.body.text(), "three");
    }
}

/// A removed record is absent, and comes back as new.
pub async fn a_removed_record_is_gone(subject: &dyn Subject) {
    let store = subject.open().await;
    for kind in [Kind::BookEntry, Kind::Contact] {
        let key = key(kind, "u", "a");
        let conflict = Err(CommitError::Conflict(key.clone()));
        let remove = async |expect| commit(&*store, vec![removal(key.clone(), expect)]).await;
        assert_eq!(remove(Expect::Version(1)).await, conflict);
        assert_eq!(remove(Expect::Any).await, Ok(()));
        assert_eq!(remove(Expect::Absent).await, Ok(()));
        commit(&*store, vec![save(key.clone(), Expect::Absent, "1")]).await.unwrap();
        let first = version(&*store, &key).await;
        commit(&*store, vec![save(key.clone(), Expect::Any, "2")]).await.unwrap();
        let second = version(&*store, &key).await;
        assert_eq!(remove(Expect::Version(first)).await, conflict);
        assert_eq!(remove(Expect::Absent).await, conflict);
        assert_eq!(remove(Expect::Version(second)).await, Ok(()));
        assert_eq!(read(&*store, &key).await, None);
        commit(&*store, vec![save(key.clone(), Expect::Absent, "3")]).await.unwrap();
        assert_eq!(body(&*store, &key).await.as_deref(), Some("3"));
    }
}

/// Whoever remembers a removed record does not mistake a later one of the same key for it.
pub async fn a_removed_records_version_never_comes_again(subject: &dyn Subject) {
    let mut store = subject.open().await;
    for kind in [Kind::BookEntry, Kind::Contact, Kind::Order] {
        let key = key(kind, "u", "a");
        let mut last = 0;
        for round in 0..6 {
            commit(&*store, vec![save(key.clone(), Expect::Absent, "x")]).await.unwrap();
            let version = version(&*store, &key).await;
            assert!(version > last, "{version} behind {last} in round {round}");
            last = version;
            let remove = vec![removal(key.clone(), Expect::Version(version))];
            commit(&*store, remove).await.unwrap();
            if round % 2 == 0 {
                drop(store);
                store = subject.open().await;
            }
        }
    }
}

/// Commits that share a group are independent of each other.
pub async fn a_conflict_takes_no_neighbour_with_it(subject: &dyn Subject) {
    let store = subject.open().await;
    commit(&*store, vec![save(order("taken"), Expect::Absent, "1")]).await.unwrap();
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let store = Arc::clone(&store);
            let key = if n % 2 == 0 { order("taken") } else { order(&format!("free-{n}")) };
            tokio::spawn(async move {
                commit(&*store, vec![save(key, Expect::Absent, "2")]).await.is_ok()
            })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), n % 2 == 1, "{n}");
    }
    assert_eq!(body(&*store, &order("taken")).await.as_deref(), Some("1"));
}

/// What a commit acknowledged, the next read finds.
pub async fn you_read_your_own_writes(subject: &dyn Subject) {
    let store = subject.open().await;
    for n in 0..200 {
        let text = n.to_string();
        for kind in [Kind::Order, Kind::Contact] {
            let key = key(kind, "wx1", "a");
            commit(&*store, vec![save(key.clone(), Expect::Any, &text)]).await.unwrap();
            assert_eq!(body(&*store, &key).await.as_deref(), Some(&*text));
        }
    }
}

/// A reader finds all of a commit or none of it: both records always say the same.
pub async fn readers_see_whole_commits(subject: &dyn Subject) {
    let store = subject.open().await;
    for kind in [Kind::Order, Kind::Contact] {
        let (first, last) = (key(kind, "wx1", "first"), key(kind, "wx1", "last"));
        let (writer, is_over) = (Arc::clone(&store), Arc::new(AtomicBool::new(false)));
        let stop = Arc::clone(&is_over);
        let writing = tokio::spawn(async move {
            let mut n = 0;
            while !stop.load(Ordering::SeqCst) {
                n += 1;
                let text = n.to_string();
                let saves = vec![
                    save(first.clone(), Expect::Any, &text),
                    save(last.clone(), Expect::Any, &text),
                ];
                commit(&*writer, saves).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let page = page(kind, by_key("wx1"), PageOrder::Ascending);
        let mut seen = BTreeSet::new();
        while seen.len() < 100 {
            let both = store.list(&page).await.unwrap();
            let bodies: BTreeSet<_> =
                both.iter().map(|listed| listed.stored.body.text().to_owned()).collect();
            assert!(bodies.len() <= 1 && both.len() != 1, "half a commit: {both:?}");
            seen.extend(bodies);
            tokio::task::yield_now().await;
        }
        is_over.store(true, Ordering::SeqCst);
        writing.await.unwrap();
    }
}

/// Ok means: on disk.
pub async fn what_was_acknowledged_is_there_after_reopening(subject: &dyn Subject) {
    let store = subject.open().await;
    for n in 0..50 {
        for kind in Kind::ALL {
            let key = key(kind, "wx1", &n.to_string());
            commit(&*store, vec![save(key, Expect::Absent, kind.table())]).await.unwrap();
        }
    }
    drop(store);
    let store = subject.open().await;
    for n in 0..50 {
        for kind in Kind::ALL {
            let key = key(kind, "wx1", &n.to_string());
            assert_eq!(body(&*store, &key).await.as_deref(), Some(kind.table()));
        }
    }
}

/// What a body stands for is kept beside it, and says nothing about equality.
pub async fn bodies_are_equal_by_their_text(subject: &dyn Subject) {
    let store = subject.open().await;
    for kind in [Kind::Order, Kind::Contact] {
        let key = key(kind, "wx1", "a");
        let body = Body::with_value("7", 7_u32);
        assert_eq!(body, Body::new("7"));
        let save = Save { body: Some(body), ..save(key.clone(), Expect::Absent, "") };
        commit(&*store, vec![save]).await.unwrap();
        for freshness in [Freshness::Cached, Freshness::Fresh] {
            let found = store.read(&key, freshness).await.unwrap().unwrap().body;
            assert_eq!(found, Body::new("7"));
            // Kept or not: a value of another type is none.
            assert_eq!(found.value::<String>(), None);
            assert!(found.value::<u32>().is_none_or(|value| *value == 7));
        }
    }
}

/// The versions that the store and the oracle answered for a key, oldest first.
type Versions = HashMap<Key, Vec<(Version, Version)>>;

/// A random save, as the store and as the oracle know it.
fn random_save(steps: &mut Steps, versions: &Versions) -> (Save, Save) {
    let kind = [Kind::Order, Kind::Contact, Kind::Message, Kind::InvoiceRequest][steps.index(4)];
    let key = key(kind, ["a", "b"][steps.index(2)], &steps.below(4).to_string());
    let (expect, expected) = match steps.below(5) {
        0 => (Expect::Absent, Expect::Absent),
        1 => (Expect::Any, Expect::Any),
        step => {
            let known = versions.get(&key).map_or(&[][..], Vec::as_slice);
            let stale = if step == 2 { steps.index(4) } else { 0 };
            let (found, expected) = known.iter().rev().nth(stale).unwrap_or(&(-1, -1));
            (Expect::Version(*found), Expect::Version(*expected))
        }
    };
    let save = if steps.below(5) == 0 {
        removal(key, expect)
    } else {
        let index = random_index(kind, steps);
        Save { index, ..save(key, expect, &steps.below(1000).to_string()) }
    };
    (save.clone(), Save { expect: expected, ..save })
}

fn random_index(kind: Kind, steps: &mut Steps) -> Index {
    let mut index = Index { time_ms: steps.up_to(5), ..Index::default() };
    if kind.can_expire() && steps.below(10) == 0 {
        index.unused_since_ms = Some(steps.up_to(100));
    }
    for field in kind.fields() {
        if steps.below(3) > 0 {
            index.fields.push((*field, steps.below(3).to_string()));
        }
    }
    index
}

/// The store does what the store in memory does, step by step, through reopenings.
pub async fn agrees_with_the_oracle_over_random_steps(subject: &dyn Subject) {
    let (oracle, mut versions) = (MemoryStore::default(), Versions::new());
    for seed in 1..=4 {
        let mut steps = Steps::new(seed);
        let mut store = subject.open().await;
        for step in 0..1500 {
            let (mut saves, mut twins): (Vec<Save>, Vec<Save>) = (Vec::new(), Vec::new());
            for _ in 0..=steps.below(3) {
                let (save, twin) = random_save(&mut steps, &versions);
                if saves.iter().all(|earlier| earlier.key != save.key) {
                    saves.push(save);
                    twins.push(twin);
                }
            }
            let keys: Vec<_> = saves.iter().map(|save| save.key.clone()).collect();
            let expected = commit(&oracle, twins).await;
            assert_eq!(commit(&*store, saves).await, expected, "seed {seed}, step {step}");
            for key in keys {
                learn(&*store, &oracle, key, &mut versions).await;
            }
            match steps.below(300) {
                0 => {
                    drop(store);
                    store = subject.open().await;
                }
                1 => purge_both(&*store, &oracle, steps.up_to(100)).await,
                2..20 => {
                    store.index(2).await.unwrap();
                    oracle.index(2).await.unwrap();
                }
                _ => {}
            }
        }
        assert_same_records(&*store, &oracle).await;
    }
}

/// Learns the versions that a key has now.
async fn learn(store: &dyn Store, oracle: &dyn Store, key: Key, versions: &mut Versions) {
    let (found, expected) = (read(store, &key).await, read(oracle, &key).await);
    let body = |stored: &Option<Stored>| stored.as_ref().map(|stored| stored.body.clone());
    assert_eq!(body(&found), body(&expected), "{key:?}");
    if let (Some(found), Some(expected)) = (found, expected) {
        let known = versions.entry(key).or_default();
        if known.last() != Some(&(found.version, expected.version)) {
            known.push((found.version, expected.version));
        }
    }
}

async fn purge_both(store: &dyn Store, oracle: &dyn Store, before_ms: i64) {
    let records = vec![(Kind::Order, before_ms), (Kind::Message, before_ms)];
    let forgettable = Forgettable { records, ..Forgettable::default() };
    for store in [store, oracle] {
        while store.purge(&forgettable, 3).await.unwrap() > 0 {}
    }
}

async fn assert_same_records(store: &dyn Store, oracle: &dyn Store) {
    let bodies = |all: Vec<Stored>| -> Vec<_> {
        all.into_iter().map(|stored| (stored.key, stored.body)).collect()
    };
    assert_eq!(bodies(all_records(store).await), bodies(all_records(oracle).await));
    index_all(store).await;
    index_all(oracle).await;
    let mut listings = Vec::new();
    for kind in [Kind::Order, Kind::InvoiceRequest] {
        for owner in ["a", "b"] {
            listings.push((kind, by_time(owner, 1, 3)));
            for field in kind.fields() {
                let searches = (0..3).map(|value| by_field(owner, *field, &value.to_string()));
                listings.extend(searches.map(|by| (kind, by)));
            }
        }
    }
    for (kind, by) in listings {
        let page = page(kind, by, PageOrder::Descending);
        let (found, expected) =
            (times_and_ids(store, page.clone()).await, times_and_ids(oracle, page.clone()).await);
        assert_eq!(found, expected, "{page:?}");
    }
}

/// Many writers that read, add one and save with the version they read: no step is lost.
pub async fn racing_writers_lose_no_step(subject: &dyn Subject) {
    let store = subject.open().await;
    for kind in [Kind::Order, Kind::TokenFamily] {
        let counter = key(kind, "wx1", "counter");
        commit(&*store, vec![save(counter.clone(), Expect::Absent, "0")]).await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (store, counter) = (Arc::clone(&store), counter.clone());
                tokio::spawn(async move {
                    let mut done = 0;
                    while done < 25 {
                        let found = read(&*store, &counter).await.unwrap();
                        let next = found.body.text().parse::<u32>().unwrap() + 1;
                        let expect = Expect::Version(found.version);
                        let saves = vec![save(counter.clone(), expect, &next.to_string())];
                        done += u32::from(commit(&*store, saves).await.is_ok());
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(body(&*store, &counter).await.as_deref(), Some("200"));
    }
}

/// A unique key conflicts, it does not err.
pub async fn only_one_of_many_creators_wins(subject: &dyn Subject) {
    let store = subject.open().await;
    let tasks: Vec<_> = (0..64)
        .map(|n: u32| {
            let store = Arc::clone(&store);
            let saves = vec![save(order("unique"), Expect::Absent, &n.to_string())];
            tokio::spawn(async move { commit(&*store, saves).await })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => winners += 1,
            Err(error) => assert_eq!(error, CommitError::Conflict(order("unique"))),
        }
    }
    assert_eq!(winners, 1);
}
