//! A reset of an account that does not come to its end.

use crate::{Served, kaipiao, text};
use kaipiao_tests::pay_client::{PayClient, link};
use kaipiao_tests::platform_client::inserted;
use kaipiao_tests::{MERCHANT, MINI_PROGRAM, PLATFORM, TestServer, open_store};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

/// Starts a server that dies before its second commit, or is killed once it serves.
fn start_and_die(data: &Path) {
    let mut process = kaipiao()
        .args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
        .args(["--die-before-commit", "2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut first).unwrap();
    // It may be dead already.
    let _ = process.kill();
    process.wait().unwrap();
}

fn is_under_way(data: &Path) -> bool {
    let sql = "SELECT body LIKE '%under_way%' FROM server WHERE id = 'account_resets'";
    open_store(data).query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The rows that name the merchant, by table, but for what says whose they are at other accounts.
fn of_merchant(data: &Path) -> Vec<String> {
    let store = open_store(data);
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%body TEXT%' ORDER BY name";
    let mut statement = store.prepare(tables).unwrap();
    let tables = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut found = Vec::new();
    for table in tables.map(Result::unwrap).filter(|table| table != "server") {
        let key =
            if table == "pushes" { "account || ' ' || ordering_key" } else { "owner || ' ' || id" };
        let sql =
            format!("SELECT {key} FROM {table} WHERE {key} || body LIKE '%{MERCHANT}%' ORDER BY 1");
        let mut statement = store.prepare(&sql).unwrap();
        let keys = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        found.extend(keys.map(|key| format!("{table} {}", key.unwrap())));
    }
    found
}

#[test]
fn a_reset_that_is_killed_at_each_of_its_commits_is_finished_by_the_next_starts() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [data, fresh] = [folders[0].path(), folders[1].path()];
    Served::start(fresh, &[]).stop();
    let server = Served::start(data, &[]);
    let asked = TestServer::beside(server.home.trim_end_matches('/'));
    asked.merchant().issued("1", "A1");
    asked.client(MINI_PROGRAM).authorized("2");
    inserted(&asked, &asked.client(PLATFORM), "3", "62522141");
    link(&asked);
    let pay = PayClient::new(&asked);
    pay.paid("pay-one", &[("receipt", "Y")], "lina");
    pay.refund("pay-one", "r-1", "30");
    server.stop();
    assert!(of_merchant(data).len() > of_merchant(fresh).len() + 15);

    // As a process leaves it that is killed once the reset is decided.
    let decided = format!(
        "INSERT INTO server (owner, id, version, body) VALUES ('', 'account_resets', 1, '{{\"under_way\":\"{MERCHANT}\",\"count\":1}}')"
    );
    open_store(data).execute(&decided, []).unwrap();
    let check = || kaipiao().args(["check", "--data", data.to_str().unwrap()]).output().unwrap();
    let mut starts = 0;
    while is_under_way(data) {
        let said = check();
        assert!(!said.status.success(), "{}", text(&said));
        assert!(text(&said).contains("kaipiao serve"), "{}", text(&said));
        start_and_die(data);
        starts += 1;
        assert!(starts < 100, "nothing is left to be done at some time");
    }
    assert!(starts > 10, "{starts} starts, each with a commit");
    assert_eq!(of_merchant(data), of_merchant(fresh));
    let server = Served::start(data, &[]);
    let asked = TestServer::beside(server.home.trim_end_matches('/'));
    asked.merchant().issued("1", "A1");
    server.stop();
    let said = check();
    assert!(said.status.success(), "{}", text(&said));
}
