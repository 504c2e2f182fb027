//! Refunds (wire_facts 5.2).

use crate::payment::pay_client::PayClient;
use kaipiao_tests::TestServer;

const REFUND: &str = "/secapi/pay/refund";

fn refund<'a>(payment: &'a str, number: &'a str, fee: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("out_trade_no", payment),
        ("out_refund_no", number),
        ("total_fee", "100"),
        ("refund_fee", fee),
    ]
}

#[test]
fn a_payment_is_given_back_in_parts_and_no_further() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    client.paid("order-1", &[], "lina");
    let first = client.done(REFUND, &refund("order-1", "r-1", "60"));
    assert_eq!((first.get("refund_fee"), first.get("refund_id").len()), ("60", 29));
    let again = client.done(REFUND, &refund("order-1", "r-1", "60"));
    assert_eq!(again.get("refund_id"), first.get("refund_id"));
    client.refused(REFUND, &refund("order-1", "r-1", "59"), "REFUND_FEE_MISMATCH", "60 fen");
    client.refused(REFUND, &refund("order-1", "r-2", "41"), "NOTENOUGH", "40 fen are left");
    client.order("order-2", &[]);
    client.refused(REFUND, &refund("order-2", "r-2", "1"), "TRADE_STATE_ERROR", "NOTPAY");
    let found = client.done("/pay/orderquery", &[("out_trade_no", "order-1")]);
    assert_eq!(found.get("trade_state"), "REFUND");
    client.done(REFUND, &refund("order-1", "r-2", "40"));
    let refund_id = first.get("refund_id");
    for (name, count) in [
        (("out_trade_no", "order-1"), "2"),
        (("out_refund_no", "r-1"), "1"),
        (("refund_id", refund_id), "1"),
    ] {
        let found = client.done("/pay/refundquery", &[name]);
        assert_eq!((found.get("refund_count"), found.get("out_refund_no_0")), (count, "r-1"));
        assert_eq!(found.get("refund_status_0"), "SUCCESS");
        // What all refunds come to, whichever are shown.
        assert_eq!((found.get("refund_fee"), found.get("refund_fee_0")), ("100", "60"));
        assert_eq!(found.get("total_refund_count"), "2");
    }
    let second = client.done("/pay/refundquery", &[("out_trade_no", "order-1"), ("offset", "1")]);
    assert_eq!((second.get("refund_count"), second.get("out_refund_no_0")), ("1", "r-2"));
    assert_eq!((second.get("total_refund_count"), second.get("refund_fee")), ("2", "100"));
}

#[test]
fn what_was_not_paid_is_not_given_back() {
    let server = TestServer::start();
    let client = PayClient::new(&server);
    client.refused(REFUND, &refund("order-1", "r-1", "60"), "ORDERNOTEXIST", "order-1");
    client.order("order-1", &[]);
    client.refused(REFUND, &refund("order-1", "r-1", "60"), "TRADE_STATE_ERROR", "NOTPAY");
    for query in [("out_refund_no", "r-1"), ("refund_id", "5"), ("out_trade_no", "order-1")] {
        client.refused("/pay/refundquery", &[query], "REFUNDNOTEXIST", query.1);
    }
    client.refused("/pay/refundquery", &[], "LACK_PARAMS", "refund_id");
}

#[test]
fn many_refunds_at_once_give_back_what_was_paid() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    client.paid("order-1", &[], "lina");
    let numbers: Vec<_> = (0..8).map(|n| format!("r-{n}")).collect();
    let done = std::thread::scope(|scope| {
        let refunding: Vec<_> = numbers
            .iter()
            .map(|number| {
                scope.spawn(|| {
                    let answer = client.call(REFUND, &refund("order-1", number, "30"));
                    answer.get("result_code") == "SUCCESS"
                })
            })
            .collect();
        refunding.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
    });
    // Some may give up against the others (SYSTEMERROR), none goes beyond the whole.
    assert!((1..=3).contains(&done), "{done}");
    let found = client.done("/pay/refundquery", &[("out_trade_no", "order-1")]);
    assert_eq!(found.get("refund_count"), done.to_string());
}
