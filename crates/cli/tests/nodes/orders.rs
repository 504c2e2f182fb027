//! Orders whose requests come to two nodes in turn, and at the same time.

use crate::node::Pair;
use kaipiao_tests::{
    Client, MERCHANT, Receiver, USER, assert_ok, assert_sucesss, element, wait_until,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_whole_flow_goes_through_both_nodes_in_turn() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let receiver = Receiver::start();
    a.set_callback(MERCHANT, &receiver, "safe");
    let on_a = a.client(MERCHANT);
    let on_b = b.client_with(on_a.token.clone());
    on_a.set_contact();
    let contact = on_b.attribute("get_contact", &json!({}));
    assert_eq!(contact["contact"]["phone"], "88888888", "{contact}");
    // A ticket of one node, for the other.
    let mut asked = on_a.asked("1", 0);
    asked["ticket"] = json!(on_a.ticket());
    let link = on_b.auth_url_answer(&asked);
    assert_ok(&link);
    let (status, answered) = a.answer(link["auth_url"].as_str().unwrap(), USER, "authorize", None);
    assert_eq!(status, 200, "{answered}");
    assert_eq!(on_b.status("1")["invoice_status"], "auth success");
    assert_sucesss(&on_b.make_out(&on_b.invoice("1", "N1")));
    let issued = on_a.result("N1")["invoicedetail"].clone();
    assert_eq!(on_b.result("N1")["invoicedetail"]["fphm"], issued["fphm"]);
    let name = issued["pdfurl"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    for server in [a, b] {
        let (status, _, pdf) = server.bytes("GET", &format!("/invoice/pdf/{name}"), &[]);
        assert!(status == 200 && pdf.starts_with(b"%PDF"), "{status}");
    }
    let events = [receiver.next().event(MERCHANT), receiver.next().event(MERCHANT)];
    assert_eq!(element(&events[0], "SuccOrderId").as_deref(), Some("1"), "{}", events[0]);
    assert_eq!(element(&events[1], "fpqqlsh").as_deref(), Some("2ff836N1"), "{}", events[1]);
    for server in [a, b] {
        wait_until("both pushes are delivered", || server.pushes("state=delivered").len() == 2);
    }
    assert_sucesss(&on_a.offset(&on_a.offset_of(&issued, "N2")));
    assert_eq!(on_b.result("N2")["errcode"], 0);
    let number = receiver.next().event(MERCHANT);
    assert_eq!(element(&number, "fpqqlsh").as_deref(), Some("2ff836N2"), "{number}");
}

/// Orders of one user that both nodes take at the same time.
const EACH: usize = 12;

/// Authorizes and issues orders of these numbers.
fn play(client: &Client<'_>, node: &str) {
    for n in 0..EACH {
        let order = format!("{node}{n}");
        client.authorized(&order);
        assert_sucesss(&client.make_out(&client.invoice(&order, &order)));
    }
}

#[test]
fn orders_of_one_user_at_both_nodes_share_no_create_time_and_no_number_and_stay_in_order() {
    let nodes = Pair::start_with("[issuing]\nblock_size = 5");
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let receiver = Receiver::start();
    a.set_callback(MERCHANT, &receiver, "plain");
    let (on_a, on_b) = (a.merchant(), b.merchant());
    std::thread::scope(|scope| {
        for thread in ["p", "q"] {
            let (on_a, on_b) = (&on_a, &on_b);
            scope.spawn(move || play(on_a, &format!("a{thread}")));
            scope.spawn(move || play(on_b, &format!("b{thread}")));
        }
    });
    let orders = 4 * EACH;
    wait_until("two pushes of each order", || receiver.received().len() >= 2 * orders);
    let mut create_times = BTreeSet::new();
    let mut by_order: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for push in receiver.received() {
        let event = push.event(MERCHANT);
        assert!(create_times.insert(element(&event, "CreateTime").unwrap()), "{event}");
        let serial = element(&event, "fpqqlsh");
        let order = serial.map(|serial| serial.trim_start_matches("2ff836").to_owned());
        let order = order.or_else(|| element(&event, "SuccOrderId")).unwrap();
        by_order.entry(order).or_default().push(element(&event, "Event").unwrap());
    }
    assert_eq!(create_times.len(), 2 * orders);
    for (order, events) in &by_order {
        let in_order = ["user_authorize_invoice", "cloud_invoice_invoiceresult_event"];
        assert_eq!(*events, in_order, "{order}");
    }
    let invoices = a.all_pages(&format!("invoices?appid={MERCHANT}"), "invoices");
    let numbers: BTreeSet<_> = invoices.iter().map(|one| one["fphm"].as_str().unwrap()).collect();
    assert_eq!((invoices.len(), numbers.len()), (orders, orders), "{invoices:?}");
    let (_, report) = b.admin("GET", &format!("accounts/{MERCHANT}/numbers"), &json!({}));
    let range = &report["ranges"][0];
    assert_eq!((&range["issued"], &range["gaps"]), (&json!(orders), &json!([])), "{report}");
}

#[test]
fn no_filter_has_the_log_tell_what_statements_carry() {
    for format in ["text", "json"] {
        let filter = "debug,tokio_postgres=trace,tokio_postgres::query=debug";
        let settings = format!("[log]\nformat = \"{format}\"\nfilter = \"{filter}\"");
        let nodes = Pair::start_with(&settings);
        nodes.a.server.merchant().authorized("1");
        let Pair { a, .. } = nodes;
        let log = a.kill();
        assert!(log.contains("DEBUG"), "{log}");
        for told in ["with parameters", "executing statement", "preparing query"] {
            assert!(!log.contains(told), "{told}: {log}");
        }
    }
}
