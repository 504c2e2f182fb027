//! Who may be a node of a database, and under which name.

use crate::node::{Node, Pair, block_on, database, kaipiao, serve};
use kaipiao_testkit::postgres::Database;
use kaipiao_tests::{MERCHANT, wait_for};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// What a server says that does not start.
fn refused(arguments: &[&str], database: &Database, data: &Path) -> String {
    let output = serve(arguments, database, data).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[test]
fn two_processes_of_one_name_never_run_and_a_name_of_its_own_is_found_by_itself() {
    let (database, data) = (database(), tempfile::tempdir().unwrap());
    let first = Node::start(&["--node", "till"], &database, data.path());
    let said = refused(&["--node", "till"], &database, data.path());
    let words = "another process runs as node \"till\"; stop that one or choose another name";
    assert!(said.contains(words), "{said}");
    let others = [1, 2].map(|_| Node::start(&[], &database, data.path()));
    let logs = others.map(Node::stop);
    assert!(logs[0].contains("node-1") && logs[1].contains("node-2"), "{logs:?}");
    first.stop();
    // The name was given back, so nobody waits for it.
    Node::start(&["--node", "till"], &database, data.path()).stop();
}

#[test]
fn a_node_that_was_killed_starts_again_under_its_name_and_goes_on_in_its_block() {
    let (database, data) = (database(), tempfile::tempdir().unwrap());
    let number = |node: &Node, order: &str| {
        node.server.merchant().issued(order, order)["fphm"].as_str().unwrap().to_owned()
    };
    let node = Node::start(&["--node", "till"], &database, data.path());
    assert_eq!(number(&node, "1"), "00000001");
    node.kill();
    let node = Node::start(&["--node", "till"], &database, data.path());
    assert_eq!(number(&node, "2"), "00000002");
    let (_, report) = node.server.admin("GET", &format!("accounts/{MERCHANT}/numbers"), &json!({}));
    assert_eq!(report["ranges"][0]["blocks"][0]["holder"], "till", "{report}");
}

#[test]
fn a_node_whose_name_another_process_has_taken_ends_by_itself() {
    let mut nodes = Pair::start();
    let take = "UPDATE nodes SET lease = lease + 1 WHERE name = 'a'";
    block_on(nodes.database.execute(take));
    let (status, log) = nodes.a.end();
    assert_eq!(status.code(), Some(1), "{log}");
    let words = "kaipiao: another process has taken the name of node \"a\"";
    assert!(log.contains(words), "{log}");
    nodes.b.server.token(MERCHANT);
}

#[test]
fn a_node_that_a_newer_program_has_left_without_a_schema_ends_by_itself() {
    let mut nodes = Pair::start();
    let change = "INSERT INTO schema_migrations VALUES (1000, '', 1000)";
    block_on(nodes.database.execute(change));
    for node in [&mut nodes.a, &mut nodes.b] {
        let (status, log) = node.end();
        assert_eq!(status.code(), Some(1), "{log}");
        let words = "kaipiao: a newer kaipiao has changed the database";
        assert!(log.contains(words) && log.contains("start the newer kaipiao"), "{log}");
    }
}

#[test]
fn all_nodes_have_the_key_that_the_database_was_made_with() {
    let (database, data) = (database(), tempfile::tempdir().unwrap());
    Node::start(&[], &database, data.path()).stop();
    let elsewhere = tempfile::tempdir().unwrap();
    let said = refused(&[], &database, elsewhere.path());
    let words = "is missing, and the database depends on it";
    assert!(
        said.contains(words) && said.contains("copy") && said.contains("another node"),
        "{said}"
    );
    assert!(!elsewhere.path().join("server.key").exists());
    std::fs::write(elsewhere.path().join("server.key"), "ab".repeat(32)).unwrap();
    let said = refused(&[], &database, elsewhere.path());
    assert!(said.contains("made with another server key"), "{said}");
    std::fs::copy(data.path().join("server.key"), elsewhere.path().join("server.key")).unwrap();
    Node::start(&[], &database, elsewhere.path()).stop();
}

#[test]
fn of_two_first_starts_with_a_key_each_one_is_refused() {
    let (database, keys) = (database(), [(); 2].map(|()| tempfile::tempdir().unwrap()));
    let mut started: Vec<_> =
        keys.iter().map(|data| serve(&[], &database, data.path()).spawn().unwrap()).collect();
    let (place, status) = wait_for("one of them ends", || {
        started
            .iter_mut()
            .enumerate()
            .find_map(|(place, process)| process.try_wait().unwrap().map(|status| (place, status)))
    });
    let output = started.remove(place).wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    let words = ["made with another server key", "is missing, and the database depends on it"];
    assert!(words.iter().any(|words| said.contains(words)), "{said}");
    let mut other = started.remove(0);
    assert!(other.try_wait().unwrap().is_none(), "the other one runs");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn the_databases_address_is_never_printed() {
    let data = tempfile::tempdir().unwrap();
    for address in [
        "postgres://till:hunter2@",
        "postgres://till:hun?ter2=hunter2@localhost/x",
        "hunter2",
        "postgres://till:hunter2@127.0.0.1:1/kaipiao",
        "host=127.0.0.1 port=1 user=till password=hunter2",
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kaipiao"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url", address, "--data"])
            .arg(data.path())
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!output.status.success() && said.lines().count() == 1, "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn nothing_of_a_statement_is_logged() {
    let (database, data) = (database(), tempfile::tempdir().unwrap());
    let config = data.path().join("kaipiao.toml");
    std::fs::write(&config, "[log]\nfilter = \"trace\"").unwrap();
    let config = ["--config", config.to_str().unwrap()];
    let node = Node::start(&config, &database, data.path());
    let (status, _) =
        node.server.post_json("/sandbox/v1/users", &json!({"id": "u1", "name": "保密"}));
    assert_eq!(status, 200);
    let log = node.stop();
    assert!(log.contains("node-1") && !log.contains("保密"), "{log}");
}

#[test]
fn the_commands_read_the_database_and_take_no_name_in_it() {
    let (database, data) = (database(), tempfile::tempdir().unwrap());
    let accounts = || -> Value {
        let output = kaipiao(&["accounts", "--json"], &database, data.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"))
    };
    let before = accounts();
    let node = Node::start(&[], &database, data.path());
    assert_eq!(accounts(), before);
    let (status, _) = node.server.post_json("/sandbox/v1/users", &json!({"id": "u1"}));
    assert_eq!(status, 200);
    assert_eq!(accounts(), node.server.get_json("/sandbox/v1/accounts"));
    let second = Node::start(&[], &database, data.path());
    let log = second.stop();
    assert!(log.contains("node-2"), "{log}");
    let server = node.server.base.clone();
    for command in ["pushes", "jobs"] {
        let asking = [command, "--server", &server];
        let output = kaipiao(&asking, &database, data.path()).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("no {command}\n"));
    }
}

#[test]
fn a_process_that_dies_before_a_commit_leaves_nothing_half_done() {
    let (database, data) = (database(), tempfile::tempdir().unwrap());
    let mut dying = Node::start(&["--die-before-commit", "12"], &database, data.path());
    let base = dying.server.base.clone();
    let set = std::thread::spawn(move || {
        let server = kaipiao_tests::TestServer::beside(&base);
        let client = server.merchant();
        (1..=20).for_each(|n| client.authorized(&n.to_string()));
    });
    let (status, log) = dying.end();
    assert!(!status.success(), "{log}");
    assert!(set.join().is_err(), "its client saw it die");
    let node = Node::start(&[], &database, data.path());
    let authorized = node.server.all_pages(&format!("orders?appid={MERCHANT}"), "orders");
    let authorized = authorized.iter().filter(|order| order["state"] == "authorized").count();
    assert_eq!(node.server.pushes("").len(), authorized);
    let limit = Duration::from_secs(20);
    let open = || node.server.pushes("state=open").is_empty().then_some(());
    kaipiao_tests::poll_within(limit, open).expect("the dead one's work is done");
}

#[test]
fn doctor_says_who_shares_the_database_and_how_it_is() {
    let (database, data) = (database(), tempfile::tempdir().unwrap());
    let examined = || {
        let arguments = ["doctor", "--json", "--listen", "127.0.0.1:0"];
        let output = kaipiao(&arguments, &database, data.path()).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["well"], json!(true), "{report:#}");
        let findings = report["findings"].as_array().unwrap().clone();
        let about = findings.into_iter().filter(|finding| finding["subject"] == "database");
        let found = about.map(|finding| finding["found"].as_str().unwrap().to_owned());
        let settings = report["settings"].as_array().unwrap();
        let url = settings.iter().find(|setting| setting["name"] == "database.url").unwrap();
        assert_eq!(url["origin"], "environment");
        found.collect::<Vec<_>>().join("\n")
    };
    let found = examined();
    assert!(found.contains("PostgreSQL 15"), "{found}");
    assert!(found.contains("ms ahead of") || found.contains("ms behind"), "{found}");
    assert!(found.contains("0 nodes run on it now; 0 names"), "{found}");
    assert!(found.contains("at most 397 connections") && found.contains("up to 19"), "{found}");
    let nodes = [1, 2].map(|_| Node::start(&[], &database, data.path()));
    assert!(examined().contains("2 nodes run on it now; 2 names"), "{}", examined());
    nodes.into_iter().for_each(|node| _ = node.stop());
    let found = examined();
    assert!(found.contains("0 nodes run on it now; 2 names"), "{found}");
    block_on(database.execute(&format!("ALTER DATABASE {} CONNECTION LIMIT 9", database.name())));
    let found = examined();
    assert!(found.contains("at most 9 connections"), "{found}");
}
