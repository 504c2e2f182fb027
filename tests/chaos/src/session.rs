//! What the clients of a round share: whom they ask, with which token, and how often they were answered.

use crate::cluster::{Answer, Node};
use crate::kinds::Counted;
use fastrand::Rng;
use kaipiao_domain::payment::payments::SignType;
use kaipiao_tests::company_client::{COMPANIES, OTHER_COMPANY, OTHER_SECRET};
use kaipiao_tests::pay_client::{KEY, MCHID, signed};
use kaipiao_tests::{ADMIN, MERCHANT, PLATFORM, form_token, let_pass};
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The users who answer on authorization pages.
pub const USERS: [&str; 3] = ["zhangwei", "lina", "wangfang"];

/// What the issuer says when it is told to fail.
pub const REFUSALS: [i64; 3] = [73000, 73100, 73102];

/// What is said while the store is away.
const SYSTEM_ERROR: i64 = -1;
const BACK_OFF: Duration = Duration::from_millis(50);

/// The demo accounts as a server shows them.
pub struct Accounts(Value);

impl Accounts {
    /// Asks a server.
    pub fn of(node: &Node) -> Self {
        Self(node.sure_get("sandbox/v1/accounts"))
    }

    fn account(&self, appid: &str) -> &Value {
        let accounts = self.0["accounts"].as_array().unwrap();
        accounts.iter().find(|account| account["appid"] == appid).expect("a demo account")
    }

    /// The secret of an account.
    pub fn secret(&self, appid: &str) -> &str {
        self.account(appid)["secret"].as_str().unwrap()
    }

    /// The demo platform's id.
    pub fn s_pappid(&self) -> &str {
        assert!(!self.account(PLATFORM).is_null());
        self.0["s_pappid"].as_str().unwrap()
    }

    fn user(&self, id: &str) -> &Value {
        let users = self.0["users"].as_array().unwrap();
        users.iter().find(|user| user["id"] == id).expect("a demo user")
    }

    /// How the merchant knows a user.
    pub fn openid(&self, user: &str) -> &str {
        self.user(user)["openids"][MERCHANT].as_str().unwrap()
    }

    /// What a user is called.
    pub fn name(&self, user: &str) -> &str {
        self.user(user)["name"].as_str().unwrap()
    }

    /// The pay code of a user that never changes.
    pub fn auth_code(&self, user: &str) -> &str {
        self.user(user)["auth_code"].as_str().unwrap()
    }

    /// The contract of a user.
    pub fn contract_id(&self, user: &str) -> &str {
        self.user(user)["contract_id"].as_str().unwrap()
    }

    /// The demo merchant's taxpayer id.
    pub fn tax_id(&self) -> &str {
        self.0["merchant"]["nsrsbh"].as_str().unwrap()
    }
}

/// A user before the pages.
struct Visitor {
    cookie: String,
    form_token: String,
}

impl Visitor {
    fn of(node: &Node, user: &str) -> Self {
        let cookie = node.session(user);
        let form_token = form_token(&node.page("me/titles/new", &cookie));
        Self { cookie, form_token }
    }
}

/// A round's servers and clients.
pub struct Session<'a> {
    /// The servers, dead or alive.
    pub nodes: &'a [Node],
    /// What they show of the sandbox.
    pub accounts: Accounts,
    /// Where notices of payments go: what tells one from the others follows.
    pub notify_url: String,
    visitors: HashMap<&'static str, Visitor>,
    /// The tokens of the merchant, the platform and the companies.
    tokens: HashMap<&'static str, String>,
    /// The merchant's ticket.
    pub ticket: String,
    /// What the clock of the first server said at the start, in unix seconds.
    pub now_s: i64,
    /// What has happened of each kind.
    pub kinds: Counted,
    /// Changes that were acknowledged.
    pub acknowledged: AtomicUsize,
    /// Changes that were not answered, or with "system error".
    pub unanswered: AtomicUsize,
    /// The load ends.
    pub is_over: AtomicBool,
    /// The database has been away: "system error" is an answer.
    pub may_be_away: AtomicBool,
    /// How long an answer took at most, in milliseconds.
    longest_ms: AtomicU64,
}

