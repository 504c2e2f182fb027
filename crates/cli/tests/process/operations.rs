//! What an operator does beside a running server: check, back up, examine.

use crate::{Served, kaipiao, text};
use kaipiao_tests::{Ends, TestServer, assert_sucesss, wait_until};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

fn on(data: &Path, command: &str, arguments: &[&str]) -> Output {
    let command = [command, "--data", data.to_str().unwrap()];
    kaipiao().args(command).args(arguments).output().unwrap()
}

#[test]
fn check_exits_0_when_all_holds_1_when_not_and_2_when_it_cannot_look() {
    let data = tempfile::tempdir().unwrap();
    let output = on(data.path(), "check", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("there is no store in"), "{}", text(&output));
    let server = Served::start(data.path(), &[]);
    let output = on(data.path(), "check", &[]);
    assert!(output.status.success(), "{}", text(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.trim_end().ends_with("every invariant holds"), "{said}");
    assert!(std::str::from_utf8(&output.stderr).unwrap().contains(" checked; "));
    server.stop();
    let store = kaipiao_tests::open_store(data.path());
    store.execute("UPDATE users SET body = '{}' WHERE owner IN ('lina', 'zhangwei')", []).unwrap();
    drop(store);
    let output = on(data.path(), "check", &["--limit", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output);
    assert!(said.contains("readable  users lina/: missing field"), "{said}");
    assert!(said.contains("and 1 more") && said.contains("2 violations (readable 2)"), "{said}");
    let output = on(data.path(), "check", &["--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["holds"], &json["counts"]), (&json!(false), &json!({"readable": 2})));
    assert_eq!(json["violations"][1]["owner"], "zhangwei");
}

/// A client issues invoices; what it got back stands in the list.
fn issue(
    server: &TestServer,
    client: usize,
    acknowledged: &Mutex<Vec<(String, Value)>>,
    stop: &AtomicBool,
) {
    let merchant = server.merchant();
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let serial = format!("K{client}x{n}");
        let detail = merchant.issued(&format!("{client}-{n}"), &serial);
        if n % 3 == 0 {
            assert_sucesss(&merchant.offset(&merchant.offset_of(&detail, &format!("{serial}r"))));
        }
        acknowledged.lock().unwrap().push((serial, detail));
    }
}

#[test]
fn a_backup_made_under_load_holds_all_that_was_acknowledged_before_and_is_sound() {
    let server = TestServer::start();
    let data = server.data().join("data");
    let copied = tempfile::tempdir().unwrap();
    let restored = copied.path().join("data");
    std::fs::create_dir(&restored).unwrap();
    let file = restored.join("kaipiao.sqlite3");
    let (acknowledged, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let before = std::thread::scope(|scope| {
        let ends = Ends(&stop);
        for client in 0..4 {
            let (server, acknowledged, stop) = (&server, &acknowledged, &stop);
            scope.spawn(move || issue(server, client, acknowledged, stop));
        }
        let so_far = || acknowledged.lock().unwrap().clone();
        wait_until("some invoices", || so_far().len() >= 12);
        let before = so_far();
        let output = on(&data, "backup", &["--with-key", file.to_str().unwrap()]);
        wait_until("invoices after the backup", || so_far().len() > before.len() + 4);
        drop(ends);
        assert!(output.status.success(), "{}", text(&output));
        before
    });
    drop(server);
    let key = restored.join("kaipiao.sqlite3.key");
    for file in [&file, &key] {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    std::fs::rename(key, restored.join("server.key")).unwrap();
    let output = on(&restored, "check", &[]);
    assert!(output.status.success(), "{}", text(&output));
    let server = TestServer::start_on(copied, "");
    let merchant = server.merchant();
    for (serial, detail) in before {
        let found = merchant.query(&serial)["invoicedetail"].clone();
        assert_eq!(
            (&found["fpdm"], &found["fphm"]),
            (&detail["fpdm"], &detail["fphm"]),
            "{serial}"
        );
    }
    merchant.issued("new", "New1");
}

#[test]
fn a_backup_overwrites_nothing_leaves_no_part_and_tells_of_the_key() {
    let data = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.sqlite3");
    let file = file.to_str().unwrap();
    let output = on(data.path(), "backup", &[file]);
    assert!(!output.status.success() && text(&output).contains("there is no store in"));
    Served::start(data.path(), &[]).stop();
    let output = on(data.path(), "backup", &[file]);
    let said = text(&output);
    assert!(output.status.success() && said.contains("server.key: keep a copy"), "{said}");
    let again = on(data.path(), "backup", &[file]);
    let said = text(&again);
    assert!(!again.status.success() && said.contains("is there already"), "{said}");
    std::fs::write(folder.path().join("other.key"), "mine").unwrap();
    let other = folder.path().join("other");
    let refused = on(data.path(), "backup", &["--with-key", other.to_str().unwrap()]);
    assert!(!refused.status.success() && text(&refused).contains("other.key is there already"));
    std::fs::remove_file(data.path().join("server.key")).unwrap();
    let third = folder.path().join("third");
    let refused = on(data.path(), "backup", &["--with-key", third.to_str().unwrap()]);
    assert!(!refused.status.success() && text(&refused).contains("server.key"));
    let names = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["copy.sqlite3", "other.key"]);
}
