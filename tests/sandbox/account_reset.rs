//! The reset of one account.

use crate::check::played::play;
use crate::sandbox::name_spaces::{made, stage};
use kaipiao_cli::check::CheckAsk;
use kaipiao_ports::record::Kind;
use kaipiao_tests::company_client::{self, chosen};
use kaipiao_tests::pay_client::{self, MCHID, PayClient};
use kaipiao_tests::pdfs::{showing, uploaded};
use kaipiao_tests::platform_client::{self, INSERT, card_id, inserted};
use kaipiao_tests::{
    Client, MERCHANT, MINI_PROGRAM, MOBILE_APP, PLATFORM, REIMBURSER, Receiver, Reply, TestServer,
    USER, assert_ok, assert_refused, assert_sucesss, load, open_store, wait_until,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::channel;

/// Another merchant, which the settings name.
const SHOP: &str = "wx00000000000000aa";
const SETTINGS: &str = "[issuing]\nblock_size = 2\n[[accounts]]\nappid = \"wx00000000000000aa\"\n\
                        role = \"merchant\"\nsecret = \"ffffffffffffffffffffffffffffffff\"\n\
                        merchant = { code = \"abc123\", nsrsbh = \"110109500321654\", nsrmc = \"Shop\" }";

fn reset(server: &TestServer, appid: &str) {
    let answer = server.post_raw("/sandbox/v1/reset", None, &json!({"appid": appid}).to_string());
    assert_eq!(answer.status(), 204, "{}", answer.body());
}

fn shop(server: &TestServer) -> Client<'_> {
    let token = server.token_answer(SHOP, "ffffffffffffffffffffffffffffffff");
    let client = server.client_with(token["access_token"].as_str().unwrap().to_owned());
    client.set_contact();
    client
}

/// What the other merchant asks to be issued.
fn invoice_of_shop(server: &TestServer, order_id: &str) -> Value {
    let mut body = shop(server).invoice(order_id, "1");
    for (name, value) in [("fpqqlsh", "abc1231"), ("nsrsbh", "110109500321654"), ("nsrmc", "Shop")]
    {
        body[name] = json!(value);
    }
    body["wxopenid"] = json!(server.openid(USER, SHOP));
    body
}

/// An invoice of the other merchant's from each side: issued, and inserted by the platform.
fn play_other(server: &TestServer) {
    let other = shop(server);
    let fields =
        json!({"auth_field": {"user_field": {"show_title": 1}, "biz_field": {"show_title": 1}}});
    assert_ok(&other.attribute("set_auth_field", &fields));
    other.authorized("1");
    assert_sucesss(&other.make_out(&invoice_of_shop(server, "1")));
    let query = json!({"fpqqlsh": "abc1231", "nsrsbh": "110109500321654"});
    wait_until("the other merchant's invoice", || {
        other.post("/card/invoice/queryinvoceinfo", &query)["errcode"] == 0
    });
    other.authorized("2");
    insert_for_shop(server, "2");
}

/// Inserts an invoice for an order of the other merchant's: its card.
fn insert_for_shop(server: &TestServer, order_id: &str) -> Value {
    let platform = server.client(PLATFORM);
    let (card_id, pdf) =
        (card_id(&platform), uploaded(&platform, &showing("044032000211 62522142")));
    let mut body = platform_client::invoice(order_id, &card_id, &pdf, "62522142");
    body["appid"] = json!(SHOP);
    let mut answer = platform.post(INSERT, &body);
    assert_ok(&answer);
    answer["card_id"] = json!(card_id);
    answer
}

/// A row: its version and what it says. Of pushes and jobs there is no version.
type Row = (i64, String);
/// Rows by table and key.
type Rows = BTreeMap<(String, String), Row>;

