//! What the merchant and the operator change beside the orders: settings that only grow, and tokens.

use crate::cluster::{Answer, Node};
use crate::session::{Accounts, Outcome, REFUSALS, Session};
use fastrand::Rng;
use kaipiao_tests::pay_client::MCHID;
use kaipiao_tests::{MERCHANT, MINI_PROGRAM};
use serde_json::{Value, json};

/// Classic tokens behind the newest that are remembered and work for five minutes.
const SUPERSEDED: usize = 16;

/// A setting whose value only grows.
#[derive(Default)]
struct Growing {
    acknowledged: i64,
    in_doubt: Vec<i64>,
}

impl Growing {
    fn next(&self) -> i64 {
        self.in_doubt.last().unwrap_or(&self.acknowledged) + 1
    }

    fn note(&mut self, value: i64, outcome: &Outcome) {
        match outcome {
            Outcome::Done(_) => *self = Self { acknowledged: value, in_doubt: Vec::new() },
            Outcome::InDoubt => self.in_doubt.push(value),
            Outcome::Refused(_, answer) => panic!("refused: {answer}"),
        }
    }

    fn seen(&mut self, what: &str, value: i64) {
        let Self { acknowledged, in_doubt } = self;
        let is_possible = value == *acknowledged || in_doubt.contains(&value);
        assert!(is_possible, "{what} is {value}, not {acknowledged} or one of {in_doubt:?}");
        *self = Self { acknowledged: value, in_doubt: Vec::new() };
    }
}

/// The tokens of an account that nobody else uses.
#[derive(Default)]
struct Tokens {
    /// All classic ones that were acknowledged.
    classic: Vec<String>,
    /// The stable one.
    stable: Option<String>,
    /// A forced refresh was not answered.
    is_forced_in_doubt: bool,
    /// Stable ones that a forced refresh has ended.
    ended: Vec<String>,
}

/// The client that changes them.
pub struct Merchant {
    rng: Rng,
    may_disturb_issuer: bool,
    contact: Growing,
    page_fields: Growing,
    name: Growing,
    tokens: Tokens,
}

/// The user whose name grows.
const NAMED: &str = "wangfang";

impl Merchant {
    /// Sets everything for the first time.
    pub fn new(node: &Node) -> Self {
        let mut new = Self {
            rng: Rng::with_seed(0),
            may_disturb_issuer: false,
            contact: Growing::default(),
            page_fields: Growing::default(),
            name: Growing::default(),
            tokens: Tokens::default(),
        };
        let accounts = Accounts::of(node);
        let token = node.stable_token(MERCHANT, accounts.secret(MERCHANT));
        let info = json!({"mchid": MCHID, "s_pappid": accounts.s_pappid()});
        for (action, body) in [
            ("set_contact", contact(0)),
            ("set_auth_field", page_fields(0)),
            ("set_pay_mch", json!({"paymch_info": info})),
        ] {
            let path = format!("card/invoice/setbizattr?action={action}&access_token={token}");
            assert_eq!(node.sure_post(&path, &body)["errcode"], json!(0));
        }
        node.sure_post("sandbox/v1/users", &named(0));
        new.tokens.stable = Some(node.stable_token(MINI_PROGRAM, accounts.secret(MINI_PROGRAM)));
        new
    }

    /// What it does in a round follows from this seed, and from the answers.
    pub fn begin(&mut self, seed: u64, may_disturb_issuer: bool) {
        self.rng = Rng::with_seed(seed);
        self.may_disturb_issuer = may_disturb_issuer;
    }

    /// Changes one after the other until the round is over or all servers are dead.
    pub fn play(&mut self, session: &Session<'_>) {
        while let Some(node) = session.node(&mut self.rng) {
            match self.rng.u32(0..100) {
                0..30 => {
                    let value = self.contact.next();
                    let path = session.path("setbizattr?action=set_contact");
                    self.contact.note(value, &session.change(node, &path, &contact(value)));
                }
                30..60 => {
                    let value = self.page_fields.next();
                    let path = session.path("setbizattr?action=set_auth_field");
                    let outcome = session.change(node, &path, &page_fields(value));
                    self.page_fields.note(value, &outcome);
                }
                60..80 => {
                    let value = self.name.next();
                    let outcome = session.change(node, "sandbox/v1/users", &named(value));
                    self.name.note(value, &outcome);
                }
                80..96 => self.tokens.refresh(session, node),
                96..98 => self.tokens.force(session, node),
                _ => self.disturb_issuer(node),
            }
        }
    }

