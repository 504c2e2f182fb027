//! Databases on the PostgreSQL server that the test command has started.

use core::str::FromStr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_postgres::{Config, NoTls};

/// Names the server, as `postgres://…` or `key=value`, with a user who may make databases. Several are separated by `;`:
/// tests that stop a server play on each of them at the same time, all others use the first one.
pub const VARIABLE: &str = "KAIPIAO_TEST_POSTGRES";

/// Where Debian puts the programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// One of PostgreSQL's programs. The server's refuse to run as root; then they run as the user that Debian's package made.
pub fn program(name: &str) -> Command {
    let path = Path::new(PROGRAMS).join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
    command
}

pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The addresses of the servers that there are. Panics where there is none: a run without one fails.
pub fn servers() -> Vec<String> {
    let named = std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("{VARIABLE} names no server: run this with `cargo xtask postgres <command>`")
    });
    named.split(';').map(str::to_owned).collect()
}

/// A new database, dropped with this.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes one on the first of the [`servers`].
    pub async fn new() -> Self {
        Self::on(servers().swap_remove(0)).await
    }

    /// Makes one on the server with this address.
    pub async fn on(server: String) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nth = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("kaipiao_{}_{nth}", std::process::id());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
        Self { server, name }
    }

    /// The database's address.
    pub fn url(&self) -> String {
        format!("{} dbname={}", self.server, self.name)
    }

    /// The address of its server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements in the database, beside the store.
    pub async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.unwrap();
    }

    /// The one number (BIGINT) that a statement answers.
    pub async fn number(&self, sql: &str) -> i64 {
        let (client, connection) =
            Config::from_str(&self.url()).unwrap().connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Runs statements that may fail.
    pub async fn try_execute(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        run(&self.url(), sql).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            runtime.block_on(run(&server, &drop)).unwrap();
        });
        dropping.join().unwrap();
    }
}

async fn run(url: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = Config::from_str(url)?.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    let outcome = client.batch_execute(sql).await;
    drop(client);
    // How the connection ends says no more than the statements' outcome.
    let _ = connection.await;
    outcome
}
