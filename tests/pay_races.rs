//! Calls about one payment that come at the same time, to one server or to two: one of them counts, and the other is told.

use crate::pay_client::{MCHID, PayClient, fixed_code, link, link_with_contact, quick};
use crate::{MERCHANT, TestServer, USER, assert_ok, assert_refused};
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::{Value, json};
use std::sync::Barrier;

/// Payments of each race.
const PAYMENTS: usize = 20;

/// Both at the same time.
fn at_once<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let one = scope.spawn(|| {
            start.wait();
            one()
        });
        start.wait();
        let other = other();
        (one.join().unwrap(), other)
    })
}

/// What an answer says: `SUCCESS`, or its error code.
fn said(answer: &PayRequest) -> &str {
    let code = answer.get("err_code");
    if code.is_empty() { answer.get("result_code") } else { code }
}

fn refund<'a>(number: &'a str, fee: &'a str) -> [(&'a str, &'a str); 4] {
    [("out_trade_no", number), ("out_refund_no", number), ("total_fee", "100"), ("refund_fee", fee)]
}

/// The payer pays, and the merchant gives the payment up.
pub fn pay_against_close(one: &TestServer, other: &TestServer) {
    link(one);
    let (payer, merchant) = (PayClient::new(one), PayClient::new(other));
    let mut paid = Vec::new();
    for n in 0..PAYMENTS {
        let number = format!("pay-close-{n}");
        let prepay_id = merchant.order(&number, &[("receipt", "Y")]).get("prepay_id").to_owned();
        let ((status, answer), closed) = at_once(
            || payer.pay(&prepay_id, USER),
            || merchant.call("/pay/closeorder", &[("out_trade_no", &number)]),
        );
        match &*payer.trade_state(&number) {
            "SUCCESS" => {
                assert_eq!((status, said(&closed)), (200, "ORDERPAID"), "{answer} {closed:?}");
                paid.push(number);
            }
            "CLOSED" => {
                assert_eq!((status, said(&closed)), (409, "SUCCESS"), "{answer} {closed:?}");
                assert!(answer["error"].as_str().unwrap().contains("closed"), "{answer}");
            }
            state => panic!("{state}: {answer} {closed:?}"),
        }
    }
    // What follows from a payment follows from those alone that were made.
    let told = one.get_json(&format!("/sandbox/v1/messages?user={USER}&limit=1000"));
    let orders = one.all_pages(&format!("orders?appid={MERCHANT}"), "orders");
    for listed in [told["messages"].as_array().unwrap(), &orders] {
        let of = |entry: &Value| entry["order_id"].as_str().unwrap().to_owned();
        let mut numbers: Vec<_> = listed.iter().map(of).collect();
        numbers.retain(|number| number.starts_with("pay-close-"));
        numbers.reverse();
        assert_eq!(numbers, paid);
    }
    let notices = one.pushes(&format!("appid={MCHID}&limit=1000"));
    let of_close = |push: &&Value| push["body"].as_str().unwrap().contains("pay-close-");
    assert_eq!(notices.iter().filter(of_close).count(), paid.len(), "{notices:?}");
}

/// A quick payment is taken back, and a part of it is given back.
pub fn reverse_against_refund(one: &TestServer, other: &TestServer) {
    let (till, office) = (PayClient::new(one), PayClient::new(other));
    let auth_code = fixed_code(one, USER);
    for n in 0..PAYMENTS {
        let number = format!("reverse-{n}");
        till.done("/pay/micropay", &quick(&number, &auth_code, "100"));
        let (reversed, refunded) = at_once(
            || till.call("/secapi/pay/reverse", &[("out_trade_no", &number)]),
            || office.call("/secapi/pay/refund", &refund(&number, "40")),
        );
        let state = till.trade_state(&number);
        let wanted = match &*state {
            "REVOKED" => ("SUCCESS", "TRADE_STATE_ERROR"),
            _ => ("TRADE_STATE_ERROR", "SUCCESS"),
        };
        assert_eq!((said(&reversed), said(&refunded)), wanted, "{state} {reversed:?} {refunded:?}");
        let refunds = office.call("/pay/refundquery", &[("out_trade_no", &number)]);
        let wanted = if state == "REVOKED" { "REFUNDNOTEXIST" } else { "SUCCESS" };
        assert_eq!(said(&refunds), wanted, "{state} {refunds:?}");
    }
}

/// All of a payment is given back, and its payer asks for the invoice.
pub fn refund_against_authorize(one: &TestServer, other: &TestServer) {
    link(one);
    let (office, merchant) = (PayClient::new(one), one.merchant());
    for n in 0..PAYMENTS {
        let number = format!("refund-{n}");
        office.paid(&number, &[("receipt", "Y")], USER);
        let asked = merchant.asked(&number, 1);
        let link = merchant.auth_url_answer(&asked);
        let ((), (status, answer)) = at_once(
            || office.refund(&number, &number, "100"),
            || other.answer(link["auth_url"].as_str().unwrap(), USER, "authorize", None),
        );
        assert_eq!(office.trade_state(&number), "REFUND");
        let again = merchant.auth_url_answer(&asked);
        // Whoever was authorized stays that: the merchant rejects it, or takes the invoice back.
        if merchant.status(&number)["invoice_status"] == json!("auth success") {
            assert_eq!(status, 200, "{answer}");
            assert_ok(&again);
        } else {
            let is_told = answer["error"].as_str().is_some_and(|why| why.contains("refunded"));
            assert!(status == 409 && is_told, "{status} {answer}");
            assert_refused(&again, 72035, "refunded");
        }
    }
}

/// An operator's systems report a payment twice, with different amounts every other time: it opens one order, which is over
/// what the payment comes to then.
pub fn report_against_report(one: &TestServer, other: &TestServer) {
    let merchant = link_with_contact(one);
    let openid = one.openid(USER, MERCHANT);
    for n in 0..PAYMENTS {
        let number = format!("report-{n}");
        let path = format!("payments/{MCHID}/{number}");
        let report = |server: &TestServer, total_fee: usize| {
            let receipt = json!({
                "total_fee": total_fee, "openid": openid, "user": USER, "receipt": "Y",
            });
            server.admin("PUT", &path, &receipt)
        };
        let (first, second) = at_once(|| report(one, 100), || report(other, 100 + n % 2));
        assert_eq!((first.0, second.0), (200, 200), "{first:?} {second:?}");
        let (_, payment) = one.admin("GET", &path, &json!({}));
        assert_eq!(payment["entry"]["shown"], json!(true), "{payment}");
        let orders = one.all_pages(&format!("orders?appid={MERCHANT}"), "orders");
        let opened: Vec<_> = orders.iter().filter(|order| order["order_id"] == *number).collect();
        assert_eq!(opened.len(), 1, "{opened:?}");
        assert_eq!(opened[0]["money_fen"], payment["total_fee"], "{first:?} {second:?}");
        let told = one.get_json(&format!("/sandbox/v1/messages?user={USER}&limit=1000"));
        let told = told["messages"].as_array().unwrap();
        let told = told.iter().filter(|told| told["order_id"] == *number).count();
        // Whoever was told another amount first is told the right one.
        assert!((1..=1 + n % 2).contains(&told), "{told} messages: {first:?} {second:?}");
        // The payer's yes is of that order.
        let link = merchant.auth_url_answer(&merchant.asked(&number, 1));
        assert_ok(&link);
    }
}
