//! Servers as processes of their own, as a client meets them.

use kaipiao_app::sandbox::DemoAccount;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The binary that is measured.
pub(crate) fn own_binary() -> OsString {
    std::env::var_os("KAIPIAO_BINARY").expect("cargo xtask bench names the binary")
}

/// The binary of another version, which is measured beside it in the same run if this variable names
/// one.
pub(crate) fn baseline_binary() -> Option<OsString> {
    std::env::var_os("KAIPIAO_BASELINE").filter(|path| !path.is_empty())
}

/// A process that serves until it is dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Process {
    /// `kaipiao serve` as packages have it, over a data directory.
    pub(crate) fn kaipiao(data: &Path, more: &[&str]) -> Self {
        Self::serve(&own_binary(), data, more)
    }

    /// `kaipiao serve` of this binary.
    pub(crate) fn serve(binary: &OsStr, data: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(more);
        Self::start(command)
    }

    /// The yardstick.
    pub(crate) fn noop() -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.arg("noop");
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = lines.next().expect("the server says where it listens").expect("in UTF-8");
        let (_, url) = first.rsplit_once("http://").expect("the line holds the address");
        let address = url.trim_end_matches('/').parse().expect("an address and a port");
        // Whatever else it prints is read, so that its pipe never fills up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Bytes that the process has written to its disk so far, as its kernel counts them.
    pub(crate) fn written_bytes(&self) -> u64 {
        let path = format!("/proc/{}/io", self.child.id());
        let counters = std::fs::read_to_string(path).expect("Linux counts a process's own I/O");
        let line = counters.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        line.and_then(|text| text.parse().ok()).expect("written bytes are counted")
    }

    /// GET of JSON.
    pub(crate) fn get(&self, path: &str) -> Value {
        let mut answer =
            ureq::get(format!("http://{}{path}", self.address)).call().expect("it answers");
        answer.body_mut().read_json().expect("in JSON")
    }

    /// A new access token of a demo account.
    pub(crate) fn token(&self, demo: &DemoAccount) -> String {
        let answer = self.get(&format!(
            "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
            demo.appid, demo.secret
        ));
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// GET of a page.
    pub(crate) fn get_page(&self, path: &str) {
        let mut answer =
            ureq::get(format!("http://{}{path}", self.address)).call().expect("it answers");
        answer.body_mut().read_to_string().expect("in UTF-8");
    }

    /// What the process has in memory.
    pub(crate) fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the system tells about a child");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).expect("it tells the size");
        kib.parse::<f64>().expect("a number") / 1024.0
    }

    /// POST of JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("http://{}{path}", self.address);
        let mut answer = ureq::post(url).send(body.to_string()).expect("it answers");
        answer.body_mut().read_json().expect("in JSON")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }
}