/// All that a store holds but for what the server keeps about itself.
fn rows(data: &Path) -> Rows {
    let store = open_store(&data.join("data"));
    let mut rows = Rows::new();
    let mut add = |table: &str, sql: &str| {
        let mut statement = store.prepare(sql).unwrap();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let key: String = row.get(0).unwrap();
            rows.insert((table.to_owned(), key), (row.get(1).unwrap(), row.get(2).unwrap()));
        }
    };
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Server) {
        let table = kind.table();
        add(table, &format!("SELECT owner || ' ' || id, version, body FROM {table}"));
    }
    add("pushes", "SELECT account || ' ' || ordering_key || ' ' || number, 0, body FROM pushes");
    add("jobs", "SELECT account || ' ' || name, 0, queue FROM jobs");
    rows
}

fn is_of(appid: &str, ((_, key), (_, body)): (&(String, String), &Row)) -> bool {
    key.contains(appid) || body.contains(appid)
}

fn assert_holds(server: &TestServer, settings: &str) {
    let settings = load(server.data(), settings);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ask = CheckAsk { limit: 10, json: false };
    let report = runtime.block_on(kaipiao_cli::check::run(&settings, ask, |_| {})).unwrap();
    assert!(report.holds, "{}", report.text);
}

fn start() -> TestServer {
    TestServer::start_on(tempfile::tempdir().unwrap(), SETTINGS)
}

/// Everything that the account has at any moment of its orders, and beside it everything that others have.
#[test]
fn an_account_is_as_it_was_made_and_what_others_have_is_as_it_was() {
    let fresh = start();
    let server = start();
    // A mini program that is told of its own orders.
    let receiver = Receiver::start();
    server.set_callback(MINI_PROGRAM, &receiver, "plain");
    server.merchant();
    server.client(MINI_PROGRAM).authorized("of-app");
    play_other(&server);
    let server = play(server);
    let first_number = server.client(MERCHANT).query("A1")["invoicedetail"]["fphm"].clone();
    let company = server.client(REIMBURSER);
    assert_ok(&company_client::update(&company, &chosen(&server, REIMBURSER), "LOCK"));
    let old_token = server.token(MERCHANT);
    let before = rows(server.data());
    let kinds = |rows: &Rows| {
        let mut tables: Vec<_> = rows.keys().map(|(table, _)| table.clone()).collect();
        tables.dedup();
        tables
    };
    for table in ["contacts", "linked_pay_merchants", "refunds", "jobs", "pushes"] {
        assert!(kinds(&before).iter().any(|found| found == table), "nothing is in {table}");
    }

    reset(&server, MERCHANT);
    let (after, untouched) = (rows(server.data()), rows(fresh.data()));
    let names = |rows: &Rows| {
        let its = rows.iter().filter(|row| is_of(MERCHANT, *row)).map(|(name, _)| name.clone());
        its.collect::<Vec<_>>()
    };
    assert_eq!(names(&after), names(&untouched), "as a fresh account");
    let ranges = |rows: &Rows| {
        let its = rows.iter().filter(|((table, _), _)| table == "number_ranges");
        its.filter(|row| is_of(MERCHANT, *row))
            .map(|(_, (_, body))| body.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ranges(&after), ranges(&untouched));
    for row @ ((table, key), _) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        let is_payments = ["refunds", "payment_aliases"].contains(&&**table);
        let is_told =
            table == "pushes" && (key.starts_with(MINI_PROGRAM) || key.starts_with(MCHID));
        assert!(is_of(MERCHANT, row) || is_payments || is_told, "{row:?} is not the account's");
    }
    for (name @ (table, _), row) in &after {
        let is_changed =
            ["number_ranges", "pay_merchants"].contains(&&**table) && is_of(MERCHANT, (name, row));
        let was = before.get(name).unwrap_or_else(|| panic!("{name:?} is new"));
        assert!(is_changed && row.0 > was.0 || row == was, "{name:?}: {was:?} {row:?}");
    }
    assert_holds(&server, SETTINGS);

    // Nothing of before serves, and the same calls do the same again.
    let path = format!("/cgi-bin/ticket/getticket?access_token={old_token}&type=wx_card");
    assert_refused(&server.get(&path), 40001, "");
    assert_eq!(stage(&server, "1"), "never auth");
    assert_refused(&server.client(MERCHANT).query("A1"), 73109, "");
    let again = server.merchant().issued("1", "A1");
    assert_eq!(again["fphm"], first_number, "{again}");
    pay_client::link(&server);
    PayClient::new(&server).paid("pay-part", &[("receipt", "Y")], "lina");
    inserted(&server, &server.client(PLATFORM), "insert-1", "62522141");
    assert_holds(&server, SETTINGS);
    let server = server.restart_with(SETTINGS);
    server.leaves_pushes();
    assert_eq!(stage(&server, "1"), "auth success");
    assert_eq!(stage(&server, "2"), "never auth");
}

