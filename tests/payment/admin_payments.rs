//! Payments as an operator sees and reports them: `/admin/v1/payments`.

use crate::payment::pay_client::{MCHID, PayClient, link};
use crate::payment::pay_code::{fixed_code, quick};
use kaipiao_tests::{MERCHANT, TestServer, assert_ok, assert_refused};
use serde_json::{Value, json};
use std::process::Command;

fn unmet(payment: &Value) -> Vec<String> {
    let conditions = payment["entry"]["conditions"].as_object().unwrap();
    let unmet = conditions.iter().filter(|(_, is_met)| **is_met == json!(false));
    unmet.map(|(name, _)| name.clone()).collect()
}

#[test]
fn what_an_entry_lacks_is_named() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let payment = |number: &str| {
        let path = format!("payments/{MCHID}/{number}");
        let (status, answer) = server.admin("GET", &path, &json!({}));
        assert_eq!(status, 200, "{answer}");
        answer
    };
    client.order("order-1", &[]);
    let before = ["contact_set", "paid", "platform_linked", "receipt"];
    assert_eq!(unmet(&payment("order-1")), before);
    client.paid("order-2", &[("receipt", "Y")], "lina");
    assert_eq!(unmet(&payment("order-2")), ["contact_set", "platform_linked"]);
    link(&server);
    assert_eq!(unmet(&payment("order-2")), ["contact_set"]);
    server.client(MERCHANT).set_contact();
    assert_eq!(payment("order-2")["entry"]["shown"], true);
    let merchant = server.client(MERCHANT);
    assert_ok(&merchant.auth_url_answer(&merchant.asked("order-3", 0)));
    client.paid("order-3", &[("receipt", "Y")], "lina");
    assert_eq!(unmet(&payment("order-3")), ["order_not_used"]);
    assert_eq!(server.admin("GET", &format!("payments/{MCHID}/order-9"), &json!({})).0, 404);

    let listed = server.all_pages(&format!("payments?mchid={MCHID}&limit=2"), "payments");
    let numbers: Vec<_> = listed.iter().map(|one| one["out_trade_no"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["order-3", "order-2", "order-1"]);
}

#[test]
fn payments_are_found_by_state_user_and_time() {
    let server = TestServer::start();
    server.leaves_pushes();
    let pay = PayClient::new(&server);
    pay.paid("paid-1", &[], "lina");
    pay.paid("back-1", &[], "zhangwei");
    pay.refund("back-1", "r-1", "40");
    pay.order("closed-1", &[]);
    pay.done("/pay/closeorder", &[("out_trade_no", "closed-1")]);
    pay.done("/pay/micropay", &quick("revoked-1", &fixed_code(&server, "lina"), "100"));
    pay.done("/secapi/pay/reverse", &[("out_trade_no", "revoked-1")]);
    let found = |by: &str| -> Vec<String> {
        let all = server.all_pages(&format!("payments?mchid={MCHID}&{by}"), "payments");
        all.iter().map(|one| one["out_trade_no"].as_str().unwrap().to_owned()).collect()
    };
    for (by, numbers) in [
        ("state=success", &["paid-1"][..]),
        ("state=refund", &["back-1"]),
        ("state=closed", &["closed-1"]),
        ("state=revoked", &["revoked-1"]),
        ("user=lina", &["revoked-1", "paid-1"]),
        ("user=zhangwei", &["back-1"]),
        ("to_ms=1", &[]),
    ] {
        server.wait_until(by, || found(by) == numbers);
    }
}

#[test]
fn a_payment_made_elsewhere_is_reported_and_opens_an_entry() {
    let server = TestServer::start();
    link(&server);
    let merchant = server.client(MERCHANT);
    merchant.set_contact();
    let path = format!("payments/{MCHID}/order-1");
    let openid = server.openid("lina", MERCHANT);
    let report = json!({"total_fee": 100, "openid": openid, "receipt": "Y", "user": "lina"});
    for _ in 0..2 {
        let (status, answer) = server.admin("PUT", &path, &report);
        assert_eq!((status, &answer["trade_state"]), (200, &json!("SUCCESS")), "{answer}");
        assert_eq!(answer["entry"]["shown"], true, "{answer}");
    }
    assert_refused(&merchant.auth_url_answer(&merchant.asked("order-1", 0)), 72031, "type");
    let told = server.get_json("/sandbox/v1/messages?user=lina");
    assert_eq!(told["messages"].as_array().unwrap().len(), 1);
    let with = |name: &str, value: Value| {
        let mut report = report.clone();
        report[name] = value;
        server.admin("PUT", &path, &report)
    };
    for (name, value) in
        [("total_fee", json!(101)), ("openid", json!("o")), ("receipt", json!("N"))]
    {
        let (status, answer) = with(name, value);
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(name), "{answer}");
    }
    assert_eq!(with("refund_fee", json!(40)).1["entry"]["shown"], true);
    assert_eq!(with("refund_fee", json!(101)).0, 400);
    let (_, answer) = with("refund_fee", json!(100));
    assert_eq!(
        (&answer["trade_state"], &answer["entry"]["shown"]),
        (&json!("REFUND"), &json!(false))
    );
    assert_refused(&merchant.auth_url_answer(&merchant.asked("order-1", 1)), 72035, "refunded");
    // Who paid may be said later, once.
    let later = format!("payments/{MCHID}/order-2");
    let by = |user: Value| {
        let mut report = report.clone();
        report["user"] = user;
        server.admin("PUT", &later, &report)
    };
    assert_eq!(by(Value::Null).1["user"], Value::Null);
    let count = || {
        let told = server.get_json("/sandbox/v1/messages?user=lina");
        told["messages"].as_array().unwrap().len()
    };
    let before = count();
    for _ in 0..2 {
        assert_eq!(by(json!("lina")).1["user"], "lina");
    }
    assert_eq!(count(), before + 1);
    assert_eq!(by(json!("zhangwei")).0, 400);
    assert_eq!(by(Value::Null).0, 200);
    let unknown = server.admin("PUT", "payments/1234/order-1", &report);
    assert!(unknown.0 == 400 && unknown.1["error"].as_str().unwrap().contains("mchid"));
    assert_eq!(server.admin("PUT", &format!("payments/{MCHID}/1"), &report).0, 400);
}

