//! The console's lists, as one searches them.

use super::console::{PASSWORD, add, get, production, session};
use crate::payment::pay_client::{ACKNOWLEDGED, MCHID, PayClient};
use kaipiao_tests::{
    MERCHANT, PLATFORM, Receiver, Reply, TestServer, USER, form_token, open_requests, wait_until,
};
use serde_json::json;

fn page(server: &TestServer, path: &str) -> String {
    let page = get(server, path, "");
    assert_eq!(page.status(), 200, "{path}: {}", page.body());
    page.into_body()
}

/// What a list has: each of these order numbers, or not.
fn has<const N: usize>(list: &str, order_ids: [&str; N]) -> [bool; N] {
    order_ids.map(|order_id| list.contains(&format!(">{order_id}<")))
}

#[test]
fn lists_combine_a_field_with_days() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("first");
    client.auth_url("open-1", 0);
    let day = |list: &str| {
        let (_, rest) = list.split_once(">first<").expect(list);
        let (_, rest) = rest.split_once("20").unwrap();
        format!("20{}", &rest[..8])
    };
    let orders = |query: &str| page(&server, &format!("/console/orders?appid={MERCHANT}{query}"));
    let early = day(&orders(""));
    server.advance_s(3 * 86_400);
    // The token has expired meanwhile.
    let client = server.merchant();
    client.authorized("second");
    client.auth_url("open-2", 0);
    wait_until("both are found", || {
        has(&orders("&state=authorized"), ["first", "second"]) == [true, true]
    });
    for (query, expected) in [
        ("&state=authorized&until=DAY", [true, false, false, false]),
        ("&state=offered", [false, false, true, true]),
        ("&state=offered&day=DAY", [false, false, true, false]),
        ("&day=DAY", [true, false, true, false]),
        ("&until=DAY", [true, false, true, false]),
        ("&day=DAY&until=2099-01-01", [true, true, true, true]),
    ] {
        let list = orders(&query.replace("DAY", &early));
        assert_eq!(has(&list, ["first", "second", "open-1", "open-2"]), expected, "{query}");
    }
    assert!(orders("&day=2099-01-02&until=2099-01-01").contains("before the first"));
    assert!(orders("&day=x").contains("Write a day as"));
    // Pushes lie by their receiver.
    server.all_completed();
    let pushes = |query: &str| page(&server, &format!("/console/pushes?{query}"));
    let of = |query: &str| pushes(&format!("appid={MERCHANT}&{query}"));
    assert_eq!(has(&of(""), ["first", "second"]), [true, true]);
    assert_eq!(has(&of(&format!("until={early}")), ["first", "second"]), [true, false]);
    let later = format!("day={early}&until=2099-01-01&state=unroutable");
    assert_eq!(has(&of(&later), ["first", "second"]), [true, true]);
    assert_eq!(has(&of("day=2099-01-01"), ["first", "second"]), [false, false]);
    assert!(pushes(&format!("day={early}")).contains("Choose an account"));
}

#[test]
fn payments_are_found_by_either_number_and_pushes_by_their_pay_merchant() {
    let server = TestServer::start();
    let pay = PayClient::new(&server);
    let receiver = Receiver::behaving(|_, _| Reply::Success(ACKNOWLEDGED));
    let notify_url = receiver.url().split('?').next().unwrap().to_owned();
    pay.paid("payment-1", &[("notify_url", &notify_url)], USER);
    pay.order("payment-2", &[]);
    server.all_completed();
    let known = pay.done("/pay/orderquery", &[("out_trade_no", "payment-1")]);
    let payments =
        |number: &str| page(&server, &format!("/console/payments?mchid={MCHID}&number={number}"));
    for number in ["payment-1", known.get("transaction_id")] {
        assert_eq!(has(&payments(number), ["payment-1", "payment-2"]), [true, false], "{number}");
    }
    assert_eq!(has(&payments("payment-3"), ["payment-1", "payment-2"]), [false, false]);
    let pushes = page(&server, &format!("/console/pushes?appid={MCHID}"));
    assert!(pushes.contains(&format!("/console/pushes/{MCHID}-")), "{pushes}");
    let requests = page(&server, &format!("/console/requests?appid={MCHID}&route=unifiedorder"));
    assert_eq!(has(&requests, ["payment-1", "payment-2"]), [true, true]);
    assert!(!requests.contains("/pay/orderquery</code>") && requests.contains("<datalist"));
}

