//! `kaipiao check`: a store that a server has written is clean, and each invariant that is broken is seen.

use crate::payment::pay_client::{MCHID, PayClient};
use kaipiao_app::check::{self, CheckedStore, Invariant, Subject, Violation, Watcher};
use kaipiao_cli::check::CheckAsk;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::delivery::jobs::{JobChange, JobId, JobQuery, Jobs};
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush, Outbox, PushQuery};
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Forgettable, Page, Store};
use kaipiao_store_sqlite::{FILE_NAME, Options, SqliteStore};
use kaipiao_tests::{
    MERCHANT, PLATFORM, TestServer, USER, assert_ok, assert_refused, assert_sucesss, load, wait_for,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::thread::ScopedJoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const KEPT: Duration = Duration::from_secs(86_400);

/// What a check has found.
#[derive(Default)]
struct Seen {
    violations: Vec<Violation>,
    unsettled: Vec<Subject>,
}

impl Watcher for Seen {
    fn looked_at(&mut self, _: &'static str, _: u64) {}

    fn found(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    fn unsettled(&mut self, subject: Subject) {
        self.unsettled.push(subject);
    }
}

async fn checked(store: &dyn Store, pushes_are_kept: Duration) -> Vec<Violation> {
    let clock = SystemClock::default();
    let mut seen = Seen::default();
    let checked = CheckedStore { store, clock: &clock, pushes_are_kept };
    check::run(&checked, &mut seen).await.unwrap();
    assert_eq!(seen.unsettled, [], "nobody changes the store");
    seen.violations
}

/// A server on which an invoice was issued (B1), one was issued and taken back (A1, A1r), one has failed
/// and was rejected (C1), one has failed (D1), and one is being issued (E1). Payments end the same way in
/// [`pay_in_every_way`].
fn played() -> TestServer {
    let server = TestServer::start_with("[issuing]\nblock_size = 2");
    let client = server.merchant();
    let blue = client.issued("1", "A1");
    assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
    assert_eq!(client.result("A1r")["errcode"], json!(0));
    client.issued("2", "B1");
    for (order, serial) in [("3", "C1"), ("4", "D1")] {
        client.authorized(order);
        server.fault(json!({"target": "issuer", "errcode": 73000}));
        assert_sucesss(&client.make_out(&client.invoice(order, serial)));
        assert_refused(&client.result(serial), 73000, "");
    }
    assert_ok(&client.reject("3"));
    client.authorized("5");
    server.all_completed();
    server.fault(json!({"target": "issuer", "delay_ms": 3_600_000}));
    assert_sucesss(&client.make_out(&client.invoice("5", "E1")));
    client.authorized("6");
    client.auth_url("7", 0);
    server.all_completed();
    server.leaves_pushes();
    pay_in_every_way(&server);
    server
}

/// Payments: one that nobody has paid, one given back in part (r-1, r-2), one in full (r-3), one that was reported
/// as given back beyond its refund (r-4).
fn pay_in_every_way(server: &TestServer) {
    let info = json!({"paymch_info": {"mchid": MCHID, "s_pappid": server.s_pappid()}});
    assert_ok(&server.client(MERCHANT).attribute("set_pay_mch", &info));
    let pay = PayClient::new(server);
    let refund = |payment, number, fee| {
        let (names, fees) = (
            [("out_trade_no", payment), ("out_refund_no", number)],
            [("total_fee", "100"), ("refund_fee", fee)],
        );
        pay.done("/secapi/pay/refund", &[names, fees].concat());
    };
    pay.order("pay-new", &[("receipt", "Y")]);
    for payment in ["pay-part", "pay-back"] {
        pay.paid(payment, &[("receipt", "Y")], "lina");
    }
    refund("pay-part", "r-1", "30");
    refund("pay-part", "r-2", "20");
    refund("pay-back", "r-3", "100");
    let path = format!("payments/{MCHID}/pay-told");
    let openid = server.openid("lina", MERCHANT);
    let mut report = json!({"total_fee": 100, "openid": openid, "receipt": "Y", "user": "lina"});
    assert_eq!(server.admin("PUT", &path, &report).0, 200);
    refund("pay-told", "r-4", "40");
    report["refund_fee"] = json!(70);
    assert_eq!(server.admin("PUT", &path, &report).0, 200);
}

#[test]
fn a_store_with_every_kind_of_end_is_clean_also_beside_its_server() {
    let server = played();
    let settings = load(server.data(), "");
    let mut told = Vec::new();
    let ask = CheckAsk { limit: 10, json: true };
    let tell = |line: &str| told.push(line.to_owned());
    let runtime = Runtime::new().unwrap();
    let report = runtime.block_on(kaipiao_cli::check::run(&settings, ask, tell)).unwrap();
    let json: Value = serde_json::from_str(&report.text).unwrap();
    assert!(report.holds && json["holds"] == json!(true), "{json:#}");
    for (table, count) in [
        ("orders", 10),
        ("invoice_requests", 6),
        ("invoice_contents", 6),
        ("invoice_numbers", 3),
        ("cards", 2),
        ("card_codes", 2),
        ("jobs", 1),
        ("payments", 4),
        ("refunds", 4),
        ("payment_aliases", 10),
    ] {
        assert_eq!(json["checked"][table], json!(count), "{table}: {json:#}");
    }
    assert!(!told.is_empty());
    drop(runtime);
    let data = server.stop();
    assert_eq!(Broken::open(&data.path().join("data")).violations(KEPT), []);
}

#[test]
fn the_last_numbers_of_a_code_are_looked_at_like_any_others() {
    const SHOP: &str = "wx00000000000000aa";
    let server = TestServer::start_with(&format!(
        "[issuing]\nblock_size = 1\n[[accounts]]\nappid = \"{SHOP}\"\nrole = \"merchant\"\n\
         secret = \"ffffffffffffffffffffffffffffffff\"\n\
         merchant = {{ code = \"abc123\", nsrsbh = \"110109500321654\", nsrmc = \"Shop\", \
         numbers = [{{ code = \"044032411111\", first = 99999998, last = 99999999 }}] }}"
    ));
    let token = server.token_answer(SHOP, "ffffffffffffffffffffffffffffffff");
    let client = server.client_with(token["access_token"].as_str().unwrap().to_owned());
    client.set_contact();
    for (order, number) in [("1", "99999998"), ("2", "99999999"), ("3", "")] {
        client.authorized(order);
        let mut body = client.invoice(order, "");
        body["fpqqlsh"] = json!(format!("abc123{order}"));
        body["nsrsbh"] = json!("110109500321654");
        body["wxopenid"] = json!(server.openid(USER, SHOP));
        assert_sucesss(&client.make_out(&body));
        let query = json!({"fpqqlsh": format!("abc123{order}"), "nsrsbh": "110109500321654"});
        let answer = wait_for("the issuer's answer", || {
            let answer = client.post("/card/invoice/queryinvoceinfo", &query);
            Some(answer).filter(|answer| answer["errcode"] != json!(73107))
        });
        match number {
            "" => assert_refused(&answer, 73000, "are used up"),
            number => assert_eq!(answer["invoicedetail"]["fphm"], number, "{answer}"),
        }
    }
    server.all_completed();
    let data = server.stop();
    let store = Broken::open(&data.path().join("data"));
    assert_eq!(store.violations(KEPT), []);
    // What is wrong with the very last one is seen.
    store.change(Kind::InvoiceNumber, &["abc1232"], "/serial", json!("gone"));
    let found = store.violations(KEPT);
    assert!(found.iter().any(|found| found.invariant == Invariant::NumberOrphan), "{found:?}");
}

/// A copy of the played store, to be broken.
struct Broken {
    runtime: Runtime,
    store: SqliteStore,
    _data: TempDir,
}

impl Broken {
    fn open(data: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(data.join(FILE_NAME), copy.path().join(FILE_NAME)).unwrap();
        let runtime = Runtime::new().unwrap();
        let opened = async { SqliteStore::open(copy.path(), Options::default()).unwrap() };
        let store = runtime.block_on(opened);
        Self { runtime, store, _data: copy }
    }

    fn violations(&self, pushes_are_kept: Duration) -> Vec<Violation> {
        self.runtime.block_on(checked(&self.store, pushes_are_kept))
    }

    fn commit(&self, commit: Commit) {
        self.runtime.block_on(self.store.commit(commit)).unwrap();
    }

    fn put(&self, key: Key, body: Option<String>) {
        let body = body.map(Body::new);
        let save = Save { key, expect: Expect::Any, body, index: Index::default() };
        self.commit(Commit::of(vec![save]));
    }

    /// The record of that kind whose key and text hold all of these.
    fn find(&self, kind: Kind, holds: &[&str]) -> (Key, Value) {
        let page = Page::by_key(kind, None, 1000);
        let listed = self.runtime.block_on(self.store.list(&page)).unwrap();
        let found = listed.into_iter().map(|listed| listed.stored).find(|stored| {
            let text = format!("{}/{} {}", stored.key.owner, stored.key.id, stored.body.text());
            holds.iter().all(|part| text.contains(part))
        });
        let stored = found.unwrap_or_else(|| panic!("{kind:?} {holds:?}"));
        (stored.key, serde_json::from_str(stored.body.text()).unwrap())
    }

    fn remove(&self, kind: Kind, holds: &[&str]) {
        self.put(self.find(kind, holds).0, None);
    }

    /// Changes a record's JSON at a pointer.
    fn change(&self, kind: Kind, holds: &[&str], pointer: &str, value: Value) {
        let (key, mut body) = self.find(kind, holds);
        *body.pointer_mut(pointer).expect(pointer) = value;
        self.put(key, Some(body.to_string()));
    }

    /// Puts a record's JSON under another id of its owner too.
    fn copy_to(&self, kind: Kind, holds: &[&str], id: &str) {
        let (key, body) = self.find(kind, holds);
        self.put(Key { id: id.to_owned(), ..key }, Some(body.to_string()));
    }

    fn push_again(&self, serial: &str) {
        let query =
            PushQuery { account: Some(MERCHANT.into()), limit: 100, ..PushQuery::default() };
        let listed = self.runtime.block_on(self.store.pushes(&query)).unwrap();
        let is_result = |body: &str| body.contains(serial) && body.contains("<status>100<");
        let push = listed.into_iter().map(|l| l.push).find(|push| is_result(&push.body)).unwrap();
        let again = NewPush {
            account: push.id.account,
            destination: Destination::Callback,
            kind: push.kind,
            ordering_key: push.ordering_key,
            openid: push.openid,
            event: "cloud_invoice_invoiceresult_event",
            body: NewBody::Whole(push.body.to_string()),
            now_ms: push.committed_ms,
        };
        self.commit(Commit { pushes: vec![again], ..Commit::default() });
    }

    fn forget_pushes(&self) {
        let all =
            Forgettable { records: Vec::new(), pushes_before_ms: i64::MAX, jobs_before_ms: 0 };
        while self.runtime.block_on(self.store.purge(&all, 100)).unwrap() > 0 {}
    }

    fn change_job(&self, change: JobChange) {
        self.commit(Commit { jobs: vec![change], ..Commit::default() });
    }
}

type Break = fn(&Broken);

/// How to break each invariant, and where it is then seen and in which words.
const BREAKS: &[(Invariant, Break, &str, &str)] = &[
    (
        Invariant::Readable,
        |store| store.put(store.find(Kind::User, &["lina"]).0, Some("no JSON".into())),
        "users",
        "expected",
    ),
    (
        Invariant::Readable,
        |store| store.change(Kind::Order, &["B1"], "/source", json!("elsewhere")),
        "orders",
        "source holds an unknown value",
    ),
    (
        Invariant::Key,
        |store| store.copy_to(Kind::NumberRange, &["\"issued\""], "classic/elsewhere"),
        "number_ranges",
        "another key",
    ),
    (
        Invariant::OrderRequest,
        |store| store.change(Kind::Order, &["B1"], "/state/authorized/used_by", json!("gone")),
        "orders",
        "is used by gone, which is not there",
    ),
    (
        Invariant::OrderRequest,
        |store| store.change(Kind::Order, &["B1"], "/state/authorized/used_by", json!("2ff836D1")),
        "orders",
        "for another order",
    ),
    (
        Invariant::OrderRequest,
        |store| store.change(Kind::Order, &["B1"], "/state/authorized/user", json!("lina")),
        "orders",
        "lina authorized it",
    ),
    (
        Invariant::OrderRequest,
        |store| store.remove(Kind::Order, &["B1"]),
        "invoice_requests",
        "its order 2 is not there",
    ),
    (
        Invariant::OrderRequest,
        |store| {
            let running = json!({"running": {"since_ms": 1}});
            store.change(Kind::InvoiceRequest, &["2ff836C1"], "/state", running);
        },
        "orders",
        "it is rejected, and yet",
    ),
    (
        Invariant::Content,
        |store| store.remove(Kind::InvoiceContent, &["2ff836B1"]),
        "invoice_requests",
        "its content 1 is not there",
    ),
    (
        Invariant::Content,
        |store| {
            store.change(Kind::InvoiceRequest, &["2ff836B1"], "/summary/buyer_name", json!("x"))
        },
        "invoice_requests",
        "something else than its head",
    ),
    (
        Invariant::ContentOrphan,
        |store| store.copy_to(Kind::InvoiceContent, &["2ff836B1"], "2ff836B1/7"),
        "invoice_contents",
        "its request has content 1",
    ),
    (
        Invariant::ContentOrphan,
        |store| store.copy_to(Kind::InvoiceContent, &["2ff836B1"], "gone/1"),
        "invoice_contents",
        "its request is not there",
    ),
    (
        Invariant::Totals,
        |store| store.change(Kind::InvoiceContent, &["2ff836B1"], "/lines/0/net_fen", json!(1)),
        "invoice_contents",
        "its net total is 135.90, and 0.01 by its parts",
    ),
    (
        Invariant::Totals,
        |store| store.change(Kind::InvoiceContent, &["2ff836A1r"], "/gross_fen", json!(-1)),
        "invoice_contents",
        "its gross total is -0.01",
    ),
    (
        Invariant::Number,
        |store| store.remove(Kind::InvoiceNumber, &["2ff836B1"]),
        "invoice_requests",
        "is not recorded",
    ),
    (
        Invariant::Number,
        |store| {
            let (_, a1) = store.find(Kind::InvoiceRequest, &["2ff836A1 "]);
            let number = a1["state"]["issued"]["number"].clone();
            store.change(Kind::InvoiceRequest, &["2ff836B1"], "/state/issued/number", number);
        },
        "invoice_requests",
        "is 2ff836A1's",
    ),
    (
        Invariant::NumberOrphan,
        |store| store.change(Kind::InvoiceNumber, &["2ff836B1"], "/serial", json!("gone")),
        "invoice_numbers",
        "its request gone is not there",
    ),
    (
        Invariant::NumberOrphan,
        |store| store.change(Kind::InvoiceNumber, &["2ff836B1"], "/serial", json!("2ff836D1")),
        "invoice_numbers",
        "2ff836D1 is not issued",
    ),
    (
        Invariant::NumberRange,
        |store| store.remove(Kind::NumberRange, &["main"]),
        "invoice_numbers",
        "it lies in no range",
    ),
    (
        Invariant::NumberRange,
        |store| store.change(Kind::NumberRange, &["main"], "/next", json!(1)),
        "invoice_numbers",
        "has given out numbers below 1 only",
    ),
    (
        Invariant::Allotment,
        |store| store.change(Kind::NumberCode, &[MERCHANT, "first"], "/merchant", json!(PLATFORM)),
        "number_ranges",
        "not allotted to its merchant",
    ),
    (
        Invariant::Allotment,
        |store| store.remove(Kind::NumberRange, &["main"]),
        "number_codes",
        "has no range",
    ),
    (
        Invariant::Key,
        |store| store.copy_to(Kind::NumberCode, &[MERCHANT, "first"], "000000000000002"),
        "number_codes",
        "another key",
    ),
    (
        Invariant::Allotment,
        |store| {
            let (key, mut body) = store.find(Kind::NumberCode, &[MERCHANT, "first"]);
            body["first"] = json!(2);
            let key = Key { id: "000000000000002".into(), ..key };
            store.put(key, Some(body.to_string()));
        },
        "number_codes",
        "it shares numbers with 1 to",
    ),
    (
        Invariant::Allotment,
        |store| store.change(Kind::NumberCode, &["highest"], "/highest", json!(3)),
        "number_codes",
        "allotted up to 3 only",
    ),
    (
        Invariant::Blocks,
        |store| store.change(Kind::NumberRange, &["main"], "/issued", json!(77)),
        "number_ranges",
        "it counts 77 invoices of its closed blocks",
    ),
    (
        Invariant::Blocks,
        |store| store.change(Kind::NumberRange, &["main"], "/blocks/0/last", json!(99)),
        "number_ranges",
        "lies outside or on another one",
    ),
    (
        Invariant::Gap,
        |store| {
            let (number, body) = store.find(Kind::InvoiceNumber, &["2ff836B1"]);
            let (code, place) = number.id.split_once('/').unwrap();
            let place: u64 = place.parse().unwrap();
            let gaps = json!({"code": body["code"], "block_last": place, "gaps": [[place, place]]});
            let id = format!("{code}/{place:015}");
            store.put(Key { kind: Kind::NumberGap, id, ..number.clone() }, Some(gaps.to_string()));
        },
        "number_gaps",
        "is reported as missing, and stands on 2ff836B1",
    ),
    (
        Invariant::Card,
        |store| store.remove(Kind::Card, &["2ff836B1"]),
        "invoice_requests",
        "no card in the wallet of zhangwei",
    ),
    (
        Invariant::Card,
        |store| store.change(Kind::Card, &["2ff836B1"], "/gross_fen", json!(1)),
        "invoice_requests",
        "another number or amount",
    ),
    (
        Invariant::Card,
        |store| store.change(Kind::Card, &["/2ff836A1 "], "/cancelled_by", json!(null)),
        "invoice_requests",
        "disagree on whether it was taken back",
    ),
    (
        Invariant::CardOrphan,
        |store| store.remove(Kind::InvoiceRequest, &["2ff836B1"]),
        "cards",
        "no invoice of",
    ),
    (
        Invariant::CardCode,
        |store| store.remove(Kind::CardCode, &["2ff836B1"]),
        "cards",
        "does not name it",
    ),
    (
        Invariant::CardCode,
        |store| store.copy_to(Kind::CardCode, &["2ff836B1"], "000000000000"),
        "card_codes",
        "no card of 2ff836B1",
    ),
    (
        Invariant::Offset,
        |store| {
            let pointer = "/state/issued/offset";
            store.change(Kind::InvoiceRequest, &["2ff836A1 "], pointer, json!("standing"));
        },
        "invoice_requests",
        "2ff836A1 says that it stands, and 2ff836A1r is issued",
    ),
    (
        Invariant::Offset,
        |store| store.remove(Kind::InvoiceRequest, &["/2ff836A1r "]),
        "invoice_requests",
        "its red request 2ff836A1r is not there",
    ),
    (
        Invariant::Offset,
        |store| store.remove(Kind::InvoiceRequest, &["2ff836A1 "]),
        "invoice_requests",
        "its blue request 2ff836A1 is not there",
    ),
    (
        Invariant::Offset,
        |store| {
            store.change(Kind::InvoiceRequest, &["/2ff836A1r "], "/summary/gross_fen", json!(1))
        },
        "invoice_requests",
        "not for the amounts",
    ),
    (
        Invariant::Push,
        Broken::forget_pushes,
        "invoice_requests",
        "no push says that its try ended with status 100",
    ),
    (
        Invariant::Push,
        Broken::forget_pushes,
        "invoice_requests",
        "no push says that its try ended with status 2",
    ),
    (
        Invariant::Push,
        |store| store.push_again("2ff836B1"),
        "invoice_requests",
        "2 pushes say that it was issued",
    ),
    (
        Invariant::Job,
        |store| {
            let query = JobQuery { limit: 10, ..JobQuery::default() };
            let job = store.runtime.block_on(store.store.jobs(&query)).unwrap().remove(0);
            store.change_job(JobChange::Done(job.id));
        },
        "invoice_requests",
        "no job will end it",
    ),
    (
        Invariant::JobOrphan,
        |store| store.change_job(due("issue/gone")),
        "jobs",
        "has no request for issue/gone",
    ),
    (Invariant::JobOrphan, |store| store.change_job(due("shred/1")), "jobs", "knows no such job"),
    (
        Invariant::Key,
        |store| store.copy_to(Kind::PayerCode, &["lina"], "elsewhere"),
        "payer_codes",
        "another key",
    ),
    (
        Invariant::Refund,
        |store| store.remove(Kind::Refund, &["/r-1 "]),
        "payments",
        "its refund r-1 is not there",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Refund, &["/r-1 "], "/out_trade_no", json!("pay-back")),
        "payments",
        "its refund r-1 is of pay-back",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-part "], "/refunds/1", json!("r-1")),
        "payments",
        "it lists refund r-1 twice",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-part "], "/refunded_fen", json!(49)),
        "payments",
        "it counts 49 fen of 100, its refunds 50",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-told "], "/refunded_fen", json!(101)),
        "payments",
        "it counts 101 fen of 100, its refunds 40",
    ),
    (
        Invariant::Refund,
        |store| store.remove(Kind::Payment, &["/pay-part "]),
        "refunds",
        "its payment pay-part is not there",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Payment, &["/pay-part "], "/refunds", json!(["r-2"])),
        "refunds",
        "its payment pay-part does not list it",
    ),
    (
        Invariant::Refund,
        |store| store.change(Kind::Refund, &["/r-1 "], "/total_fee_fen", json!(1)),
        "refunds",
        "another transaction_id or total_fee",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::PaymentAlias, &["transaction", "pay-part"]),
        "payments",
        "does not lead to it",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::PaymentAlias, &["prepay", "pay-new"]),
        "payments",
        "does not lead to it",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::PaymentAlias, &["refund", "r-1"]),
        "refunds",
        "does not lead to it",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.remove(Kind::Payment, &["/pay-new "]),
        "payment_aliases",
        "no payment pay-new has this name",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.copy_to(Kind::PaymentAlias, &["transaction", "pay-part"], "4200"),
        "payment_aliases",
        "no payment pay-part has this name",
    ),
    (
        Invariant::PaymentAlias,
        |store| store.copy_to(Kind::PaymentAlias, &["refund", "r-1"], "5030"),
        "payment_aliases",
        "no refund r-1 has this name",
    ),
    (
        Invariant::OrderPayment,
        |store| store.remove(Kind::Payment, &["/pay-part "]),
        "orders",
        "its payment at 1900000109 is not there",
    ),
    (
        Invariant::OrderPayment,
        |store| store.change(Kind::Payment, &["/pay-part "], "/request/has_receipt", json!(false)),
        "orders",
        "was not paid with a receipt",
    ),
    (
        Invariant::OrderPayment,
        |store| {
            let refunded = json!({"mchid": MCHID, "is_refunded": true});
            store.change(Kind::Order, &["/pay-part "], "/payment", refunded);
        },
        "orders",
        "was not given back in full",
    ),
];

