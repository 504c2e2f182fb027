//! The servers under test: which store, how many processes over it, how they start and how they die.

use crate::postgres::Postgres;
use kaipiao_tests::ADMIN;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;
use tempfile::TempDir;

/// The bound of every request: whatever has happened, it is answered or refused by then.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A server may wait for its name's lease to lapse.
const STARTED_WITHIN: Duration = Duration::from_secs(60);

/// An issuer that is told not to answer says nothing for longer than any round takes.
const SETTINGS: &str = "[issuing]\ntime_limit_ms = 600000\n";

/// What the servers keep everything in.
pub enum Store {
    /// A data folder, which one process has to itself.
    Sqlite,
    /// A database that several processes share.
    Postgres(Postgres),
}

/// A store, and the processes over it.
pub struct Cluster {
    binary: PathBuf,
    /// What they keep everything in.
    pub store: Store,
    folder: TempDir,
    /// Parts of the log, in bytes, in which a fault explains errors.
    explained: Vec<Range<u64>>,
}

impl Cluster {
    /// A new store in a folder of its own.
    pub fn new(binary: &Path, store: Store) -> Self {
        let folder = tempfile::Builder::new().prefix("kaipiao-chaos-").tempdir().unwrap();
        std::fs::write(folder.path().join("kaipiao.toml"), SETTINGS).unwrap();
        Self { binary: binary.to_owned(), store, folder, explained: Vec::new() }
    }

    /// A server that listens.
    pub fn start(&self, name: &str) -> Node {
        self.begin(name, None).listening().expect("the server starts")
    }

    /// A server that may have been killed before it listens: by itself, before the COMMIT of this
    /// group of commits, or by whoever does not wait.
    pub fn begin(&self, name: &str, die_before_commit: Option<u64>) -> Starting {
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]);
        command.arg(self.folder.path().join("kaipiao.toml"));
        command.arg("--data").arg(self.folder.path().join("data"));
        if let Store::Postgres(postgres) = &self.store {
            command.args(["--database-url", &postgres.url(), "--node", name]);
        }
        if let Some(group) = die_before_commit {
            command.args(["--die-before-commit", &group.to_string()]);
        }
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        Starting { name: name.to_owned(), process }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// How long the servers' log is.
    pub fn log_length(&self) -> u64 {
        std::fs::metadata(self.log()).unwrap().len()
    }

    /// A fault explains the errors that the servers have logged since the log was so long.
    pub fn explain_since(&mut self, length: u64) {
        self.explained.push(length..self.log_length());
    }

    /// Lines of the servers' logs that no fault explains.
    pub fn complaints(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.log()).unwrap();
        let mut begins = 0;
        let mut complaints = Vec::new();
        for line in log.split_inclusive('\n') {
            let is_explained = self.explained.iter().any(|part| part.contains(&begins));
            if line.contains("panicked at") || line.contains(" ERROR ") && !is_explained {
                complaints.push(line.trim_end().to_owned());
            }
            begins += line.len() as u64;
        }
        complaints
    }

    /// Leaves store and logs where they are, for whoever looks for a fault.
    pub fn keep(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }
}

/// A process that was started and has not said where it listens.
pub struct Starting {
    name: String,
    process: Child,
}

