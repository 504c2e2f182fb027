//! Records that cannot be read: the operator's listings name them and show the others.

use crate::payment::pay_client::{MCHID, PayClient};
use kaipiao_tests::{ADMIN, MERCHANT, REIMBURSER, TestServer, USER, assert_ok};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::cell::Cell;

const OTHER: &str = "wx00000000000000aa";
const GONE: &str = "wx00000000000000bb";

/// Cuts a record's body off after its first characters, as it is found after a fault of the disk.
fn damage(store: &Connection, table: &str, owner: &str, id: &str) {
    let write = format!(
        "UPDATE {table} SET body = substr(body, 1, 5) WHERE owner = '{owner}' AND id LIKE '{id}'"
    );
    assert_eq!(store.execute(&write, []).unwrap(), 1, "{table} {owner}/{id}");
}

/// Two of each of the merchant's records, and two more merchants.
fn with_records() -> TestServer {
    let server = TestServer::start_embedded();
    let merchant = server.merchant();
    for (order_id, serial) in [("1", "A1"), ("2", "A2")] {
        merchant.issued(order_id, serial);
        server.advance_s(1);
    }
    merchant.authorized("3");
    assert_ok(&merchant.reject("3"));
    for (appid, code, number_code) in
        [(OTHER, "0000aa", "044032411112"), (GONE, "0000bb", "044032411113")]
    {
        let numbers = json!([
            {"code": number_code, "first": 1, "last": 9},
            {"code": number_code, "first": 10, "last": 19}
        ]);
        let taxpayer =
            json!({"code": code, "nsrsbh": "110109500321654", "nsrmc": "Shop", "numbers": numbers});
        let body = json!({"role": "merchant", "merchant": taxpayer});
        let (status, answer) = server.put_account(appid, &body, ADMIN);
        assert_eq!(status, 201, "{answer}");
    }
    server
}

/// A listing that says of one record that it is damaged, and goes on: its entries under `name`.
#[track_caller]
fn listed(server: &TestServer, path: &str, name: &str, record: &str) -> Vec<Value> {
    let (status, page) = server.admin("GET", path, &json!({}));
    assert_eq!(status, 200, "{path}: {page}");
    let [damaged] = page["damaged"].as_array().expect("damaged").as_slice() else {
        panic!("{path}: {page}")
    };
    let part = |member: &str| damaged[member].as_str().unwrap();
    assert_eq!(format!("{} {}/{}", part("table"), part("owner"), part("id")), record, "{path}");
    assert!(part("why").contains("EOF"), "{damaged}");
    page[name].as_array().unwrap().clone()
}

#[test]
fn a_damaged_record_is_listed_as_damaged_beside_the_others() {
    let server = with_records().restart_after(
        |store| {
            damage(store, "orders", MERCHANT, "1");
            damage(store, "invoice_requests", MERCHANT, "2ff836A2");
        },
        "",
    );
    let order = format!("orders {MERCHANT}/1");
    for by in ["", "&from_ms=1"] {
        let orders = listed(&server, &format!("orders?appid={MERCHANT}{by}"), "orders", &order);
        assert_eq!(orders.iter().map(|one| &one["order_id"]).collect::<Vec<_>>(), ["3", "2"]);
    }
    let one = format!("orders?appid={MERCHANT}&order_id=1");
    assert_eq!(listed(&server, &one, "orders", &order), [] as [Value; 0]);
    // Page by page: the damaged one takes its place on a page.
    let path = format!("orders?appid={MERCHANT}&limit=1");
    assert_eq!(server.all_pages(&path, "orders").len(), 2);

    let serial = format!("invoice_requests {MERCHANT}/2ff836A2");
    let one = format!("invoices?appid={MERCHANT}&fpqqlsh=2ff836A2");
    assert_eq!(listed(&server, &one, "invoices", &serial), [] as [Value; 0]);
    // An invoice whose order is damaged is shown without it.
    let one = format!("invoices?appid={MERCHANT}&fpqqlsh=2ff836A1");
    let invoices = listed(&server, &one, "invoices", &order);
    assert_eq!((&invoices[0]["order_fen"], &invoices[0]["jshj"]), (&Value::Null, &json!("159.00")));
    let (status, all) = server.admin("GET", &format!("invoices?appid={MERCHANT}"), &json!({}));
    assert_eq!((status, all["invoices"].as_array().unwrap().len()), (200, 1), "{all}");
    assert_eq!(all["damaged"].as_array().unwrap().len(), 2, "{all}");
}

