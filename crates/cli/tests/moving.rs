//! `kaipiao move`: a store with everything in it says the same on PostgreSQL as it did on SQLite.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_cli::moving::{self, MoveError};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::NumberRange;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::platform::pdf::{MediaId, PlatformPdf};
use kaipiao_domain::platform::upload_tally::{TallyPart, UploadTally};
use kaipiao_issuer::{DrawError, Numbers};
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_ports::delivery::claims::{ClaimRequest, Queue, TurnKey};
use kaipiao_ports::delivery::jobs::{JobChange, JobFailure, JobId, JobQuery, JobState};
use kaipiao_ports::delivery::outbox::{
    Attempt, Destination, ListedPush, NewBody, NewPush, Next, PushId, PushQuery, PushReport,
};
use kaipiao_ports::platform::blobs::Blobs;
use kaipiao_ports::record::{Body, Expect, Field, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, ListBy, Page, PageOrder, Store};
use kaipiao_records::invoicing::invoice_number::NumberOwner;
use kaipiao_records::invoicing::number_range::number_range_key;
use kaipiao_records::platform::pdf::platform_pdf_key;
use kaipiao_records::platform::upload_tally::upload_tally_key;
use kaipiao_records::record;
use kaipiao_store_postgres::{Import, OpenError, Options, PostgresStore};
use kaipiao_store_sqlite::{Export, MOVED_NAME, SqliteStore};
use kaipiao_testkit::postgres::Database;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn open(directory: &Path) -> SqliteStore {
    SqliteStore::open(directory, kaipiao_store_sqlite::Options::default()).unwrap()
}

/// Pushes that a filled store has.
const PUSHES: usize = 24;

/// Records of every kind, pushes of every kind in every state, a failed job and one that is due.
async fn fill(store: &dyn Store) {
    for kind in Kind::ALL {
        for n in 0..25_i64 {
            let key = Key { kind, owner: format!("wx{}", n % 3), id: format!("中{n}") };
            let fields = kind.fields().iter().map(|field| (*field, format!("{}", n % 2))).collect();
            let unused_since_ms = (kind.can_expire() && n % 5 == 0).then_some(n);
            let index = Index { time_ms: n * 10, unused_since_ms, fields };
            let body = Some(Body::new(format!("{{\"n\":{n}}}")));
            let save = Save { key, expect: Expect::Absent, body, index };
            store.commit(Commit::of(vec![save])).await.unwrap();
        }
    }
    for n in 0..12 {
        let pushes = vec![event(n), notice(n)];
        store.commit(Commit { pushes, ..Commit::default() }).await.unwrap();
    }
    let turn =
        |account: &str, origin: &str| TurnKey { account: account.into(), origin: origin.into() };
    let (events, notices) = (turn("wx1", ""), turn("19", "https://a.example"));
    let request = ClaimRequest {
        turn: &events,
        due_by_ms: 10_000,
        lapses_in: Duration::from_secs(60),
        limit: 2,
        holder: "main",
    };
    let complete = |outcome| Next::Complete { outcome, now_ms: 7000 };
    let rounds =
        [Next::Retry { due_ms: 0 }, complete(Outcome::GaveUp), complete(Outcome::Delivered)];
    for (turn, next) in
        [&events, &notices].into_iter().flat_map(|turn| rounds.map(|next| (turn, next)))
    {
        for claim in store.claim_pushes(&ClaimRequest { turn, ..request }).await.unwrap().claims {
            let attempt = Attempt {
                started_ms: 1,
                took_ms: 2,
                status: Some(500),
                problem: "坏\0".into(),
                excerpt: "x".into(),
            };
            let report = PushReport { token: claim.token, attempt: Some(attempt), next };
            store.complete_push(report).await.unwrap();
        }
    }
    let job = |name: &str| JobChange::Due {
        id: JobId { queue: Queue::Issue, account: "wx1".into(), name: name.into() },
        due_ms: 5,
    };
    let jobs = vec![job("poison"), job("due")];
    store.commit(Commit { jobs, ..Commit::default() }).await.unwrap();
    let claim =
        store.claim_jobs(Queue::Issue, &ClaimRequest { limit: 1, ..request }).await.unwrap();
    let token = claim.claims[0].token;
    let next = JobState::Failed { at_ms: 9 };
    store.fail_job(JobFailure { token, error: "no".into(), next }).await.unwrap();
}

