//! `kaipiao check`: a store that a server has written is clean, and each invariant that is broken is seen.

mod breaks;
mod broken;
mod file_breaks;
mod payment_breaks;
mod platform_breaks;
pub mod played;

use crate::payment::pay_client::PayClient;
use crate::payment::pay_client::link;
use crate::platform::pdf::{showing, uploaded};
use crate::platform::{inserted_for, update};
use breaks::BREAKS;
use broken::{Broken, KEPT, checked};
use file_breaks::FILE_BREAKS;
use kaipiao_app::check::{Invariant, Violation};
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_cli::check::CheckAsk;
use kaipiao_ports::record::Kind;
use kaipiao_store_sqlite::SqliteStore;
use kaipiao_tests::{
    PLATFORM, TestServer, USER, assert_ok, assert_refused, assert_sucesss, load, wait_for,
};
use payment_breaks::PAYMENT_BREAKS;
use platform_breaks::PLATFORM_BREAKS;
use played::played;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::thread::ScopedJoinHandle;
use std::time::Duration;
use tokio::runtime::Runtime;

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
        ("orders", 11),
        ("invoice_requests", 6),
        ("invoice_contents", 6),
        ("invoice_numbers", 3),
        ("cards", 3),
        ("card_codes", 3),
        ("card_templates", 1),
        ("inserted_invoices", 1),
        ("taken_numbers", 4),
        ("jobs", 1),
        ("payments", 6),
        ("refunds", 4),
        ("payment_aliases", 14),
        ("platform_pdfs", 2),
        ("files", 2),
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

#[test]
fn each_invariant_that_is_broken_is_reported_where_it_is() {
    let data = played().stop();
    let data = data.path().join("data");
    let all = || BREAKS.iter().chain(PAYMENT_BREAKS).chain(FILE_BREAKS).chain(PLATFORM_BREAKS);
    for (invariant, break_it, table, words) in all() {
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
    let broken: BTreeSet<_> = all().map(|(invariant, ..)| *invariant).collect();
    assert_eq!(broken, BTreeSet::from(Invariant::ALL));
}

#[test]
fn pushes_that_are_older_than_they_are_kept_are_not_missed() {
    let data = played().stop();
    let broken = Broken::open(&data.path().join("data"));
    broken.forget_pushes();
    assert_eq!(broken.violations(Duration::ZERO), []);
}

/// Invoices are issued and taken back, others inserted and cancelled, and payments made and given back, while the store
/// is checked, over and over.
#[test]
fn changes_that_are_under_way_raise_no_alarm() {
    const CLIENTS: usize = 4;
    const ORDERS: usize = 12;
    let server = TestServer::start_with("[issuing]\nblock_size = 3");
    link(&server);
    server.leaves_pushes();
    let data = server.data().join("data");
    std::thread::scope(|scope| {
        let play = |client| {
            let server = &server;
            scope.spawn(move || {
                let (merchant, pay) = (server.merchant(), PayClient::new(server));
                let platform = server.client(PLATFORM);
                for nth in 0..ORDERS {
                    let (order, serial) = (format!("{client}-{nth}"), format!("S{client}x{nth}"));
                    let blue = merchant.issued(&order, &serial);
                    let red = format!("{serial}r");
                    assert_sucesss(&merchant.offset(&merchant.offset_of(&blue, &red)));
                    assert_eq!(merchant.result(&red)["errcode"], json!(0));
                    uploaded(&platform, &showing("left"));
                    let number = format!("{:08}", ORDERS * client + nth);
                    let card = inserted_for(&merchant, &platform, &format!("i{order}"), &number);
                    assert_ok(&update(&platform, &card, "CANCEL"));
                    let payment = format!("pay-{order}");
                    pay.paid(&payment, &[("receipt", "Y")], "lina");
                    pay.refund(&payment, &format!("{payment}-1"), "40");
                    pay.refund(&payment, &format!("{payment}-2"), "60");
                }
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(play).collect();
        let runtime = Runtime::new().unwrap();
        let store = SqliteStore::open_read_only(&data).unwrap().unwrap();
        let blobs = DirectoryBlobs::new(data.join("files"));
        let mut rounds = 0;
        while !clients.iter().all(ScopedJoinHandle::is_finished) {
            assert_eq!(runtime.block_on(checked(&store, &blobs, KEPT)), []);
            rounds += 1;
        }
        assert!(rounds > 3, "{rounds} rounds beside the load");
    });
}
