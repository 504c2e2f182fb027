//! A node as its own process.

use kaipiao_testkit::postgres::Database;
use kaipiao_tests::{TestServer, wait_for};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// The binary, told which database.
pub(crate) fn kaipiao(arguments: &[&str], database: &Database, data: &Path) -> Command {
    kaipiao_at(arguments, &database.url(), data)
}

/// The binary, told the database's address.
pub(crate) fn kaipiao_at(arguments: &[&str], url: &str, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaipiao"));
    command.args(arguments).env("KAIPIAO_DATABASE_URL", url).arg("--data").arg(data);
    command
}

/// `kaipiao serve` on a free port.
pub(crate) fn serve(arguments: &[&str], database: &Database, data: &Path) -> Command {
    serve_at(arguments, &database.url(), data)
}

fn serve_at(arguments: &[&str], url: &str, data: &Path) -> Command {
    let mut command = kaipiao_at(&["serve", "--listen", "127.0.0.1:0"], url, data);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What `kaipiao check` says of a store in which all holds.
pub(crate) fn checked(url: &str, data: &Path) -> String {
    let output = kaipiao_at(&["check"], url, data).output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    assert_eq!(output.status.code(), Some(0), "{said:?}");
    said.concat()
}

/// A server process; killed when it is dropped.
pub(crate) struct Node {
    process: Child,
    /// What a client does with it.
    pub(crate) server: TestServer,
}

impl Node {
    pub(crate) fn start(arguments: &[&str], database: &Database, data: &Path) -> Self {
        Self::start_at(arguments, &database.url(), data)
    }

    pub(crate) fn start_at(arguments: &[&str], url: &str, data: &Path) -> Self {
        let mut process = serve_at(arguments, url, data).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let Some(Ok(first)) = lines.next() else {
            let mut said = String::new();
            process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("it did not start: {said}");
        };
        // Nobody else reads what it says, and a pipe has an end.
        std::thread::spawn(move || lines.for_each(drop));
        let base = first.strip_prefix("Kaipiao listens on ").unwrap();
        Self { server: TestServer::beside(base), process }
    }

    /// kill -9, and what it had logged.
    pub(crate) fn kill(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.log()
    }

    /// SIGTERM; what was logged.
    pub(crate) fn stop(mut self) -> String {
        self.signal("-TERM");
        let (status, log) = self.end();
        assert!(status.success(), "{status}: {log}");
        log
    }

    /// What `kill` sends.
    pub(crate) fn signal(&self, which: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([which, &pid]).status().unwrap().success());
    }

    /// Waits until it ends by itself: how, and what it logged.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let status = wait_for("the node's end", || self.process.try_wait().unwrap());
        (status, self.log())
    }

    fn log(&mut self) -> String {
        let mut log = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            stderr.read_to_string(&mut log).unwrap();
        }
        log
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Two nodes that share a database and, as nodes do, the server key.
pub(crate) struct Pair {
    pub(crate) a: Node,
    pub(crate) b: Node,
    pub(crate) database: Database,
    /// Goes with the nodes.
    data: tempfile::TempDir,
}

impl Pair {
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// Two nodes with these settings (TOML).
    pub(crate) fn start_with(settings: &str) -> Self {
        let (database, data) = (database(), tempfile::tempdir().unwrap());
        let config = data.path().join("kaipiao.toml");
        std::fs::write(&config, settings).unwrap();
        let config = config.to_str().unwrap();
        let start =
            |name| Node::start(&["--node", name, "--config", config], &database, data.path());
        Self { a: start("a"), b: start("b"), database, data }
    }

    /// `kaipiao check` beside them finds that all holds.
    pub(crate) fn check(&self) {
        checked(&self.database.url(), self.data.path());
    }
}

pub(crate) fn database() -> Database {
    block_on(Database::new())
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}
