//! Snapshots and reset.

use crate::sandbox::name_spaces::{delete, made, stage};
use kaipiao_tests::pdfs::{showing, uploaded};
use kaipiao_tests::{MERCHANT, PLATFORM, TestServer, assert_refused};
use serde_json::{Value, json};

fn save(server: &TestServer, name: &str) -> Value {
    let (status, answer) = server.post_json("/sandbox/v1/snapshots", &json!({"name": name}));
    assert_eq!(status, 201, "{answer}");
    answer
}

fn restore(server: &TestServer, name: &str) {
    let path = format!("/sandbox/v1/snapshots/{name}/restore");
    assert_eq!(server.post_raw(&path, None, "").status(), 204, "{name}");
}

fn reset(server: &TestServer) {
    assert_eq!(server.post_raw("/sandbox/v1/reset", None, "").status(), 204);
}

#[test]
fn a_restore_brings_back_what_was_and_sets_the_clock_back() {
    let server = TestServer::start_embedded();
    let other = made(&server, &json!({"name": "other"}));
    other.merchant().authorized("1");
    for server in [&server, &made(&server, &json!({"name": "one"}))] {
        server.leaves_pushes();
        server.merchant().authorized("1");
        server.advance_s(3600);
        let saved = save(server, "base");
        server.advance_s(1_000_000);
        server.merchant().authorized("2");
        let later = server.token(MERCHANT);
        restore(server, "base");
        let clock = server.get_json("/sandbox/v1/clock");
        let since = clock["now"].as_i64().unwrap() - saved["now"].as_i64().unwrap();
        assert!((0..100).contains(&since), "{clock} {saved}");
        assert_eq!(stage(server, "1"), "auth success");
        assert_eq!(stage(server, "2"), "never auth");
        // What was given out in between comes from the future.
        let path = format!("/cgi-bin/ticket/getticket?access_token={later}&type=wx_card");
        assert_refused(&server.get(&path), 40001, "");
        // It goes on from there, as often as wanted.
        server.merchant().issued("3", "3");
        restore(server, "base");
        assert_eq!(stage(server, "3"), "never auth");
    }
    assert_eq!(stage(&other, "1"), "auth success");
}

/// Two saves of one record in two lives of a name space never have the same version, so what was read before the restore
/// is no expectation of anything after it.
#[test]
fn a_restored_store_gives_no_version_out_again() {
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    let newest = |server: &TestServer| -> i64 {
        let store = kaipiao_tests::open_store(&server.data().join("data"));
        store.query_row("SELECT max(version) FROM orders", [], |row| row.get(0)).unwrap()
    };
    server.merchant().authorized("1");
    save(&server, "base");
    server.merchant().authorized("2");
    let before = newest(&server);
    restore(&server, "base");
    server.leaves_pushes();
    server.client(MERCHANT).authorized("2");
    assert!(newest(&server) > before);
    let before = newest(&server);
    reset(&server);
    server.merchant().authorized("1");
    assert!(newest(&server) > before);
}

#[test]
fn uploaded_files_come_back_with_their_records() {
    let server = TestServer::start_embedded();
    let pdf = showing("hello");
    let media_id = uploaded(&server.client(PLATFORM), &pdf);
    let get_pdf = || {
        let body = json!({"action": "get_url", "s_media_id": media_id});
        server.client(PLATFORM).post("/card/invoice/platform/getpdf", &body)
    };
    let files = || {
        let folders = std::fs::read_dir(server.data().join("data/files"));
        folders.map_or(0, |folders| {
            folders.filter(|one| one.as_ref().unwrap().path().is_dir()).count()
        })
    };
    save(&server, "base");
    reset(&server);
    assert_refused(&get_pdf(), 40007, "");
    assert_eq!(files(), 0);
    restore(&server, "base");
    let url = get_pdf()["pdf_url"].as_str().unwrap().to_owned();
    assert_eq!(server.get_raw_bytes(&url), pdf);
    // The folder is this store's, as before: another file finds its place.
    uploaded(&server.client(PLATFORM), &showing("again"));
}

#[test]
fn snapshots_are_listed_bounded_replaced_and_removed() {
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "[sandbox]\nsnapshots = 2");
    save(&server, "one");
    server.advance_s(10);
    save(&server, "two");
    let (status, answer) = server.post_json("/sandbox/v1/snapshots", &json!({"name": "three"}));
    assert_eq!(status, 409, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("sandbox.snapshots"), "{answer}");
    save(&server, "one");
    let listed = server.get_json("/sandbox/v1/snapshots");
    let names: Vec<_> =
        listed["snapshots"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["one", "two"]);
    let bad = server.post_json("/sandbox/v1/snapshots", &json!({"name": "a/b"}));
    assert_eq!(bad.0, 400, "{bad:?}");
    assert_eq!(delete(&server, "/sandbox/v1/snapshots/one"), 204);
    assert_eq!(delete(&server, "/sandbox/v1/snapshots/one"), 404);
    assert_eq!(server.post_raw("/sandbox/v1/snapshots/one/restore", None, "").status(), 404);
    assert_eq!(server.post_raw("/sandbox/v1/snapshots/%2e%2e/restore", None, "").status(), 404);
    // They outlive a reset and a restart.
    reset(&server);
    let server = server.restart_with("");
    restore(&server, "two");
}

