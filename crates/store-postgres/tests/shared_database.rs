//! What only nodes that share a database can break, and what happens when the database goes away.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod silence;
mod upgrade;

use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_ports::delivery::claims::{ClaimRequest, Claims, DueTurn, Queue, Reported, TurnKey};
use kaipiao_ports::delivery::outbox::{
    Destination, NewBody, NewPush, Next, Outbox, PushQuery, PushReport, StateFilter,
};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Freshness, Store};
use kaipiao_store_postgres::{Lost, OpenError, Options, PostgresStore};
use kaipiao_testkit::postgres::Database;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// Longer than any wait here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

async fn node(database: &Database, name: Option<&str>) -> Result<PostgresStore, OpenError> {
    let node = name.map(str::to_owned);
    PostgresStore::open(Options { node, connections: 8, ..Options::new(database.url()) }).await
}

/// Two nodes of a database, under the names that they are given.
async fn two_nodes(database: &Database) -> [Arc<PostgresStore>; 2] {
    let nodes = [node(database, None).await.unwrap(), node(database, None).await.unwrap()];
    assert_eq!(nodes.each_ref().map(PostgresStore::node), ["node-1", "node-2"]);
    nodes.map(Arc::new)
}

fn key(kind: Kind, id: &str) -> Key {
    Key { kind, owner: "wx1".into(), id: id.into() }
}

fn save(key: Key, expect: Expect, body: &str) -> Commit {
    let body = Some(Body::new(body));
    Commit::of(vec![Save { key, expect, body, index: Index::default() }])
}

