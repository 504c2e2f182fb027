//! The log by itself: what it keeps, finds, drops and begins anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::refusal::Compared;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::request_log::{
    LoggedRequest, RequestLog, RequestPage, RequestQuery, SeenBody, SeenRequest,
};
use kaipiao_request_log::{Options, SqliteRequestLog};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that a test sets, in unix milliseconds.
#[derive(Default)]
struct Set(AtomicI64);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        self.real_now()
    }

    fn real_now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::SeqCst))
    }
}

const DAY_MS: i64 = 86_400_000;

fn open(path: &Path, clock: &Arc<Set>, most_bytes: u64) -> SqliteRequestLog {
    let keep = Duration::from_secs(86_400);
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    SqliteRequestLog::open(Options { path: path.to_owned(), keep, most_bytes, clock }).unwrap()
}

const LARGE: u64 = 64 << 20;

fn seen(n: i64) -> SeenRequest {
    SeenRequest {
        rid: format!("rid-{n}"),
        real_ms: n,
        account: Some(format!("wx{}", n % 3)),
        method: "POST".to_owned(),
        route: if n % 2 == 0 { "/even" } else { "/odd" }.to_owned(),
        target: "/x?access_token=SECRET".to_owned(),
        status: 200,
        refused_with: (n % 5 == 0).then(|| "72038".to_owned()),
        request: body(&format!("{{\"order_id\":\"order-{n}\",\"secret\":\"SECRET\"}}")),
        answer: body("{\"errcode\":0}"),
        ..SeenRequest::default()
    }
}

fn body(text: &str) -> SeenBody {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    SeenBody { whole_bytes: text.len() as u64, bytes, content_type: String::new() }
}

fn query() -> RequestQuery {
    RequestQuery { limit: 1000, ..RequestQuery::default() }
}

fn rids(page: &RequestPage) -> Vec<String> {
    page.requests.iter().map(|request| request.rid.clone()).collect()
}

fn numbered(numbers: impl IntoIterator<Item = i64>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("rid-{n}")).collect()
}

#[tokio::test]
async fn what_was_noted_is_found_by_each_of_its_marks_newest_first() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory.path().join("log"), &Arc::default(), LARGE);
    for n in 0..30 {
        log.note(seen(n));
    }
    let some = |text: &str| Some(text.to_owned());
    let down = || (0..30).rev();
    for (asked, expected) in [
        (query(), numbered(down())),
        (RequestQuery { route: some("/odd"), ..query() }, numbered(down().filter(|n| n % 2 == 1))),
        (
            RequestQuery { errcode: some("72038"), ..query() },
            numbered(down().filter(|n| n % 5 == 0)),
        ),
        (RequestQuery { errcode: some("0"), ..query() }, numbered(down().filter(|n| n % 5 != 0))),
        (RequestQuery { rid: some("rid-7"), ..query() }, numbered([7])),
        (RequestQuery { order_id: some("order-8"), ..query() }, numbered([8])),
        (
            RequestQuery { accounts: Some(vec!["wx1".to_owned()]), ..query() },
            numbered(down().filter(|n| n % 3 == 1)),
        ),
        (
            RequestQuery {
                accounts: Some(vec!["wx1".to_owned(), "wx2".to_owned()]),
                route: some("/even"),
                ..query()
            },
            numbered(down().filter(|n| n % 3 != 0 && n % 2 == 0)),
        ),
        (RequestQuery { accounts: Some(Vec::new()), ..query() }, Vec::new()),
        (RequestQuery { order_id: some("order-8"), errcode: some("72038"), ..query() }, Vec::new()),
        (RequestQuery { from_ms: Some(10), to_ms: Some(12), ..query() }, numbered([12, 11, 10])),
        (
            RequestQuery { except_route: some("/odd"), ..query() },
            numbered(down().filter(|n| n % 2 == 0)),
        ),
        (RequestQuery { oldest_first: true, limit: 3, ..query() }, numbered([0, 1, 2])),
    ] {
        assert_eq!(rids(&log.page(&asked).await.unwrap()), expected, "{asked:?}");
    }
    // Page by page the same.
    for route in [None, some("/odd")] {
        let whole = log.page(&RequestQuery { route: route.clone(), ..query() }).await.unwrap();
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let asked = RequestQuery { route: route.clone(), before, limit: 4, ..query() };
            let page = log.page(&asked).await.unwrap();
            all.extend(rids(&page));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(all, rids(&whole));
    }
}

#[tokio::test]
async fn a_request_is_kept_whole_but_for_its_secrets_and_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (path, clock) = (directory.path().join("log"), Arc::default());
    let compared = vec![Compared::values("s_pappid", "a", "b")];
    let noted = SeenRequest { compared: compared.clone(), ..seen(1) };
    let log = open(&path, &clock, LARGE);
    log.note(noted);
    drop(log);
    let log = open(&path, &clock, LARGE);
    log.note(SeenRequest { real_ms: 0, ..seen(2) });
    let found: LoggedRequest = log.find("rid-1").await.unwrap().unwrap();
    assert_eq!(found.compared, compared);
    assert_eq!(found.target, "/x?access_token=***");
    let text = found.request.text.unwrap();
    assert_eq!(text, "{\"order_id\":\"order-1\",\"secret\":\"***\"}");
    assert_eq!((found.order_ids, &*found.errcode), (vec!["order-1".to_owned()], "0"));
    assert!(log.find("rid-9").await.unwrap().is_none());
    // A clock that stepped back gives no place twice.
    assert_eq!(rids(&log.page(&query()).await.unwrap()), numbered([2, 1]));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let file = std::fs::read(&path).unwrap();
    assert!(!file.windows(6).any(|bytes| bytes == b"SECRET"));
}

