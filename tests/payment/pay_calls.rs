//! WeChat Pay's version 2 over real HTTP (wire_facts 5.1, 5.2).

use crate::payment::pay_client::{KEY, MCHID, PayClient, order};
use crate::payment::pay_code::{fixed_code, quick};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_http::{Api, ROUTES};
use kaipiao_tests::{MERCHANT, MINI_PROGRAM, TestServer, wait_until};
use serde_json::json;

const ORDER: &str = "/pay/unifiedorder";

#[test]
fn a_payment_is_placed_paid_and_found() {
    let server = TestServer::start();
    server.leaves_pushes();
    for (sign_type, number) in [(SignType::Md5, "order-1"), (SignType::HmacSha256, "order-2")] {
        let client = PayClient { sign_type, ..PayClient::new(&server) };
        let more = [("attach", "a & b"), ("device_info", "till 1")];
        let placed = client.order(number, &more);
        let prepay_id = placed.get("prepay_id").to_owned();
        // wx, the time, 16 hexadecimal digits, the mchid.
        let (head, random) = prepay_id.strip_suffix(MCHID).unwrap().split_at(16);
        assert!(head.starts_with("wx") && head[2..].bytes().all(|byte| byte.is_ascii_digit()));
        assert!(random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let cashier = |prepay_id: &str| format!("{}/cashier?prepay_id={prepay_id}", server.base);
        assert_eq!(placed.get("code_url"), cashier(&prepay_id));
        let outside = client.order(&format!("{number}-mweb"), &[("trade_type", "MWEB")]);
        assert_eq!(outside.get("mweb_url"), cashier(outside.get("prepay_id")));
        assert_eq!((placed.get("appid"), placed.get("trade_type")), (MERCHANT, "NATIVE"));

        let found = client.done("/pay/orderquery", &[("out_trade_no", number)]);
        assert_eq!((found.get("trade_state"), found.get("transaction_id")), ("NOTPAY", ""));
        let (status, paid) = client.pay(&prepay_id, "zhangwei");
        assert_eq!((status, &paid["out_trade_no"]), (200, &json!(number)));
        let transaction_id = paid["transaction_id"].as_str().unwrap();
        assert_eq!(transaction_id.len(), 28);
        for name in [("out_trade_no", number), ("transaction_id", transaction_id)] {
            let found = client.done("/pay/orderquery", &[name]);
            let values = ["trade_state", "total_fee", "attach", "device_info", "fee_type"];
            let values = values.map(|value| found.get(value).to_owned());
            assert_eq!(values, ["SUCCESS", "100", "a & b", "till 1", "CNY"]);
            assert_eq!(found.get("openid"), server.openid("zhangwei", MERCHANT));
            assert_eq!(found.get("time_end").len(), 14);
        }
        assert_eq!(client.pay(&prepay_id, "zhangwei").0, 409);
    }
}

#[test]
fn a_number_asks_for_one_payment() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let first = client.order("order-1", &[]);
    let again = client.order("order-1", &[]);
    assert_eq!(first.get("prepay_id"), again.get("prepay_id"));
    let hmac = PayClient { sign_type: SignType::HmacSha256, ..PayClient::new(&server) };
    let elsewhere = hmac.order("order-1", &[("spbill_create_ip", "10.0.0.1")]);
    assert_eq!(first.get("prepay_id"), elsewhere.get("prepay_id"));
    hmac.refused("/pay/orderquery", &[("out_trade_no", "order-9")], "ORDERNOTEXIST", "order-9");
    let ended = client.order("order-3", &[("time_expire", "20200101000000")]);
    assert_eq!(client.pay(ended.get("prepay_id"), "lina").0, 409);
    let revived = client.order("order-3", &[("time_expire", "20990101000000")]);
    assert_eq!(revived.get("prepay_id"), ended.get("prepay_id"));
    assert_eq!(client.pay(ended.get("prepay_id"), "lina").0, 200);
    let other = order("order-1", &[("total_fee", "101")]);
    client.refused(ORDER, &other, "OUT_TRADE_NO_USED", "total_fee");
    // After two hours the old page serves no more, and a new one does.
    server.advance_s(7300);
    assert_eq!(client.pay(first.get("prepay_id"), "lina").0, 409);
    let later = client.order("order-1", &[]);
    assert_ne!(later.get("prepay_id"), first.get("prepay_id"));
    assert_eq!(client.pay(first.get("prepay_id"), "lina").0, 409);
    assert_eq!(client.pay(later.get("prepay_id"), "lina").0, 200);
    client.refused(ORDER, &order("order-1", &[]), "ORDERPAID", "order-1");
    client.refused("/pay/closeorder", &[("out_trade_no", "order-1")], "ORDERPAID", "refund");

    let placed = client.order("order-2", &[]);
    for _ in 0..2 {
        client.done("/pay/closeorder", &[("out_trade_no", "order-2")]);
    }
    client.refused(ORDER, &order("order-2", &[]), "ORDERCLOSED", "order-2");
    let (status, answer) = client.pay(placed.get("prepay_id"), "lina");
    assert!(status == 409 && answer["error"].as_str().unwrap().contains("closed"), "{answer}");
    let found = client.done("/pay/orderquery", &[("out_trade_no", "order-2")]);
    assert_eq!(found.get("trade_state"), "CLOSED");
}

