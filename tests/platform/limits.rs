//! How much an account may upload, and how fairly what it uploads is read.

use super::collector::{blobs, names};
use super::pdf::{showing, upload, uploaded};
use super::{INSERT, card_id, invoice};
use kaipiao_tests::{
    Client, MERCHANT, PLATFORM, TestServer, assert_ok, assert_refused, wait_until,
};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The least that the setting may be: the longest PDF.
const TWO_MIB: &str = "[files]\nunattached_bytes = 2097152";

/// A PDF of 700,000 bytes: two of them are allowed beside each other, and not three.
fn large() -> Vec<u8> {
    let mut pdf = showing("044032000211 62522141");
    pdf.resize(700_000, b'\n');
    pdf
}

fn refused_for_its_size(platform: &Client<'_>) {
    let refused = upload(platform, &large());
    assert_refused(
        &refused,
        45009,
        "at most 2097152 are allowed, each in whole blocks of 4096: insert",
    );
}

/// Another account that may upload.
fn grant(server: &TestServer) {
    let (status, answer) =
        server.admin("PUT", &format!("accounts/{MERCHANT}"), &json!({"platform_api": true}));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn an_account_has_only_so_much_that_no_invoice_has() {
    let server = TestServer::start_with(TWO_MIB);
    let platform = server.client(PLATFORM);
    let first = uploaded(&platform, &large());
    for _ in 0..2 {
        uploaded(&platform, &large()[..690_000]);
    }
    refused_for_its_size(&platform);
    uploaded(&platform, &showing("a short one has room"));
    assert_eq!(names(&blobs(&server)).len(), 4, "nothing is kept of what was refused");
    grant(&server);
    uploaded(&server.client(MERCHANT), &large());
    // One that is an invoice's counts no longer.
    server.merchant().authorized("o-1");
    let card_id = card_id(&platform);
    assert_ok(&platform.post(INSERT, &invoice("o-1", &card_id, &first, "62522141")));
    uploaded(&platform, &large());
    refused_for_its_size(&platform);
    // The counts are stored, not remembered.
    let server = server.restart_with(TWO_MIB);
    refused_for_its_size(&server.client(PLATFORM));
    // After three days, and the hour in which they came, nobody can attach them any more.
    server.advance_s(3 * 86_400 + 3600);
    for _ in 0..2 {
        uploaded(&server.client(PLATFORM), &large());
    }
}

/// Else the limit would be no limit of their number.
#[test]
fn a_short_pdf_counts_as_a_block_of_the_disk() {
    let server = TestServer::start_with(TWO_MIB);
    let platform = server.client(PLATFORM);
    for _ in 0..2 {
        uploaded(&platform, &large());
    }
    uploaded(&platform, &large()[..2_097_152 - 2 * 700_416 - 2 * 4096]);
    for _ in 0..2 {
        uploaded(&platform, &showing("a short one"));
    }
    let refused = upload(&platform, &showing("a short one"));
    assert_refused(&refused, 45009, "2101248 bytes");
}

#[test]
fn uploads_at_the_same_time_do_not_go_over_the_limit_together() {
    let server = TestServer::start_with(TWO_MIB);
    let platform = server.client(PLATFORM);
    let taken = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| match upload(&platform, &large())["errcode"].as_i64().unwrap() {
                0 => drop(taken.fetch_add(1, SeqCst)),
                refused => assert_eq!(refused, 45009),
            });
        }
    });
    let mut taken = taken.into_inner();
    assert_eq!(names(&blobs(&server)).len(), taken, "only what was acknowledged is kept");
    while upload(&platform, &large())["errcode"] == json!(0) {
        taken += 1;
    }
    assert_eq!(taken, 2, "and only that is counted");
}

#[test]
fn a_disk_that_is_nearly_full_takes_no_pdf() {
    let server = TestServer::start_with("[files]\nleast_free_bytes = 1152921504606846976");
    let platform = server.client(PLATFORM);
    assert_refused(&upload(&platform, &showing("x")), -1, "system error");
    assert_eq!(names(&blobs(&server)), [""; 0]);
    let server = server.restart_with("[files]\nleast_free_bytes = 0");
    uploaded(&server.client(PLATFORM), &showing("x"));
}

/// A program that says of each PDF that it has read it, as soon as there is a file.
fn waiting_reader(place: &Path) -> (PathBuf, PathBuf) {
    let (program, gate) = (place.join("reader"), place.join("gate"));
    let script = format!(
        "#!/bin/sh\n/bin/cat > /dev/null\nwhile [ ! -e {} ]; do /bin/sleep 0.05; done\nprintf T\n",
        gate.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    (program, gate)
}

/// Four are read, 64 wait; whoever has none waiting finds a place all the same, and waits for no more than a turn of the
/// other.
#[test]
fn an_account_that_fills_the_line_leaves_the_others_their_turn() {
    const MORE: usize = 3;
    let place = tempfile::tempdir().unwrap();
    let (program, gate) = waiting_reader(place.path());
    let server = TestServer::start_reading_with(program);
    grant(&server);
    let (platform, other) = (server.client(PLATFORM), server.client(MERCHANT));
    let (taken, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 + 64 + MORE {
            scope.spawn(|| match upload(&platform, &showing("x"))["errcode"].as_i64().unwrap() {
                0 => taken.fetch_add(1, SeqCst),
                -1 => refused.fetch_add(1, SeqCst),
                errcode => panic!("{errcode}"),
            });
        }
        wait_until("the line is full", || refused.load(SeqCst) == MORE);
        let others = scope.spawn(|| {
            uploaded(&other, &showing("x"));
            taken.load(SeqCst)
        });
        wait_until("its newest makes room", || refused.load(SeqCst) == MORE + 1);
        std::fs::write(gate, "").unwrap();
        let before = others.join().unwrap();
        assert!(before < 30, "{before} of the other account came first");
    });
    assert_eq!((taken.into_inner(), refused.into_inner()), (67, MORE + 1));
}