fn push(ordering_key: &str, openid: &str) -> NewPush {
    NewPush {
        account: "wx1".into(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: ordering_key.into(),
        openid: openid.into(),
        event: "user_authorize_invoice",
        body: NewBody::Untimed { before: "<".into(), after: ">".into() },
        now_ms: 5000,
    }
}

async fn text(store: &dyn Store, key: &Key, freshness: Freshness) -> Option<String> {
    let found = store.read(key, freshness).await.unwrap();
    found.map(|stored| stored.body.text().to_owned())
}

/// Asks again until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < DEADLINE, "{what}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_changes_the_other_sees_within_two_seconds_and_at_once_if_it_asks() {
    let database = Database::new().await;
    let [one, two] = two_nodes(&database).await;
    let contact = key(Kind::Contact, "");
    for round in 0..3 {
        let body = format!("round {round}");
        one.commit(save(contact.clone(), Expect::Any, &body)).await.unwrap();
        let committed = Instant::now();
        assert_eq!(text(&*two, &contact, Freshness::Fresh).await.as_ref(), Some(&body));
        let mut removal = save(contact.clone(), Expect::Any, "");
        removal.saves[0].body = None;
        one.commit(removal).await.unwrap();
        until("the removal is seen", async || {
            text(&*two, &contact, Freshness::Cached).await.is_none()
        })
        .await;
        assert!(committed.elapsed() < Duration::from_secs(2), "{:?}", committed.elapsed());
    }
    // Without the hint the look of each second finds it.
    database
        .execute(
            "UPDATE contacts SET body = 'by hand', gone_ms = NULL, version = version + 1000000",
        )
        .await;
    until("the look finds it", async || {
        text(&*two, &contact, Freshness::Cached).await.as_deref() == Some("by hand")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_decided_on_an_old_value_finds_the_new_one_when_told_of_the_conflict() {
    let database = Database::new().await;
    let [one, two] = two_nodes(&database).await;
    let contact = key(Kind::Contact, "");
    one.commit(save(contact.clone(), Expect::Absent, "one")).await.unwrap();
    for n in 0..20 {
        let (from, to) = if n % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let version = from.read(&contact, Freshness::Fresh).await.unwrap().unwrap().version;
        from.commit(save(contact.clone(), Expect::Version(version), &n.to_string())).await.unwrap();
        let stale = save(contact.clone(), Expect::Version(version), "stale");
        assert_eq!(to.commit(stale).await, Err(CommitError::Conflict(contact.clone())));
        assert_eq!(text(&**to, &contact, Freshness::Cached).await, Some(n.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_has_one_process_until_it_is_given_back_or_lapses() {
    let database = Database::new().await;
    let first = node(&database, Some("a")).await.unwrap();
    assert!(
        matches!(node(&database, Some("a")).await, Err(OpenError::NodeInUse(name)) if name == "a")
    );
    first.close().await;
    let second = node(&database, Some("a")).await.unwrap();
    database.execute("UPDATE nodes SET expires_at = clock_timestamp()").await;
    let third = node(&database, Some("a")).await.unwrap();
    let lost = tokio::time::timeout(DEADLINE, second.node_lost()).await;
    assert_eq!(lost.expect("the second learns of it"), Lost::Name);
    assert_eq!(third.node(), "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_make_events_of_one_user_at_once_share_no_create_time() {
    const EACH: usize = 100;
    let database = Database::new().await;
    let nodes = two_nodes(&database).await;
    let makers = nodes.iter().enumerate().flat_map(|(node, store)| {
        (0..4).map(move |maker| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                for n in 0..EACH / 4 {
                    let new = push(&format!("{node}-{maker}-{n}"), "user");
                    let commit = Commit { pushes: vec![new], ..Commit::default() };
                    store.commit(commit).await.unwrap();
                }
            })
        })
    });
    for maker in makers.collect::<Vec<_>>() {
        maker.await.unwrap();
    }
    let all = nodes[0].pushes(&PushQuery { limit: 1000, ..PushQuery::default() }).await.unwrap();
    let times: HashSet<_> = all.iter().map(|listed| listed.push.create_time_s).collect();
    assert_eq!((all.len(), times.len()), (2 * EACH, 2 * EACH));
    assert!(times.iter().all(|time| (5..5 + 2 * 100).contains(time)), "{times:?}");
}

/// Both nodes add pushes of a few ordering keys while both send: each push is sent once, none before one of its key whose
/// commit had been acknowledged when its own was asked for, and none is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_add_and_send_pushes_of_one_order_leave_none_waiting() {
    const PUSHES: usize = 300;
    let database = Database::new().await;
    let nodes = two_nodes(&database).await;
    let sent: Arc<tokio::sync::Mutex<Vec<(String, String)>>> = Arc::default();
    let completed = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for (place, store) in nodes.iter().enumerate() {
        let adding = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            for n in 0..PUSHES / 2 {
                let new = push(&(n % 3).to_string(), &format!("{place}-{n}"));
                let commit = Commit { pushes: vec![new], ..Commit::default() };
                adding.commit(commit).await.unwrap();
            }
        }));
        let (store, sent, completed) =
            (Arc::clone(store), Arc::clone(&sent), Arc::clone(&completed));
        tasks.push(tokio::spawn(async move {
            while completed.load(Ordering::SeqCst) < PUSHES {
                for DueTurn { turn, .. } in
                    store.due_turns(Queue::Push, 10_000, None, 10).await.unwrap()
                {
                    send(&store, &turn, &sent, &completed).await;
                }
            }
        }));
    }
    for task in tasks {
        tokio::time::timeout(DEADLINE, task).await.expect("all are sent").unwrap();
    }
    let sent = sent.lock().await;
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), PUSHES, "each once");
    for place in 0..nodes.len() {
        for key in ["0", "1", "2"] {
            // A node adds one after the other.
            let begin = format!("{place}-");
            let of_node = sent.iter().filter(|(of, _)| of == key);
            let added = of_node.filter_map(|(_, user)| user.strip_prefix(&begin)?.parse().ok());
            let added: Vec<usize> = added.collect();
            assert_eq!(added.len(), PUSHES / 6);
            assert!(added.is_sorted(), "node {place}, key {key}: {added:?}");
        }
    }
    let open = PushQuery { state: Some(StateFilter::Open), limit: 10, ..PushQuery::default() };
    assert_eq!(nodes[0].pushes(&open).await.unwrap(), []);
}

async fn send(
    store: &PostgresStore,
    turn: &TurnKey,
    sent: &tokio::sync::Mutex<Vec<(String, String)>>,
    completed: &AtomicUsize,
) {
    let request = ClaimRequest {
        turn,
        due_by_ms: 10_000,
        lapses_in: DEADLINE,
        limit: 2,
        holder: store.node(),
    };
    for claim in store.claim_pushes(&request).await.unwrap().claims {
        let (key, user) = (claim.work.ordering_key.clone(), claim.work.openid.clone());
        sent.lock().await.push((key, user));
        let next = Next::Complete { outcome: Outcome::Delivered, now_ms: 9000 };
        let report = PushReport { token: claim.token, attempt: None, next };
        assert!(matches!(store.complete_push(report).await, Ok(Reported::Counted { .. })));
        completed.fetch_add(1, Ordering::SeqCst);
    }
}