    /// The next requests are refused, or answered late.
    fn disturb_issuer(&mut self, node: &Node) {
        if !self.may_disturb_issuer {
            return;
        }
        let n = self.rng.u32(1..=5);
        let fault = match self.rng.choice(&REFUSALS) {
            Some(errcode) if self.rng.bool() => {
                json!({"target": "issuer", "n": n, "errcode": errcode})
            }
            _ => json!({"target": "issuer", "n": n, "delay_ms": 100}),
        };
        // A server that is away forgets what was planned.
        let _ = node.post("sandbox/v1/faults", &fault);
    }

    /// What is stored must be what was acknowledged, or what was asked for later.
    pub fn compare(&mut self, session: &Session<'_>) {
        for node in session.nodes {
            let attribute = |action: &str| {
                let path = session.path(&format!("setbizattr?action={action}"));
                node.sure_post(&path, &json!({}))
            };
            let time_out = attribute("get_contact")["contact"]["time_out"].as_i64().unwrap();
            self.contact.seen("the contact's time_out", time_out);
            let fields = attribute("get_auth_field");
            let key = &fields["auth_field"]["user_field"]["custom_field"][0]["key"];
            self.page_fields.seen("the custom field", key.as_str().unwrap().parse().unwrap());
            let accounts = Accounts::of(node);
            self.name.seen("the user's name", accounts.name(NAMED).parse().unwrap());
            self.tokens.compare(node, accounts.secret(MINI_PROGRAM));
        }
    }
}

fn contact(value: i64) -> Value {
    json!({"contact": {"phone": "1", "time_out": value}})
}

fn page_fields(value: i64) -> Value {
    let key = json!([{"key": value.to_string()}]);
    json!({"auth_field": {"user_field": {"custom_field": key}, "biz_field": {}}})
}

fn named(value: i64) -> Value {
    json!({"id": NAMED, "name": value.to_string()})
}

impl Tokens {
    fn refresh(&mut self, session: &Session<'_>, node: &Node) {
        let secret = session.accounts.secret(MINI_PROGRAM);
        let body = json!({
            "grant_type": "client_credential", "appid": MINI_PROGRAM, "secret": secret,
        });
        match session.change(node, "cgi-bin/token", &body) {
            Outcome::Done(answer) => {
                self.classic.push(answer["access_token"].as_str().unwrap().to_owned());
            }
            Outcome::InDoubt => {}
            Outcome::Refused(_, answer) => panic!("{answer}"),
        }
    }

    fn force(&mut self, session: &Session<'_>, node: &Node) {
        let secret = session.accounts.secret(MINI_PROGRAM);
        let body = json!({
            "grant_type": "client_credential", "appid": MINI_PROGRAM, "secret": secret,
            "force_refresh": true,
        });
        match session.change(node, "cgi-bin/stable_token", &body) {
            Outcome::Done(answer) => {
                let token = answer["access_token"].as_str().unwrap().to_owned();
                self.ended.extend(self.stable.replace(token));
                self.is_forced_in_doubt = false;
            }
            Outcome::InDoubt => self.is_forced_in_doubt = true,
            // Too many, or too close to the one before.
            Outcome::Refused(Some(45009 | 45011), _) => {}
            Outcome::Refused(_, answer) => panic!("{answer}"),
        }
    }

    /// The newest tokens work, and none that was ended does.
    fn compare(&mut self, node: &Node, secret: &str) {
        let current = node.stable_token(MINI_PROGRAM, secret);
        let known = self.stable.replace(current.clone()).expect("it was asked for at the start");
        if current != known {
            assert!(self.is_forced_in_doubt, "the stable token has changed by itself");
            self.ended.push(known);
        }
        self.is_forced_in_doubt = false;
        assert_eq!(code_of(node, &current), 0, "the stable token is refused");
        if let Some(newest) = self.classic.last() {
            assert_eq!(code_of(node, newest), 0, "the newest classic token is refused");
        }
        // Those behind, and what was in doubt, only move it further back.
        if let Some(old) = self.classic.iter().rev().nth(SUPERSEDED + 1) {
            assert_eq!(code_of(node, old), 40001, "a classic token works that was superseded");
        }
        for ended in &self.ended {
            assert_eq!(code_of(node, ended), 40001, "a stable token works that was ended");
        }
    }
}

/// The code that a call with this token gets.
fn code_of(node: &Node, token: &str) -> i64 {
    let path = format!("cgi-bin/ticket/getticket?type=wx_card&access_token={token}");
    match node.get(&path) {
        Answer::Said(200, answer) => answer["errcode"].as_i64().unwrap(),
        other => panic!("{other:?}"),
    }
}