fn event(n: i64) -> NewPush {
    NewPush {
        account: "wx1".into(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: (n % 5).to_string(),
        openid: "o".into(),
        event: "user_authorize_invoice",
        body: NewBody::Untimed { before: format!("<{n} "), after: ">".into() },
        now_ms: 5000 + n,
    }
}

fn notice(n: i64) -> NewPush {
    NewPush {
        account: "19".into(),
        destination: Destination::Fixed {
            url: format!("https://a.example/{n}"),
            origin: "https://a.example".into(),
        },
        kind: PushKind::PaymentNotice,
        ordering_key: format!("payment/{}", n % 5),
        event: "payment_notice",
        body: NewBody::Whole(format!("<{n}>")),
        ..event(n)
    }
}

async fn all_pushes(store: &dyn Store) -> Vec<ListedPush> {
    let all = PushQuery { limit: 1000, ..PushQuery::default() };
    let mut found = store.pushes(&all).await.unwrap();
    for listed in &mut found {
        forget_what_may_differ(listed);
        if let Some(first) = &mut listed.waits_behind {
            forget_what_may_differ(first);
        }
    }
    found
}

/// Numbers, and a zero byte that PostgreSQL has no text for.
fn forget_what_may_differ(listed: &mut ListedPush) {
    listed.push.id = PushId { number: 0, ..listed.push.id.clone() };
    for attempt in &mut listed.attempts {
        attempt.problem = attempt.problem.replace('\0', "\u{fffd}");
    }
}

async fn assert_same(one: &dyn Store, other: &dyn Store) {
    for kind in Kind::ALL {
        let mut listings = vec![ListBy::Key { owner: None }];
        if kind.has_time() {
            listings.push(ListBy::Time { owner: "wx1".into(), from_ms: 0, to_ms: 1000 });
        }
        listings.extend(kind.fields().iter().map(|field: &Field| ListBy::Field {
            owner: "wx1".into(),
            field: *field,
            value: "1".into(),
            within_ms: None,
        }));
        for by in listings {
            let page = Page { kind, by, after: None, order: PageOrder::Descending, limit: 100 };
            let found = one.list(&page).await.unwrap();
            assert!(!found.is_empty(), "{page:?}");
            assert_eq!(found, other.list(&page).await.unwrap(), "{page:?}");
        }
    }
    let pushes = all_pushes(one).await;
    assert_eq!(pushes.len(), PUSHES);
    assert_eq!(pushes, all_pushes(other).await);
    let all = JobQuery { limit: 100, ..JobQuery::default() };
    let jobs = [one.jobs(&all).await.unwrap(), other.jobs(&all).await.unwrap()];
    let jobs = jobs.map(|jobs| {
        jobs.into_iter()
            .map(|job| (job.id, job.state, job.attempts, job.last_error))
            .collect::<Vec<_>>()
    });
    assert_eq!(jobs[0].len(), 2);
    assert_eq!(jobs[0], jobs[1]);
    let [turns, others] = [
        one.due_turns(Queue::Push, i64::MAX, None, 10),
        other.due_turns(Queue::Push, i64::MAX, None, 10),
    ];
    assert_eq!(turns.await.unwrap(), others.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_store_says_the_same_and_goes_on_from_there() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::new().await;
    let store = open(directory.path());
    fill(&store).await;
    while store.index(1000).await.unwrap() > 0 {}
    let is_open = moving::run(directory.path(), &database.url(), |_, _| {}).await;
    assert!(matches!(is_open, Err(MoveError::Source(_))), "a server runs on it: {is_open:?}");
    drop(store);

    let (url, mut seen) = (database.url(), Vec::new());
    let moved = moving::run(directory.path(), &url, |moved, all| seen.push((moved, all)));
    let moved = moved.await.unwrap();
    assert_eq!(moved, Kind::ALL.len() * 25 + PUSHES + 2);
    assert_eq!((seen.first(), seen.last()), (Some(&(0, moved)), Some(&(moved, moved))));
    let refused = SqliteStore::open(directory.path(), kaipiao_store_sqlite::Options::default());
    let refused = refused.err().expect("nobody goes on with a store that has moved").to_string();
    let words = ["was moved", "--database-url", "run kaipiao move again"];
    assert!(words.iter().all(|words| refused.contains(words)), "{refused}");
    std::fs::remove_file(directory.path().join(MOVED_NAME)).unwrap();
    let (old, new) =
        (open(directory.path()), PostgresStore::open(Options::new(database.url())).await.unwrap());
    assert_same(&old, &new).await;
    new.close().await;

    let again = moving::run(directory.path(), &database.url(), |_, _| {}).await;
    assert!(matches!(again, Err(MoveError::Source(_))), "{again:?}");
    drop(old);
    let again = moving::run(directory.path(), &database.url(), |_, _| {}).await;
    assert!(matches!(again, Err(MoveError::Target(OpenError::NotEmpty(_)))), "{again:?}");

    // What is saved from here on is newer than everything that was moved.
    let key = Key { kind: Kind::Order, owner: "wx1".into(), id: "中1".into() };
    let fresh = kaipiao_ports::store::Freshness::Fresh;
    let before = new.read(&key, fresh).await.unwrap().unwrap();
    let (expect, body) = (Expect::Version(before.version), Some(Body::new("{}")));
    let save = Save { key: key.clone(), expect, body, index: Index::default() };
    new.commit(Commit::of(vec![save])).await.unwrap();
    assert!(new.read(&key, fresh).await.unwrap().unwrap().version > before.version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_cut_off_leaves_the_database_empty_and_a_node_at_work_refuses_it() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::new().await;
    fill(&open(directory.path())).await;
    let (source, url) = (directory.path().to_owned(), database.url());
    let cut = tokio::spawn(async move {
        let stop = |moved, _| assert!(moved < 200, "the move is cut off here");
        moving::run(&source, &url, stop).await.map(|_| ())
    });
    assert!(cut.await.unwrap_err().is_panic());
    let store = PostgresStore::open(Options::new(database.url())).await.unwrap();
    let page = Page::by_key(Kind::Account, None, 10);
    assert_eq!(store.list(&page).await.unwrap(), []);
    let refused = moving::run(directory.path(), &database.url(), |_, _| {}).await;
    assert!(matches!(refused, Err(MoveError::Target(OpenError::NodeInUse(_)))), "{refused:?}");
    store.close().await;
    moving::run(directory.path(), &database.url(), |_, _| {}).await.unwrap();
}

/// The old store is closed, and the database has nothing: what a move leaves that is cut off before its COMMIT.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_cut_off_at_its_very_end_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::new().await;
    fill(&open(directory.path())).await;
    let cut = Import::begin(&database.url()).await.unwrap();
    Export::open(directory.path()).unwrap().close().unwrap();
    drop(cut);
    let again = moving::run(directory.path(), &database.url(), |_, _| {}).await;
    assert_eq!(again.unwrap(), Kind::ALL.len() * 25 + PUSHES + 2);
    let again = moving::run(directory.path(), &database.url(), |_, _| {}).await;
    assert!(matches!(again, Err(MoveError::Target(OpenError::NotEmpty(_)))), "{again:?}");
}

/// What a node left of a block goes on after a move: "main" is no node's name there.
#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_that_a_moved_store_had_taken_are_used_up_by_the_nodes() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::new().await;
    let merchant = AppId::parse("wx6b61697069616f31").unwrap();
    let code = "044032411111";
    let range = NumberRange::new(merchant.clone(), Face::Classic, code, 1, 12).unwrap();
    let draw = async |store: &Arc<dyn Store>, numbers: &Numbers| {
        let number = numbers.draw(&merchant, Face::Classic, 2026).await?;
        let place = number.place().1;
        let owner = NumberOwner { number, serial: Serial::parse("s").unwrap() };
        let save = record::save(owner.key(&merchant), Expect::Absent, &owner);
        store.commit(Commit::of(vec![save])).await.unwrap();
        Ok::<u64, DrawError>(place)
    };
    let old: Arc<dyn Store> = Arc::new(open(directory.path()));
    let save = record::save(number_range_key(&range), Expect::Absent, &range);
    old.commit(Commit::of(vec![save])).await.unwrap();
    let numbers = Numbers::new(Arc::clone(&old), "main", 10);
    assert_eq!(draw(&old, &numbers).await, Ok(1));
    drop((old, numbers));
    moving::run(directory.path(), &database.url(), |_, _| {}).await.unwrap();

    let nodes = [(); 2].map(|()| Options::new(database.url()));
    let [one, two] = nodes.map(PostgresStore::open);
    let (one, two) = (Arc::new(one.await.unwrap()), Arc::new(two.await.unwrap()));
    let node = |store: &Arc<PostgresStore>| {
        let shared = Arc::clone(store) as Arc<dyn Store>;
        (Arc::clone(&shared), Numbers::new(shared, store.node(), 10))
    };
    let ((first, firsts), (second, seconds)) = (node(&one), node(&two));
    assert_eq!(draw(&first, &firsts).await, Ok(2), "it goes on in the block of main");
    assert_eq!(draw(&second, &seconds).await, Ok(11), "a block has one holder");
    for place in (3..=10).chain([12]) {
        let (store, numbers) = if place == 12 { (&second, &seconds) } else { (&first, &firsts) };
        assert_eq!(draw(store, numbers).await, Ok(place));
    }
    assert_eq!(draw(&first, &firsts).await, Err(DrawError::UsedUp("classic")));
    one.close().await;
    // A node that has just ended may come back.
    let held = two.gone_for_good(&["node-1".into(), "node-2".into(), "main".into()]).await;
    assert_eq!(held.unwrap(), ["main"]);
    database
        .execute("UPDATE nodes SET expires_at = now() - interval '8 days' WHERE name = 'node-1'")
        .await;
    assert_eq!(two.gone_for_good(&["node-1".into()]).await.unwrap(), ["node-1"]);
    two.close().await;
}

/// The command as it is typed, and what it makes of a store with one record that has no rules.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_command_moves_a_store_and_checks_it() {
    let data = tempfile::tempdir().unwrap();
    let key = Key { kind: Kind::Server, owner: String::new(), id: "fact".into() };
    let (body, index) = (Some(Body::new("{}")), Index::default());
    let save = Save { key, expect: Expect::Absent, body, index };
    open(data.path()).commit(Commit::of(vec![save])).await.unwrap();
    let database = Database::new().await;
    let kaipiao = |url: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kaipiao"));
        command.arg("move").arg("--data").arg(data.path()).env_remove("KAIPIAO_DATABASE_URL");
        let output = command.args(url.map(|url| ["--database-url", url]).into_iter().flatten());
        let output = output.output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.success(), said.concat())
    };
    let (is_well, said) = kaipiao(None);
    assert!(!is_well && said.contains("--database-url"), "{said}");
    let (is_well, said) = kaipiao(Some(&database.url()));
    assert!(is_well && said.contains("moved 1 records") && said.contains("hold"), "{said}");
    let (is_well, said) = kaipiao(Some(&database.url()));
    assert!(!is_well, "the database is not empty any more: {said}");
    for command in ["serve", "doctor"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kaipiao"))
            .args([command, "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .env_remove("KAIPIAO_DATABASE_URL")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        assert_eq!(output.status.code(), Some(1), "{command}: {said:?}");
        assert!(said.concat().contains("was moved to PostgreSQL"), "{command}: {said:?}");
    }
}

/// Files are not moved: it is said how they come to where the nodes look for them, and which are not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_command_says_what_is_to_be_done_with_files_and_misses_those_that_are_not_there() {
    let place = tempfile::tempdir().unwrap();
    let (data, shared) = (place.path().join("data"), place.path().join("shared"));
    let config = place.path().join("kaipiao.toml");
    std::fs::write(&config, format!("[files]\ndirectory = {shared:?}")).unwrap();
    let pdf = PlatformPdf {
        owner: AppId::parse("wx6b61697069616f32").unwrap(),
        media_id: MediaId::parse("3015806758683707").unwrap(),
        size_bytes: 4,
        uploaded_at: SystemClock::default().real_now(),
        numbers: Vec::new(),
        attached_to: None,
    };
    let tally = UploadTally::new(pdf.owner.clone(), TallyPart::of(&pdf.media_id));
    let tally = tally.with(&pdf, Duration::from_secs(3 * 86_400), pdf.uploaded_at);
    let saves = vec![
        record::save(platform_pdf_key(&pdf.owner, &pdf.media_id), Expect::Absent, &pdf),
        record::save(upload_tally_key(&tally.owner, &tally.part), Expect::Absent, &tally),
    ];
    open(&data).commit(Commit::of(saves)).await.unwrap();
    DirectoryBlobs::new(data.join("files")).put(&pdf.blob_name(), "%PDF".into()).await.unwrap();
    let database = Database::new().await;
    let kaipiao = |command: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kaipiao"))
            .args([command, "--database-url", &database.url(), "--data"])
            .args([data.as_os_str(), "--config".as_ref(), config.as_os_str()])
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.success(), said.concat())
    };
    let (is_well, said) = kaipiao("move");
    let (from, to) = (data.join("files"), shared.clone());
    let copy = format!("cp -an '{}/.' '{}/'", from.display(), to.display());
    assert!(said.contains("moved 2 records") && said.contains(&copy), "{said}");
    assert!(!is_well && said.contains("pdf_file") && said.contains("is not there"), "{said}");
    // As it was said.
    std::fs::create_dir(&shared).unwrap();
    let copied = std::process::Command::new("sh").args(["-c", &copy]).status().unwrap();
    assert!(copied.success());
    let (is_well, said) = kaipiao("check");
    assert!(is_well, "{said}");
}
