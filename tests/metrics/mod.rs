//! `/metrics`, `/readyz`, and the last day by the minute, as a running server tells them.

mod exposition;

use exposition::{Family, parse};
use kaipiao_app::metrics::history::{KEPT_MINUTES, Latencies, Minute};
use kaipiao_cli::compose;
use kaipiao_testkit::addresses::free_address;
use kaipiao_tests::{
    ADMIN, MERCHANT, Receiver, Reply, STORE, TestServer, assert_refused, load, wait_for, wait_until,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use tokio::sync::oneshot;

const AUTH_URL: &str = "/card/invoice/getauthurl";

fn scraped(server: &TestServer) -> BTreeMap<String, Family> {
    let answer = server.get_raw("/metrics");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    parse(answer.body())
}

/// The sum of a metric's samples that have these labels.
fn sum(families: &BTreeMap<String, Family>, name: &str, labels: &[(&str, &str)]) -> f64 {
    let family = ["_sum", "_count", ""].iter().find_map(|end| {
        families
            .get(name.strip_suffix(end)?)
            .filter(|found| end.is_empty() || found.kind == "histogram")
    });
    let Some(family) = family else { return 0.0 };
    let has_labels = |labels_of: &BTreeMap<String, String>| {
        labels.iter().all(|(name, value)| labels_of.get(*name).is_some_and(|found| found == value))
    };
    let own = family.samples.iter().filter(|one| one.name == name && has_labels(&one.labels));
    own.map(|sample| sample.value).sum()
}

/// A server that has answered, refused, pushed and issued.
fn played() -> TestServer {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    let client = server.merchant();
    client.issued("1", "K1");
    client.auth_url("2", 0);
    let mut asked = client.asked("3", 0);
    asked["money"] = Value::from(-1);
    assert_refused(&client.auth_url_answer(&asked), 72031, "money");
    server.all_completed();
    server
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The rows of docs/metrics.md that are of this store, or of any.
fn documented(store: Option<&str>) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let text = std::fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `kaipiao_"));
    let row = |line: &str| {
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, name, kind, labels, what, only, _] = columns[..] else { panic!("{line}") };
        assert!(!what.is_empty(), "{line}");
        let is_shown = only.is_empty() || store.is_none_or(|store| store == only);
        let labels = labels.split_whitespace().map(|label| label.trim_matches('`').to_owned());
        let row = (name.trim_matches('`').to_owned(), (kind.to_owned(), labels.collect()));
        is_shown.then_some(row)
    };
    rows.filter_map(row).collect()
}