/// What became of a request: an answer, and the code of one that refuses.
#[derive(Debug)]
pub enum Outcome<T = Value, C = Option<i64>> {
    /// It was carried out.
    Done(T),
    /// It was refused, with this code; plain HTTP APIs have none.
    Refused(C, T),
    /// Nobody knows.
    InDoubt,
}

impl<'a> Session<'a> {
    /// Servers that all take the token that the first of them gave out.
    pub fn open(nodes: &'a [Node], notify_url: String) -> Self {
        let accounts = Accounts::of(&nodes[0]);
        let token = |appid: &'static str| {
            let secret = if appid == OTHER_COMPANY { OTHER_SECRET } else { accounts.secret(appid) };
            (appid, nodes[0].stable_token(appid, secret))
        };
        let tokens: HashMap<_, _> =
            [MERCHANT, PLATFORM].into_iter().chain(COMPANIES).map(token).collect();
        let merchants = &tokens[MERCHANT];
        let path = format!("cgi-bin/ticket/getticket?type=wx_card&access_token={merchants}");
        let tickets: Vec<_> = nodes.iter().map(|node| node.sure_get(&path)).collect();
        assert!(tickets.iter().all(|answer| answer["errcode"] == json!(0)), "{tickets:?}");
        Self {
            nodes,
            accounts,
            notify_url,
            visitors: USERS.map(|user| (user, Visitor::of(&nodes[0], user))).into(),
            tokens,
            ticket: tickets[0]["ticket"].as_str().unwrap().to_owned(),
            now_s: nodes[0].sure_get("sandbox/v1/clock")["now"].as_i64().unwrap(),
            kinds: Counted::default(),
            acknowledged: AtomicUsize::new(0),
            unanswered: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            may_be_away: AtomicBool::new(false),
            longest_ms: AtomicU64::new(0),
        }
    }

    /// How long an answer took at most since this was asked last.
    pub fn take_longest(&self) -> Duration {
        Duration::from_millis(self.longest_ms.swap(0, Ordering::SeqCst))
    }

    /// A server to ask next; None: the round is over, or nobody is left.
    pub fn node(&self, rng: &mut Rng) -> Option<&'a Node> {
        if self.is_over.load(Ordering::SeqCst) {
            return None;
        }
        let alive: Vec<_> = self.nodes.iter().filter(|node| node.is_well()).collect();
        rng.choice(alive)
    }

    /// The path of a merchant's call.
    pub fn path(&self, call: &str) -> String {
        self.path_of(MERCHANT, call)
    }

    /// The path of a call of the merchant, the platform or a company.
    pub fn path_of(&self, appid: &str, call: &str) -> String {
        let joint = if call.contains('?') { '&' } else { '?' };
        format!("card/invoice/{call}{joint}access_token={}", self.tokens[appid])
    }

    /// A change is asked for and counted.
    pub fn change(&self, node: &Node, path: &str, body: &Value) -> Outcome {
        self.counted(self.ask(node, path, body))
    }

    /// Something is asked that changes nothing.
    pub fn ask(&self, node: &Node, path: &str, body: &Value) -> Outcome {
        self.judged(path, || node.post(path, body))
    }

    /// What becomes of a request of JSON or to an API that answers JSON.
    pub fn judged(&self, path: &str, ask: impl FnOnce() -> Answer) -> Outcome {
        match self.timed(ask) {
            Answer::Nothing => Outcome::InDoubt,
            Answer::Said(status, value) if status == 503 || value["errcode"] == SYSTEM_ERROR => {
                self.is_away(path, &value)
            }
            Answer::Said(200, value) => match value["errcode"].as_i64() {
                None | Some(0) => Outcome::Done(value),
                code => Outcome::Refused(code, value),
            },
            Answer::Said(_, value) => Outcome::Refused(None, value),
        }
    }

    /// A pay merchant's call; refusals have WeChat Pay's own codes. Every answer is signed, but "system error" to
    /// somebody who could not be looked up.
    pub fn pay_call(
        &self,
        node: &Node,
        path: &str,
        own: &[(&str, &str)],
    ) -> Outcome<PayRequest, String> {
        let all =
            [&[("appid", MERCHANT), ("mch_id", MCHID), ("nonce_str", "5K8264")], own].concat();
        let xml = signed(&all, KEY, SignType::Md5);
        let Some((_, text)) = self.timed(|| node.send("POST", path, &[], &xml)) else {
            return Outcome::InDoubt;
        };
        let answer =
            PayRequest::read(text.as_bytes()).unwrap_or_else(|why| panic!("{why}: {text}"));
        let code = answer.get("err_code");
        if code == "SYSTEMERROR" || answer.get("return_msg").starts_with("SYSTEMERROR") {
            return self.is_away(path, &answer);
        }
        assert!(answer.is_signed_by(KEY, SignType::Md5), "{path}: {text}");
        match answer.get("result_code") {
            "SUCCESS" => Outcome::Done(answer),
            _ => Outcome::Refused(code.to_owned(), answer),
        }
    }

    /// A page as a user sees it.
    pub fn visit(&self, node: &Node, path: &str, user: &str) -> Outcome<String, u16> {
        let headers = [("cookie", &*self.visitors[user].cookie)];
        match self.timed(|| node.send("GET", path, &headers, "")) {
            None => Outcome::InDoubt,
            Some((200, html)) => Outcome::Done(html),
            Some((503, html)) => self.is_away(path, &html),
            Some((status, html)) => Outcome::Refused(status, html),
        }
    }

    /// The bytes that an address leads to.
    pub fn fetch(&self, node: &Node, path: &str) -> Outcome<Vec<u8>, u16> {
        match self.timed(|| node.send_bytes("GET", path, &[], b"")) {
            None => Outcome::InDoubt,
            Some((200, bytes)) => Outcome::Done(bytes),
            Some((503, bytes)) => self.is_away(path, &String::from_utf8_lossy(&bytes)),
            Some((status, bytes)) => Outcome::Refused(status, bytes),
        }
    }

    /// A user's title book. None: there was no answer.
    pub fn titles(&self, node: &Node, user: &str) -> Option<Vec<Value>> {
        let bearer = format!("Bearer {ADMIN}");
        let path = format!("admin/v1/users/{user}/titles?limit=1000");
        let ask = || node.run("GET", &path, &[("authorization", &bearer)], "");
        match self.judged(&path, ask) {
            Outcome::Done(mut page) => {
                assert!(page["next"].is_null(), "a book of more than a page: {page}");
                let Value::Array(titles) = page["titles"].take() else { panic!("{page}") };
                Some(titles)
            }
            Outcome::InDoubt => None,
            Outcome::Refused(_, answer) => panic!("{path}: {answer}"),
        }
    }

    /// A user sends a page's form: where that leads.
    pub fn submit(&self, node: &Node, path: &str, user: &str, own: &str) -> Outcome<String, u16> {
        let Visitor { cookie, form_token } = &self.visitors[user];
        let form = format!("form_token={form_token}&{own}");
        match self.timed(|| node.submit(path, cookie, &form)) {
            None => Outcome::InDoubt,
            Some((303, location)) => Outcome::Done(location),
            Some((503, html)) => self.is_away(path, &html),
            Some((status, html)) => Outcome::Refused(status, html),
        }
    }

    /// Counts what became of a change.
    pub fn counted<T, C>(&self, outcome: Outcome<T, C>) -> Outcome<T, C> {
        match &outcome {
            Outcome::Done(_) => self.acknowledged.fetch_add(1, Ordering::SeqCst),
            Outcome::InDoubt => self.unanswered.fetch_add(1, Ordering::SeqCst),
            Outcome::Refused(..) => 0,
        };
        outcome
    }

    fn timed<T>(&self, ask: impl FnOnce() -> T) -> T {
        let asked = Instant::now();
        let answer = ask();
        let took_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.longest_ms.fetch_max(took_ms, Ordering::SeqCst);
        answer
    }

    /// "System error" was said: clients that are told so wait before they ask again.
    fn is_away<T, C>(&self, path: &str, answer: &impl Debug) -> Outcome<T, C> {
        let may_be_away = self.may_be_away.load(Ordering::SeqCst);
        assert!(may_be_away, "the store is well: {path}: {answer:?}");
        let_pass(BACK_OFF);
        Outcome::InDoubt
    }
}
