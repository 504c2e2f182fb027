//! The log: what it tells, and that nobody waits for its reader.

use crate::{Served, get, kaipiao};
use kaipiao_tests::{TestServer, wait_until};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

#[test]
fn secrets_and_tokens_are_never_logged_and_refusals_are() {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("config.toml");
    std::fs::write(&config, "[log]\nfilter = \"trace\"").unwrap();
    let server = Served::start(&data.path().join("data"), &["--config", config.to_str().unwrap()]);
    let secret = kaipiao_app::sandbox::DEMO_ACCOUNTS[0].secret;
    let path = format!(
        "cgi-bin/token?grant_type=client_credential&appid=wx6b61697069616f31&secret={secret}"
    );
    let answer = get(&format!("{}{path}", server.home));
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let refused = get(&format!(
        "{}card/invoice/setbizattr?action=get_contact&access_token={token}",
        server.home
    ));
    let rid = refused["errmsg"].as_str().unwrap().rsplit_once("rid: ").unwrap().1.to_owned();
    let log = server.stop();
    assert!(log.contains(&rid) && log.contains("72063"), "{log}");
    assert!(!log.contains(secret) && !log.contains(&token), "{log}");
}

#[test]
fn why_a_login_was_refused_is_in_the_log_and_not_on_the_page() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let address = format!("{}login?token=not.signed.here", server.home);
    let mut page = ureq::Agent::from(config).get(address).call().unwrap();
    assert_eq!(page.status(), 401);
    let reason = "was not signed with a key that this server knows";
    assert!(!page.body_mut().read_to_string().unwrap().contains(reason));
    let log = server.stop();
    assert!(log.contains(reason) && !log.contains("not.signed.here"), "{log}");
}

#[test]
fn the_log_has_two_formats_and_a_filter() {
    for (format, is_json) in [("text", false), ("json", true)] {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("config.toml");
        std::fs::write(&config, format!("[log]\nformat = \"{format}\"")).unwrap();
        let log = Served::start(&data.path().join("data"), &["--config", config.to_str().unwrap()])
            .stop();
        let last = log.lines().last().unwrap();
        assert_eq!(serde_json::from_str::<Value>(last).is_ok(), is_json, "{last}");
        std::fs::write(&config, "[log]\nfilter = \"error\"").unwrap();
        let log = Served::start(&data.path().join("data"), &["--config", config.to_str().unwrap()])
            .stop();
        assert_eq!(log, "");
    }
}

#[test]
fn the_log_can_tell_more_while_the_server_runs_and_a_bad_filter_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let beside = TestServer::beside(&server.home);
    let set = |filter: &str| beside.admin("PUT", "log", &json!({"filter": filter}));
    let current = || beside.admin("GET", "log", &json!({})).1["filter"].clone();
    let refused = || get(&format!("{}cgi-bin/ticket/getticket", server.home));
    let answered = || beside.get_raw("/healthz");
    assert_eq!(current(), "info");
    answered();
    assert_eq!(set("info,kaipiao_http=debug"), (200, json!({"filter": "info,kaipiao_http=debug"})));
    answered();
    let line = "route=\"/healthz\" status=";
    wait_until("debug lines are logged", || server.log().contains(line));
    assert_eq!(server.log().matches(line).count(), 1, "{}", server.log());
    for (filter, words) in [
        (json!("info,kaipiao_app=loud"), "kaipiao_app=loud"),
        (json!("debgu"), "debgu"),
        (json!(""), "it is empty"),
        (json!({"a": 1}), "filter"),
    ] {
        let (status, answer) = beside.admin("PUT", "log", &json!({"filter": filter}));
        let error = answer["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(words), "{answer}");
    }
    assert_eq!(current(), "info,kaipiao_http=debug");
    assert_eq!(set("off").0, 200);
    let before = server.log().matches("refused").count();
    refused();
    assert_eq!(set("info").0, 200);
    refused();
    wait_until("it is logged again", || server.log().matches("refused").count() > before);
    let log = server.stop();
    assert_eq!(log.matches("refused").count(), before + 1, "{log}");
    let change =
        log.lines().find(|line| line.contains("now=\"off\"")).expect("the change is logged");
    assert!(change.contains("rid="), "{change}");
}

#[test]
fn a_log_that_nobody_reads_any_more_costs_no_answer() {
    let data = tempfile::tempdir().unwrap();
    // Into the pipe whose reader goes with the greeting's end.
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(kaipiao().get_program());
    let mut server = Served::of(command, data.path(), &[]);
    for _ in 0..20 {
        let refused = get(&format!("{}cgi-bin/ticket/getticket", server.home));
        assert_eq!(refused["errcode"], 41001);
    }
    let pid = server.process.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    assert!(server.process.wait().unwrap().success());
}

/// More refusals than a pipe and the log's queue have room for, one line each.
const REFUSALS: usize = 4_000;

/// Sends one after the other over one connection; how many were answered.
fn refusals(address: &str) -> usize {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let mut sending = stream.try_clone().unwrap();
    let request = "GET /cgi-bin/ticket/getticket HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let sender = std::thread::spawn(move || {
        let requests = request.repeat(REFUSALS - 1) + &last;
        sending.write_all(requests.as_bytes()).unwrap();
    });
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    sender.join().unwrap();
    answers.matches("\"errcode\":41001").count()
}

#[test]
fn a_log_whose_reader_stalls_holds_up_no_answer_and_no_stop_and_counts_what_was_dropped() {
    for reads_on in [true, false] {
        let data = tempfile::tempdir().unwrap();
        // Both streams to one reader, as `kaipiao serve 2>&1 | less` has it.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\" 2>&1"])
            .args([env!("CARGO_BIN_EXE_kaipiao"), data.path().to_str().unwrap()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        let home = first.trim().strip_prefix("Kaipiao listens on ").unwrap().to_owned();
        assert_eq!(refusals(home.trim_start_matches("http://").trim_end_matches('/')), REFUSALS);
        if reads_on {
            let mut lines = output.by_ref().lines().map(Result::unwrap);
            let told = lines.find(|line| line.contains("log lines were dropped: ")).unwrap();
            assert!(told.contains("lines=") && !told.contains("lines=0"), "{told}");
        }
        let pid = process.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        wait_until("the server has stopped", || process.try_wait().unwrap().is_some());
        assert!(process.wait().unwrap().success());
        drop(output);
    }
}
