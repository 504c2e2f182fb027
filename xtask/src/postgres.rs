//! A PostgreSQL server of the tests' own: Debian's programs, a private socket and a data folder that goes with it.

use crate::command::{Outcome, run};
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where Debian puts the programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// The variable that tells the tests: the servers' addresses, with `;` between them.
pub(crate) const VARIABLE: &str = "KAIPIAO_TEST_POSTGRES";

/// A running server.
pub(crate) struct Server {
    folder: PathBuf,
}

pub(crate) fn is_there() -> bool {
    Path::new(PROGRAMS).join("initdb").exists()
}

/// PostgreSQL's programs refuse to run as root; then they run as the user that Debian's package made.
fn program(name: &str) -> Command {
    let path = Path::new(PROGRAMS).join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

impl Server {
    /// Makes a new one. It may be as slow as a real one: nothing is turned off that keeps data.
    pub(crate) fn start() -> Result<Self, String> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nth = COUNT.fetch_add(1, Ordering::Relaxed);
        // A socket's path is short.
        let folder = PathBuf::from(format!("/tmp/kaipiao-pg-{}-{nth}", std::process::id()));
        let shown = folder.display();
        fs::create_dir(&folder).map_err(|error| format!("{shown}: {error}"))?;
        let server = Self { folder };
        if is_root() {
            run_quietly(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        let data = server.folder.join("data");
        let initdb = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres"];
        run_quietly(program("initdb").args(initdb).arg("--pgdata").arg(&data))?;
        // In its settings, so that whoever stops and starts it again finds them.
        let socket = server.folder.display();
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{socket}'\nmax_connections = 400\n"
        );
        append(&data.join("postgresql.conf"), &settings)?;
        let log = server.folder.join("log");
        run_quietly(
            program("pg_ctl")
                .args(["start", "--wait", "--silent"])
                .arg("--log")
                .arg(log)
                .arg("--pgdata")
                .arg(data),
        )?;
        Ok(server)
    }

    /// Its address, with the user who may do everything.
    pub(crate) fn url(&self) -> String {
        format!("host={} user=postgres", self.folder.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let stop = ["stop", "--silent", "--mode=immediate"];
        let stopped = run_quietly(program("pg_ctl").args(stop).arg("--pgdata").arg(data));
        if let Err(why) = stopped
            .and_then(|()| fs::remove_dir_all(&self.folder).map_err(|error| error.to_string()))
        {
            eprintln!("PostgreSQL was left behind in {}: {why}", self.folder.display());
        }
    }
}

fn append(file: &Path, text: &str) -> Outcome {
    let opened = fs::OpenOptions::new().append(true).open(file);
    let written = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
    written.map_err(|error| format!("{}: {error}", file.display()))
}

/// Runs a program that is not to be heard.
fn run_quietly(command: &mut Command) -> Outcome {
    run(command.stdin(Stdio::null()).stdout(Stdio::null()))
}