impl Starting {
    /// The server; None: it died first.
    pub fn listening(mut self) -> Option<Node> {
        let output = self.process.stdout.take().expect("it was piped");
        let (says, said) = channel();
        std::thread::spawn(move || says.send(BufReader::new(output).lines().next()));
        let Ok(first) = said.recv_timeout(STARTED_WITHIN) else {
            self.kill();
            panic!("it neither listens nor ends within {STARTED_WITHIN:?}");
        };
        let Some(first) = first else {
            self.process.wait().unwrap();
            return None;
        };
        let home = first.unwrap().rsplit(' ').next().unwrap().to_owned();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(ANSWER_WITHIN));
        Some(Node {
            name: self.name,
            pid: self.process.id(),
            process: Mutex::new(self.process),
            agent: config.build().into(),
            home,
            is_gone: AtomicBool::new(false),
            is_frozen: AtomicBool::new(false),
            asked: RwLock::default(),
        })
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// What came back of a request.
#[derive(Debug)]
pub enum Answer {
    /// A status and JSON.
    Said(u16, Value),
    /// Nothing: the connection is over, and the request was carried out or not.
    Nothing,
}

/// A process that listens.
pub struct Node {
    /// Its name among those that share a database.
    pub name: String,
    /// Of the process.
    pub pid: u32,
    process: Mutex<Child>,
    agent: ureq::Agent,
    home: String,
    is_gone: AtomicBool,
    is_frozen: AtomicBool,
    /// Requests hold it to read: nobody is asked something while it is frozen.
    asked: RwLock<()>,
}

impl Node {
    /// Whether a request has found nobody.
    pub fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::SeqCst)
    }

    /// kill -9.
    pub fn kill(&self) {
        signal("-9", self.pid);
    }

    /// SIGTERM.
    pub fn stop(&self) {
        signal("-15", self.pid);
    }

    /// SIGSTOP, and SIGCONT after that: the process stands still as a virtual machine does that is moved. What it was asked
    /// it has answered before; an answer that comes so late would be of no use to anybody.
    pub fn freeze(&self, meanwhile: impl FnOnce()) {
        self.is_frozen.store(true, Ordering::SeqCst);
        let asked = self.asked.write().unwrap_or_else(PoisonError::into_inner);
        signal("-STOP", self.pid);
        meanwhile();
        signal("-CONT", self.pid);
        drop(asked);
        self.is_frozen.store(false, Ordering::SeqCst);
    }

    /// Whether it can be asked something.
    pub fn is_well(&self) -> bool {
        !self.is_gone() && !self.is_frozen.load(Ordering::SeqCst)
    }

    /// How the process ended.
    pub fn wait(&self) -> ExitStatus {
        self.process.lock().unwrap().wait().unwrap()
    }

    /// Any request; a JSON answer of any status.
    pub fn run(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        answer(path, self.send(method, path, headers, body))
    }

    /// POST of an account's call with bytes of this type.
    pub fn upload(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let sent = self.send_bytes("POST", path, &[("content-type", content_type)], body);
        let text = |bytes| String::from_utf8(bytes).expect("the answer is text");
        answer(path, sent.map(|(status, bytes)| (status, text(bytes))))
    }

    /// Any request: status and body of the answer. None: the connection is over.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<(u16, String)> {
        let (status, bytes) = self.send_bytes(method, path, headers, body.as_bytes())?;
        Some((status, String::from_utf8(bytes).expect("the answer is text")))
    }

    /// The same for any bytes.
    pub fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<(u16, Vec<u8>)> {
        let _asked = self.asked.read().unwrap_or_else(PoisonError::into_inner);
        let (parts, mut body) = self.response(method, path, headers, body)?.into_parts();
        match body.read_to_vec() {
            Ok(bytes) => Some((parts.status.as_u16(), bytes)),
            Err(error) => self.nobody(path, &error),
        }
    }

    fn response(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<ureq::http::Response<ureq::Body>> {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.home));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match self.agent.run(request.body(body.to_vec()).unwrap()) {
            Ok(response) => Some(response),
            Err(error) => self.nobody(path, &error),
        }
    }

    fn nobody<T>(&self, path: &str, error: &ureq::Error) -> Option<T> {
        let is_late = matches!(error, ureq::Error::Timeout(_));
        assert!(!is_late, "no answer within {ANSWER_WITHIN:?}: {path}");
        self.is_gone.store(true, Ordering::SeqCst);
        None
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.run("POST", path, &[], &body.to_string())
    }

    /// GET of JSON.
    pub fn get(&self, path: &str) -> Answer {
        self.run("GET", path, &[], "")
    }

    /// POST to a server that has no reason to fail.
    pub fn sure_post(&self, path: &str, body: &Value) -> Value {
        sure(path, self.post(path, body))
    }

    /// GET from a server that has no reason to fail.
    pub fn sure_get(&self, path: &str) -> Value {
        sure(path, self.get(path))
    }

    /// A call of the admin API that has no reason to fail.
    pub fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let bearer = format!("Bearer {ADMIN}");
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let path = format!("admin/v1/{path}");
        sure(&path, self.run(method, &path, &[("authorization", &bearer)], &body))
    }

    /// A listing of the admin API or the sandbox, page by page: the entries of that name.
    pub fn all_pages(&self, path: &str, name: &str) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), String::new());
        let bearer = format!("Bearer {ADMIN}");
        loop {
            let path = format!("{path}&limit=1000&after={after}");
            let mut page = sure(&path, self.run("GET", &path, &[("authorization", &bearer)], ""));
            let Value::Array(entries) = page[name].take() else { panic!("{path}: {page}") };
            all.extend(entries);
            let Some(next) = page["next"].as_str() else { return all };
            after = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        }
    }

    /// A page as this user sees it, in English.
    pub fn page(&self, path: &str, cookie: &str) -> String {
        let headers = [("cookie", cookie), ("accept-language", "en")];
        let (status, html) = self.send("GET", path, &headers, "").expect("the server runs");
        assert_eq!(status, 200, "{path}: {html}");
        html
    }

    /// A form that this user's browser sends: the status, and where it leads; what the page says instead, if it leads
    /// nowhere. None: the connection is over.
    pub fn submit(&self, path: &str, cookie: &str, form: &str) -> Option<(u16, String)> {
        let _asked = self.asked.read().unwrap_or_else(PoisonError::into_inner);
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie)];
        let (parts, mut body) =
            self.response("POST", path, &headers, form.as_bytes())?.into_parts();
        let status = parts.status.as_u16();
        if let Some(location) = parts.headers.get("location") {
            return Some((status, location.to_str().unwrap().to_owned()));
        }
        match body.read_to_string() {
            Ok(html) => Some((status, html)),
            Err(error) => self.nobody(path, &error),
        }
    }

    /// The cookie of a demo user's session.
    pub fn session(&self, user: &str) -> String {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("user={user}&next=/me/cards");
        let answer =
            self.response("POST", "login", &form, body.as_bytes()).expect("the server runs");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The stable token of an account, whoever asked for it first.
    pub fn stable_token(&self, appid: &str, secret: &str) -> String {
        let body = json!({"grant_type": "client_credential", "appid": appid, "secret": secret});
        let answer = self.sure_post("cgi-bin/stable_token", &body);
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may be dead already: that is what the round was for.
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = process.kill();
        let _ = process.wait();
    }
}

fn answer(path: &str, sent: Option<(u16, String)>) -> Answer {
    let Some((status, text)) = sent else { return Answer::Nothing };
    let json = serde_json::from_str(&text);
    Answer::Said(status, json.unwrap_or_else(|error| panic!("{path}: {error}: {text}")))
}

fn sure(path: &str, answer: Answer) -> Value {
    match answer {
        Answer::Said(200 | 201, value) => value,
        other => panic!("{path}: {other:?}"),
    }
}

/// What a process is sent that another thread may be waiting for.
pub fn signal(which: &str, pid: u32) {
    assert!(Command::new("kill").args([which, &pid.to_string()]).status().is_ok());
}