/// What a platform has inserted is its merchant's invoice: it stays whole, also for the platform.
#[test]
fn a_platform_that_is_reset_leaves_what_it_has_inserted_for_others() {
    let server = start();
    let other = shop(&server);
    other.authorized("1");
    let card = insert_for_shop(&server, "1");
    let platform = server.client(PLATFORM);
    let (unused, left) = (card_id(&platform), uploaded(&platform, &showing("nobody's")));
    let before = rows(server.data());
    reset(&server, PLATFORM);
    let after = rows(server.data());
    let platform = server.client(PLATFORM);
    let body = json!({"action": "get_url", "s_media_id": left});
    assert_refused(&platform.post("/card/invoice/platform/getpdf", &body), 40007, "");
    for ((table, key), row) in before {
        let goes = match &*table {
            "card_templates" => key.ends_with(&unused),
            "platform_pdfs" => key.ends_with(&left),
            "upload_tallies" => true,
            "token_families" => key.starts_with(PLATFORM),
            _ => false,
        };
        let found = after.get(&(table.clone(), key.clone()));
        assert_eq!(found, (!goes).then_some(&row), "{table} {key}");
    }
    assert_ok(&platform_client::update(&platform, &card, "CANCEL"));
    assert_holds(&server, SETTINGS);
}

/// An app that is bound to a merchant has its orders in common with it.
#[test]
fn an_app_that_is_reset_leaves_its_merchant_everything() {
    let server = start();
    server.leaves_pushes();
    let receiver = Receiver::start();
    server.set_callback(MINI_PROGRAM, &receiver, "plain");
    server.merchant();
    server.client(MINI_PROGRAM).authorized("1");
    server.client(MOBILE_APP).authorized("2");
    server.merchant().issued("3", "A1");
    pay_client::link(&server);
    PayClient::new(&server).paid("pay-one", &[("receipt", "Y")], "lina");
    receiver.next();
    let before = rows(server.data());
    reset(&server, MINI_PROGRAM);
    let after = rows(server.data());
    for ((table, key), row) in before {
        let goes = ["token_families", "pushes"].contains(&&*table) && key.starts_with(MINI_PROGRAM);
        let found = after.get(&(table.clone(), key.clone()));
        assert_eq!(found, (!goes).then_some(&row), "{table} {key}");
    }
    // It is told of its orders as before: its callback is an operator's.
    server.client(MINI_PROGRAM).authorized("5");
    assert!(receiver.next().body.contains("<![CDATA[5]]>"));
}

/// Neither what waits, nor what is tried again later, nor what is under way goes out afterwards.
#[test]
fn no_push_of_an_account_goes_out_after_its_reset() {
    let server = start();
    server.leaves_pushes();
    let (arrived, arrivals) = channel();
    let receiver = Receiver::behaving(move |_, push| {
        let is_refused = push.body.contains("fails");
        arrived.send(is_refused).unwrap();
        if is_refused { Reply::Status(500, String::new()) } else { Reply::Hang }
    });
    let others = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    server.set_callback(SHOP, &others, "plain");
    let client = server.merchant();
    client.authorized("fails");
    assert!(arrivals.recv().unwrap());
    client.authorized("hangs");
    while arrivals.recv().unwrap() {}
    // What the invoice is reported by waits behind it.
    assert_sucesss(&client.make_out(&client.invoice("hangs", "H1")));
    client.result("H1");
    let of_merchant = format!("appid={MERCHANT}");
    assert_eq!(server.pushes(&of_merchant).len(), 3);
    reset(&server, MERCHANT);
    let sent = receiver.received().len();
    assert_eq!(server.pushes(&of_merchant), [Value::Null; 0]);
    server.advance_s(100_000);
    // A push that comes later has been sent.
    shop(&server).authorized("1");
    others.next();
    server.all_completed();
    assert_eq!(receiver.received().len(), sent);
    assert_eq!(server.pushes(&of_merchant), [Value::Null; 0]);
}

