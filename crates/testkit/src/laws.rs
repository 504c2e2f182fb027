//! The laws of the Store seam, written once.
//!
//! `store_laws!(subject)` makes one test per law. A subject opens the store under test, and opens
//! it again: what "on disk" means is that the second one has what the first one acknowledged.

use crate::steps::Steps;
use async_trait::async_trait;
use kaipiao_ports::store::{Commit, CommitError, Expect, Key, Kind, Page, PageOrder, Save, Store};
use kaipiao_store_memory::MemoryStore;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A store under test.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Opens the store over the subject's data. The one opened before is gone by then.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Makes one test per law for the subject that the expression builds.
#[macro_export]
macro_rules! store_laws {
    ($subject:expr) => {
        $crate::store_laws!(
            $subject,
            all_or_nothing,
            expected_or_conflict_and_nothing_changed,
            a_removed_record_is_gone,
            a_conflict_takes_no_neighbour_with_it,
            you_read_your_own_writes,
            readers_see_whole_commits,
            what_was_acknowledged_is_there_after_reopening,
            paging_is_stable,
            paging_stays_with_its_owner,
            agrees_with_the_oracle_over_random_steps,
            racing_writers_lose_no_step,
            only_one_of_many_creators_wins,
        );
    };
    ($subject:expr, $($law:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $law() {
                $crate::laws::$law(&$subject).await;
            }
        )+
    };
}

fn key(kind: Kind, owner: &str, id: &str) -> Key {
    Key { kind, owner: owner.into(), id: id.into() }
}

fn order(id: &str) -> Key {
    key(Kind::Order, "wx1", id)
}

fn save(key: Key, expect: Expect, body: &str) -> Save {
    Save { key, expect, body: Some(body.into()) }
}

fn removal(key: Key, expect: Expect) -> Save {
    Save { key, expect, body: None }
}

async fn commit(store: &dyn Store, saves: Vec<Save>) -> Result<(), CommitError> {
    store.commit(Commit::of(saves)).await
}

