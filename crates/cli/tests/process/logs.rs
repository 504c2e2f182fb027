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