#[test]
fn damaged_accounts_ranges_messages_and_titles_are_listed_beside_the_others() {
    let (range, message, title) = (Cell::default(), Cell::default(), Cell::default());
    let server = with_records().restart_after(
        |store| {
            let newest = |table: &str, owner: &str| -> String {
                let read = format!("SELECT max(id) FROM {table} WHERE owner = '{owner}'");
                let id: String = store.query_row(&read, [], |row| row.get(0)).unwrap();
                damage(store, table, owner, &id);
                format!("{table} {owner}/{id}")
            };
            damage(store, "accounts", GONE, "");
            range.set(newest("number_ranges", OTHER));
            message.set(newest("messages", USER));
            title.set(newest("book_entries", USER));
        },
        "",
    );
    let accounts = listed(&server, "accounts", "accounts", &format!("accounts {GONE}/"));
    assert!(accounts.len() == 6 && accounts.iter().all(|account| account["appid"] != GONE));
    let path = format!("accounts/{OTHER}/numbers");
    let ranges = listed(&server, &path, "ranges", &range.take());
    assert!(ranges.len() == 1 && ranges[0]["first"] == 1, "{ranges:?}");
    // The account is damaged, its ranges are not.
    let path = format!("accounts/{GONE}/numbers");
    assert_eq!(listed(&server, &path, "ranges", &format!("accounts {GONE}/")).len(), 2);
    let path = format!("users/{USER}/messages");
    assert_eq!(listed(&server, &path, "messages", &message.take()).len(), 2);
    let cookie = server.session(USER);
    let inbox = server.page("GET", "/me/messages", &[("cookie", &cookie)], "");
    assert!(inbox.body().contains("1 条消息暂时无法显示"), "{}", inbox.body());
    let path = format!("users/{USER}/titles");
    assert_eq!(listed(&server, &path, "titles", &title.take()).len(), 2);
    let book = server.page("GET", "/me/titles", &[("cookie", &cookie)], "");
    assert_eq!(book.status(), 200, "{}", book.body());
}

#[test]
fn what_goes_with_an_entry_hides_it_no_more_than_itself() {
    let server = with_records();
    let (status, _) = server.post_json("/sandbox/v1/users", &json!({"id": "wang"}));
    assert_eq!(status, 200);
    let server = server.restart_after(
        |store| {
            damage(store, "taxpayers", OTHER, "");
            damage(store, "users", "wang", "");
            damage(store, "contacts", MERCHANT, "");
        },
        "",
    );
    let inbox = server.page("GET", "/me/messages", &[("cookie", &server.session(USER))], "");
    assert_eq!(inbox.status(), 200, "{}", inbox.body());
    let accounts = listed(&server, "accounts", "accounts", &format!("taxpayers {OTHER}/"));
    let other = accounts.iter().find(|account| account["appid"] == OTHER).unwrap();
    assert_eq!((accounts.len(), &other["merchant"]), (7, &Value::Null));
    for listing in ["messages", "titles"] {
        let path = format!("users/wang/{listing}");
        assert_eq!(listed(&server, &path, listing, "users wang/"), [] as [Value; 0]);
    }
}

/// The records that a start of the sandbox looks for: one by one, the server runs without it.
#[test]
fn the_sandbox_starts_beside_damaged_demo_records() {
    for (table, owner) in [
        ("users", USER),
        ("accounts", REIMBURSER),
        ("taxpayers", MERCHANT),
        ("pay_merchants", "1900000109"),
    ] {
        let server =
            TestServer::start_embedded().restart_after(|store| damage(store, table, owner, ""), "");
        let healthy = server.get_raw("/healthz");
        assert_eq!(healthy.status(), 200, "{table}: {}", healthy.body());
        // It is still as damaged as it was: nothing was written over it.
        match table {
            "users" => {
                let path = format!("users/{owner}/titles");
                assert_eq!(listed(&server, &path, "titles", &format!("users {owner}/")).len(), 3);
            }
            "pay_merchants" => {
                let name = format!("{table} {owner}/");
                assert!(listed(&server, "pay-merchants", "pay_merchants", &name).is_empty());
                let accounts = server.get_json("/sandbox/v1/accounts");
                assert_eq!(
                    (&accounts["mchid"], &accounts["mch_key"]),
                    (&Value::Null, &Value::Null)
                );
            }
            _ => {
                listed(&server, "accounts", "accounts", &format!("{table} {owner}/"));
            }
        }
    }
}

/// A fault of this side's is none of the caller's, signed once it is known who calls.
#[test]
fn a_payment_that_cannot_be_read_is_systemerror() {
    let server = TestServer::start_embedded();
    let client = PayClient::new(&server);
    for number in ["order-1", "order-2"] {
        client.order(number, &[]);
    }
    let server = server.restart_after(|store| damage(store, "payments", MCHID, "order-1"), "");
    let client = PayClient::new(&server);
    client.refused("/pay/orderquery", &[("out_trade_no", "order-1")], "SYSTEMERROR", "query");
    client.done("/pay/orderquery", &[("out_trade_no", "order-2")]);
    let server = server.restart_after(|store| damage(store, "pay_merchants", MCHID, ""), "");
    let client = PayClient::new(&server);
    let answer = client.post("/pay/orderquery", &client.signed(&[("out_trade_no", "order-2")]));
    assert_eq!((answer.get("return_code"), answer.get("sign")), ("FAIL", ""), "{answer:?}");
    assert!(answer.get("return_msg").starts_with("SYSTEMERROR"), "{answer:?}");
}
