//! The binary as a newcomer and an operator use it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod account_reset;
mod certificates;
mod console_users;
mod doctor;
mod health;
mod integrators;
mod issuing;
mod listening;
mod log;
mod logs;
mod operations;
mod outside_issuer;
mod restore;
mod seeded;
mod stop;
mod telemetry;
mod tls;

use kaipiao_testkit::addresses::Refusing;
use kaipiao_tests::wait_for;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

fn kaipiao() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kaipiao"))
}

/// A process that does not outlive its test, however that ends.
struct Running(Child);

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, as a rule.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server process and what it printed before its first empty line and after.
struct Served {
    process: Running,
    log: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
    home: String,
    greeting: String,
}

impl Served {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with(data, arguments, None)
    }

    fn start_with(data: &Path, arguments: &[&str], variable: Option<(&str, &str)>) -> Self {
        let mut command = kaipiao();
        command.envs(variable);
        Self::of(command, data, arguments)
    }

    /// The server that this command starts with the arguments that follow.
    fn of(mut command: Command, data: &Path, arguments: &[&str]) -> Self {
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let errors = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let log = Arc::<Mutex<String>>::default();
        let reading = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in errors {
                *reading.lock().unwrap() += &(line + "\n");
            }
        });
        let first = lines.next().expect("the server starts");
        let home = first.strip_prefix("Kaipiao listens on ").unwrap().to_owned();
        let mut greeting = first;
        // The curl line is the last line of text.
        while !greeting.contains("curl ") {
            greeting.push('\n');
            greeting.push_str(&lines.next().expect("the greeting holds a curl line"));
        }
        Self { process: Running(process), log, reader, home, greeting }
    }

    /// What was logged so far.
    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// SIGTERM; waits for the end and returns what was logged.
    fn stop(mut self) -> String {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        let status = self.process.wait().unwrap();
        self.reader.join().unwrap();
        let log = self.log.lock().unwrap().clone();
        assert!(status.success(), "{status}: {log}");
        log
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn the_printed_curl_line_works_as_printed_and_the_data_stays() {
    let data = tempfile::tempdir().unwrap();
    for tls in [&[][..], &[], &["--tls"]] {
        let server = Served::start(data.path(), tls);
        let line = server.greeting.lines().last().unwrap().trim().to_owned();
        let output =
            Command::new("sh").args(["-c", &line]).output().expect("sh and curl are there");
        let answer: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
        assert_eq!(answer["expires_in"], 7200, "{answer}");
        for demo in kaipiao_app::sandbox::DEMO_ACCOUNTS {
            assert!(server.greeting.contains(demo.appid) && server.greeting.contains(demo.secret));
        }
        server.stop();
    }
}

#[test]
fn the_demo_exits_0_only_if_all_of_it_held() {
    let output = kaipiao().arg("demo").output().unwrap();
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    for step in [
        "access token",
        "ticket (1)",
        "set contact (17)",
        "set page fields (9)",
        "authorization link (2)",
        "the user authorizes",
        "push (6), decrypted",
        "what the server knows of the push",
        "status after (7)",
        "reject (8)",
        "status after rejection (7)",
        "unifiedorder with receipt=Y (13)",
        "payment notice, its signature checked",
        "the payer taps the invoice entry",
        "the payer's wallet",
        "the platform uploads its PDF",
        "the platform inserts the invoice",
        "the user chooses it for a company",
        "the company locks the invoice",
        "the company closes the invoice",
        "push of the invoice's status, decrypted",
        "the company reads that it is closed",
    ] {
        assert!(
            text.lines().any(|line| line.contains(step) && line.contains(" ms ")),
            "{step}: {text}"
        );
    }
}

#[test]
fn accounts_prints_json_for_test_suites() {
    let data = tempfile::tempdir().unwrap();
    let output = kaipiao()
        .args(["accounts", "--json", "--data", data.path().to_str().unwrap()])
        .output()
        .unwrap();
    let sandbox: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(sandbox["accounts"][0]["appid"], "wx6b61697069616f31");
}

#[test]
fn pushes_prints_what_became_of_each_and_replays() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let demo = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
    let asking = |arguments: &[&str]| {
        let output =
            kaipiao().arg("pushes").args(["--server", &server.home]).args(arguments).output();
        let output = output.unwrap();
        (output.status.success(), text(&output))
    };
    assert_eq!(asking(&[]), (true, "no pushes\n".to_owned()));
    authorize(&server.home, demo.appid, demo.secret);
    let listed = wait_for("an unroutable push", || {
        Some(asking(&[]).1).filter(|listed| listed.contains("unroutable"))
    });
    let id = format!("{}-1", demo.appid);
    let line = "user_authorize_invoice  order 1  unroutable: had no callback to go to";
    assert!(listed.starts_with(&format!("{id}  {line}")), "{listed}");
    let (is_well, shown) = asking(&["--replay", &id, "--order-id", "1", "--json"]);
    assert!(is_well && shown.starts_with("{\"pushes\":[{\"id\":"), "{shown}");
    let (is_well, shown) = asking(&["--limit", "1"]);
    assert!(is_well && shown.contains(&format!("there may be more: --after {id}")), "{shown}");
    assert_eq!(asking(&["--state", "gave_up"]), (true, "no pushes\n".to_owned()));
    let (is_well, shown) = asking(&["--replay", "wx0-1"]);
    assert!(!is_well && shown.contains("404") && shown.contains("no push has this id"), "{shown}");
    let (is_well, shown) = asking(&["--state", "lost"]);
    assert!(!is_well && shown.contains("state must be open"), "{shown}");
    server.stop();
    let output = kaipiao().args(["pushes", "--server", "http://127.0.0.1:1"]).output().unwrap();
    assert!(!output.status.success() && text(&output).lines().count() == 1, "{}", text(&output));
}

