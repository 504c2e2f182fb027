//! `kaipiao logs`, and the rid in the lines of the log.

use crate::{Served, get, kaipiao, text};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// A refused call; its rid.
fn refused(server: &Served) -> String {
    let answer = get(&format!("{}cgi-bin/ticket/getticket?type=wx_card", server.home));
    answer["errmsg"].as_str().unwrap().rsplit_once("rid: ").unwrap().1.to_owned()
}

#[test]
fn logs_lists_one_shows_one_and_follows() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let address = server.home.trim_end_matches('/').to_owned();
    let first = refused(&server);
    let logs = |arguments: &[&str]| {
        let mut command = kaipiao();
        command.args(["logs", "--server", &address]).args(arguments);
        command
    };
    let listed = logs(&["--errcode", "41001"]).output().unwrap();
    let said = text(&listed);
    assert!(said.contains(&first) && said.contains("GET /cgi-bin/ticket/getticket"), "{said}");
    let none = logs(&["--errcode", "72038"]).output().unwrap();
    assert!(none.status.success() && none.stdout.is_empty(), "{}", text(&none));
    let whole = text(&logs(&["--rid", &first]).output().unwrap());
    assert!(whole.contains("answer:\n{\"errcode\":41001"), "{whole}");
    let mut following = logs(&["--follow", "--json", "--route", "/cgi-bin/ticket/getticket"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || {
        let entry: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        entry["rid"].as_str().unwrap().to_owned()
    };
    assert_eq!(next(), first);
    for _ in 0..3 {
        let rid = refused(&server);
        assert_eq!(next(), rid);
    }
    following.kill().unwrap();
    following.wait().unwrap();
    server.stop();
}

#[test]
fn who_reads_no_more_ends_a_command_without_a_panic() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    refused(&server);
    let unread = |arguments: &[&str]| {
        let mut command = kaipiao();
        command.args(arguments).args(["--data", data.path().to_str().unwrap()]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(process.stdout.take());
        let output = process.wait_with_output().unwrap();
        (output.status.code(), text(&output))
    };
    let home = server.home.trim_end_matches('/');
    for arguments in [
        &["doctor", "--listen", "127.0.0.1:0"][..],
        &["logs", "--server", home],
        // It would go on for ever.
        &["logs", "--follow", "--server", home],
        &["pushes", "--server", home],
        &["accounts"],
        &["check"],
    ] {
        let (code, said) = unread(arguments);
        assert!(code == Some(0) && !said.contains("panic"), "{arguments:?}: {code:?} {said}");
    }
    server.stop();
}

#[test]
fn a_server_that_is_not_there_yet_is_waited_for_and_one_that_refuses_is_not() {
    let data = tempfile::tempdir().unwrap();
    let address = kaipiao_testkit::addresses::free_address().to_string();
    let home = format!("http://{address}");
    let mut following = kaipiao()
        .args(["logs", "--follow", "--json", "--server", &home])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(following.stderr.take().unwrap()).lines();
    let first = said.next().unwrap().unwrap();
    assert!(first.contains("it is asked again until it answers"), "{first}");
    let mut command = kaipiao();
    command.args(["serve", "--listen", &address, "--data"]).arg(data.path());
    let mut served = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    kaipiao_tests::wait_for("the server listens", || {
        ureq::get(format!("{home}/cgi-bin/token")).call().ok()
    });
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let entry: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(entry["route"], "/cgi-bin/token", "{entry}");
    let mut stranger = kaipiao();
    stranger.args(["logs", "--follow", "--server", &home]);
    let stranger = stranger.env("KAIPIAO_ADMIN_TOKEN", "another-operators-token").output().unwrap();
    let told = text(&stranger);
    assert!(
        !stranger.status.success() && told.contains("does not take this admin token"),
        "{told}"
    );
    for process in [&mut following, &mut served] {
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

#[test]
fn each_line_of_a_request_has_its_rid_whatever_the_filter_lets_through() {
    for filter in ["info", "kaipiao_http=info", "trace"] {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("config.toml");
        std::fs::write(&config, format!("[log]\nformat = \"json\"\nfilter = \"{filter}\""))
            .unwrap();
        let config = config.to_str().unwrap();
        let server = Served::start(&data.path().join("data"), &["--config", config]);
        let rid = refused(&server);
        let log = server.stop();
        let line =
            log.lines().find(|line| line.contains("41001")).unwrap_or_else(|| panic!("{log}"));
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["span"]["rid"], rid, "{filter}: {line}");
    }
}