#[test]
fn many_who_pay_at_once_pay_once() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let prepay_id = client.order("order-1", &[]).get("prepay_id").to_owned();
    let paid = std::thread::scope(|scope| {
        let payers = ["zhangwei", "lina", "wangfang", "zhangwei", "lina", "wangfang"];
        let paying = payers.map(|user| scope.spawn(|| client.pay(&prepay_id, user).0));
        paying.map(|paying| paying.join().unwrap()).iter().filter(|status| **status == 200).count()
    });
    assert_eq!(paid, 1);
}

#[test]
fn jsapi_is_paid_by_the_payer_it_names_and_an_expired_payment_by_nobody() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let openid = server.openid("lina", MINI_PROGRAM);
    let more = [("trade_type", "JSAPI"), ("openid", &*openid), ("appid", MINI_PROGRAM)];
    let prepay_id = client.order("order-1", &more).get("prepay_id").to_owned();
    let (status, answer) = client.pay(&prepay_id, "zhangwei");
    assert!(status == 409 && answer["error"].as_str().unwrap().contains("another payer"));
    assert_eq!(client.pay(&prepay_id, "nobody").0, 400);
    let (status, answer) = client.pay(&prepay_id, "lina");
    assert_eq!((status, &answer["openid"]), (200, &json!(openid)));
    let past = client.order("order-2", &[("time_expire", "20200101000000")]);
    let (status, answer) = client.pay(past.get("prepay_id"), "lina");
    assert!(status == 409 && answer["error"].as_str().unwrap().contains("time is over"));
    assert_eq!(client.pay("wx20260101000000aaaaaaaaaaaaaaaa1900000109", "lina").0, 400);
    assert_eq!(client.pay("nonsense", "lina").0, 400);
}

#[test]
fn the_published_sandboxs_prefixes_sign_with_their_own_key() {
    let server = TestServer::start();
    server.leaves_pushes();
    let own = PayClient::new(&server);
    let mut keys = Vec::new();
    for path in ["/xdc/apiv2getsignkey/sign/getsignkey", "/sandboxnew/pay/getsignkey"] {
        let answer = own.post(path, &own.signed(&[]));
        assert_eq!((answer.get("return_code"), answer.get("mch_id")), ("SUCCESS", MCHID));
        keys.push(answer.get("sandbox_signkey").to_owned());
    }
    assert!(keys[0] == keys[1] && keys[0] != KEY && keys[0].len() == 32);
    for prefix in ["/xdc/apiv2sandbox", "/sandboxnew"] {
        let client = PayClient { key: keys[0].clone(), prefix, ..PayClient::new(&server) };
        let number = format!("order{}", prefix.len());
        client.paid(&number, &[], "lina");
        let number = &*number;
        // A number is used once, under every prefix.
        own.refused(ORDER, &order(number, &[]), "ORDERPAID", number);
        let placed = format!("{number}-open");
        client.order(&placed, &[]);
        own.refused(ORDER, &order(&placed, &[]), "OUT_TRADE_NO_USED", "key");
        for middle in ["", "/secapi"] {
            let path = format!("{middle}/pay/orderquery");
            let found = client.done(&path, &[("out_trade_no", number)]);
            assert_eq!(found.get("transaction_id").len(), 28);
            let refund = [
                ("out_trade_no", number),
                ("out_refund_no", number),
                ("total_fee", "100"),
                ("refund_fee", "1"),
            ];
            client.done(&format!("{middle}/pay/refund"), &refund);
        }
        let wrong = PayClient { prefix, ..PayClient::new(&server) };
        let answer = wrong.post("/pay/orderquery", &wrong.signed(&[("out_trade_no", number)]));
        assert!(answer.get("return_msg").starts_with("SIGNERROR"), "{answer:?}");
        assert!(answer.get("return_msg").contains("getsignkey"), "{answer:?}");
    }
    let wrong = PayClient { key: keys[0].clone(), ..PayClient::new(&server) };
    let answer = wrong.post("/pay/orderquery", &wrong.signed(&[("out_trade_no", "order-1")]));
    assert!(answer.get("return_msg").starts_with("SIGNERROR"), "{answer:?}");
}