fn due(name: &str) -> JobChange {
    let id = JobId { queue: Queue::Issue, account: MERCHANT.into(), name: name.into() };
    JobChange::Due { id, due_ms: 0 }
}

#[test]
fn each_invariant_that_is_broken_is_reported_where_it_is() {
    let data = played().stop();
    let data = data.path().join("data");
    for (invariant, break_it, table, words) in BREAKS {
        let broken = Broken::open(&data);
        break_it(&broken);
        let violations = broken.violations(KEPT);
        let is_it = |seen: &Violation| {
            seen.invariant == *invariant
                && seen.subject.table == *table
                && seen.what.contains(words)
        };
        assert!(violations.iter().any(is_it), "{invariant:?} {words}: {violations:#?}");
    }
    let broken: BTreeSet<_> = BREAKS.iter().map(|(invariant, ..)| *invariant).collect();
    assert_eq!(broken, BTreeSet::from(Invariant::ALL));
}

#[test]
fn pushes_that_are_older_than_they_are_kept_are_not_missed() {
    let data = played().stop();
    let broken = Broken::open(&data.path().join("data"));
    broken.forget_pushes();
    assert_eq!(broken.violations(Duration::ZERO), []);
}

/// Invoices are issued and taken back while the store is checked, over and over.
#[test]
fn changes_that_are_under_way_raise_no_alarm() {
    const CLIENTS: usize = 4;
    const ORDERS: usize = 12;
    let server = TestServer::start_with("[issuing]\nblock_size = 3");
    let data = server.data().join("data");
    std::thread::scope(|scope| {
        let play = |client| {
            let server = &server;
            scope.spawn(move || {
                let merchant = server.merchant();
                for order in 0..ORDERS {
                    let (order, serial) =
                        (format!("{client}-{order}"), format!("S{client}x{order}"));
                    let blue = merchant.issued(&order, &serial);
                    let red = format!("{serial}r");
                    assert_sucesss(&merchant.offset(&merchant.offset_of(&blue, &red)));
                    assert_eq!(merchant.result(&red)["errcode"], json!(0));
                }
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(play).collect();
        let runtime = Runtime::new().unwrap();
        let store = SqliteStore::open_read_only(&data).unwrap().unwrap();
        let mut rounds = 0;
        while !clients.iter().all(ScopedJoinHandle::is_finished) {
            assert_eq!(runtime.block_on(checked(&store, KEPT)), []);
            rounds += 1;
        }
        assert!(rounds > 3, "{rounds} rounds beside the load");
    });
}