#[test]
fn jobs_prints_what_could_not_be_done_and_runs_it_again() {
    let data = tempfile::tempdir().unwrap();
    Served::start(data.path(), &[]).stop();
    let store = kaipiao_tests::open_store(data.path());
    for number in [1, 2] {
        let job = "INSERT INTO jobs VALUES (?1, 'issue', 'wx6b61697069616f31', 'shred/' || ?1,
                   0, unixepoch() * 1000, 9, 'no such job')";
        store.execute(job, [number]).unwrap();
    }
    drop(store);
    let server = Served::start(data.path(), &[]);
    let asking = |arguments: &[&str]| {
        let command = ["jobs", "--server", &server.home];
        let output = kaipiao().args(command).args(arguments).output().unwrap();
        (output.status.success(), text(&output))
    };
    let (is_well, told) = asking(&[]);
    assert!(
        is_well && told.starts_with("2  issue  wx6b61697069616f31  shred/2  failed: "),
        "{told}"
    );
    assert!(told.contains("try 9") && told.contains("\n    no such job\n1  issue"), "{told}");
    let (is_well, told) = asking(&["--limit", "1", "--state", "failed"]);
    assert!(is_well && told.ends_with("--after 2\n"), "{told}");
    let (is_well, told) = asking(&["--after", "2", "--queue", "issue", "--json"]);
    assert!(is_well && told.starts_with("{\"jobs\":[{\"id\":1,"), "{told}");
    assert_eq!(asking(&["--appid", "wx0"]), (true, "no jobs\n".to_owned()));
    let (is_well, told) = asking(&["--run", "1", "--state", "due"]);
    assert!(is_well && told.starts_with("1 is run again\n1  issue"), "{told}");
    let (is_well, told) = asking(&["--run", "1"]);
    assert!(!is_well && told.contains("409"), "{told}");
    let (is_well, told) = asking(&["--run", "77"]);
    assert!(!is_well && told.contains("404"), "{told}");
    let (is_well, told) = asking(&["--state", "lost"]);
    assert!(!is_well && told.contains("state must be due or failed"), "{told}");
    server.stop();
}

