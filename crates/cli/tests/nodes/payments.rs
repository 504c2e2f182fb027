//! WeChat Pay's calls at two nodes, at the same time and right after a change at the other.

use crate::node::Pair;
use kaipiao_tests::pay_client::{KEY, MCHID, PayClient, order};
use kaipiao_tests::pay_races::{
    pay_against_close, refund_against_authorize, report_against_report, reverse_against_refund,
};
use kaipiao_tests::{MERCHANT, TestServer};
use serde_json::{Value, json};

const OTHER: &str = "wx00000000000000ab";
const SUB_MCHID: &str = "1234";

#[test]
fn of_two_calls_about_a_payment_at_two_nodes_one_counts() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    for race in
        [pay_against_close, reverse_against_refund, refund_against_authorize, report_against_report]
    {
        race(a, b);
    }
    nodes.check();
}

fn put(server: &TestServer, mchid: &str, body: &Value) {
    let (status, answer) = server.admin("PUT", &format!("pay-merchants/{mchid}"), body);
    assert!(matches!(status, 200 | 201), "{answer}");
}

/// What node b remembers of the pay merchant is old each time.
#[test]
fn a_key_an_account_and_a_sub_merchant_of_one_node_count_at_the_other_at_once() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let client = |key: &str| PayClient { key: key.to_owned(), ..PayClient::new(b) };
    client(KEY).order("order-0", &[]);
    for n in 1..4 {
        let key = format!("{n:032}");
        put(a, MCHID, &json!({"key": key}));
        client(&key).order(&format!("order-{n}"), &[]);
    }
    put(a, MCHID, &json!({"key": KEY}));
    let (client, of_other) = (client(KEY), [("appid", OTHER)]);
    assert_eq!(a.put_account(OTHER, &json!({"role": "merchant"}), kaipiao_tests::ADMIN).0, 201);
    client.refused(
        "/pay/unifiedorder",
        &order("other-0", &of_other),
        "APPID_MCHID_NOT_MATCH",
        OTHER,
    );
    put(a, MCHID, &json!({"accounts": [MERCHANT, OTHER]}));
    client.order("other-1", &of_other);
    let of_sub = [("sub_mch_id", SUB_MCHID)];
    put(a, SUB_MCHID, &json!({}));
    client.refused("/pay/unifiedorder", &order("sub-merchant-0", &of_sub), "NOAUTH", SUB_MCHID);
    put(a, MCHID, &json!({"sub_merchants": [SUB_MCHID]}));
    client.order("sub-merchant-1", &of_sub);
}
