//! `listen`: pushes on the terminal and at a local address, and the callback that is put back.

use crate::{Served, kaipiao, text};
use kaipiao_testkit::addresses::free_address;
use kaipiao_tests::{AES_KEY, MERCHANT, Receiver, Reply, element, wait_for};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TOKEN: &str = "AAAAA";

/// A listener, and what it has printed so far.
struct Listener {
    process: Child,
    printed: Arc<Mutex<String>>,
}

impl Listener {
    fn start(server: &Served, arguments: &[&str]) -> Self {
        let mut process = kaipiao()
            .args(["listen", "--server", &server.home])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = Arc::<Mutex<String>>::default();
        let output = process.stdout.take().unwrap();
        let errors = process.stderr.take().unwrap();
        let readers: [Box<dyn BufRead + Send>; 2] =
            [Box::new(BufReader::new(output)), Box::new(BufReader::new(errors))];
        for reader in readers {
            let printed = Arc::clone(&printed);
            std::thread::spawn(move || {
                for line in reader.lines().map_while(Result::ok) {
                    *printed.lock().unwrap() += &(line + "\n");
                }
            });
        }
        let started = Self { process, printed };
        started.says("listening to the pushes of");
        started
    }

    fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Waits until it has printed these words.
    fn says(&self, words: &str) -> String {
        wait_for(&format!("the listener says {words}"), || {
            Some(self.printed()).filter(|printed| printed.contains(words))
        })
    }