#[test]
fn nothing_of_a_reported_payment_is_invented() {
    let server = TestServer::start();
    let openid = server.openid("lina", MERCHANT);
    let report = json!({"total_fee": 100, "openid": openid, "receipt": "Y", "user": "lina"});
    let put = |number: &str, more: &Value| {
        let mut report = report.clone();
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.admin("PUT", &format!("payments/{MCHID}/{number}"), &report)
    };
    let known = |answer: &Value| (answer["transaction_id"].clone(), answer["paid_ms"].clone());
    let session = server.session("lina");
    let details = || {
        let path = format!("/payments/{MCHID}/order-1");
        server.page("GET", &path, &[("cookie", &session)], "").body().to_owned()
    };
    let (status, answer) = put("order-1", &json!({}));
    assert_eq!((status, known(&answer)), (200, (Value::Null, Value::Null)), "{answer}");
    assert!(!details().contains("交易单号") && !details().contains("支付时间"), "{}", details());
    let pay = PayClient::new(&server);
    let found = pay.done("/pay/orderquery", &[("out_trade_no", "order-1")]);
    assert_eq!((found.get("transaction_id"), found.get("time_end")), ("", ""));
    // What the payment's own system knows of it may come later.
    let id = "4200001234202601019876543210";
    let whole = json!({"transaction_id": id, "time_end": "20260101083000"});
    for more in [&whole, &json!({}), &whole] {
        let (status, answer) = put("order-1", more);
        let expected = (json!(id), json!(1_767_227_400_000_i64));
        assert_eq!((status, known(&answer)), (200, expected), "{answer}");
    }
    assert!(details().contains(id) && details().contains("2026-01-01 08:30"), "{}", details());
    let found = pay.done("/pay/orderquery", &[("transaction_id", id)]);
    assert_eq!((found.get("out_trade_no"), found.get("time_end")), ("order-1", "20260101083000"));
    for (number, more, words) in [
        ("order-1", json!({"transaction_id": "42"}), "transaction_id differs"),
        ("order-1", json!({"time_end": "20260101083001"}), "time_end differs"),
        ("order-2", json!({"transaction_id": id}), "transaction_id is out_trade_no order-1's"),
        ("order-2", json!({"transaction_id": "4 2"}), "transaction_id must be"),
        ("order-2", json!({"time_end": "2026-01-01"}), "time_end must be yyyyMMddHHmmss"),
    ] {
        let (status, answer) = put(number, &more);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(status == 400 && error.contains(words), "{words}: {answer}");
    }
}

/// docs/operations.md's own lines, in a shell, against a server in production.
#[test]
fn an_operators_documented_report_works_in_production() {
    let (token, key) = ("an operator's own token", "0123456789abcdef0123456789abcdef");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), token).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {:?}\n\
         [[accounts]]\nappid = \"{MERCHANT}\"\nrole = \"merchant\"\nsecret = \"{key}\"\n\
         [[pay_merchants]]\nmchid = \"1900000110\"\nkey = \"{key}\"\naccounts = [\"{MERCHANT}\"]",
        file.path().to_str().unwrap()
    ));
    let documented = include_str!("../../docs/operations.md");
    let (_, section) = documented.split_once("## Payments made elsewhere").unwrap();
    let (script, _) = section.split_once("```sh\n").unwrap().1.split_once("```").unwrap();
    let script = script.replace("https://invoices.example", &server.base);
    let shell =
        Command::new("sh").args(["-euc", &script]).env("ADMIN_TOKEN", token).output().unwrap();
    assert!(shell.status.success(), "{shell:?}");
    let answers = String::from_utf8(shell.stdout).unwrap();
    let answers: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let [paid, refunded] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(paid["trade_state"], "SUCCESS", "{paid}");
    assert_eq!((&paid["user"], &paid["receipt"]), (&json!("u1"), &json!(true)));
    assert_eq!(paid["transaction_id"], "4200001234202601019876543210");
    assert_eq!(unmet(paid), ["contact_set", "platform_linked"]);
    assert_eq!((&refunded["trade_state"], &refunded["user"]), (&json!("REFUND"), &json!("u1")));
}
