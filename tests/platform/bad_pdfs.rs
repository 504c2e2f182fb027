//! What is refused at setpdf: each file is made here.

use super::pdf::{deflated, file_of, page, showing, upload, uploaded};
use kaipiao_tests::{PLATFORM, TestServer, assert_refused, pdf_reader, wait_until};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const MIB: usize = 1 << 20;

#[test]
fn what_is_no_pdf_or_a_broken_one_is_refused() {
    let server = TestServer::start();
    let client = server.client(PLATFORM);
    let whole = showing("hello");
    let no_pages = vec![
        b"<</Type /Catalog /Pages 2 0 R>>".to_vec(),
        b"<</Type /Pages /Kids [] /Count 0>>".to_vec(),
    ];
    let around = vec![
        b"<</Type /Catalog /Pages 2 0 R>>".to_vec(),
        b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 2>>".to_vec(),
    ];
    let nested = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    for (file, told) in [
        (Vec::new(), "the file is empty"),
        (b"<html>%PDF</html>".to_vec(), "it is no PDF"),
        (b"PK\x03\x04".to_vec(), "it is no PDF"),
        (b"%PDF-1.7\n".to_vec(), "it is broken"),
        (whole[..whole.len() / 2].to_vec(), "it is broken"),
        (whole[..whole.len() - 60].to_vec(), "it is broken"),
        (file_of(&no_pages, "/Root 1 0 R"), "it has no pages"),
        (file_of(&around, "/Root 1 0 R"), "it has no pages"),
        (file_of(&page(deflated("", b"")), "/Root 9 0 R"), "it is broken"),
        (file_of(&[nested], "/Root 1 0 R"), "it is broken"),
    ] {
        assert_refused(&upload(&client, &file), 72040, told);
    }
    uploaded(&client, &whole);
}

#[test]
fn an_encrypted_pdf_is_refused_as_such() {
    let server = TestServer::start();
    let mut objects = page(deflated("", b"BT ET"));
    let secret = "ab".repeat(32);
    objects.push(
        format!("<</Filter /Standard /V 1 /R 2 /O <{secret}> /U <{secret}> /P -4>>").into_bytes(),
    );
    let trailer = "/Root 1 0 R /Encrypt 6 0 R /ID [<00> <00>]";
    let answer = upload(&server.client(PLATFORM), &file_of(&objects, trailer));
    assert_refused(&answer, 72040, "it is encrypted");
}

/// Small files that unpack to more than anybody has, or to more than can be looked at in time.
#[test]
fn bombs_are_refused_and_the_server_goes_on() {
    let server = TestServer::start();
    let client = server.client(PLATFORM);
    let zeros = vec![b'0'; 300 * MIB];
    let content = file_of(&page(deflated("", &zeros)), "/Root 1 0 R");
    let mut font = page(deflated("", b"BT /F 12 Tf (a) Tj ET"));
    font[4] =
        b"<</Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /ToUnicode 6 0 R>>"
            .to_vec();
    font.push(deflated("", &zeros));
    let font = file_of(&font, "/Root 1 0 R");
    let mut packed = page(deflated("", b"BT ET"));
    packed.push(deflated("/Type /ObjStm /N 1 /First 4", &zeros));
    let packed = file_of(&packed, "/Root 1 0 R");
    drop(zeros);
    // Each operation of two bytes takes a hundred in memory.
    let operations = deflated("", &b"q ".repeat(15 * MIB));
    let operations = file_of(&page(operations), "/Root 1 0 R");
    for (bomb, told) in [
        (content, "unpacks to more than 32 MiB"),
        (font, "unpacks to more than 32 MiB"),
        (packed, "unpacks to more than 32 MiB"),
        (operations, "it takes more memory or time to read than is allowed"),
    ] {
        assert!(bomb.len() < MIB, "{}", bomb.len());
        assert_refused(&upload(&client, &bomb), 72040, told);
    }
    uploaded(&client, &showing("hello"));
}

#[test]
fn a_longer_file_is_refused_with_the_limit() {
    let server = TestServer::start();
    let client = server.client(PLATFORM);
    let limit = "at most 2097152 bytes are allowed";
    let mut file = showing("hello");
    file.resize(2 * MIB, b'\n');
    uploaded(&client, &file);
    for longer in [1, 200_000, 4 * MIB] {
        file.resize(2 * MIB + longer, b'\n');
        assert_refused(&upload(&client, &file), 72040, limit);
    }
}

/// The limit of its processor time ends the reader by a signal that nothing else sends.
#[test]
fn the_readers_limits_are_set_before_it_reads() {
    let mut reader =
        Command::new(pdf_reader()).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let process = PathBuf::from(format!("/proc/{}", reader.id()));
    let read = |name: &str| std::fs::read_to_string(process.join(name)).unwrap_or_default();
    let limit = |name: &str| {
        let (limits, soft) = (read("limits"), name.len());
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.get(soft..)
            .unwrap_or_default()
            .split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    };
    // The last one that it sets.
    wait_until("it reads", || limit("Max file size") == "0 0");
    assert_eq!(limit("Max cpu time"), "5 7");
    assert_ne!(limit("Max address space"), "unlimited unlimited");
    assert_eq!(read("oom_score_adj").trim(), "1000", "the system ends it before the server");
    drop(reader.stdin.take());
    assert!(reader.wait().unwrap().success());
}