/// The report that completes an ordering key's ready push, and a new push of the key, in one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_comes_beside_the_report_of_the_one_before_it_is_not_left_waiting() {
    let turn = TurnKey { account: "wx1".into(), origin: String::new() };
    let of_key = |n: usize| Commit { pushes: vec![push("a", &n.to_string())], ..Commit::default() };
    for round in 0..8 {
        let database = Database::new().await;
        let options = Options { connections: 4, writers: 1, ..Options::new(database.url()) };
        let store = PostgresStore::open(options).await.unwrap();
        store.commit(of_key(0)).await.unwrap();
        let request = ClaimRequest {
            turn: &turn,
            due_by_ms: 10_000,
            lapses_in: DEADLINE,
            limit: 1,
            holder: store.node(),
        };
        // What was prepared on the connection before, and what was not, decides what is sent when.
        if round % 2 == 1 {
            let claim = store.claim_pushes(&request).await.unwrap().claims.remove(0);
            let next = Next::Retry { due_ms: 0 };
            let retry = PushReport { token: claim.token, attempt: None, next };
            store.complete_push(retry).await.unwrap();
        }
        let claim = store.claim_pushes(&request).await.unwrap().claims.remove(0);
        let next = Next::Complete { outcome: Outcome::Delivered, now_ms: 9000 };
        let report = PushReport { token: claim.token, attempt: None, next };
        let block = save(key(Kind::Order, &round.to_string()), Expect::Absent, "x");
        let (_, reported, committed) =
            tokio::join!(store.commit(block), store.complete_push(report), store.commit(of_key(1)));
        assert!(matches!(reported, Ok(Reported::Counted { .. })) && committed.is_ok());
        let left = store.claim_pushes(&request).await.unwrap().claims;
        assert_eq!(left.len(), 1, "the second push is ready in round {round}");
    }
}

/// A change that was made while the database's clock was an hour behind what it had given out before.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_hides_no_change_from_other_nodes() {
    let database = Database::new().await;
    let store = node(&database, None).await.unwrap();
    let owned = |owner: &str| Key { kind: Kind::Contact, owner: owner.into(), id: String::new() };
    let insert = |owner: &str, version: &str| {
        format!("INSERT INTO contacts VALUES (0, '{owner}', '', {version}, 'y', NULL)")
    };
    let now = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    for (owner, version) in [("ahead", format!("{now} + 3600000000")), ("behind", now.to_owned())] {
        database.execute(&insert(owner, &version)).await;
        until(owner, async || text(&store, &owned(owner), Freshness::Cached).await.is_some()).await;
    }
}

/// Backends are terminated under load, again and again: whoever was told Ok finds it, whoever was not is told that
/// the store was away, and all goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lost_connection_loses_nothing_that_was_acknowledged() {
    let database = Database::new().await;
    let store = Arc::new(node(&database, None).await.unwrap());
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..16)
        .map(|client| {
            let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
            tokio::spawn(async move {
                let (mut acknowledged, mut away) = (Vec::new(), 0);
                for n in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let id = format!("{client}-{n}");
                    let mut commit = save(key(Kind::Order, &id), Expect::Absent, "x");
                    commit.pushes = vec![push(&id, &id)];
                    match store.commit(commit).await {
                        Ok(_) => acknowledged.push(id),
                        Err(CommitError::Store(StoreError::Away(_))) => away += 1,
                        Err(other) => panic!("{other}"),
                    }
                }
                (acknowledged, away)
            })
        })
        .collect();
    for _ in 0..10 {
        database
            .execute(
                "SELECT pg_sleep(0.1); SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
    }
    is_over.store(true, Ordering::SeqCst);
    let (mut all, mut away) = (0, 0);
    for client in clients {
        let (acknowledged, in_vain) = client.await.unwrap();
        for id in &acknowledged {
            let order = key(Kind::Order, id);
            until("the store is back", async || store.read(&order, Freshness::Fresh).await.is_ok())
                .await;
            assert_eq!(text(&*store, &order, Freshness::Fresh).await.as_deref(), Some("x"));
        }
        all += acknowledged.len();
        away += in_vain;
    }
    assert!(all >= 100 && away > 0, "{all} acknowledged, {away} away");
    // An order and its push are one commit.
    let query = PushQuery { limit: 100_000, ..PushQuery::default() };
    for listed in store.pushes(&query).await.unwrap() {
        let order = key(Kind::Order, &listed.push.ordering_key);
        assert!(store.read(&order, Freshness::Fresh).await.unwrap().is_some(), "{listed:?}");
    }
    until("other nodes' changes are seen again", async || {
        database
            .execute(
                "INSERT INTO contacts VALUES (0, 'x', '', 1, 'y', NULL) ON CONFLICT DO NOTHING",
            )
            .await;
        let contact = Key { kind: Kind::Contact, owner: "x".into(), id: String::new() };
        store.read(&contact, Freshness::Cached).await.unwrap().is_some()
    })
    .await;
}