#[test]
fn a_service_provider_takes_payments_for_its_sub_merchants() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let (status, _) =
        server.admin("PUT", "pay-merchants/1900000110", &json!({"accounts": [MINI_PROGRAM]}));
    assert_eq!(status, 201);
    let (status, answer) =
        server.admin("PUT", "pay-merchants/1900000109", &json!({"sub_merchants": ["1900000110"]}));
    assert_eq!((status, &answer["sub_merchants"]), (200, &json!(["1900000110"])));
    let sub_openid = server.openid("lina", MINI_PROGRAM);
    let sub = [
        ("sub_mch_id", "1900000110"),
        ("sub_appid", MINI_PROGRAM),
        ("sub_openid", &*sub_openid),
        ("trade_type", "JSAPI"),
    ];
    let placed = client.order("order-1", &sub);
    assert_eq!(placed.get("sub_mch_id"), "1900000110");
    assert_eq!(client.pay(placed.get("prepay_id"), "zhangwei").0, 409);
    assert_eq!(client.pay(placed.get("prepay_id"), "lina").0, 200);
    let found = client.done("/pay/orderquery", &[("out_trade_no", "order-1")]);
    assert_eq!((found.get("sub_openid"), found.get("sub_appid")), (&*sub_openid, MINI_PROGRAM));
    let foreign = order("order-2", &[("sub_mch_id", "1900000110"), ("sub_appid", MERCHANT)]);
    client.refused(ORDER, &foreign, "APPID_MCHID_NOT_MATCH", "sub_appid");
}

#[test]
fn production_has_no_payments() {
    let server = TestServer::start_with("mode = \"production\"");
    let calls: Vec<_> =
        ROUTES.iter().filter(|route| route.api() == Api::Pay).map(|route| route.path).collect();
    assert!(calls.len() >= 11);
    let mut paths: Vec<_> = calls.iter().map(|path| (*path).to_owned()).collect();
    for prefix in ["/xdc/apiv2sandbox", "/sandboxnew"] {
        for middle in ["", "/secapi"] {
            let path =
                |path: &&str| format!("{prefix}{middle}{}", path.trim_start_matches("/secapi"));
            paths.extend(calls.iter().map(path));
        }
    }
    let others = [
        "/xdc/apiv2getsignkey/sign/getsignkey",
        "/sandboxnew/pay/getsignkey",
        "/pay/x",
        "/secapi/x",
        "/xdc/x",
        "/sandboxnew/x",
    ];
    paths.extend(others.map(str::to_owned));
    let sandbox = ROUTES.iter().filter(|route| route.api() == Api::Sandbox);
    let named = |path: &str| path.replace("{name}", "one").replace("{snapshot}", "base");
    paths.extend(sandbox.map(|route| named(route.path)));
    let pages = kaipiao_pages::sandbox_paths();
    assert!(pages.iter().any(|path| path == "/cashier"), "{pages:?}");
    let named = |path: &String| path.replace("{order_id}", "order-1").replace("{app}", "web");
    paths.extend(pages.iter().map(named));
    assert!(paths.iter().any(|path| path == "/sandbox/v1/pay"));
    for path in paths {
        assert!(!path.contains('{'), "{path}");
        assert_eq!(server.post_raw(&path, None, "<xml><a>1</a></xml>").status(), 404, "{path}");
        assert_eq!(server.get_raw(&path).status(), 404, "{path}");
    }
}

#[test]
fn a_page_of_another_site_makes_no_payment() {
    let server = TestServer::start();
    let client = PayClient::new(&server);
    let body = client.signed(&order("order-1", &[]));
    assert_eq!(server.post_from("https://evil.example", ORDER, &body), 403);
    client.refused("/pay/orderquery", &[("out_trade_no", "order-1")], "ORDERNOTEXIST", "order-1");
}

