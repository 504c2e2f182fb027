//! A database of the rounds' own, on a PostgreSQL server that `cargo xtask` has started for them, and
//! what happens to it.

use kaipiao_testkit::postgres::{Database, program};
use kaipiao_tests::let_pass;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::runtime::Runtime;

/// A database, dropped with this.
pub struct Postgres {
    database: Database,
    runtime: Runtime,
}

impl Postgres {
    /// Makes one on this server, which nobody else uses meanwhile.
    pub fn on(server: String) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let database = runtime.block_on(Database::on(server));
        Self { database, runtime }
    }

    /// Its address as `--database-url` takes it.
    pub fn url(&self) -> String {
        self.database.url()
    }

    /// Ends every connection of the servers, as a fail-over does.
    pub fn terminate_backends(&self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.runtime.block_on(self.database.execute(sql));
    }

    /// Stops the whole server in this mode of `pg_ctl`, and starts it again so much later.
    pub fn stop_for(&self, mode: &str, time: Duration) {
        let server = self.database.server();
        control(server, &["stop", "--silent", "--mode", mode]);
        let_pass(time);
        control(server, &["start", "--silent", "--wait"]);
    }
}

/// `pg_ctl` on the server's folder, as the user whose it is.
fn control(server: &str, arguments: &[&str]) {
    let folder = server.split(' ').find_map(|part| part.strip_prefix("host=")).unwrap();
    let folder = Path::new(folder);
    let mut command = program("pg_ctl");
    command
        .args(arguments)
        .arg("--pgdata")
        .arg(folder.join("data"))
        .arg("--log")
        .arg(folder.join("log"));
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