async fn body(store: &dyn Store, key: &Key) -> Option<String> {
    store.read(key).await.unwrap().map(|stored| stored.body.to_string())
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
        assert_eq!(store.read(&first).await.unwrap(), None);
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
        assert_eq!(try_save(Expect::Absent, "again").await, conflict);
        assert_eq!(try_save(Expect::Version(2), "ahead").await, conflict);
        assert_eq!(try_save(Expect::Version(1), "two").await, Ok(()));
        assert_eq!(try_save(Expect::Version(1), "stale").await, conflict);
        assert_eq!(try_save(Expect::Any, "three").await, Ok(()));
        let stored = store.read(&key).await.unwrap().unwrap();
        assert_eq!((stored.version, &*stored.body), (3, "three"));
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
        commit(&*store, vec![save(key.clone(), Expect::Any, "2")]).await.unwrap();
        assert_eq!(remove(Expect::Version(1)).await, conflict);
        assert_eq!(remove(Expect::Absent).await, conflict);
        assert_eq!(remove(Expect::Version(2)).await, Ok(()));
        assert_eq!(store.read(&key).await.unwrap(), None);
        commit(&*store, vec![save(key.clone(), Expect::Absent, "3")]).await.unwrap();
        assert_eq!(store.read(&key).await.unwrap().unwrap().version, 1);
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
        let order = PageOrder::Ascending;
        let page = Page { kind, owner: Some("wx1".into()), after: None, order, limit: 10 };
        let mut seen = BTreeSet::new();
        while seen.len() < 100 {
            let both = store.list(&page).await.unwrap();
            let bodies: BTreeSet<_> = both.iter().map(|stored| stored.body.clone()).collect();
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
    for order in [PageOrder::Ascending, PageOrder::Descending] {
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
    let mut page = Page { kind: Kind::Order, owner: None, after: None, order, limit: 5 };
    let mut seen = Vec::new();
    loop {
        let found = store.list(&page).await.unwrap();
        assert!(found.len() <= 5);
        let Some(last) = found.last() else { break };
        page.after = Some((last.key.owner.clone(), last.key.id.clone()));
        seen.extend(found.into_iter().map(|stored| (stored.key.owner, stored.key.id)));
        // A record before the page's place does not shift what follows.
        let early = key(Kind::Order, early, &seen.len().to_string());
        commit(store, vec![save(early, Expect::Any, "x")]).await.unwrap();
    }
    // The other direction's early records are not this one's.
    seen.retain(|(owner, _)| owner != "a" && owner != "龙");
    seen
}

/// One owner's page holds nobody else's records, and no other kind's.
pub async fn paging_stays_with_its_owner(subject: &dyn Subject) {
    let store = subject.open().await;
    for (kind, owner) in [(Kind::Message, "a"), (Kind::Message, "ab"), (Kind::BookEntry, "a")] {
        for id in ["1", "2", "3"] {
            commit(&*store, vec![save(key(kind, owner, id), Expect::Absent, "x")]).await.unwrap();
        }
    }
    let after = Some(("a".to_owned(), "1".to_owned()));
    let order = PageOrder::Ascending;
    let page = Page { kind: Kind::Message, owner: Some("a".into()), after, order, limit: 10 };
    let ids: Vec<_> = store.list(&page).await.unwrap().into_iter().map(|s| s.key).collect();
    assert_eq!(ids, [key(Kind::Message, "a", "2"), key(Kind::Message, "a", "3")]);
}

fn random_save(steps: &mut Steps) -> Save {
    let kind = [Kind::Order, Kind::Contact, Kind::Message][steps.index(3)];
    let key = key(kind, ["a", "b"][steps.index(2)], &steps.below(4).to_string());
    let expect = match steps.below(4) {
        0 => Expect::Absent,
        1 => Expect::Any,
        _ => Expect::Version(i64::try_from(steps.below(6)).unwrap()),
    };
    if steps.below(5) == 0 {
        return removal(key, expect);
    }
    save(key, expect, &steps.below(1000).to_string())
}

/// The store does what the store in memory does, step by step, through reopenings.
pub async fn agrees_with_the_oracle_over_random_steps(subject: &dyn Subject) {
    for seed in 1..=4 {
        let (mut steps, oracle) = (Steps::new(seed), MemoryStore::default());
        let mut store = subject.open().await;
        let before: Vec<_> = all_records(&*store).await;
        assert!(seed > 1 || before.is_empty());
        for stored in before {
            // Later seeds go on with what the earlier ones left.
            for _ in 0..stored.version {
                commit(&oracle, vec![save(stored.key.clone(), Expect::Any, &stored.body)])
                    .await
                    .unwrap();
            }
        }
        for step in 0..1500 {
            let mut saves: Vec<Save> = Vec::new();
            for _ in 0..=steps.below(3) {
                let save = random_save(&mut steps);
                if saves.iter().all(|earlier| earlier.key != save.key) {
                    saves.push(save);
                }
            }
            let expected = commit(&oracle, saves.clone()).await;
            assert_eq!(commit(&*store, saves).await, expected, "seed {seed}, step {step}");
            if steps.below(300) == 0 {
                drop(store);
                store = subject.open().await;
            }
        }
        assert_eq!(all_records(&*store).await, all_records(&oracle).await);
    }
}

async fn all_records(store: &dyn Store) -> Vec<kaipiao_ports::store::Stored> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let order = PageOrder::Ascending;
        let page = Page { kind, owner: None, after: None, order, limit: 1000 };
        let listed = store.list(&page).await.unwrap();
        for stored in &listed {
            assert_eq!(store.read(&stored.key).await.unwrap().as_ref(), Some(stored));
        }
        all.extend(listed);
    }
    all
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
                        let found = store.read(&counter).await.unwrap().unwrap();
                        let next = found.body.parse::<u32>().unwrap() + 1;
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
