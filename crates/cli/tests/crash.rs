//! kill -9 under load: no acknowledged change is lost, whatever the moment.
//!
//! 25 rounds over one data directory. In each, a real server process is loaded by several clients
//! until it is killed at a round's own moment; one round in ten the process dies by itself between
//! the savepoints of a group and its COMMIT, and others die by the hand of the merchant's server,
//! with a push received and not yet answered, or answered and not yet completed. Then it is started
//! again, and every change that was acknowledged, in this round and all before it, must be there.
//!
//! In the end every acknowledged answer of a user has been pushed, in order within its order, and
//! twice only where a crash forced it: at most the pushes that were under way at the kills.
//!
//! Invoices are asked for and offset under the same load. Every request that was acknowledged becomes
//! one invoice with a number of its own, pushed as one event, also when the process dies between the
//! issuer's steps, or with requests at an issuer that does not answer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![allow(clippy::print_stdout, reason = "a crash round prints what was acknowledged at the kill")]

use kaipiao_tests::{MERCHANT, Receiver, Reply, element, poll_within, wait_for, wait_until};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

const ROUNDS: usize = 25;
const CLIENTS: usize = 8;
/// The default of push.per_account: pushes that a crash can make go out twice.
const UNDER_WAY: usize = 4;
/// A round that acknowledged less has proved nothing.
const MIN_ACKNOWLEDGED: usize = 50;

/// What the server acknowledged.
#[derive(Default)]
struct Acknowledged {
    offered: Vec<String>,
    authorized: Vec<String>,
    /// Declined before they were authorized.
    declined: Vec<String>,
    rejected: Vec<String>,
    /// Serials of invoice requests and offsets.
    requested: Vec<String>,
    /// The largest contact.time_out; set by one client only, so it only grows.
    time_out: i64,
    /// The newest page-fields key, set by one client only.
    page_fields: i64,
}

struct Server {
    process: Child,
    agent: ureq::Agent,
    home: String,
}

