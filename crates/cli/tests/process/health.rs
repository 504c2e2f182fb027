//! `/healthz`, and the disk that it tells of.

use crate::{Running, Served, kaipiao, text};
use kaipiao_cli::compose;
use kaipiao_cli::store::OpenStore;
use kaipiao_ports::clock::SystemClock;
use kaipiao_store_sqlite::{GroupHook, Options, SqliteStore};
use kaipiao_tests::{load, open_store, wait_for, wait_until};
use kaipiao_wire::keys::Keys;
use rlimit::Resource;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn kaipiao_health_is_the_probe_of_a_container_that_has_no_curl() {
    let data = tempfile::tempdir().unwrap();
    let asking = |arguments: &[&str]| {
        let output = kaipiao().arg("health").args(arguments).output().unwrap();
        (output.status.code(), text(&output))
    };
    for tls in [&[][..], &["--tls"]] {
        let server = Served::start(data.path(), tls);
        let ok = (Some(0), "{\"status\":\"ok\"}\n".to_owned());
        assert_eq!(asking(&["--server", &server.home]), ok);
        let ready = (Some(0), "{\"status\":\"ready\"}\n".to_owned());
        let arguments = ["--server", &server.home, "--ready"];
        wait_until("it is ready", || asking(&arguments) == ready);
        let mut beside_proxy = kaipiao();
        beside_proxy.env("HTTP_PROXY", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
        let output = beside_proxy.args(["health", "--server", &server.home]).output().unwrap();
        assert_eq!((output.status.code(), text(&output)), ok, "a proxy is for others");
        let listen = server.home.split("://").nth(1).unwrap().trim_end_matches('/');
        let settings = tempfile::NamedTempFile::new().unwrap();
        let is_on = !tls.is_empty();
        let lines = format!("listen = {listen:?}\n[tls]\nlocal_authority = {is_on}");
        std::fs::write(settings.path(), lines).unwrap();
        let arguments = ["--config", settings.path().to_str().unwrap()];
        assert_eq!(asking(&arguments), ok, "it asks where the settings listen");
        server.stop();
        let (code, said) = asking(&arguments);
        assert!(code == Some(1) && said.contains("no answer from http"), "{said}");
    }
    let (code, said) = asking(&["--server", "http://127.0.0.1:1"]);
    assert!(code == Some(1) && said.contains("--server") && said.lines().count() == 1, "{said}");
}

/// What waits for the start of a unit of systemd's `Type=notify` can ask it at once.
#[test]
fn a_service_manager_is_told_as_soon_as_the_server_listens() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("notify");
    let manager = UnixDatagram::bind(&place).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut serve = kaipiao();
    serve.args(["serve", "--listen", &free, "--data"]).arg(folder.path().join("data"));
    serve.env("NOTIFY_SOCKET", &place).stdout(Stdio::null()).stderr(Stdio::null());
    let _server = Running(serve.spawn().unwrap());
    let mut told = [0; 64];
    let length = manager.recv(&mut told).unwrap();
    assert_eq!(&told[..length], b"READY=1\n");
    let output =
        kaipiao().args(["health", "--server", &format!("http://{free}")]).output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output)),
        (Some(0), "{\"status\":\"ok\"}\n".to_owned())
    );
}

/// A server whose files cannot grow while the test says so.
struct OnSmallDisk {
    served: Served,
    agent: ureq::Agent,
}

impl OnSmallDisk {
    fn start(data: &Path) -> Self {
        // What is ignored stays ignored in the program that follows: a write fails, as on a full disk.
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(kaipiao().get_program());
        let served = Served::of(command, data, &[]);
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        Self { served, agent: config.build().into() }
    }

    /// Sets how long a file of the process may become, in bytes.
    fn room(&self, bytes: u64) {
        let process = self.served.process.id().try_into().unwrap();
        let limits = (bytes, rlimit::INFINITY);
        rlimit::prlimit(process, Resource::FSIZE, Some(limits), None).unwrap();
    }

    fn health(&self) -> (u16, Value) {
        let url = format!("{}healthz", self.served.home);
        answer(self.agent.get(url).call().unwrap())
    }