/// Anybody may name an account.
#[tokio::test]
async fn what_only_names_an_account_is_told_from_what_its_token_proves() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(&directory.path().join("log"), &Arc::default(), LARGE);
    log.note(SeenRequest { account: Some("wx1".to_owned()), ..seen(1) });
    let foreign = "/x?appid=wx1&mch_id=19".to_owned();
    log.note(SeenRequest { account: None, target: "/x?appid=wx1".to_owned(), ..seen(2) });
    log.note(SeenRequest { account: Some("wx1".to_owned()), target: foreign, ..seen(3) });
    let of_account = RequestQuery { accounts: Some(vec!["wx1".to_owned()]), ..query() };
    let all = log.page(&of_account).await.unwrap();
    assert_eq!(rids(&all), numbered([3, 2, 1]));
    assert_eq!(all.requests.iter().map(|it| it.is_proved).collect::<Vec<_>>(), [true, false, true]);
    let proved = RequestQuery { is_proved: true, ..of_account };
    assert_eq!(rids(&log.page(&proved).await.unwrap()), numbered([3, 1]));
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::<Set>::default();
    let log = open(&directory.path().join("log"), &clock, LARGE);
    for n in 0..10 {
        log.note(seen(n));
    }
    assert_eq!(log.page(&query()).await.unwrap().requests.len(), 10);
    clock.0.store(DAY_MS + 5, Ordering::SeqCst);
    log.note(seen(DAY_MS + 5));
    // The step is part of the next group.
    let page = log.page(&query()).await.unwrap();
    assert_eq!(rids(&page), numbered([DAY_MS + 5, 9, 8, 7, 6, 5]));
    let gone = RequestQuery { order_id: Some("order-1".to_owned()), ..query() };
    assert!(log.page(&gone).await.unwrap().requests.is_empty());
}

#[tokio::test]
async fn the_file_stays_as_small_as_it_may_be() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let log = open(&path, &Arc::default(), 1 << 20);
    let long = "x".repeat(10_000);
    for n in 0..600 {
        log.note(SeenRequest { request: body(&long), ..seen(n) });
        if n % 50 == 0 {
            log.page(&query()).await.unwrap();
        }
    }
    let page = log.page(&query()).await.unwrap();
    assert_eq!(page.requests[0].rid, "rid-599");
    assert!(page.requests.len() < 400, "{}", page.requests.len());
    assert!(!page.requests.is_empty());
    drop(log);
    let bytes = std::fs::metadata(&path).unwrap().len();
    assert!(bytes < 4 << 20, "{bytes}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    std::fs::write(&path, "this is no database, whatever its name says".repeat(100)).unwrap();
    let log = open(&path, &Arc::default(), LARGE);
    log.note(seen(1));
    assert_eq!(rids(&log.page(&query()).await.unwrap()), numbered([1]));
    assert!(directory.path().join("log.damaged").exists());
}

#[tokio::test]
async fn noting_never_waits_and_counts_what_it_drops() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let log = open(&path, &Arc::default(), LARGE);
    // Another writer holds the file, so nothing is written meanwhile.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let long = "x".repeat(16 << 10);
    const NOTED: u64 = 3000;
    for n in 0..NOTED {
        log.note(SeenRequest { request: body(&long), ..seen(n as i64) });
    }
    assert!(log.dropped() > NOTED / 2, "{}", log.dropped());
    assert!(log.dropped() < NOTED, "{}", log.dropped());
    other.execute_batch("COMMIT").unwrap();
    let kept = log.page(&RequestQuery { limit: 3000, ..query() }).await.unwrap().requests.len();
    assert_eq!(kept as u64 + log.dropped(), NOTED);
    assert!(log.admits());
}

#[tokio::test]
async fn what_is_not_admitted_is_counted_as_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let log = open(&path, &Arc::default(), LARGE);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let long = "x".repeat(16 << 10);
    let mut admitted = 0;
    for n in 0..3000 {
        if log.admits() {
            admitted += 1;
            log.note(SeenRequest { request: body(&long), answer: body(&long), ..seen(n) });
        }
    }
    assert!(log.queued() > 0 && admitted < 3000, "{admitted}");
    assert_eq!(admitted + log.dropped(), 3000);
    other.execute_batch("COMMIT").unwrap();
}

/// Many small requests, and then large ones, each of which takes the room of many.
#[tokio::test]
async fn large_requests_after_small_ones_leave_the_file_no_larger() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let log = open(&path, &Arc::default(), 1 << 20);
    for n in 0..4000 {
        log.note(seen(n));
    }
    log.page(&query()).await.unwrap();
    let long = "x".repeat(16 << 10);
    for n in 4000..4120 {
        log.note(SeenRequest { request: body(&long), answer: body(&long), ..seen(n) });
    }
    assert_eq!(log.page(&query()).await.unwrap().requests[0].rid, "rid-4119");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let of = |pragma: &str| -> i64 {
        connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
    };
    let used = (of("page_count") - of("freelist_count")) * of("page_size");
    assert!(used <= 1 << 20, "{used}");
    assert_eq!(log.dropped(), 0);
}