/// A server that has become read-only, as a replica is, or a disk that is full: said until something was written again.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_commit_says_whether_others_would_be_taken() {
    let database = Database::new().await;
    let store = node(&database, None).await.unwrap();
    let (look, real) = (Commit::default, || save(key(Kind::Contact, ""), Expect::Any, "x"));
    assert!(store.commit(look()).await.is_ok());
    let refuse = "CREATE FUNCTION filled() RETURNS trigger LANGUAGE plpgsql AS \
                  $$ BEGIN RAISE disk_full; END $$; \
                  CREATE TRIGGER filled BEFORE INSERT OR UPDATE ON contacts EXECUTE FUNCTION filled()";
    database.execute(refuse).await;
    let is_away = |outcome| matches!(outcome, Err(CommitError::Store(StoreError::Away(_))));
    assert!(is_away(store.commit(real()).await.map(|_| ())));
    assert!(is_away(store.commit(look()).await.map(|_| ())), "nothing was written since");
    database.execute("DROP TRIGGER filled ON contacts").await;
    until("the lease's renewal is written", async || store.commit(look()).await.is_ok()).await;
    store.commit(real()).await.unwrap();
}

/// A table that somebody holds makes requests wait; what is beyond the queue is told so at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_connection_is_left_for_is_shed() {
    let database = Database::new().await;
    let options = Options { connections: 4, queue_capacity: 8, ..Options::new(database.url()) };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let holds = database.execute("BEGIN; LOCK TABLE contacts, orders; SELECT pg_sleep(3); COMMIT");
    let asks = async {
        let is_held =
            "SELECT 1 / count(*) FROM pg_locks WHERE relation = 'orders'::regclass AND granted";
        until("the table is held", async || database.try_execute(is_held).await.is_ok()).await;
        let tasks = (0..100).map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let started = Instant::now();
                let order = key(Kind::Order, &n.to_string());
                let contact = key(Kind::Contact, "");
                let read = async |key| store.read(&key, Freshness::Fresh).await.map(|_| ());
                let outcome = match n % 3 {
                    0 => store.commit(save(order, Expect::Absent, "x")).await.map(|_| ()),
                    1 => read(order).await.map_err(Into::into),
                    _ => read(contact).await.map_err(Into::into),
                };
                (outcome, started.elapsed())
            })
        });
        let (mut served, mut shed) = (0, 0);
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                (Ok(()), _) => served += 1,
                (Err(CommitError::Store(StoreError::Overloaded)), took) => {
                    assert!(took < Duration::from_secs(2), "{took:?}");
                    shed += 1;
                }
                (Err(other), _) => panic!("{other}"),
            }
        }
        assert!(served >= 8 && shed >= 40, "{served} served, {shed} shed");
    };
    tokio::join!(holds, asks);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_the_engine_has_no_place_for_is_refused_and_its_neighbours_are_not() {
    let database = Database::new().await;
    let store = Arc::new(node(&database, None).await.unwrap());
    let tasks = (0..50).map(|n| {
        let store = Arc::clone(&store);
        let id = if n % 10 == 0 { format!("{n}\0") } else { n.to_string() };
        tokio::spawn(async move {
            let commit = save(key(Kind::Order, &id), Expect::Absent, "x");
            (n, store.commit(commit).await)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            (n, Err(CommitError::Store(StoreError::Refused(_)))) => assert_eq!(n % 10, 0),
            (n, outcome) => assert!(outcome.is_ok() && n % 10 != 0, "{n}: {outcome:?}"),
        }
    }
}

/// A panic between the statements and COMMIT costs its own group, and leaves no half of it on a connection that others
/// get.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_panics_leaves_nothing_behind() {
    let database = Database::new().await;
    let before_commit: kaipiao_store_postgres::CommitHook =
        Arc::new(|group| assert!(group % 2 == 0, "this group panics"));
    let options = Options { before_commit: Some(before_commit), ..Options::new(database.url()) };
    let store = PostgresStore::open(options).await.unwrap();
    for n in 1..=20 {
        let order = key(Kind::Order, &n.to_string());
        let outcome = store.commit(save(order.clone(), Expect::Absent, "x")).await;
        assert_eq!(outcome.is_ok(), n % 2 == 0, "{n}: {outcome:?}");
        let found = store.read(&order, Freshness::Fresh).await.unwrap();
        assert_eq!(found.is_some(), n % 2 == 0, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_program_or_of_somebody_else_is_refused() {
    let database = Database::new().await;
    database.execute("CREATE TABLE theirs ()").await;
    assert!(matches!(node(&database, None).await, Err(OpenError::Foreign)));
    database.execute("DROP TABLE theirs").await;
    node(&database, None).await.unwrap();
    let add = "INSERT INTO schema_migrations SELECT max(number) + 1, '', 1 FROM schema_migrations";
    database.execute(add).await;
    node(&database, None).await.expect("a migration that this program can live with");
    let newest = "(SELECT max(number) FROM schema_migrations)";
    let lift =
        format!("UPDATE schema_migrations SET oldest_program = number WHERE number = {newest}");
    database.execute(&lift).await;
    let refused = node(&database, None).await;
    assert!(matches!(refused, Err(OpenError::TooNew { found, known }) if found == known + 1));
}

/// A fail-over to a standby that lags: rows are older than what nodes have seen, or not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_failover_that_lost_commits_nodes_know_what_the_database_has() {
    let database = Database::new().await;
    let [node, other] = two_nodes(&database).await;
    let (old, lost) = (key(Kind::Contact, "old"), key(Kind::Contact, "lost"));
    for key in [&old, &lost] {
        node.commit(save(key.clone(), Expect::Any, "seen")).await.unwrap();
    }
    let body =
        async |node: &Arc<PostgresStore>, key: &Key| text(&**node, key, Freshness::Cached).await;
    until("the other sees them", async || {
        body(&other, &old).await.is_some() && body(&other, &lost).await.is_some()
    })
    .await;
    database.execute("UPDATE contacts SET version = 1, body = 'kept' WHERE id = 'old'").await;
    database.execute("DELETE FROM contacts WHERE id = 'lost'").await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.execute(end).await;
    for node in [&node, &other] {
        until("it knows what is there", async || {
            body(node, &old).await.as_deref() == Some("kept") && body(node, &lost).await.is_none()
        })
        .await;
    }
    node.commit(save(old.clone(), Expect::Version(1), "next")).await.unwrap();
    node.commit(save(lost.clone(), Expect::Absent, "again")).await.unwrap();
}

/// A database that stands still holds up nobody for longer than the changes before them and their own wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_none_waits_for_all_before_it_where_the_database_stands_still() {
    let database = Database::new().await;
    let store = Arc::new(node(&database, None).await.unwrap());
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let started = Instant::now();
    let asked = (0..400).map(|n| {
        let store = Arc::clone(&store);
        let order = key(Kind::Order, &n.to_string());
        tokio::spawn(async move { store.commit(save(order, Expect::Absent, "x")).await })
    });
    let answers = futures_util::future::join_all(asked.collect::<Vec<_>>()).await;
    let took = started.elapsed();
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().is_err()));
    assert!(took < Duration::from_secs(35), "the last of them waited for {took:?}");
    client.batch_execute("ROLLBACK").await.unwrap();
    drop(client);
    let _ = connection.await;
    store.commit(save(key(Kind::Order, "later"), Expect::Absent, "x")).await.unwrap();
}