#[test]
fn the_metrics_are_well_formed_and_those_of_the_documentation() {
    let served = scraped(&played());
    let is_shared = std::env::var(STORE).is_ok_and(|store| store == "postgres");
    let documented = documented(Some(if is_shared { "PostgreSQL" } else { "SQLite" }));
    let served: BTreeMap<_, _> = served
        .iter()
        .map(|(name, family)| (name.clone(), (family.kind.clone(), family.label_names())))
        .collect();
    assert_eq!(served, documented);
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let text = std::fs::read_to_string(root().join("deploy/grafana/kaipiao.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let documented = documented(None);
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let expressions: Vec<_> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let queries = variables.iter().filter_map(|variable| variable["query"].as_str());
    let mut asked = BTreeSet::new();
    for text in expressions.iter().copied().chain(queries) {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("kaipiao_")) {
            let name = word.strip_suffix("_bucket").unwrap_or(word);
            let (kind, _) = documented.get(name).unwrap_or_else(|| panic!("no metric {name}"));
            assert_eq!(kind == "histogram", word.ends_with("_bucket"), "{word}");
            asked.insert(name.to_owned());
        }
    }
    let missing: Vec<_> = documented.keys().filter(|name| !asked.contains(*name)).collect();
    assert!(missing.is_empty(), "the dashboard shows nothing of {missing:?}");
}

#[test]
fn requests_are_counted_by_route_method_status_and_errcode() {
    let server = played();
    let before = scraped(&server);
    let client = server.merchant();
    client.auth_url("10", 0);
    client.auth_url("11", 0);
    let mut asked = client.asked("12", 0);
    asked["money"] = Value::from(-1);
    assert_refused(&client.auth_url_answer(&asked), 72031, "money");
    for path in ["/nothing/here", "/me/titles", "/me/titles"] {
        server.get_raw(path);
    }
    let after = scraped(&server);
    let grown = |name: &str, labels: &[(&str, &str)]| {
        sum(&after, name, labels) - sum(&before, name, labels)
    };
    let posted = [("route", AUTH_URL), ("method", "POST"), ("status", "2xx")];
    assert_eq!(grown("kaipiao_http_requests_total", &posted), 3.0);
    let refused = [("route", AUTH_URL), ("errcode", "72031")];
    assert_eq!(grown("kaipiao_http_refusals_total", &refused), 1.0);
    assert_eq!(grown("kaipiao_http_refusals_total", &[("errcode", "-1")]), 0.0);
    let route = [("route", AUTH_URL)];
    assert_eq!(grown("kaipiao_http_request_duration_seconds_count", &route), 3.0);
    let took = grown("kaipiao_http_request_duration_seconds_sum", &route);
    assert!(took > 0.0 && took < 60.0, "{took}");
    let nowhere = [("route", "(no such route)"), ("status", "4xx")];
    assert_eq!(grown("kaipiao_http_requests_total", &nowhere), 1.0);
    assert_eq!(grown("kaipiao_http_requests_total", &[("route", "/me/titles")]), 2.0);
}

#[test]
fn commits_pushes_invoices_and_authorizations_are_counted() {
    let server = played();
    let told = scraped(&server);
    let count = |name: &str, labels: &[(&str, &str)]| sum(&told, name, labels);
    assert_eq!(count("kaipiao_authorizations_total", &[]), 1.0);
    assert_eq!(count("kaipiao_invoices_total", &[("result", "issued")]), 1.0);
    assert_eq!(count("kaipiao_issuer_calls_total", &[("result", "issued")]), 1.0);
    assert_eq!(count("kaipiao_issuer_call_duration_seconds_count", &[]), 1.0);
    // The authorization's and the result's.
    assert_eq!(count("kaipiao_push_attempts_total", &[("result", "delivered")]), 2.0);
    assert_eq!(count("kaipiao_push_attempt_duration_seconds_count", &[]), 2.0);
    let groups = count("kaipiao_commit_group_size_count", &[]);
    assert!(groups >= 8.0, "{groups}");
    assert_eq!(count("kaipiao_commit_duration_seconds_count", &[]), groups);
    let changes = count("kaipiao_commit_group_size_sum", &[]);
    assert!(changes >= groups, "{changes}");
    assert!(count("kaipiao_commit_wait_seconds_count", &[]) >= changes - 1.0);
    for idle in [
        "kaipiao_commit_queue_length",
        "kaipiao_commit_failures_total",
        "kaipiao_queue_places_in_use",
        "kaipiao_body_memory_bytes",
        "kaipiao_pdf_readers_waiting",
    ] {
        // A worker shows what it knows once it has taken note of the end.
        wait_until(idle, || sum(&scraped(&server), idle, &[]) == 0.0);
    }
    assert!(count("kaipiao_connections", &[]) >= 1.0);
    assert_eq!(count("kaipiao_connections_limit", &[]), 10_000.0);
}

#[test]
fn a_push_that_waits_for_its_retry_and_one_that_is_given_up_are_seen() {
    let server = TestServer::start_with("[push]\nretry_after_ms = [3600000]");
    let receiver = Receiver::behaving(|_, _| Reply::Status(500, String::new()));
    server.leaves_pushes();
    server.set_callback(MERCHANT, &receiver, "plain");
    server.merchant().authorized("1");
    let later = [("queue", "push"), ("state", "later")];
    wait_until("the retry is known", || {
        sum(&scraped(&server), "kaipiao_queue_turns", &later) == 1.0
    });
    let attempts =
        |result| sum(&scraped(&server), "kaipiao_push_attempts_total", &[("result", result)]);
    assert_eq!((attempts("retry"), attempts("given_up")), (1.0, 0.0));
    server.advance_s(3601);
    wait_until("it is given up", || attempts("given_up") == 1.0);
    assert_eq!(attempts("retry"), 1.0);
}

#[test]
fn what_is_open_and_for_how_long_the_oldest_is_due_are_seen() {
    let server = TestServer::start_with("[push]\nper_account = 1\ntimeout_ms = 60000");
    let (answer, answers) = channel::<()>();
    let answers = Mutex::new(answers);
    // Until it may answer, a push is under way and the others wait for it.
    let receiver = Receiver::behaving(move |_, _| {
        let _ = answers.lock().unwrap().recv();
        Reply::Success("success")
    });
    server.set_callback(MERCHANT, &receiver, "plain");
    let client = server.merchant();
    for order in ["1", "2", "3"] {
        client.authorized(order);
    }
    let told = |name: &str, queue: &str| sum(&scraped(&server), name, &[("queue", queue)]);
    wait_until("the open pushes are seen", || told("kaipiao_queue_open", "push") == 3.0);
    server.advance_s(1000);
    wait_until("the oldest is seen to be late", || {
        (1000.0..1100.0).contains(&told("kaipiao_queue_oldest_due_seconds", "push"))
    });
    assert_eq!(told("kaipiao_queue_open", "push"), 3.0);
    assert_eq!(told("kaipiao_queue_open", "issue"), 0.0);
    drop(answer);
    server.all_completed();
    wait_until("nothing is left", || {
        ["kaipiao_queue_open", "kaipiao_queue_oldest_due_seconds"]
            .iter()
            .all(|name| told(name, "push") == 0.0)
    });
}

#[test]
fn in_production_metrics_want_the_admin_token() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "an operator's own token").unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {:?}",
        file.path().to_str().unwrap()
    ));
    let asked = |token: &str| {
        let bearer = format!("Bearer {token}");
        server.page("GET", "/metrics", &[("authorization", &bearer)], "")
    };
    assert_eq!(server.get_raw("/metrics").status(), 401);
    assert_eq!(asked(ADMIN).status(), 401);
    let told = asked("an operator's own token");
    assert_eq!(told.status(), 200);
    parse(told.body());
    let server = TestServer::start_with("mode = \"production\"");
    let answer = server.get_raw("/metrics");
    assert_eq!(answer.status(), 404);
    assert!(answer.body().contains("metrics.listen"), "{}", answer.body());
}

