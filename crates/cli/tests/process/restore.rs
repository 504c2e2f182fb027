//! A restore that does not come to its end.

use crate::{Served, kaipiao, text};
use kaipiao_tests::pdfs::{showing, uploaded};
use kaipiao_tests::{PLATFORM, TestServer, wait_until};
use serde_json::{Value, json};
use std::path::Path;

/// When a process is killed that restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Asked,
    Writing,
    Decided,
}

/// A folder of so many files that it takes a while to copy or to remove.
const BALLAST: &str = "ballast";
const BALLAST_FILES: usize = 10_000;

fn load(files: &Path) {
    let ballast = files.join(BALLAST);
    std::fs::create_dir_all(&ballast).unwrap();
    for number in 0..BALLAST_FILES {
        std::fs::write(ballast.join(number.to_string()), "").unwrap();
    }
}

impl Moment {
    fn is_there(self, data: &Path) -> bool {
        match self {
            Self::Asked => true,
            Self::Writing => data.join(".part").exists(),
            Self::Decided => data.join(".coming").exists(),
        }
    }
}

fn client(server: &Served) -> TestServer {
    TestServer::beside(server.home.trim_end_matches('/'))
}

fn uploaded_files(data: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(data.join("files")) else { return 0 };
    // Beside the folders it says whose files they are.
    let entries = entries.map(Result::unwrap).filter(|entry| entry.file_name() != BALLAST);
    let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    folders.map(|folder| std::fs::read_dir(folder).unwrap().count()).sum()
}

/// Kills a server at a moment of its restore. Returns whether it was there still when the process had ended, and what the
/// next start finds: an order's stage, and how many files.
fn killed_at(moment: Moment) -> (bool, (String, usize)) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mut server = Served::start(data, &[]);
    let asked = client(&server);
    uploaded(&asked.client(PLATFORM), &showing("before"));
    let (status, saved) = asked.post_json("/sandbox/v1/snapshots", &json!({"name": "base"}));
    assert_eq!(status, 201, "{saved}");
    asked.merchant().authorized("1");
    uploaded(&asked.client(PLATFORM), &showing("after"));
    match moment {
        Moment::Asked => {}
        Moment::Writing => load(&data.join("snapshots/base/files")),
        Moment::Decided => load(&data.join("files")),
    }
    let url = format!("{}sandbox/v1/snapshots/base/restore", server.home);
    let mut restoring = std::process::Command::new("curl")
        .args(["--silent", "--max-time", "30", "--request", "POST", &url])
        .spawn()
        .unwrap();
    wait_until("the moment, or the answer", || {
        moment.is_there(data) || restoring.try_wait().unwrap().is_some()
    });
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    restoring.wait().unwrap();
    let was_there = moment.is_there(data);
    let server = Served::start(data, &[]);
    let stage = client(&server).merchant().status("1")["invoice_status"].clone();
    let state = (stage.as_str().unwrap().to_owned(), uploaded_files(data));
    assert!(!data.join(".coming").exists() && !data.join(".part").exists());
    server.stop();
    (was_there, state)
}

#[test]
fn a_restore_that_is_killed_leaves_what_was_or_what_it_restores() {
    let (old, new) = (("auth success".to_owned(), 2), ("never auth".to_owned(), 1));
    let (_, state) = killed_at(Moment::Asked);
    assert!([&old, &new].contains(&&state), "{state:?}");
    for (moment, expected) in [(Moment::Writing, old), (Moment::Decided, new)] {
        // A busy machine may be past it before it is seen: then once more.
        let hit = (0..5).map(|_| killed_at(moment)).find(|(was_there, _)| *was_there);
        let (_, state) = hit.unwrap_or_else(|| panic!("{moment:?} was not met"));
        assert_eq!(state, expected, "{moment:?}");
    }
}

/// Leaves a data directory as a process does that is killed once the restore of the snapshot is decided.
fn decide(data: &Path, snapshot: &str) {
    let (from, coming) = (data.join("snapshots").join(snapshot), data.join(".coming"));
    std::fs::create_dir(&coming).unwrap();
    std::fs::create_dir(coming.join("files")).unwrap();
    std::fs::copy(from.join("kaipiao.sqlite3"), coming.join("kaipiao.sqlite3")).unwrap();
    let saved: Value =
        serde_json::from_slice(&std::fs::read(from.join("snapshot.json")).unwrap()).unwrap();
    std::fs::write(coming.join("clock-begins.json"), saved["clock"].to_string()).unwrap();
}

#[test]
fn a_decided_restore_is_named_by_tools_and_done_by_the_next_start_with_the_clock_of_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Served::start(data, &[]);
    let asked = client(&server);
    let clock = |server: &TestServer, change: Value| {
        let (status, shown) = server.post_json("/sandbox/v1/clock", &change);
        assert_eq!(status, 200, "{shown}");
        shown["now"].as_i64().unwrap()
    };
    clock(&asked, json!({"stopped": true}));
    let (status, saved) = asked.post_json("/sandbox/v1/snapshots", &json!({"name": "base"}));
    assert_eq!(status, 201, "{saved}");
    // The store of the snapshot knows another clock than the one that goes on.
    clock(&asked, json!({"advance_s": 5000, "rate": 1000}));
    asked.merchant().authorized("1");
    server.stop();
    decide(data, "base");
    let backup = folder.path().join("copy").display().to_string();
    for (command, arguments) in
        [("check", vec![]), ("backup", vec![&*backup]), ("accounts", vec![])]
    {
        let command = [command, "--data", data.to_str().unwrap()];
        let output = kaipiao().args(command).args(arguments).output().unwrap();
        assert!(!output.status.success(), "{command:?}");
        let said = text(&output);
        assert!(said.contains("decided") && said.contains("kaipiao serve"), "{command:?}: {said}");
    }
    for _ in 0..2 {
        let server = Served::start(data, &[]);
        let asked = client(&server);
        assert_eq!(asked.get_json("/sandbox/v1/clock")["now"], saved["now"]);
        assert_eq!(asked.merchant().status("1")["invoice_status"], "never auth");
        server.stop();
    }
    let output = kaipiao().args(["check", "--data", data.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
}