/// Requests that hold every connection for longer than a lease lasts cost the node nothing but their own time, and a
/// lost connection only until it is made anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_keeps_its_name_while_requests_hold_all_connections() {
    const CONNECTIONS: usize = 4;
    let database = Database::new().await;
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let url = format!("{} options='-c statement_timeout=0'", database.url());
    let options = Options { connections: CONNECTIONS, ..Options::new(url) };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    client.batch_execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let readers = (0..CONNECTIONS).map(|n| {
        let (store, order) = (Arc::clone(&store), key(Kind::Order, &n.to_string()));
        tokio::spawn(async move { store.read(&order, Freshness::Fresh).await })
    });
    let readers: Vec<_> = readers.collect();
    let sleep = "SELECT pg_sleep_until(expires_at + interval '1 second') FROM nodes";
    client.batch_execute(sleep).await.unwrap();
    let wait = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(database.number(wait).await, 4, "all connections are held");
    let held = "SELECT count(*) FROM nodes WHERE expires_at > clock_timestamp()";
    assert_eq!(database.number(held).await, 1, "the lease was renewed beside them");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'kaipiao'";
    database.execute(end).await;
    let expires = "SELECT (extract(epoch FROM expires_at) * 1000)::bigint FROM nodes";
    let before = database.number(expires).await;
    until("it is renewed on a new connection", async || database.number(expires).await > before)
        .await;
    client.batch_execute("ROLLBACK").await.unwrap();
    drop(client);
    let _ = connection.await;
    futures_util::future::join_all(readers).await;
}