/// Faults and counts are kept in memory, and stay where they are another account's.
#[test]
fn faults_and_quotas_of_other_accounts_stay() {
    let server = start();
    let used = |appid: &str, path: &str| {
        let body = json!({"cgi_path": path});
        server.client(appid).post("/cgi-bin/openapi/quota/get", &body)["quota"]["used"].clone()
    };
    let (status, create) = ("/card/invoice/getauthdata", platform_client::CREATE);
    for appid in [MERCHANT, PLATFORM] {
        let fault = json!({"target": "/card/invoice/getauthurl", "errcode": -1, "appid": appid});
        let (status, answer) = server.post_json("/sandbox/v1/faults", &fault);
        assert_eq!(status, 200, "{answer}");
    }
    server.client(MERCHANT).status("1");
    card_id(&server.client(PLATFORM));
    assert_eq!((used(MERCHANT, status), used(PLATFORM, create)), (json!(1), json!(1)));
    let all = json!({"target": "/card/invoice/rejectinsert", "errcode": -1});
    assert_eq!(server.post_json("/sandbox/v1/faults", &all).0, 200);
    assert_refused(&server.client(MERCHANT).auth_url_answer(&json!({})), -1, "");
    assert_eq!(server.stable_token(true)["errcode"], Value::Null);
    reset(&server, MERCHANT);
    let faults = server.get_json("/sandbox/v1/faults");
    let planned = faults["faults"].as_array().unwrap().iter().map(|one| one["appid"].clone());
    assert_eq!(planned.collect::<Vec<_>>(), [json!(PLATFORM), Value::Null], "{faults}");
    assert_eq!(faults["played"], json!([]), "{faults}");
    assert_eq!((used(MERCHANT, status), used(PLATFORM, create)), (json!(0), json!(1)));
    // Forced refreshes of a moment ago count no more, nor how close they are.
    assert_eq!(server.stable_token(true)["errcode"], Value::Null);
    assert_refused(&server.client(MERCHANT).reject("1"), -1, "");
}

#[test]
fn a_reset_of_nobody_names_who_there_is_and_one_of_a_name_space_stays_there() {
    let server = start();
    server.leaves_pushes();
    server.merchant().authorized("1");
    for (body, status, words) in [
        (json!({"appid": "wx00000000000000ff"}), 404, "wx00000000000000aa, wx6b61697069616f31"),
        (json!({"appid": ""}), 404, "there is no account \"\""),
        (json!({"appid": MCHID}), 404, "there is no account"),
        (json!({"appid": null}), 400, "appid"),
        (json!({"appid": [MERCHANT]}), 400, "appid"),
    ] {
        let (found, answer) = server.post_json("/sandbox/v1/reset", &body);
        assert_eq!(found, status, "{body}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{body}: {answer}");
    }
    let one = made(&server, &json!({"name": "one", "seed": "17"}));
    let clock = one.get_json("/sandbox/v1/clock")["now"].clone();
    let number = one.merchant().issued("1", "A1")["fphm"].clone();
    reset(&one, MERCHANT);
    assert_eq!(stage(&one, "1"), "never auth");
    assert_eq!(one.get_json("/sandbox/v1/clock")["now"], clock);
    assert_eq!(one.merchant().issued("1", "A1")["fphm"], number);
    assert_eq!(stage(&server, "1"), "auth success");
}
