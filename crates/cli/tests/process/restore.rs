//! A restore that does not come to its end.

use crate::Served;
use kaipiao_tests::pdfs::{showing, uploaded};
use kaipiao_tests::{PLATFORM, TestServer, wait_until};
use std::path::Path;

/// When a process is killed that restores.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Asked,
    Writing,
    Decided,
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
    let Ok(folders) = std::fs::read_dir(data.join("files")) else { return 0 };
    folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
}

#[test]
fn a_restore_that_is_killed_leaves_what_was_or_what_it_restores() {
    for moment in [Moment::Asked, Moment::Writing, Moment::Decided] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let mut server = Served::start(data, &[]);
        let asked = client(&server);
        uploaded(&asked.client(PLATFORM), &showing("before"));
        let (status, saved) =
            asked.post_json("/sandbox/v1/snapshots", &serde_json::json!({"name": "base"}));
        assert_eq!(status, 201, "{saved}");
        asked.merchant().authorized("1");
        uploaded(&asked.client(PLATFORM), &showing("after"));
        let url = format!("{}sandbox/v1/snapshots/base/restore", server.home);
        let mut restoring = std::process::Command::new("curl")
            .args(["--silent", "--max-time", "30", "--request", "POST", &url])
            .spawn()
            .unwrap();
        // It may be done before it is seen.
        wait_until("the moment, or the answer", || {
            moment.is_there(data) || restoring.try_wait().unwrap().is_some()
        });
        server.process.kill().unwrap();
        server.process.wait().unwrap();
        restoring.wait().unwrap();
        let server = Served::start(data, &[]);
        let stage = client(&server).merchant().status("1")["invoice_status"].clone();
        let state = (stage.as_str().unwrap(), uploaded_files(data));
        assert!([("auth success", 2), ("never auth", 1)].contains(&state), "{moment:?}: {state:?}");
        assert!(!data.join(".coming").exists());
        server.stop();
    }
}