/// Claims go on, and the name is given back, while requests hold every connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_nodes_claims_are_renewed_and_its_name_given_back_while_requests_hold_all_connections() {
    const CONNECTIONS: usize = 4;
    const LAPSE: Duration = Duration::from_secs(5);
    let database = Database::new().await;
    let url = format!("{} options='-c statement_timeout=0'", database.url());
    let options = Options { connections: CONNECTIONS, ..Options::new(url) };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let other = node(&database, None).await.unwrap();
    store.commit(Commit { pushes: vec![push("k", "o")], ..Commit::default() }).await.unwrap();
    let turn = TurnKey { account: "wx1".into(), origin: String::new() };
    let request = |lapses_in, holder| ClaimRequest {
        turn: &turn,
        due_by_ms: 10_000,
        lapses_in,
        limit: 9,
        holder,
    };
    let claimed = store.claim_pushes(&request(LAPSE, "node-1")).await.unwrap().claims;
    let tokens = [claimed[0].token];
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let readers = (0..CONNECTIONS).map(|n| {
        let (store, order) = (Arc::clone(&store), key(Kind::Order, &n.to_string()));
        tokio::spawn(async move { store.read(&order, Freshness::Fresh).await })
    });
    let readers: Vec<_> = readers.collect();
    let wait = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("all connections are held", async || database.number(wait).await == 4).await;
    let started = Instant::now();
    while started.elapsed() < 2 * LAPSE {
        assert_eq!(store.renew(&tokens, LAPSE).await.unwrap(), []);
        let others = other.claim_pushes(&request(LAPSE, "node-2")).await.unwrap().claims;
        assert_eq!(others, [], "after {:?}", started.elapsed());
    }
    let started = Instant::now();
    store.close().await;
    let took = started.elapsed();
    assert!(took < LAPSE, "it has waited for no connection: {took:?}");
    let is_free =
        "SELECT count(*) FROM nodes WHERE name = 'node-1' AND expires_at <= clock_timestamp()";
    assert_eq!(database.number(is_free).await, 1);
    let next = node(&database, Some("node-1")).await.unwrap();
    client.batch_execute("ROLLBACK").await.unwrap();
    drop((client, next));
    let _ = connection.await;
    futures_util::future::join_all(readers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_finds_the_server_that_can_be_written_to_and_writes_nothing() {
    let database = Database::new().await;
    let nodes = node(&database, None).await.unwrap();
    nodes.commit(save(key(Kind::Contact, ""), Expect::Any, "x")).await.unwrap();
    let url = format!("{} target_session_attrs=read-write", database.url());
    let reader = PostgresStore::open_read_only(Options::new(url)).await.unwrap().unwrap();
    let found = reader.read(&key(Kind::Contact, ""), Freshness::Fresh).await.unwrap();
    assert!(found.is_some());
    let written = reader.commit(save(key(Kind::Contact, ""), Expect::Any, "y")).await;
    assert!(written.is_err(), "{written:?}");
}

/// The database's clock was set back: a dead node's lease lies in the future, and is waited for no longer than another.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_whose_lease_lies_in_the_future_is_free_when_nobody_renews_it() {
    let database = Database::new().await;
    let dead = "INSERT INTO nodes VALUES ('till', 1000, now() + interval '1 hour')";
    drop(node(&database, None).await.unwrap());
    database.execute(dead).await;
    let started = Instant::now();
    let taken = node(&database, Some("till")).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    assert_eq!(taken.node(), "till");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_the_same_time_migrate_once() {
    let database = Database::new().await;
    let opened = futures_util::future::join_all((0..6).map(|_| node(&database, None))).await;
    let stores: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
    let names: HashSet<_> = stores.iter().map(PostgresStore::node).collect();
    assert_eq!(names.len(), stores.len());
}