#[test]
fn a_reset_empties_a_name_space_and_sets_its_clock_back() {
    let server = TestServer::start_embedded();
    let accounts = server.get_json("/sandbox/v1/accounts");
    server.leaves_pushes();
    server.merchant().authorized("1");
    server.post_json("/sandbox/v1/users", &json!({"id": "new"}));
    server.advance_s(100_000);
    let token = server.token(MERCHANT);
    reset(&server);
    assert_eq!(server.get_json("/sandbox/v1/accounts"), accounts);
    assert_eq!(server.get_json("/sandbox/v1/clock")["ahead_s"], 0);
    assert_eq!(stage(&server, "1"), "never auth");
    let path = format!("/cgi-bin/ticket/getticket?access_token={token}&type=wx_card");
    assert_refused(&server.get(&path), 40001, "");
}

#[test]
fn a_reset_and_a_restore_begin_a_new_request_log() {
    let server = TestServer::start_embedded();
    let orders = || {
        let pages = server.all_pages("requests?route=/card/invoice/getauthdata", "requests");
        pages.iter().map(|entry| entry["order_ids"][0].clone()).collect::<Vec<_>>()
    };
    server.merchant().status("1");
    save(&server, "base");
    server.client(MERCHANT).status("2");
    restore(&server, "base");
    server.client(MERCHANT).status("3");
    assert_eq!(orders(), ["3"]);
    reset(&server);
    assert_eq!(orders(), [Value::Null; 0]);
    server.merchant().status("4");
    assert_eq!(orders(), ["4"]);
}

/// Requests that come while a name space is changed wait, and find it whole.
#[test]
fn requests_beside_a_restore_are_all_answered() {
    let server = TestServer::start_embedded();
    server.leaves_pushes();
    server.merchant().authorized("1");
    save(&server, "base");
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut count = 0;
            while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                assert_eq!(server.get_raw("/sandbox/v1/accounts").status(), 200);
                count += 1;
            }
            count
        });
        for _ in 0..3 {
            restore(&server, "base");
        }
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(asking.join().unwrap() > 0);
    });
    assert_eq!(stage(&server, "1"), "auth success");
}

/// What it would become could not be opened, and what it is would be gone.
#[test]
fn a_snapshot_of_another_server_key_is_refused_and_changes_nothing() {
    let other = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    save(&other, "theirs");
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    save(&server, "own");
    let snapshots = |server: &TestServer| server.data().join("data/snapshots");
    std::fs::rename(snapshots(&other).join("theirs"), snapshots(&server).join("theirs")).unwrap();
    server.merchant().authorized("1");
    let (status, answer) = server.post_json("/sandbox/v1/snapshots/theirs/restore", &json!({}));
    assert_eq!(status, 409, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("another server key"), "{answer}");
    assert_eq!(stage(&server, "1"), "auth success");
    restore(&server, "own");
    assert_eq!(stage(&server, "1"), "never auth");
}

#[test]
fn a_damaged_snapshot_is_listed_as_such_holds_up_no_other_and_can_be_removed() {
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    save(&server, "bad");
    save(&server, "good");
    std::fs::write(server.data().join("data/snapshots/bad/snapshot.json"), "{").unwrap();
    save(&server, "new");
    let listed = server.get_json("/sandbox/v1/snapshots");
    let bad = &listed["snapshots"][0];
    assert_eq!(bad["name"], "bad");
    assert!(bad["problem"].as_str().unwrap().contains("DELETE"), "{bad}");
    assert_eq!(bad.get("taken"), None);
    assert_eq!(listed["snapshots"][1].get("problem"), None);
    let refused = server.post_json("/sandbox/v1/snapshots/bad/restore", &json!({}));
    assert_eq!(refused.0, 409, "{refused:?}");
    restore(&server, "good");
    assert_eq!(delete(&server, "/sandbox/v1/snapshots/bad"), 204);
    assert_eq!(server.get_json("/sandbox/v1/snapshots")["snapshots"].as_array().unwrap().len(), 2);
}

/// What a killed process leaves of a replacement and of a removal is put right by the next start.
#[test]
fn a_start_puts_right_what_was_broken_off() {
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    made(&server, &json!({"name": "one"}));
    save(&server, "base");
    let data = server.data().join("data");
    std::fs::rename(data.join("snapshots/base"), data.join("snapshots/.old-base")).unwrap();
    let left = ["snapshots/.part-1", ".part", "namespaces/.gone-1", "namespaces/one/.part"];
    left.iter().for_each(|folder| std::fs::create_dir(data.join(folder)).unwrap());
    let server = server.restart_with("");
    restore(&server, "base");
    for folder in left {
        assert!(!data.join(folder).exists(), "{folder}");
    }
}