impl Server {
    fn start(data: &Path, die_before_commit: Option<usize>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaipiao"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
        if let Some(group) = die_before_commit {
            command.args(["--die-before-commit", &group.to_string()]);
        }
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().expect("the server starts after a crash").unwrap();
        let home = first.rsplit(' ').next().unwrap().to_owned();
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10)));
        Self { process, agent: config.build().into(), home }
    }

    /// None: the server died before it answered.
    fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let mut answer =
            self.agent.post(format!("{}{path}", self.home)).send(body.to_string()).ok()?;
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }

    fn get(&self, path: &str) -> Option<Value> {
        let mut answer = self.agent.get(format!("{}{path}", self.home)).call().ok()?;
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }

    fn admin(&self, path: &str) -> Value {
        let request = self.agent.get(format!("{}admin/v1/{path}", self.home));
        let request = request.header("authorization", "Bearer kaipiao-sandbox-admin");
        let text = request.call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn merchant_token(&self) -> String {
        let demo = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
        let path = format!(
            "cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
            demo.appid, demo.secret
        );
        self.get(&path).unwrap()["access_token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already: that is what the round was for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Load<'a> {
    server: &'a Server,
    token: String,
    ticket: String,
    sandbox: Value,
    round: usize,
    acknowledged: &'a Mutex<Acknowledged>,
    count: &'a AtomicUsize,
    is_over: &'a AtomicBool,
}

impl Load<'_> {
    fn call(&self, path: &str, body: &Value) -> Option<()> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let answer =
            self.server.post(&format!("{path}{joint}access_token={}", self.token), body)?;
        assert_eq!(answer["errcode"], json!(0), "{path}: {answer}");
        Some(())
    }

    fn note(&self, change: impl FnOnce(&mut Acknowledged)) {
        change(&mut self.acknowledged.lock().unwrap());
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Orders that are offered, authorized, rejected, until the server dies.
    fn orders(&self, client: usize) -> Option<()> {
        for n in 0.. {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let order_id = format!("r{}-c{client}-{n}", self.round);
            let asked = json!({
                "s_pappid": self.sandbox["s_pappid"], "order_id": order_id, "money": 11, "timestamp": 1,
                "source": "wxa", "ticket": self.ticket, "type": 0,
            });
            let path = format!("card/invoice/getauthurl?access_token={}", self.token);
            let answer = self.server.post(&path, &asked)?;
            assert_eq!(answer["errcode"], json!(0), "{answer}");
            self.note(|a| a.offered.push(order_id.clone()));
            if n % 2 == 0 {
                continue;
            }
            if n % 8 == 7 {
                let no =
                    json!({"auth_url": answer["auth_url"], "user": "lina", "decision": "decline"});
                assert_eq!(self.server.post("sandbox/v1/authorize", &no)?["result"], "declined");
                self.note(|a| a.declined.push(order_id.clone()));
            }
            let yes =
                json!({"auth_url": answer["auth_url"], "user": "lina", "decision": "authorize"});
            assert_eq!(self.server.post("sandbox/v1/authorize", &yes)?["result"], "authorized");
            self.note(|a| a.authorized.push(order_id.clone()));
            if n % 4 == 1 {
                self.invoice(&order_id, n % 8 == 5)?;
                continue;
            }
            let no = json!({"s_pappid": self.sandbox["s_pappid"], "order_id": order_id, "reason": "refund"});
            self.call("card/invoice/rejectinsert", &no)?;
            self.note(|a| a.rejected.push(order_id));
        }
        Some(())
    }

    /// The order's invoice; also its offset, once it is issued.
    fn invoice(&self, order_id: &str, is_offset: bool) -> Option<()> {
        let openid = openid(&self.sandbox);
        let serial = format!("2ff836{order_id}");
        let body = json!({
            "wxopenid": openid, "ddh": order_id, "fpqqlsh": serial, "nsrsbh": NSRSBH,
            "nsrmc": "n", "nsrdz": "n", "nsrdh": "1", "nsrbank": "b", "nsrbankid": "1",
            "ghfmc": "b", "kpr": "k", "jshj": "113", "hjje": "100", "hjse": "13",
            "invoicedetail_list": [{
                "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "x", "xmsl": "1",
                "xmdj": "100", "xmje": "100", "sl": "0.13", "se": "13",
            }],
        });
        self.call("card/invoice/makeoutinvoice", &body)?;
        self.note(|a| a.requested.push(serial.clone()));
        if !is_offset {
            return Some(());
        }
        let path = format!("card/invoice/queryinvoceinfo?access_token={}", self.token);
        let which = json!({"fpqqlsh": serial, "nsrsbh": NSRSBH});
        let issued = wait_for("the blue invoice", || {
            let Some(answer) = self.server.post(&path, &which) else { return Some(None) };
            if answer["errcode"] == json!(0) {
                return Some(Some(answer["invoicedetail"].clone()));
            }
            assert_eq!(answer["errcode"], json!(73107), "{answer}");
            self.is_over.load(Ordering::SeqCst).then_some(None)
        })?;
        let red = format!("{serial}-red");
        let body = json!({
            "wxopenid": openid, "fpqqlsh": red, "nsrsbh": NSRSBH, "nsrmc": "n",
            "yfpdm": issued["fpdm"], "yfphm": issued["fphm"],
        });
        self.call("card/invoice/clearoutinvoice", &body)?;
        self.note(|a| a.requested.push(red));
        Some(())
    }

    /// A contact and page fields that only grow.
    fn settings(&self) -> Option<()> {
        let first = {
            let acknowledged = self.acknowledged.lock().unwrap();
            acknowledged.time_out.max(acknowledged.page_fields)
        };
        for n in first + 1.. {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let contact = json!({"contact": {"phone": "1", "time_out": n}});
            self.call("card/invoice/setbizattr?action=set_contact", &contact)?;
            self.note(|a| a.time_out = n);
            let key = json!([{"key": n.to_string()}]);
            let fields =
                json!({"auth_field": {"user_field": {"custom_field": key}, "biz_field": {}}});
            self.call("card/invoice/setbizattr?action=set_auth_field", &fields)?;
            self.note(|a| a.page_fields = n);
        }
        Some(())
    }
}

/// The demo merchant's taxpayer id.
const NSRSBH: &str = "91440300MA5KP0009F";

/// The openid of the user who authorizes.
fn openid(sandbox: &Value) -> &str {
    let users = sandbox["users"].as_array().unwrap();
    let user = users.iter().find(|user| user["id"] == "lina").unwrap();
    user["openids"][MERCHANT].as_str().unwrap()
}

/// When the merchant's server kills the one that pushes to it.
struct Murder {
    pid: u32,
    /// Pushes to come before the kill.
    after: usize,
    /// Before it answers the last of them, or after.
    before_answer: bool,
}

impl Murder {
    fn kill(&self) {
        assert!(Command::new("kill").args(["-9", &self.pid.to_string()]).status().is_ok());
    }
}

/// The merchant's server: answers every push, and kills where the test wants.
fn merchants_server(murder: &Arc<Mutex<Option<Murder>>>) -> Receiver {
    let murder = Arc::clone(murder);
    Receiver::behaving(move |_, _| {
        let mut planned = murder.lock().unwrap();
        if let Some(mut plan) = planned.take() {
            match (plan.after, plan.before_answer) {
                (0, true) => plan.kill(),
                (0, false) => return Reply::Then("success", Box::new(move || plan.kill())),
                _ => {
                    plan.after -= 1;
                    *planned = Some(plan);
                }
            }
        }
        Reply::Success("success")
    })
}

/// Every acknowledged answer was pushed, in order, and twice only where a crash forced it.
///
/// `ends` holds how many pushes had arrived at the end of each round: within a round, what arrives
/// again is what was under way at the kill before it.
fn check_pushes(server: &Server, receiver: &Receiver, acknowledged: &Acknowledged, ends: &[usize]) {
    let is_done = || server.admin("pushes?state=open")["pushes"].as_array().unwrap().is_empty();
    let completed = poll_within(Duration::from_secs(60), || is_done().then_some(()));
    completed.expect("every push is completed within a minute");
    let mut of_order: HashMap<String, Vec<bool>> = HashMap::new();
    let mut again = vec![0; ends.len() + 1];
    for (index, push) in receiver.received().into_iter().enumerate() {
        let event = push.event(MERCHANT);
        if element(&event, "Event").unwrap() != "user_authorize_invoice" {
            continue;
        }
        let succeeded = element(&event, "SuccOrderId").unwrap();
        let failed = element(&event, "FailOrderId").unwrap();
        let is_yes = failed.is_empty();
        let pushed = of_order.entry(if is_yes { succeeded } else { failed }).or_default();
        again[ends.partition_point(|end| *end <= index)] += usize::from(pushed.contains(&is_yes));
        pushed.push(is_yes);
    }
    for order_id in &acknowledged.authorized {
        let pushed = of_order.get(order_id);
        assert!(pushed.is_some_and(|pushed| pushed.contains(&true)), "lost the push of {order_id}");
    }
    for order_id in &acknowledged.declined {
        let pushed = of_order.get(order_id);
        assert!(pushed.is_some_and(|pushed| !pushed[0]), "lost the decline of {order_id}");
    }
    for (order_id, pushed) in &of_order {
        assert!(pushed.is_sorted(), "reordered: {order_id}: {pushed:?}");
    }
    let twice: usize = again.iter().sum();
    println!("{} orders pushed, {twice} pushes went out twice: {again:?}", of_order.len());
    assert!(again.iter().all(|again| *again <= UNDER_WAY), "more than were under way: {again:?}");
    assert!(
        twice > 0,
        "no crash fell between a push and its settling: the rounds prove too little"
    );
}

/// Every request is one invoice with a number of its own, and pushed as one event, which may have gone
/// out twice; every number that was drawn is an invoice's or a gap.
fn check_invoices(server: &Server, receiver: &Receiver, acknowledged: &Acknowledged) {
    let mut events: HashMap<String, BTreeSet<(String, String)>> = HashMap::new();
    for push in receiver.received() {
        let event = push.event(MERCHANT);
        if let Some(serial) = element(&event, "fpqqlsh") {
            let said = (element(&event, "status").unwrap(), element(&event, "CreateTime").unwrap());
            events.entry(serial).or_default().insert(said);
        }
    }
    let (mut numbers, mut after, mut requests) = (BTreeSet::new(), String::new(), 0);
    loop {
        let page = server.admin(&format!("invoices?appid={MERCHANT}&limit=1000&after={after}"));
        let page = page["invoices"].as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        after = last["fpqqlsh"].as_str().unwrap().to_owned();
        for invoice in page {
            let serial = invoice["fpqqlsh"].as_str().unwrap();
            let number = invoice["fphm"].as_str().unwrap_or_else(|| panic!("{invoice}"));
            assert!(numbers.insert(number.to_owned()), "twice: {invoice}");
            let pushed = events.get(serial).unwrap_or_else(|| panic!("no push: {invoice}"));
            let pushed: Vec<_> = pushed.iter().collect();
            assert!(
                matches!(&pushed[..], [(status, _)] if status == "100"),
                "{serial}: {pushed:?}"
            );
            requests += 1;
        }
    }
    assert_eq!(requests, events.len(), "an event without its request");
    assert!(requests >= acknowledged.requested.len());
    let range = server.admin(&format!("accounts/{MERCHANT}/numbers"))["ranges"][0].clone();
    let of = |value: &Value| value.as_u64().unwrap();
    let length = |run: &Value| of(&run["last"]) - of(&run["first"]) + 1;
    let gaps: u64 = range["gaps"].as_array().unwrap().iter().map(length).sum();
    let block = &range["blocks"][0];
    let highest: u64 = numbers.last().unwrap().parse().unwrap();
    let ahead = of(&block["last"]) - highest.max(of(&block["first"]) - 1);
    let taken = of(&range["last"]) - of(&range["left"]);
    assert_eq!(of(&range["issued"]) + gaps + ahead, taken, "{range}");
    println!("{requests} invoices, {gaps} numbers in gaps, {taken} taken in blocks");
}

/// Loads the server until `target` changes are acknowledged, then kills it.
fn crash_round(
    round: usize,
    mut server: Server,
    target: usize,
    acknowledged: &Mutex<Acknowledged>,
) -> usize {
    let (count, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let token = server.merchant_token();
    let path = format!("cgi-bin/ticket/getticket?type=wx_card&access_token={token}");
    let ticket = server.get(&path).unwrap()["ticket"].as_str().unwrap().to_owned();
    let sandbox = server.get("sandbox/v1/accounts").unwrap();
    let pid = server.process.id();
    let load = Load {
        server: &server,
        token,
        ticket,
        sandbox,
        round,
        acknowledged,
        count: &count,
        is_over: &is_over,
    };
    let load = &load;
    std::thread::scope(|scope| {
        let mut clients: Vec<_> =
            (0..CLIENTS).map(|c| scope.spawn(move || load.orders(c).is_some())).collect();
        clients.push(scope.spawn(move || load.settings().is_some()));
        wait_until("enough changes are acknowledged", || {
            count.load(Ordering::SeqCst) >= target
                || clients.iter().all(ScopedJoinHandle::is_finished)
        });
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().is_ok());
        is_over.store(true, Ordering::SeqCst);
        for client in clients {
            client.join().expect("no client saw a wrong answer");
        }
    });
    assert!(!server.process.wait().unwrap().success());
    count.load(Ordering::SeqCst)
}

/// The orders that the user's messages say were rejected, page by page.
fn rejected_orders(server: &Server) -> BTreeSet<String> {
    let (mut orders, mut after) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("sandbox/v1/messages?user=lina&after={after}");
        let page = server.get(&path).unwrap();
        let messages = page["messages"].as_array().unwrap().iter();
        let rejected = messages.filter(|message| message["event"] == "rejected");
        orders.extend(rejected.map(|message| message["order_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return orders };
        after = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    }
}

/// Every acknowledged change is there.
fn check(server: &Server, acknowledged: &Acknowledged, from: (usize, usize, usize, usize)) {
    let token = server.merchant_token();
    let s_pappid = server.get("sandbox/v1/accounts").unwrap()["s_pappid"].clone();
    let status = |order_id: &str| {
        let path = format!("card/invoice/getauthdata?access_token={token}");
        server.post(&path, &json!({"s_pappid": s_pappid, "order_id": order_id})).unwrap()
    };
    for order_id in &acknowledged.offered[from.0..] {
        let answer = status(order_id);
        assert!(
            !answer["errmsg"].as_str().unwrap().contains("never called getauthurl"),
            "lost: {order_id}"
        );
    }
    for order_id in &acknowledged.authorized[from.1..] {
        let answer = status(order_id);
        assert_ne!(answer["invoice_status"], "never auth", "lost: {order_id}");
    }
    for serial in &acknowledged.requested[from.3..] {
        let path = format!("card/invoice/queryinvoceinfo?access_token={token}");
        let which = json!({"fpqqlsh": serial, "nsrsbh": NSRSBH});
        wait_until(&format!("{serial} is issued"), || {
            let answer = server.post(&path, &which).unwrap();
            let is_running = answer["errcode"] == json!(73107);
            assert!(is_running || answer["errcode"] == json!(0), "lost: {serial}: {answer}");
            !is_running
        });
    }
    let rejected = rejected_orders(server);
    for order_id in &acknowledged.rejected[from.2..] {
        assert_eq!(status(order_id)["invoice_status"], "reject insert", "lost: {order_id}");
        assert!(rejected.contains(order_id), "lost the message of {order_id}");
    }
    let attribute = |action: &str| {
        let path = format!("card/invoice/setbizattr?action={action}&access_token={token}");
        server.post(&path, &json!({})).unwrap()
    };
    let time_out = attribute("get_contact")["contact"]["time_out"].as_i64().unwrap();
    assert!(
        time_out >= acknowledged.time_out,
        "lost: contact {} < {}",
        time_out,
        acknowledged.time_out
    );
    let fields = attribute("get_auth_field");
    let key = fields["auth_field"]["user_field"]["custom_field"][0]["key"].as_str().unwrap_or("0");
    assert!(key.parse::<i64>().unwrap() >= acknowledged.page_fields, "lost: page fields");
}

#[test]
fn no_acknowledged_change_is_lost_in_25_kills() {
    let data = tempfile::tempdir().unwrap();
    let acknowledged = Mutex::new(Acknowledged::default());
    // The very first start is not under load, so that the contact can be set.
    let server = Server::start(data.path(), None);
    let token = server.merchant_token();
    let path = format!("card/invoice/setbizattr?action=set_contact&access_token={token}");
    server.post(&path, &json!({"contact": {"phone": "1", "time_out": 0}})).unwrap();
    let murder = Arc::default();
    let receiver = merchants_server(&murder);
    let path = format!("{}admin/v1/accounts/{MERCHANT}/callback", server.home);
    let request = server.agent.put(path).header("authorization", "Bearer kaipiao-sandbox-admin");
    assert_eq!(request.send(receiver.settings("safe").to_string()).unwrap().status(), 200);
    drop(server);
    let mut ends = Vec::new();
    for round in 1..=ROUNDS {
        let before = {
            let a = acknowledged.lock().unwrap();
            (a.offered.len(), a.authorized.len(), a.rejected.len(), a.requested.len())
        };
        // A different moment each round; the same on every run.
        let target = 60 + (round * 7919) % 500;
        let cuts_inside = round % 10 == 0;
        let (fault, target) =
            if cuts_inside { (Some(target + 40), usize::MAX) } else { (None, target) };
        let server = Server::start(data.path(), fault);
        if round % 10 == 2 {
            // The issuer takes these and does not answer: they are under way at the kill.
            let hang = json!({"target": "issuer", "n": 12, "drop": true});
            assert_eq!(server.post("sandbox/v1/faults", &hang).unwrap()["left"], 12);
        }
        let (how, before_answer) = match round % 10 {
            2 => (", with requests at an issuer that does not answer", None),
            0 => (", cut between SAVEPOINT and COMMIT", None),
            3 | 7 => (", with a push received and not answered", Some(true)),
            5 | 9 => (", with a push answered and not completed", Some(false)),
            _ => ("", None),
        };
        let target = if before_answer.is_some() { usize::MAX } else { target };
        *murder.lock().unwrap() = before_answer.map(|before_answer| Murder {
            pid: server.process.id(),
            after: 40 + round * 3,
            before_answer,
        });
        let count = crash_round(round, server, target, &acknowledged);
        ends.push(receiver.received().len());
        println!("round {round:2}: {count} acknowledged at the kill{how}");
        assert!(count >= MIN_ACKNOWLEDGED, "round {round}: only {count} acknowledged");
        check(&Server::start(data.path(), None), &acknowledged.lock().unwrap(), before);
    }
    let server = Server::start(data.path(), None);
    check(&server, &acknowledged.lock().unwrap(), (0, 0, 0, 0));
    check_pushes(&server, &receiver, &acknowledged.lock().unwrap(), &ends);
    check_invoices(&server, &receiver, &acknowledged.lock().unwrap());
}

/// A process that dies at any commit of its very first start leaves nothing that the next start does
/// not put right: the demo merchant can issue.
#[test]
fn a_first_start_that_was_killed_is_put_right_by_the_next() {
    for group in 1..=12 {
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaipiao"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()]);
        command.args(["--die-before-commit", &group.to_string()]);
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        // Dead, or, when its start has fewer commits, listening.
        let first = BufReader::new(process.stdout.take().unwrap()).lines().next();
        let has_started = first.is_some();
        let _ = process.kill();
        let _ = process.wait();
        let server = Server::start(data.path(), None);
        let sandbox = server.get("sandbox/v1/accounts").unwrap();
        assert_eq!(sandbox["merchant"]["code"], "2ff836", "killed at {group}");
        assert_eq!(sandbox["users"].as_array().unwrap().len(), 3, "killed at {group}");
        let numbers = server.admin(&format!("accounts/{MERCHANT}/numbers"));
        assert_eq!(numbers["ranges"].as_array().unwrap().len(), 1, "killed at {group}");
        if group == 12 {
            assert!(has_started, "a first start has more commits than are tried here");
        }
    }
}

/// A start that finds everything as it left it commits nothing.
#[test]
fn a_second_start_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    drop(Server::start(data.path(), None));
    drop(Server::start(data.path(), Some(1)));
}