#[test]
fn unpaid_payments_d_is_how_long_payments_are_kept_that_nobody_has_paid() {
    let server = TestServer::start_with("[retention]\nunpaid_payments_d = 2");
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let listed = || {
        let payments = server.all_pages(&format!("payments?mchid={MCHID}"), "payments");
        let numbers = payments.iter().map(|one| one["out_trade_no"].as_str().unwrap().to_owned());
        numbers.collect::<Vec<_>>()
    };
    client.paid("paid-1", &[], "lina");
    client.refund("paid-1", "refund-1", "40");
    let transaction_id = client.done("/pay/orderquery", &[("out_trade_no", "paid-1")]);
    let forgotten = client.order("first-1", &[]);
    client.order("asked-again", &[]);
    server.advance_s(86_400 * 3 / 2);
    client.order("second-1", &[]);
    client.order("asked-again", &[]);
    assert_eq!(listed().len(), 4);
    server.advance_s(86_400);
    wait_until("the first is forgotten", || listed() == ["second-1", "asked-again", "paid-1"]);
    assert_eq!(client.pay(forgotten.get("prepay_id"), "lina").0, 400);
    client.refused("/pay/orderquery", &[("out_trade_no", "first-1")], "ORDERNOTEXIST", "first-1");
    assert_eq!(client.order("first-1", &[]).get("result_code"), "SUCCESS");
    // What was paid stays, with its refunds and all of their names.
    let number = transaction_id.get("transaction_id");
    let kept = client.done("/pay/refundquery", &[("transaction_id", number)]);
    assert_eq!((kept.get("out_refund_no_0"), kept.get("refund_fee_0")), ("refund-1", "40"));
    let kept = client.done("/pay/refundquery", &[("refund_id", kept.get("refund_id_0"))]);
    assert_eq!(kept.get("out_trade_no"), "paid-1");
}

#[test]
fn of_two_numbers_that_name_different_payments_wechats_own_counts() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    client.paid("order-a", &[], "lina");
    client.paid("order-b", &[], "lina");
    let code = fixed_code(&server, "lina");
    client.done("/pay/micropay", &quick("quick-a", &code, "100"));
    client.done("/pay/micropay", &quick("quick-b", &code, "100"));
    let number = |name: &str| {
        let found = client.done("/pay/orderquery", &[("out_trade_no", name)]);
        found.get("transaction_id").to_owned()
    };
    let (a, quick_a) = (number("order-a"), number("quick-a"));
    let refund = [("out_refund_no", "r-1"), ("total_fee", "100"), ("refund_fee", "40")];
    // A number that no payment can have is not looked at either.
    for other in ["order-b", "order-9", "1"] {
        let both = [("transaction_id", &*a), ("out_trade_no", other)];
        for path in ["/pay/orderquery", "/pay/paporderquery"] {
            assert_eq!(client.done(path, &both).get("out_trade_no"), "order-a", "{other}");
        }
        let refunded = client.done("/secapi/pay/refund", &[&both[..], &refund].concat());
        assert_eq!(refunded.get("out_trade_no"), "order-a", "{other}");
        let found = client.done("/pay/refundquery", &both);
        assert_eq!((found.get("out_trade_no"), found.get("refund_fee")), ("order-a", "40"));
        let both = [("transaction_id", &*quick_a), ("out_trade_no", "quick-b")];
        client.done("/secapi/pay/reverse", &both);
    }
    assert_eq!(client.trade_state("order-b"), "SUCCESS");
    assert_eq!(
        (client.trade_state("quick-a"), client.trade_state("quick-b")),
        ("REVOKED".into(), "SUCCESS".into())
    );
    client.refused("/pay/refundquery", &[("out_trade_no", "order-b")], "REFUNDNOTEXIST", "order-b");
    // One that is nobody's does not fall back to the other.
    let unknown = [("transaction_id", "4200009"), ("out_trade_no", "order-b")];
    for path in ["/pay/orderquery", "/pay/refundquery", "/secapi/pay/reverse"] {
        client.refused(path, &unknown, "ORDERNOTEXIST", "transaction_id 4200009");
    }
    let unknown = [&unknown[..], &refund].concat();
    client.refused("/secapi/pay/refund", &unknown, "ORDERNOTEXIST", "transaction_id 4200009");
}