#[test]
fn all_that_failed_is_sent_again_of_everybody() {
    let server = TestServer::start();
    server.merchant().authorized("lost");
    server.all_completed();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    assert!(page(&server, "/console/pushes").contains("all of them"));
    let token = form_token(&page(&server, "/console/pushes"));
    let body = format!("form_token={token}&appid=&hours=1");
    let sent = server.page("POST", "/console/pushes/replay", &[], &body);
    assert_eq!(sent.status(), 303, "{}", sent.body());
    assert_eq!(sent.headers()["location"], "/console/pushes?appid=&replayed=1");
    server.all_completed();
    assert!(receiver.next().event(MERCHANT).contains("lost"));
}

#[test]
fn a_code_and_a_rid_are_explained_in_the_consoles_frame() {
    let server = TestServer::start();
    let refused = server.merchant().reject("never");
    let rid = refused["errmsg"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    let codes = page(&server, "/console/errors");
    assert!(codes.contains("/console/errors/72038") && codes.contains("aria-current=\"page\""));
    let code = page(&server, "/console/errors/72038");
    assert!(code.contains("What an integrator does") && code.contains("/console/orders"), "{code}");
    assert_eq!(get(&server, "/console/errors/1", "").status(), 404);
    let asked = format!("/console/errors/rid?rid=never+auth+rid%3A+{rid}");
    let found = get(&server, &asked, "");
    let location = found.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&format!("/console/requests/{rid}?id=")), "{location}");
    let request = page(&server, &location);
    assert!(request.contains("What happened, and what to do") && request.contains("never"));
    let missed = get(&server, "/console/errors/rid?rid=0-0-0", "");
    assert_eq!(missed.headers()["location"], "/console/errors?rid=0-0-0");
    assert!(page(&server, "/console/errors?rid=0-0-0").contains("No request of this rid"));
}

/// A seed draws the same rids again: a request's page is found by its place.
#[test]
fn of_two_requests_of_one_rid_each_has_its_own_page() {
    let server = TestServer::start_embedded();
    server.client(MERCHANT).status("one");
    server.client(MERCHANT).status("two");
    let directory = server.stop();
    let log = open_requests(&directory.path().join("data"));
    let named = "orders LIKE '%one%' OR orders LIKE '%two%'";
    let same = log.execute(&format!("UPDATE requests SET rid = 'same' WHERE {named}"), []);
    assert_eq!(same.unwrap(), 2);
    drop(log);
    let server = TestServer::start_on(directory, "");
    let (_, listed) = server.admin("GET", "requests?rid=same", &json!({}));
    for (index, order_id) in ["two", "one"].into_iter().enumerate() {
        let id = listed["requests"][index]["id"].as_str().unwrap();
        let shown = page(&server, &format!("/console/requests/same?id={id}"));
        assert!(shown.contains(&format!(">{order_id}<")), "{order_id}: {shown}");
    }
    assert!(page(&server, "/console/requests/same").contains(">two<"), "the newest");
}

#[test]
fn a_developer_sees_what_their_accounts_were_answered_in_the_last_day() {
    let (server, _files) = production("");
    add(&server, "dev", json!({"role": "developer", "accounts": [MERCHANT], "password": PASSWORD}));
    let (_, renewed) =
        server.admin("PUT", &format!("accounts/{MERCHANT}"), &json!({"secret": "x".repeat(32)}));
    assert!(renewed.is_object(), "{renewed}");
    let answer = server.token_answer(MERCHANT, &"x".repeat(32));
    let client = server.client_with(answer["access_token"].as_str().unwrap().to_owned());
    let refused = ["a", "b"].map(|order_id| {
        client.post("/card/invoice/getauthdata", &json!({"order_id": order_id}))["errcode"].clone()
    });
    assert_ne!(refused[0], 0, "{refused:?}");
    let dev = session(&server, "dev");
    let overview = get(&server, "/console", &dev);
    assert_eq!(overview.status(), 200, "{}", overview.body());
    let told = format!("{} × 2", refused[0]);
    assert!(overview.body().contains(&told), "{told}: {}", overview.body());
    assert!(!overview.body().contains(PLATFORM), "{}", overview.body());
}
