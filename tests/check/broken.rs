//! What a check of a store finds, and a store to be broken.

use kaipiao_app::check::{self, CheckedStore, Invariant, Subject, Violation, Watcher};
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::delivery::jobs::JobChange;
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush, Outbox, PushQuery};
use kaipiao_ports::platform::blobs::Blobs;
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Forgettable, Page, Store};
use kaipiao_store_sqlite::{FILE_NAME, Options, SqliteStore};
use kaipiao_tests::MERCHANT;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long pushes are kept.
pub const KEPT: Duration = Duration::from_secs(86_400);

/// What a check has found.
#[derive(Default)]
struct Seen {
    violations: Vec<Violation>,
    unsettled: Vec<Subject>,
}

impl Watcher for Seen {
    fn looked_at(&mut self, _: &'static str, _: u64) {}

    fn found(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    fn unsettled(&mut self, subject: Subject) {
        self.unsettled.push(subject);
    }
}

pub async fn checked(
    store: &dyn Store,
    blobs: &dyn Blobs,
    pushes_are_kept: Duration,
) -> Vec<Violation> {
    let clock = SystemClock::default();
    let mut seen = Seen::default();
    let checked = CheckedStore {
        store,
        clock: &clock,
        blobs,
        pushes_are_kept,
        pdfs_are_kept: KEPT,
        files_are_kept: KEPT,
    };
    check::run(&checked, &mut seen).await.unwrap();
    assert_eq!(seen.unsettled, [], "nobody changes the store");
    seen.violations
}

/// A copy of the played store, to be broken.
pub struct Broken {
    pub runtime: Runtime,
    pub store: SqliteStore,
    /// The copy's files.
    pub blobs: DirectoryBlobs,
    _data: TempDir,
}

impl Broken {
    pub fn open(data: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(data.join(FILE_NAME), copy.path().join(FILE_NAME)).unwrap();
        let runtime = Runtime::new().unwrap();
        let opened = async { SqliteStore::open(copy.path(), Options::default()).unwrap() };
        let store = runtime.block_on(opened);
        let from = DirectoryBlobs::new(data.join("files"));
        let blobs = DirectoryBlobs::new(copy.path().join("files"));
        let mut walk = from.walk();
        loop {
            let page = runtime.block_on(walk.next(10)).unwrap();
            if page.is_empty() {
                break;
            }
            for listed in &page {
                let bytes = runtime.block_on(from.get(&listed.name, u64::MAX)).unwrap().unwrap();
                runtime.block_on(blobs.put(&listed.name, bytes)).unwrap();
            }
        }
        Self { runtime, store, blobs, _data: copy }
    }

    pub fn violations(&self, pushes_are_kept: Duration) -> Vec<Violation> {
        self.runtime.block_on(checked(&self.store, &self.blobs, pushes_are_kept))
    }

    pub fn commit(&self, commit: Commit) {
        self.runtime.block_on(self.store.commit(commit)).unwrap();
    }

    pub fn put(&self, key: Key, body: Option<String>) {
        let body = body.map(Body::new);
        let save = Save { key, expect: Expect::Any, body, index: Index::default() };
        self.commit(Commit::of(vec![save]));
    }

    /// The record of that kind whose key and text hold all of these.
    pub fn find(&self, kind: Kind, holds: &[&str]) -> (Key, Value) {
        let page = Page::by_key(kind, None, 1000);
        let listed = self.runtime.block_on(self.store.list(&page)).unwrap();
        let found = listed.into_iter().map(|listed| listed.stored).find(|stored| {
            let text = format!("{}/{} {}", stored.key.owner, stored.key.id, stored.body.text());
            holds.iter().all(|part| text.contains(part))
        });
        let stored = found.unwrap_or_else(|| panic!("{kind:?} {holds:?}"));
        (stored.key, serde_json::from_str(stored.body.text()).unwrap())
    }

    pub fn remove(&self, kind: Kind, holds: &[&str]) {
        self.put(self.find(kind, holds).0, None);
    }

    /// Changes a record's JSON at a pointer.
    pub fn change(&self, kind: Kind, holds: &[&str], pointer: &str, value: Value) {
        let (key, mut body) = self.find(kind, holds);
        *body.pointer_mut(pointer).expect(pointer) = value;
        self.put(key, Some(body.to_string()));
    }

    /// Puts a record's JSON under another id of its owner too.
    pub fn copy_to(&self, kind: Kind, holds: &[&str], id: &str) {
        let (key, body) = self.find(kind, holds);
        self.put(Key { id: id.to_owned(), ..key }, Some(body.to_string()));
    }

    pub fn push_again(&self, serial: &str) {
        let query =
            PushQuery { account: Some(MERCHANT.into()), limit: 100, ..PushQuery::default() };
        let listed = self.runtime.block_on(self.store.pushes(&query)).unwrap();
        let is_result = |body: &str| body.contains(serial) && body.contains("<status>100<");
        let push = listed.into_iter().map(|l| l.push).find(|push| is_result(&push.body)).unwrap();
        let again = NewPush {
            account: push.id.account,
            destination: Destination::Callback,
            kind: push.kind,
            ordering_key: push.ordering_key,
            openid: push.openid,
            event: "cloud_invoice_invoiceresult_event",
            body: NewBody::Whole(push.body.to_string()),
            now_ms: push.committed_ms,
        };
        self.commit(Commit { pushes: vec![again], ..Commit::default() });
    }

    pub fn forget_pushes(&self) {
        let all =
            Forgettable { records: Vec::new(), pushes_before_ms: i64::MAX, jobs_before_ms: 0 };
        while self.runtime.block_on(self.store.purge(&all, 100)).unwrap() > 0 {}
    }

    pub fn change_job(&self, change: JobChange) {
        self.commit(Commit { jobs: vec![change], ..Commit::default() });
    }
}

/// How to break an invariant, and in which table and which words it is then seen.
pub type Break = (Invariant, fn(&Broken), &'static str, &'static str);