#[test]
fn metrics_listen_has_metrics_and_probes_without_a_token_and_nothing_else() {
    let address = free_address();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\n[metrics]\nlisten = \"{address}\""
    ));
    let beside = TestServer::beside(&format!("http://{address}"));
    assert!(scraped(&beside).contains_key("kaipiao_start_time_seconds"));
    assert_eq!(beside.get_raw("/healthz").body(), r#"{"status":"ok"}"#);
    wait_until("it is ready", || beside.get_raw("/readyz").body() == r#"{"status":"ready"}"#);
    for path in ["/", "/cgi-bin/token", "/admin/v1/accounts", "/sandbox/v1/clock"] {
        assert_eq!(beside.get_raw(path).status(), 404, "{path}");
    }
    drop(server);
}

#[tokio::test]
async fn a_closed_sandbox_tells_its_metrics_on_loopback_alone() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "[metrics]\nlisten = \"0.0.0.0:0\"");
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("0.0.0.0:0") && error.contains("sandbox"), "{error}");
}

#[test]
fn a_server_that_runs_is_ready() {
    let server = TestServer::start();
    wait_until("it is ready", || server.get_raw("/readyz").status() == 200);
    assert_eq!(server.get_raw("/readyz").body(), r#"{"status":"ready"}"#);
}

#[test]
fn a_server_that_stops_says_so_and_takes_requests_for_unready_ms() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "[limits]\nunready_ms = 3000");
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, is_ready) = channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listening = compose::listen(&settings, None).await.unwrap();
            ready.send(listening.address).unwrap();
            listening.serve(async { drop(stopped.await) }).await.unwrap();
        });
    });
    let address = is_ready.recv().unwrap();
    let server = TestServer::beside(&format!("http://{address}"));
    wait_until("it is ready", || server.get_raw("/readyz").status() == 200);
    drop(stop);
    let answer = wait_for("it is stopping", || {
        Some(server.get_raw("/readyz")).filter(|answer| answer.status() == 503)
    });
    assert_eq!(answer.body(), r#"{"status":"stopping"}"#);
    assert_eq!(server.get_raw("/healthz").status(), 200);
    server.merchant().auth_url("1", 0);
    thread.join().unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn the_last_day_by_the_minute_has_what_was_done() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "");
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, is_ready) = channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listening = compose::listen(&settings, None).await.unwrap();
            ready.send((listening.address, listening.app.clone())).unwrap();
            listening.serve(async { drop(stopped.await) }).await.unwrap();
        });
    });
    let (address, app) = is_ready.recv().unwrap();
    let server = TestServer::beside(&format!("http://{address}"));
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    let client = server.merchant();
    client.issued("1", "K1");
    let mut asked = client.asked("2", 0);
    asked["money"] = Value::from(-1);
    assert_refused(&client.auth_url_answer(&asked), 72031, "money");
    server.all_completed();
    let minutes = app.metrics().history().last(app.real_now(), KEPT_MINUTES);
    assert_eq!(minutes.len(), KEPT_MINUTES);
    let total = |of: fn(&Minute) -> u32| minutes.iter().map(of).sum::<u32>();
    assert_eq!(total(|minute| minute.authorizations), 1);
    assert_eq!(total(|minute| minute.invoices_issued), 1);
    assert_eq!(total(|minute| minute.pushes_delivered), 2);
    // Queries before the issuer has answered are refused too.
    assert!(total(|minute| minute.refusals) >= 1);
    assert_eq!(total(|minute| minute.failures + minute.pushes_failed + minute.invoices_failed), 0);
    assert!(total(|minute| minute.requests) >= 6);
    let busy = minutes.iter().filter(|minute| minute.requests > 0);
    let rises = |all: &Latencies| all.percentile(50) <= all.percentile(99);
    assert!(busy.clone().all(|minute| rises(&minute.latencies)));
    assert!(busy.count() >= 1);
    let requests = |minutes: &[Minute]| minutes.iter().map(|minute| minute.requests).sum::<u32>();
    let before = requests(&app.metrics().history().last(app.real_now(), KEPT_MINUTES));
    for path in ["/healthz", "/readyz", "/metrics"] {
        server.get_raw(path);
    }
    let after = requests(&app.metrics().history().last(app.real_now(), KEPT_MINUTES));
    assert_eq!(before, after, "probes are no requests of anybody's");
    drop(stop);
    thread.join().unwrap();
}
