//! What a reader makes of its children's ends; the shell stands for children that go wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use bytes::Bytes;
use core::time::Duration;
use kaipiao_pdf_reader::{ChildReader, Program};
use kaipiao_ports::platform::pdf_reader::{PdfReader, UnreadablePdf};
use std::time::Instant;

fn reader(script: &str) -> ChildReader {
    let arguments = vec!["-c".into(), script.into()];
    ChildReader::new(Program { path: "/bin/sh".into(), arguments })
}

async fn heard(script: &str) -> Result<String, UnreadablePdf> {
    reader(script).text(Bytes::from_static(b"%PDF")).await
}

#[tokio::test]
async fn what_a_child_says_is_passed_on_and_a_limit_that_ends_it_is_the_pdfs_fault() {
    assert_eq!(heard("printf T; cat").await, Ok("%PDF".to_owned()));
    let refused = |why: &str| Err(UnreadablePdf::Refused(why.to_owned()));
    assert_eq!(heard("printf 'Rit is broken'").await, refused("it is broken"));
    let too_much = "it takes more memory or time to read than is allowed";
    for signal in ["ABRT", "XCPU", "SEGV"] {
        assert_eq!(heard(&format!("printf Thalf; kill -{signal} $$")).await, refused(too_much));
    }
    let busy = "ulimit -St 1; while :; do :; done";
    assert_eq!(heard(busy).await, refused(too_much), "its processor time is over");
}

/// A machine that is short of memory, or is being shut down.
#[tokio::test]
async fn a_child_that_the_system_ends_says_nothing_of_its_pdf() {
    // Not HUP: `nohup` has all that it starts ignore it.
    for signal in ["KILL", "TERM", "USR1"] {
        let heard = heard(&format!("printf Thalf; kill -{signal} $$")).await;
        assert!(matches!(&heard, Err(UnreadablePdf::Overloaded(_))), "{signal}: {heard:?}");
    }
}

/// What is not the PDF's fault is the operator's to know, and no PDF is blamed for it.
#[tokio::test]
async fn a_child_that_cannot_begin_is_told_of_as_such() {
    for script in ["exit 1", "exit 0", "printf x"] {
        let heard = heard(script).await;
        assert!(matches!(&heard, Err(UnreadablePdf::Away(_))), "{script}: {heard:?}");
    }
    let nowhere = Program { path: "/nowhere".into(), arguments: Vec::new() };
    let heard = ChildReader::new(nowhere).text(Bytes::new()).await;
    assert!(matches!(heard, Err(UnreadablePdf::Away(_))), "{heard:?}");
}

/// One that hangs is ended, with a file that it does not read to the end, and its PDF is not blamed for it.
#[tokio::test]
async fn a_child_that_hangs_is_ended_in_time() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep 600", file.display());
    let reader = reader(&script).with_time_limit(Duration::from_millis(700));
    let began = Instant::now();
    let heard = reader.text(vec![0; 2 << 20].into()).await;
    assert!(matches!(heard, Err(UnreadablePdf::Overloaded(_))), "{heard:?}");
    assert!(began.elapsed() < Duration::from_secs(20));
    let pid = std::fs::read_to_string(file).unwrap();
    let process = std::path::Path::new("/proc").join(pid.trim()).join("stat");
    // Killed, and reaped by the runtime a moment later.
    for _ in 0..200 {
        let stat = std::fs::read_to_string(&process).unwrap_or_default();
        if stat.is_empty() || stat.contains(" Z ") {
            return;
        }
        pause().await;
    }
    panic!("the child goes on");
}

#[expect(clippy::disallowed_methods, reason = "a process ends in real time")]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