    fn signal(&mut self, signal: &str) -> bool {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.process.wait().unwrap().success()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The account's callback, as operators see it.
fn callback(server: &Served) -> Value {
    let path = format!("{}admin/v1/accounts", server.home);
    let request = ureq::get(path).header("authorization", "Bearer kaipiao-sandbox-admin");
    let listing = request.call().unwrap().body_mut().read_to_string().unwrap();
    let listing: Value = serde_json::from_str(&listing).unwrap();
    let accounts = listing["accounts"].as_array().unwrap();
    accounts.iter().find(|account| account["appid"] == MERCHANT).unwrap()["callback"].clone()
}

fn set_callback(server: &Served, receiver: &Receiver, mode: &str) {
    let path = format!("{}admin/v1/accounts/{MERCHANT}/callback", server.home);
    let request = ureq::put(path).header("authorization", "Bearer kaipiao-sandbox-admin");
    request.send(receiver.settings(mode).to_string()).unwrap();
}

fn trigger(server: &Served, cache: &tempfile::TempDir, arguments: &[&str]) {
    let output = kaipiao()
        .env("XDG_CACHE_HOME", cache.path())
        .args(["trigger", "--server", &server.home])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn pushes_are_printed_as_they_arrive_and_the_callback_is_put_back() {
    let data = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let own = Receiver::start();
    set_callback(&server, &own, "compat");
    let before = callback(&server);
    for mode in ["plain", "compat", "safe"] {
        let mut listener = Listener::start(&server, &["--mode", mode]);
        assert_eq!(callback(&server)["stands_in_for"], before["url"]);
        let order = format!("listen-{mode}");
        trigger(&server, &cache, &["user_authorize_invoice", "--order", &order]);
        let printed =
            listener.says(&format!("user_authorize_invoice  SuccOrderId {order}  ({mode})"));
        assert!(printed.contains("AuthorizeAppId  wx6b61697069616f31\n"), "{printed}");
        assert!(listener.signal("-INT"), "{}", listener.printed());
        listener.says(&format!("the callback of {MERCHANT} is {} again", own.url()));
        assert_eq!(callback(&server), before);
    }
    // Its secrets are as they were: what follows is signed and encrypted for the account's own server.
    trigger(&server, &cache, &["user_authorize_invoice", "--order", "after"]);
    assert_eq!(element(&own.next().event(MERCHANT), "SuccOrderId").as_deref(), Some("after"));
    server.stop();
}

#[test]
fn pushes_are_sent_on_as_they_came_and_answered_as_they_are_there() {
    let data = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let program = Receiver::behaving(|count, _| match count {
        0 => Reply::Status(500, "not yet".to_owned()),
        _ => Reply::Success("success"),
    });
    let forward = program.url();
    let given = ["--token", TOKEN, "--aes-key", AES_KEY, "--forward", &forward, "--json"];
    let only = ["--events", "user_authorize_invoice,submit_invoice_title"];
    let mut listener = Listener::start(&server, &[&given[..], &only].concat());
    trigger(&server, &cache, &["cloud_invoice_invoiceresult_event", "--order", "f1"]);
    // The program's own check of the signatures holds: both tries came as the server sent them.
    let (first, second) = (program.next(), program.next());
    for push in [&first, &second] {
        assert_eq!(element(&push.event(MERCHANT), "SuccOrderId").as_deref(), Some("f1"));
        assert_eq!(push.query["shop"], "1");
    }
    assert_eq!(first.headers["content-type"], "text/xml");
    let printed = listener.says("\"status\":200");
    let lines: Vec<Value> = printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["forwarded"]["status"], 500, "{printed}");
    assert_eq!(lines[0]["forwarded"]["body"], "not yet", "{printed}");
    assert_eq!(lines[1]["fields"]["SuccOrderId"], "f1", "{printed}");
    trigger(&server, &cache, &["user_authorize_invoice", "--order", "f2"]);
    listener.says("\"f2\"");
    assert!(!listener.printed().contains("invoiceresult"), "{}", listener.printed());
    assert!(listener.signal("-TERM"));
    assert_eq!(callback(&server), Value::Null);
    server.stop();
}

#[test]
fn a_callback_that_a_reset_has_taken_away_is_set_again_and_one_that_has_gone_is_not_put_back() {
    let data = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let mut listener = Listener::start(&server, &[]);
    let reset = || ureq::post(format!("{}sandbox/v1/reset", server.home)).send("{}").unwrap();
    reset();
    assert_eq!(callback(&server), Value::Null);
    let told = listener.says("as after a reset or a restore");
    assert!(told.contains(&format!("the callback of {MERCHANT} had gone")), "{told}");
    trigger(&server, &cache, &["user_authorize_invoice", "--order", "after"]);
    listener.says("SuccOrderId after");
    let own = Receiver::start();
    set_callback(&server, &own, "plain");
    listener.says(&format!("had become {}", own.url()));
    wait_for("the listener's callback stands in for the new one", || {
        Some(()).filter(|()| callback(&server)["stands_in_for"] == own.url())
    });
    // Between two looks.
    reset();
    assert!(listener.signal("-INT"), "{}", listener.printed());
    listener.says(&format!("{MERCHANT} has no callback a"));
    assert_eq!(callback(&server), Value::Null);
    server.stop();
}

#[test]
fn a_listener_ends_at_once_though_the_program_behind_it_hangs() {
    let data = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    // It takes connections, and says nothing.
    let program = TcpListener::bind("127.0.0.1:0").unwrap();
    let forward = format!("http://{}/", program.local_addr().unwrap());
    let mut listener = Listener::start(&server, &["--forward", &forward]);
    trigger(&server, &cache, &["user_authorize_invoice", "--order", "hangs"]);
    let (_hangs, _) = program.accept().unwrap();
    let started = Instant::now();
    assert!(listener.signal("-INT"), "{}", listener.printed());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(callback(&server), Value::Null);
    server.stop();
}

#[test]
fn a_listener_is_told_only_what_there_is() {
    let told = |arguments: &[&str]| {
        let output = kaipiao().arg("listen").args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        text(&output)
    };
    let unknown = told(&["--events", "user_authorize_invoice,user_authorise_invoice"]);
    assert!(unknown.contains("'user_authorise_invoice'"), "{unknown}");
    assert!(unknown.contains("refund_notice"), "it names those that there are: {unknown}");
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let nowhere = told(&["--server", &server.home, "--bind", "0.0.0.0"]);
    assert!(nowhere.contains("--url names this machine"), "{nowhere}");
    let free = free_address().port();
    let (port, url) = (free.to_string(), format!("http://127.0.0.1:{free}/"));
    let bound = ["--bind", "0.0.0.0", "--port", &port, "--url", &url];
    let listener = Listener::start(&server, &bound);
    listener.says(&format!("at {url}callback"));
    assert_eq!(callback(&server)["url"], format!("{url}callback"));
    server.stop();
}

#[test]
fn a_listener_that_was_killed_leaves_the_callback_to_the_next() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let own = Receiver::start();
    set_callback(&server, &own, "safe");
    let before = callback(&server);
    let mut killed = Listener::start(&server, &[]);
    let refused = kaipiao().args(["listen", "--server", &server.home]).output().unwrap();
    assert!(
        text(&refused).contains("another listener is at http://127.0.0.1:"),
        "{}",
        text(&refused)
    );
    killed.signal("-KILL");
    let mut next = Listener::start(&server, &[]);
    let told = next.says("has ended without putting the callback back");
    assert!(told.contains(&own.url()), "{told}");
    next.signal("-KILL");
    let put_back = || kaipiao().args(["listen", "--put-back", "--server", &server.home]).output();
    let output = put_back().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(callback(&server), before);
    let again = put_back().unwrap();
    assert!(text(&again).contains("no listener has left"), "{}", text(&again));
    server.stop();
}

#[test]
fn notices_of_payments_are_printed_and_what_is_forged_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let listener = Listener::start(&server, &[]);
    let printed = listener.says("/notify for payments");
    let (_, rest) = printed.split_once("notify_url").unwrap();
    let notify_url = rest.split_whitespace().next().unwrap();
    trigger(&server, &cache, &["refund_notice", "--order", "paid-1", "--notify-url", notify_url]);
    listener.says("payment_notice  out_trade_no paid-1  (notice)");
    let refunded = listener.says("refund_notice  out_trade_no paid-1  (notice)");
    assert!(refunded.contains("out_refund_no") && !refunded.contains("req_info"), "{refunded}");
    let callback = notify_url.replace("/notify", "/callback?signature=0&timestamp=1&nonce=1");
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let forged = agent.post(&callback).send("<xml><Event>e</Event></xml>").unwrap();
    assert_eq!(forged.status(), 403);
    listener.says("refused what somebody sent: signature is wrong");
    let forged = "<xml><return_code>SUCCESS</return_code><req_info>AAAAAAAAAAAAAAAAAAAAAA==</req_info></xml>";
    assert_eq!(agent.post(notify_url).send(forged).unwrap().status(), 403);
    listener.says("refused what somebody sent: the pay merchant's key does not open req_info");
    server.stop();
}