/// The demo user authorizes order 1 of an account.
fn authorize(home: &str, appid: &str, secret: &str) {
    let token = get(&format!(
        "{home}cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}"
    ));
    let token = token["access_token"].as_str().unwrap();
    let ticket = get(&format!("{home}cgi-bin/ticket/getticket?type=wx_card&access_token={token}"));
    let post = |path: &str, body: Value| -> Value {
        let mut answer = ureq::post(format!("{home}{path}")).send(body.to_string()).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    };
    let contact = json!({"contact": {"phone": "1", "time_out": 1}});
    post(&format!("card/invoice/setbizattr?action=set_contact&access_token={token}"), contact);
    let asked = json!({
        "s_pappid": get(&format!("{home}sandbox/v1/accounts"))["s_pappid"], "order_id": "1",
        "money": 1, "timestamp": 1, "source": "web", "ticket": ticket["ticket"], "type": 0,
    });
    let link = post(&format!("card/invoice/getauthurl?access_token={token}"), asked);
    let yes = json!({"auth_url": link["auth_url"], "user": "lina", "decision": "authorize"});
    assert_eq!(post("sandbox/v1/authorize", yes)["result"], "authorized");
}

#[test]
fn a_short_admin_token_and_a_filter_that_says_nothing_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("config.toml");
    let place = ["serve", "--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()];
    let output = kaipiao().args(place).env("KAIPIAO_ADMIN_TOKEN", "short").output().unwrap();
    assert!(text(&output).contains("KAIPIAO_ADMIN_TOKEN holds fewer than 16"), "{}", text(&output));
    std::fs::write(&config, "[log]\nfilter = \"info,=,\"").unwrap();
    let output = kaipiao().args(place).args(["--config", config.to_str().unwrap()]).output();
    assert!(text(&output.unwrap()).contains("log.filter"));
}

#[test]
fn the_environments_admin_token_goes_first_and_is_not_told() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("admin");
    std::fs::write(&file, "from-the-file-0123456789").unwrap();
    let config = data.path().join("config.toml");
    std::fs::write(&config, format!("admin_token_file = {:?}", file.to_str().unwrap())).unwrap();
    let output = kaipiao()
        .args(["accounts", "--json", "--data", data.path().join("data").to_str().unwrap()])
        .args(["--config", config.to_str().unwrap()])
        .output()
        .unwrap();
    let sandbox: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(sandbox["admin_token"], Value::Null);
    let arguments = ["--config", config.to_str().unwrap()];
    let own = ("KAIPIAO_ADMIN_TOKEN", "from-the-environment-1");
    let server = Served::start_with(&data.path().join("data"), &arguments, Some(own));
    for (token, status) in [("from-the-file-0123456789", 401), (own.1, 200)] {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.get(format!("{}admin/v1/accounts", server.home));
        let answer = request.header("authorization", format!("Bearer {token}")).call().unwrap();
        assert_eq!(answer.status(), status);
    }
    server.stop();
}

#[test]
fn what_prevents_a_start_is_said_in_one_line() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().to_str().unwrap();
    let complaint = |arguments: &[&str]| {
        let output = kaipiao().arg("serve").args(arguments).output().unwrap();
        assert!(!output.status.success());
        text(&output)
    };
    assert!(complaint(&["--listen", "0.0.0.0:0", "--data", place]).contains("--expose-sandbox"));
    assert!(complaint(&["--config", "/nowhere.toml"]).contains("/nowhere.toml"));
    let server = Served::start(data.path(), &[]);
    assert!(
        complaint(&["--listen", "127.0.0.1:0", "--data", place])
            .contains("in use by another kaipiao")
    );
    let taken = server.home.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let other = tempfile::tempdir().unwrap();
    let text = complaint(&["--listen", &taken, "--data", other.path().to_str().unwrap()]);
    assert!(text.contains("cannot listen on") && text.lines().count() == 1, "{text}");
    server.stop();
}

