//! Payments as an operator sees and reports them: `/admin/v1/payments`.

use crate::payment::pay_client::{MCHID, PayClient, link, link_with_contact};
use crate::payment::pay_code::{fixed_code, quick};
use crate::payment::receipt_to_wallet::ask_for_invoice;
use crate::payment::visitor::{Visitor, details};
use kaipiao_cli::check::{self, CheckAsk};
use kaipiao_tests::{MERCHANT, TestServer, assert_ok, assert_refused, load};
use serde_json::{Value, json};
use std::process::Command;

fn unmet(payment: &Value) -> Vec<String> {
    let conditions = payment["entry"]["conditions"].as_object().unwrap();
    let unmet = conditions.iter().filter(|(_, is_met)| **is_met == json!(false));
    unmet.map(|(name, _)| name.clone()).collect()
}

/// `kaipiao check` finds nothing in the server's store.
fn holds(server: &TestServer) {
    let (settings, ask) = (load(server.data(), ""), CheckAsk { limit: 10, json: false });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = runtime.block_on(check::run(&settings, ask, |_| {})).unwrap();
    assert!(report.holds, "{}", report.text);
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
    let (status, answer) = with("receipt", json!("N"));
    let error = answer["error"].as_str().unwrap();
    assert!(status == 409 && error.starts_with("receipt differs"), "{answer}");
    assert!(error.contains(&format!("order order-1 of {MERCHANT} was opened")), "{answer}");
    assert_eq!(with("refund_fee", json!(40)).1["entry"]["shown"], true);
    assert_eq!(with("refund_fee", json!(101)).0, 400);
    let (_, answer) = with("refund_fee", json!(100));
    assert_eq!(
        (&answer["trade_state"], &answer["entry"]["shown"]),
        (&json!("REFUND"), &json!(false))
    );
    assert_refused(&merchant.auth_url_answer(&merchant.asked("order-1", 1)), 72035, "refunded");
    let (status, answer) = with("total_fee", json!(101));
    let error = answer["error"].as_str().unwrap();
    assert!(status == 409 && error.contains("was closed by its refund"), "{answer}");
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
        ("order-2", json!({"transaction_id": id}), "transaction_id is out_trade_no order-1's"),
        ("order-2", json!({"transaction_id": "4 2"}), "transaction_id must be"),
        ("order-2", json!({"time_end": "2026-01-01"}), "time_end must be yyyyMMddHHmmss"),
    ] {
        let (status, answer) = put(number, &more);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(status == 400 && error.contains(words), "{words}: {answer}");
    }
}