    /// Makes a user of the sandbox, which is one commit.
    fn add_user(&self, id: &str) -> u16 {
        let url = format!("{}sandbox/v1/users", self.served.home);
        let answer = self.agent.post(url).send(json!({"id": id}).to_string()).unwrap();
        answer.status().as_u16()
    }

    /// A call of the merchant API that commits.
    fn token(&self) -> Value {
        let demo = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
        let body = json!({
            "grant_type": "client_credential", "appid": demo.appid, "secret": demo.secret,
            "force_refresh": true,
        });
        let url = format!("{}cgi-bin/stable_token", self.served.home);
        answer(self.agent.post(url).send(body.to_string()).unwrap()).1
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap())
}

fn integrity(data: &Path) -> String {
    let store = open_store(data);
    store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_full_disk_is_said_harms_nothing_and_ends_by_itself() {
    let data = tempfile::tempdir().unwrap();
    let server = OnSmallDisk::start(data.path());
    let well = (200, json!({"status": "ok"}));
    assert_eq!(server.health(), well);
    let made = server.add_user("before");
    assert!((200..300).contains(&made), "{made}");

    server.room(0);
    for _ in 0..5 {
        assert_eq!(server.add_user("refused"), 503);
    }
    let refused = server.token();
    assert_eq!(refused["errcode"], -1, "{refused}");
    for _ in 0..5 {
        let (status, health) = server.health();
        assert_eq!((status, &health["status"]), (503, &json!("the store takes no commits")));
        let reason = health["reason"].as_str().unwrap();
        assert!(reason.contains("disk") || reason.contains("database file"), "{reason}");
        assert!(!reason.contains(data.path().to_str().unwrap()), "{reason}");
    }
    // What needs no write is served.
    assert!(server.agent.get(&server.served.home).call().unwrap().status().is_success());

    server.room(rlimit::INFINITY);
    // Nobody writes: the server finds the room itself.
    wait_until("the server is well again", || server.health() == well);
    assert_eq!(server.add_user("after"), made);
    wait_for("a token", || server.token()["access_token"].as_str().map(str::to_owned));
    let log = server.served.stop();
    assert!(log.contains("a group commit failed"), "{log}");
    assert_eq!(integrity(data.path()), "ok");
    let again = OnSmallDisk::start(data.path());
    let known = format!("{}sandbox/v1/accounts", again.served.home);
    let (_, known) = answer(again.agent.get(known).call().unwrap());
    let users = known["users"].as_array().unwrap();
    let has = |id: &str| users.iter().any(|user| user["id"] == id);
    assert_eq!(["before", "refused", "after"].map(has), [true, false, true], "{users:?}");
    again.served.stop();
}

/// More probes than the store's queue would take wait for one commit, and all learn what it finds.
#[test]
fn probes_share_one_look_at_the_store() {
    let data = tempfile::tempdir().unwrap();
    let settings = load(data.path(), "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (open, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    // An error: the gate is open.
    let before_commit: GroupHook = Arc::new(move |_| {
        let _ = gate.lock().unwrap().recv();
        Ok(())
    });
    let options =
        Options { queue_capacity: 1, before_commit: Some(before_commit), ..Options::default() };
    runtime.block_on(async {
        let store = Arc::new(SqliteStore::open(&settings.data, options).unwrap());
        let clock = Arc::new(SystemClock::default());
        let keys = Keys::derive(&[1; 32]);
        let app =
            compose::app(&settings, settings.listen, &OpenStore::unshared(store), clock, keys);
        let app = Arc::new(app.unwrap_or_else(|error| panic!("{error}")).0);
        let probes: Vec<_> = (0..50)
            .map(|_| {
                let app = Arc::clone(&app);
                tokio::spawn(async move { kaipiao_app::health::check(&app).await })
            })
            .collect();
        // Each has asked.
        tokio::task::yield_now().await;
        drop(open);
        for probe in probes {
            assert_eq!(probe.await.unwrap(), Ok(()));
        }
    });
}
