//! A PostgreSQL server and its standby, of a test's own: streaming replication, and commits that wait for both disks.

use crate::postgres::program;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// A running server: its data, and the folder of its socket.
pub struct Server {
    folder: PathBuf,
}

/// Two servers, stopped and removed with this.
pub struct Replicated {
    /// The one that is written to.
    pub primary: Server,
    /// The one that follows it, and without which it acknowledges nothing.
    pub standby: Server,
    folder: PathBuf,
}

impl Replicated {
    /// Starts both. Panics where they cannot be had.
    pub fn start() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nth = COUNT.fetch_add(1, Ordering::SeqCst);
        // A socket's path is short.
        let folder = PathBuf::from(format!("/tmp/kaipiao-rep-{}-{nth}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let server = |name: &str| Server { folder: folder.join(name) };
        let this = Self { primary: server("a"), standby: server("b"), folder };
        for server in [&this.primary, &this.standby] {
            fs::create_dir(&server.folder).unwrap();
        }
        if crate::postgres::is_root() {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&this.folder));
        }
        let initdb = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres"];
        run(program("initdb").args(initdb).arg("--no-sync").arg(this.primary.data()));
        this.primary.configure();
        this.primary.run();
        let conninfo = format!("{} application_name=standby", this.primary.url());
        let backup = ["--no-sync", "--checkpoint=fast", "--write-recovery-conf", "--pgdata"];
        run(program("pg_basebackup")
            .args(backup)
            .arg(this.standby.data())
            .args(["--dbname", &conninfo]));
        this.standby.configure();
        this.standby.run();
        this.primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        this.primary.sql("SELECT pg_reload_conf()");
        this
    }

    /// An address of both, of which the one that can be written to is chosen.
    pub fn url(&self) -> String {
        let [a, b] = [&self.primary, &self.standby].map(|server| server.folder.display());
        format!("postgres://postgres@/postgres?host={a}&host={b}&target_session_attrs=read-write")
    }
}

impl Drop for Replicated {
    fn drop(&mut self) {
        for server in [&self.primary, &self.standby] {
            // One of them may have been stopped.
            let _ = server.control(&["stop", "--mode=immediate"]).status();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Its address, with the user who may do everything.
    pub fn url(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.display())
    }

    fn configure(&self) {
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nshared_buffers = 32MB\n",
            self.folder.display()
        );
        let file = self.data().join("postgresql.conf");
        let mut opened = fs::OpenOptions::new().append(true).open(file).unwrap();
        opened.write_all(settings.as_bytes()).unwrap();
    }

    fn control(&self, arguments: &[&str]) -> Command {
        let mut command = program("pg_ctl");
        command.args(arguments).args(["--silent", "--pgdata"]).arg(self.data());
        command.arg("--log").arg(self.folder.join("log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self) {
        run(&mut self.control(&["start", "--wait"]));
    }

    /// Ends it as a crash does.
    pub fn crash(&self) {
        run(&mut self.control(&["stop", "--mode=immediate"]));
    }

    /// From a standby to a primary.
    pub fn promote(&self) {
        run(&mut self.control(&["promote", "--wait"]));
    }

    /// Runs a statement with psql.
    pub fn sql(&self, statement: &str) {
        let arguments = ["--no-psqlrc", "--quiet", "--dbname", &self.url(), "--command", statement];
        run(program("psql").args(arguments));
    }
}

/// Runs a program to its end.
fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
