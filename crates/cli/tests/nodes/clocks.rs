//! A node whose machine has the wrong time.

use kaipiao_app::maintenance;
use kaipiao_cli::compose;
use kaipiao_cli::settings::Settings;
use kaipiao_cli::store::OpenStore;
use kaipiao_domain::Timestamp;
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Freshness};
use kaipiao_wire::keys::Keys;
use std::sync::Arc;
use std::time::Duration;

const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// A machine's clock that is ten years ahead.
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.real_now()
    }

    fn real_now(&self) -> Timestamp {
        SystemClock::default().real_now() + 10 * YEAR
    }
}

fn key(kind: Kind, id: &str) -> Key {
    Key { kind, owner: "u".into(), id: id.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_years_ahead_purges_nothing_that_is_young() {
    let (database, data) =
        (kaipiao_testkit::postgres::Database::new().await, tempfile::tempdir().unwrap());
    let mut settings = Settings::load(None).unwrap();
    data.path().clone_into(&mut settings.data);
    settings.database.url = database.url();
    let store = OpenStore::open(&settings, None).await.unwrap();
    let now_ms = SystemClock::default().real_now().unix_millis();
    let year_ms = i64::try_from(YEAR.as_millis()).unwrap();
    let kinds = [Kind::Message, Kind::EndedSession, Kind::Order];
    for kind in kinds {
        for (id, unused_since_ms) in [("young", now_ms + 60_000), ("old", now_ms - 5 * year_ms)] {
            let index = Index { unused_since_ms: Some(unused_since_ms), ..Index::default() };
            let (expect, body) = (Expect::Absent, Some(Body::new("{}")));
            let save = Save { key: key(kind, id), expect, body, index };
            store.store.commit(Commit::of(vec![save])).await.unwrap();
        }
    }
    let (keys, address) = (Keys::derive(&[1; 32]), settings.listen);
    let (app, _) = compose::app(&settings, address, &store, Arc::new(Ahead), keys).unwrap();
    let is_there = async |kind, id| {
        store.store.read(&key(kind, id), Freshness::Fresh).await.unwrap().is_some()
    };
    let old_are_gone = async {
        for kind in kinds {
            while is_there(kind, "old").await {
                tokio::task::yield_now().await;
            }
        }
    };
    let stop = async {
        tokio::time::timeout(Duration::from_secs(30), old_are_gone).await.expect("it purges");
    };
    maintenance::run(&app, stop).await;
    for kind in kinds {
        assert!(is_there(kind, "young").await, "{kind:?}");
    }
    store.close().await;
}