#[test]
fn a_wrong_report_is_corrected_before_an_order_is_opened() {
    let server = TestServer::start();
    let merchant = server.client(MERCHANT);
    merchant.set_contact();
    let (lina, other) = (server.openid("lina", MERCHANT), server.openid("zhangwei", MERCHANT));
    let path = format!("payments/{MCHID}/order-1");
    let put = |report: Value| server.admin("PUT", &path, &report);
    let kept = |report: Value| {
        let (status, answer) = put(report);
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let told = |user: &str| {
        let told = server.get_json(&format!("/sandbox/v1/messages?user={user}"));
        told["messages"].as_array().unwrap().len()
    };
    let wrong = json!({
        "total_fee": 200, "openid": other, "user": "zhangwei", "receipt": "N", "transaction_id": "42",
        "time_end": "20260101083000", "body": "coffee",
    });
    assert_eq!(kept(wrong)["receipt"], false);
    assert_eq!((told("zhangwei"), told("lina")), (1, 0));
    let right = json!({
        "total_fee": 100, "openid": lina, "user": "lina", "receipt": "Y", "transaction_id": "43",
        "time_end": "20260101083001", "body": "tea", "appid": MERCHANT,
    });
    for _ in 0..2 {
        let answer = kept(right.clone());
        assert_eq!((&answer["total_fee"], &answer["receipt"]), (&json!(100), &json!(true)));
        assert_eq!((&answer["user"], &answer["openid"]), (&json!("lina"), &json!(lina)));
        assert_eq!(answer["transaction_id"], "43");
    }
    assert_eq!((told("zhangwei"), told("lina")), (1, 1));
    let (payer, wrong_payer) = (Visitor::new(&server, "lina"), Visitor::new(&server, "zhangwei"));
    payer.says(&details("order-1"), 200, "tea");
    wrong_payer.says(&details("order-1"), 404, "no such payment");
    // The wrong number finds nothing, and is free for the payment whose it is.
    let pay = PayClient::new(&server);
    pay.refused("/pay/orderquery", &[("transaction_id", "42")], "ORDERNOTEXIST", "42");
    assert_eq!(pay.done("/pay/orderquery", &[("transaction_id", "43")]).get("total_fee"), "100");
    let whose = json!({"total_fee": 1, "openid": lina, "transaction_id": "42"});
    assert_eq!(server.admin("PUT", &format!("payments/{MCHID}/order-2"), &whose).0, 200);

    // What a report leaves out stays, so that one of a refund takes no entry away.
    let partly = kept(json!({"total_fee": 100, "openid": lina, "refund_fee": 40}));
    assert_eq!((&partly["receipt"], &partly["refund_fee"]), (&json!(true), &json!(40)));
    let less = put(json!({"total_fee": 39, "openid": lina}));
    assert!(less.0 == 409 && less.1["error"].as_str().unwrap().contains("40 fen"), "{less:?}");
}

/// As docs/operations.md prescribes it: the platform is linked first, so the first report opens the order.
#[test]
fn a_wrong_report_is_corrected_until_the_payer_has_asked() {
    let server = TestServer::start_embedded();
    server.leaves_pushes();
    let merchant = link_with_contact(&server);
    let (lina, other) = (server.openid("lina", MERCHANT), server.openid("zhangwei", MERCHANT));
    let (payer, wrong_payer) = (Visitor::new(&server, "lina"), Visitor::new(&server, "zhangwei"));
    let path = format!("payments/{MCHID}/order-1");
    let put = |report: &Value| server.admin("PUT", &path, report);
    let ordered_fen = || {
        let listed = server.all_pages(&format!("orders?appid={MERCHANT}"), "orders");
        listed.iter().find(|order| order["order_id"] == "order-1").unwrap()["money_fen"].clone()
    };
    let wrong = json!({
        "total_fee": 20000, "openid": other, "user": "zhangwei", "receipt": "Y", "transaction_id": "42",
        "time_end": "20260101083000", "body": "coffee",
    });
    let (status, answer) = put(&wrong);
    assert_eq!((status, &answer["entry"]["shown"]), (200, &json!(true)), "{answer}");
    wrong_payer.says(&details("order-1"), 200, "Get an invoice");
    assert_eq!(ordered_fen(), 20000);
    let right = json!({
        "total_fee": 11300, "openid": lina, "user": "lina", "receipt": "Y", "transaction_id": "43",
        "time_end": "20260101083001", "body": "tea",
    });
    for _ in 0..2 {
        let (status, answer) = put(&right);
        assert_eq!((status, &answer["total_fee"]), (200, &json!(11300)), "{answer}");
        assert_eq!((&answer["user"], &answer["openid"]), (&json!("lina"), &json!(lina)));
        assert_eq!(answer["entry"]["shown"], true, "{answer}");
    }
    assert_eq!(ordered_fen(), 11300);
    wrong_payer.says(&details("order-1"), 404, "no such payment");
    let differs = |name: &str, value: Value, words: &str| {
        let mut report = right.clone();
        report[name] = value;
        let (status, answer) = put(&report);
        let error = answer["error"].as_str().unwrap();
        let says = error.starts_with(&format!("{name} differs")) && error.contains(words);
        assert!(status == 409 && says, "{name}: {answer}");
    };
    differs("receipt", json!("N"), "order order-1 of");

    ask_for_invoice(&payer, "order-1");
    assert_eq!(merchant.status("order-1")["invoice_status"], "auth success");
    for (name, value) in [
        ("total_fee", json!(11301)),
        ("openid", json!(other)),
        ("user", json!("zhangwei")),
        ("receipt", json!("N")),
    ] {
        differs(name, value, "was authorized: have the merchant reject that");
    }
    // The order has none of these.
    let mut later = right.clone();
    later["transaction_id"] = json!("44");
    later["time_end"] = json!("20260101083002");
    later["body"] = json!("cake");
    let (status, answer) = put(&later);
    assert_eq!((status, &answer["transaction_id"]), (200, &json!("44")), "{answer}");
    payer.says(&details("order-1"), 200, "cake");
    holds(&server);
}

/// A corrected amount that is given back already closes the order, as a refund does.
#[test]
fn a_correction_to_what_was_given_back_closes_the_entry() {
    let server = TestServer::start_embedded();
    let merchant = link_with_contact(&server);
    let openid = server.openid("lina", MERCHANT);
    let put = |total_fee: i64| {
        let report = json!({
            "total_fee": total_fee, "openid": openid, "receipt": "Y", "user": "lina", "refund_fee": 40,
        });
        server.admin("PUT", &format!("payments/{MCHID}/order-1"), &report)
    };
    assert_eq!(put(100).1["entry"]["shown"], true);
    let (status, answer) = put(40);
    assert_eq!((status, &answer["entry"]["shown"]), (200, &json!(false)), "{answer}");
    assert_refused(&merchant.auth_url_answer(&merchant.asked("order-1", 1)), 72035, "refunded");
    holds(&server);
}

#[test]
fn a_correction_opens_the_entry_and_one_of_a_payment_made_here_is_refused() {
    let server = TestServer::start();
    server.leaves_pushes();
    link(&server);
    let merchant = server.merchant();
    let openid = server.openid("lina", MERCHANT);
    let put = |number: &str, more: Value| {
        let mut report = json!({"total_fee": 100, "openid": openid, "user": "lina"});
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.admin("PUT", &format!("payments/{MCHID}/{number}"), &report)
    };
    assert_eq!(put("order-1", json!({"receipt": "N"})).1["entry"]["shown"], false);
    assert_eq!(put("order-1", json!({"receipt": "Y"})).1["entry"]["shown"], true);
    assert_refused(&merchant.auth_url_answer(&merchant.asked("order-1", 0)), 72031, "type");
    for bad in ["y", "", "Yes", "1", "n"] {
        for number in ["order-1", "order-9"] {
            let (status, answer) = put(number, json!({"receipt": bad}));
            let error = answer["error"].as_str().unwrap();
            assert!(status == 400 && error.contains("receipt must be Y or N"), "{bad}: {answer}");
        }
    }
    assert_eq!(server.admin("GET", &format!("payments/{MCHID}/order-9"), &json!({})).0, 404);
    let pay = PayClient::new(&server);
    pay.paid("order-2", &[], "lina");
    pay.order("order-3", &[]);
    assert_eq!(put("order-2", json!({})).0, 200);
    for (number, more, words) in [
        ("order-2", json!({"receipt": "Y"}), "receipt differs"),
        ("order-2", json!({"total_fee": 99}), "it was made on this server"),
        ("order-2", json!({"refund_fee": 1}), "refund_fee differs"),
        ("order-3", json!({}), "a payment of this server that is NOTPAY"),
    ] {
        let (status, answer) = put(number, more);
        let error = answer["error"].as_str().unwrap();
        assert!(status == 409 && error.contains(words), "{number}: {answer}");
    }
}

#[test]
fn a_payment_that_a_provider_took_is_reported_with_its_seller() {
    let server = TestServer::start();
    let seller = json!({"name": "Seller", "accounts": []});
    assert_eq!(server.admin("PUT", "pay-merchants/1900000111", &seller).0, 201);
    let openid = server.openid("lina", MERCHANT);
    let put = |sub_mch_id: &str| {
        let report = json!({
            "total_fee": 100, "openid": openid, "receipt": "Y", "user": "lina", "sub_mch_id": sub_mch_id,
        });
        server.admin("PUT", &format!("payments/{MCHID}/order-1"), &report)
    };
    for (sub_mch_id, words) in [
        ("x", "sub_mch_id must be 1 to 32 digits"),
        ("1900000111", "add it to sub_merchants with PUT /admin/v1/pay-merchants/1900000109"),
    ] {
        let (status, answer) = put(sub_mch_id);
        let error = answer["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(words), "{answer}");
    }
    let provider = json!({"sub_merchants": ["1900000111", "1900000112"]});
    assert_eq!(server.admin("PUT", &format!("pay-merchants/{MCHID}"), &provider).0, 200);
    let (status, answer) = put("1900000112");
    let error = answer["error"].as_str().unwrap();
    assert!(
        status == 400 && error.contains("sub_mch_id 1900000112 is no pay merchant's"),
        "{error}"
    );
    let (status, answer) = put("1900000111");
    assert_eq!((status, &answer["sub_mch_id"]), (200, &json!("1900000111")), "{answer}");
    let payer = Visitor::new(&server, "lina");
    for page in [details("order-1"), "/me/messages".into()] {
        payer.says(&page, 200, "Seller");
    }
    // The seller's own link counts, not the provider's.
    link(&server);
    assert!(unmet(&put("1900000111").1).contains(&"platform_linked".to_owned()));
}

/// The former seller is no longer led to the payment, and what an operator unbinds stays as it was reported.
#[test]
fn a_wrong_seller_is_corrected_and_what_is_known_may_be_unbound() {
    let server = TestServer::start_embedded();
    let (wrong, right) = ("1900000111", "1900000112");
    for seller in [wrong, right] {
        let named = json!({"name": format!("Seller {seller}"), "accounts": []});
        assert_eq!(server.admin("PUT", &format!("pay-merchants/{seller}"), &named).0, 201);
    }
    let provider = |settings: Value| {
        let (status, answer) = server.admin("PUT", &format!("pay-merchants/{MCHID}"), &settings);
        assert_eq!(status, 200, "{answer}");
    };
    provider(json!({"sub_merchants": [wrong, right]}));
    let openid = server.openid("lina", MERCHANT);
    let put = |sub_mch_id: &str, refund_fee: i64| {
        let report = json!({
            "total_fee": 100, "openid": openid, "receipt": "Y", "user": "lina", "appid": MERCHANT,
            "sub_mch_id": sub_mch_id, "refund_fee": refund_fee,
        });
        server.admin("PUT", &format!("payments/{MCHID}/order-1"), &report)
    };
    assert_eq!(put(wrong, 0).0, 200);
    let (status, answer) = put(right, 0);
    assert_eq!((status, &answer["sub_mch_id"]), (200, &json!(right)), "{answer}");
    Visitor::new(&server, "lina").says("/me/messages", 200, "Seller 1900000112");
    holds(&server);
    provider(json!({"accounts": [], "sub_merchants": []}));
    let (status, answer) = put(right, 100);
    assert_eq!((status, &answer["trade_state"]), (200, &json!("REFUND")), "{answer}");
    assert_eq!(put(wrong, 100).0, 400);
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