fn get(url: &str) -> Value {
    let mut answer = ureq::get(url).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// What stands between the first "```sh" behind a heading and the next fence.
fn shell_block(page: &str, heading: &str) -> String {
    let (_, below) = page.split_once(heading).expect("the heading is there");
    let (_, block) = below.split_once("```sh\n").expect("a block follows it");
    block.split_once("```").expect("the block ends").0.to_owned()
}

/// Its commands, without comments and blank lines.
fn commands(block: &str) -> Vec<&str> {
    block.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn the_readmes_order_in_curl_ends_in_a_pdf() {
    let read = |name: &str| {
        let path = format!("{}/../../{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let english = shell_block(&read("README.md"), "\n## One order, in curl\n");
    let chinese = shell_block(&read("README.zh-CN.md"), "\n## 用 curl 走完一笔订单\n");
    assert_eq!(commands(&chinese), commands(&english));
    let curl = |arguments: &[&str]| {
        let output = kaipiao().args(["demo", "--curl"]).args(arguments).output().unwrap();
        text(&output)
    };
    assert_eq!(curl(&[]).trim_end(), english.trim_end());
    let elsewhere = tempfile::tempdir().unwrap();
    let untrusted =
        ["--server", "https://localhost:1", "--data", elsewhere.path().to_str().unwrap()];
    assert!(
        curl(&untrusted).contains("has no authority for curl to trust"),
        "{}",
        curl(&untrusted)
    );
    for tls in [&[][..], &["--tls"]] {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("it's data");
        let served = Served::start(&data, tls);
        let script = curl(&["--server", &served.home, "--data", data.to_str().unwrap()]);
        let entry = r#"curl -sS -H 'Accept-Language: en' "$K/payments/1900000109/P-1001/entry""#;
        let mut shell = Command::new("bash");
        let script = format!("{script}\n{entry}\n");
        let output = shell.args(["-euc", &script]).current_dir(&directory).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        let pdf = std::fs::read(directory.path().join("invoice.pdf")).unwrap();
        let said = text(&output);
        assert!(pdf.starts_with(b"%PDF"), "{said}");
        assert!(said.contains("<out_trade_no><![CDATA[P-1001]]></out_trade_no>"), "{said}");
        assert!(said.contains("The payer sees an invoice entry"), "{said}");
        served.stop();
    }
}

#[test]
fn a_server_key_that_is_missing_beside_a_store_is_asked_for_and_not_made_anew() {
    let data = tempfile::tempdir().unwrap();
    Served::start(data.path(), &[]).stop();
    let key = data.path().join("server.key");
    std::fs::remove_file(&key).unwrap();
    let mut command = kaipiao();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
    let output = command.output().unwrap();
    assert!(!output.status.success());
    let said = text(&output);
    assert!(said.contains("server.key") && said.contains("put the key back"), "{said}");
    assert!(!key.exists());
}

#[test]
fn a_data_folder_that_was_deleted_is_noticed_and_said() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("data");
    let server = Served::start(&folder, &[]);
    std::fs::remove_dir_all(&folder).unwrap();
    let body = r#"{"id":"somebody"}"#;
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.build().into();
    let url = format!("{}sandbox/v1/users", server.home);
    let answer = agent.post(&url).send(body).unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(agent.get(format!("{}healthz", server.home)).call().unwrap().status(), 503);
    assert!(!folder.exists());
    let log = server.stop();
    assert!(log.contains("was removed or replaced"), "{log}");
}

#[test]
fn a_command_that_finds_no_server_names_the_address_and_the_option() {
    let closed = Refusing::bind();
    let server = format!("http://{}", closed.address);
    for command in ["pushes", "jobs"] {
        let output = kaipiao().args([command, "--server", &server]).output().unwrap();
        let said = text(&output);
        assert!(said.contains(&server) && said.contains("--server"), "{said}");
    }
}
