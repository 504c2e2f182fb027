//! Notices to `notify_url`: signed, repeated for a day until they are acknowledged (wire_facts 5.2).

use crate::payment::pay_client::{ACKNOWLEDGED, KEY, MCHID, PayClient, link};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_tests::{MERCHANT, Received, Receiver, Reply, TestServer};
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;

fn acknowledging() -> Receiver {
    Receiver::behaving(|_, _| Reply::Success(ACKNOWLEDGED))
}

fn url(receiver: &Receiver) -> String {
    format!("http://{}/notify", receiver.address)
}

fn notice(received: &Received) -> PayRequest {
    PayRequest::read(received.body.as_bytes()).unwrap()
}

#[test]
fn a_payment_is_told_signed_as_it_was_asked_for() {
    let (server, receiver) = (TestServer::start(), acknowledging());
    let url = url(&receiver);
    for (sign_type, number) in [(SignType::Md5, "order-1"), (SignType::HmacSha256, "order-2")] {
        let client = PayClient { sign_type, ..PayClient::new(&server) };
        client.paid(number, &[("notify_url", &url), ("attach", "a<b")], "lina");
        let told = notice(&receiver.next());
        assert!(told.is_signed_by(KEY, sign_type), "{told:?}");
        let names = ["return_code", "result_code", "appid", "mch_id", "out_trade_no", "total_fee"];
        let values = names.map(|name| told.get(name).to_owned());
        assert_eq!(values, ["SUCCESS", "SUCCESS", MERCHANT, MCHID, number, "100"]);
        assert_eq!(told.get("openid"), server.openid("lina", MERCHANT));
        assert_eq!((told.get("attach"), told.get("sign_type")), ("a<b", sign_type.as_str()));
    }
    server.all_completed();
    let pushes = server.pushes(&format!("appid={MCHID}"));
    assert_eq!(pushes.len(), 2);
    assert!(pushes.iter().all(|push| push["state"] == "delivered"), "{pushes:?}");
}

/// Whoever reaches an exposed sandbox names addresses, and reaches no inner ones by them.
#[test]
fn an_exposed_sandbox_sends_no_notice_to_a_private_address() {
    for (settings, is_sent) in [
        ("", true),
        ("expose_sandbox = true", false),
        ("expose_sandbox = true\n[push]\nallow_private = [\"127.0.0.0/8\"]", true),
    ] {
        let (server, receiver) = (TestServer::start_with(settings), acknowledging());
        server.leaves_pushes();
        PayClient::new(&server).paid("order-1", &[("notify_url", &url(&receiver))], "lina");
        let notice = || server.pushes(&format!("appid={MCHID}"))[0].clone();
        server.wait_until("one attempt", || !notice()["attempts"].as_array().unwrap().is_empty());
        let attempt = &notice()["attempts"][0];
        assert_eq!(receiver.received().len(), usize::from(is_sent), "{settings}: {attempt}");
        let problem = attempt["problem"].as_str().unwrap_or_default();
        assert_eq!(problem.contains("127.0.0.1 is a private address"), !is_sent, "{attempt}");
        // An account's callback is verified by the same sender.
        let (status, answer) = server.admin(
            "PUT",
            &format!("accounts/{MERCHANT}/callback"),
            &Receiver::start().settings("plain"),
        );
        assert_eq!(status == 200, is_sent, "{settings}: {answer}");
    }
}

/// In seconds: 24 h 4 min in all.
const WAITS: [i64; 15] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600];

/// One that refuses each notice so often, as it tells them apart by their address: 2xx is not enough.
fn refusing(times: usize) -> Receiver {
    let arrived = Mutex::new(HashMap::<String, usize>::new());
    Receiver::behaving(move |_, received| {
        let mut arrived = arrived.lock().unwrap();
        let count = arrived.entry(received.target.clone()).or_default();
        *count += 1;
        Reply::Success(if *count > times { ACKNOWLEDGED } else { "success" })
    })
}

/// The next notices, by address.
fn next(receiver: &Receiver, count: usize) -> HashMap<String, String> {
    let arrived = (0..count).map(|_| receiver.next());
    let arrived: HashMap<_, _> = arrived.map(|one| (one.target, one.body)).collect();
    assert_eq!(arrived.len(), count, "each once: {arrived:?}");
    arrived
}

/// Waits until each notice has had so many attempts, and lets the time pass until the next is due: so many seconds, as
/// near as an attempt takes.
fn pass(server: &TestServer, attempts: usize, wait_s: i64) {
    let notices = || server.pushes(&format!("appid={MCHID}"));
    let tried = |push: &Value| push["attempts"].as_array().unwrap().len() == attempts;
    server.wait_until("the attempts are recorded", || notices().iter().all(tried));
    for push in notices() {
        let began_ms = push["attempts"][attempts - 1]["started_ms"].as_i64().unwrap();
        let waits_ms = push["due_ms"].as_i64().unwrap() - began_ms;
        let wait_ms = wait_s * 1000;
        assert!((wait_ms..wait_ms + 10_000).contains(&waits_ms), "{wait_s} s: {push}");
    }
    server.advance_s(wait_s);
}

/// Clients with the pay merchant's own key, and under the published sandbox's prefixes with getsignkey's.
fn clients(server: &TestServer) -> [PayClient<'_>; 3] {
    let own = PayClient::new(server);
    let answer = own.post("/sandboxnew/pay/getsignkey", &own.signed(&[]));
    let key = answer.get("sandbox_signkey");
    let of = |prefix| PayClient { key: key.to_owned(), prefix, ..PayClient::new(server) };
    [own, of("/xdc/apiv2sandbox"), of("/sandboxnew")]
}

#[test]
fn only_the_success_xml_ends_a_notice_and_the_schedule_is_a_day_long_under_every_prefix() {
    assert_eq!(WAITS.iter().sum::<i64>(), 24 * 3600 + 4 * 60);
    let (server, receiver) = (TestServer::start(), refusing(WAITS.len()));
    let (url, clients) = (url(&receiver), clients(&server));
    for (client, number) in clients.iter().zip(["order-1", "order-2", "order-3"]) {
        let notify_url = |what: &str| format!("{url}/{what}/{number}");
        client.paid(number, &[("notify_url", &notify_url("payment"))], "lina");
        // The payment's key counts, whoever asks for the refund.
        let asking = if number == "order-3" { &clients[0] } else { client };
        let refund_url = notify_url("refund");
        asking.done("/secapi/pay/refund", &refund(number, number, &[("notify_url", &refund_url)]));
    }
    let first = next(&receiver, 6);
    for (client, number) in clients.iter().zip(["order-1", "order-2", "order-3"]) {
        let told = |what: &str| {
            let body = &first[&format!("/notify/{what}/{number}")];
            PayRequest::read(body.as_bytes()).unwrap()
        };
        let payment = told("payment");
        assert!(payment.is_signed_by(&client.key, SignType::Md5), "{} {payment:?}", client.prefix);
        assert_eq!(payment.get("out_trade_no"), number);
        let secret = decrypted(told("refund").get("req_info"), &client.key);
        assert!(secret.contains(number), "{} {secret}", client.prefix);
    }
    for (before, wait) in WAITS.into_iter().enumerate() {
        pass(&server, before + 1, wait);
        assert_eq!(next(&receiver, 6), first);
    }
    server.all_completed();
    assert_eq!(receiver.received().len(), 6 * 16);
    let pushes = server.pushes(&format!("appid={MCHID}"));
    assert!(pushes.iter().all(|push| push["state"] == "delivered"), "{pushes:?}");
}

#[test]
fn a_notice_that_was_given_up_or_delivered_is_sent_again_by_hand() {
    let (server, receiver) = (TestServer::start(), refusing(1 + WAITS.len()));
    let client = PayClient::new(&server);
    client.paid("order-1", &[("notify_url", &url(&receiver))], "lina");
    let first = next(&receiver, 1);
    let push = || server.pushes("order_id=order-1").remove(0);
    let replay = || {
        let path = format!("pushes/{}/replay", push()["id"].as_str().unwrap());
        server.admin("POST", &path, &json!({})).0
    };
    assert_eq!(replay(), 409, "it is on its way");
    for (before, wait) in WAITS.into_iter().enumerate() {
        pass(&server, before + 1, wait);
        next(&receiver, 1);
    }
    server.all_completed();
    assert_eq!((&push()["state"], &push()["tries"]), (&json!("gave_up"), &json!(16)));
    for state in ["gave_up", "delivered"] {
        assert_eq!(push()["state"], state);
        assert_eq!(replay(), 200);
        assert_eq!(next(&receiver, 1), first);
        server.all_completed();
    }
    assert_eq!((&push()["state"], &push()["tries"]), (&json!("delivered"), &json!(1)));
}

#[test]
fn an_orders_pushes_are_found_with_the_notices_of_its_payment_and_refunds() {
    let (server, receiver, notified) = (TestServer::start(), Receiver::start(), acknowledging());
    let (client, url) = (PayClient::new(&server), url(&notified));
    link(&server);
    let merchant = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    for number in ["order-1", "order-2"] {
        client.paid(number, &[("notify_url", &url), ("receipt", "Y")], "lina");
        for nth in ["r-1", "r-2"] {
            let nth = format!("{number}-{nth}");
            let refund = refund(number, &nth, &[("notify_url", &url)]);
            client.done("/secapi/pay/refund", &refund);
        }
        let (status, answer) =
            server.answer(&merchant.auth_url(number, 1), "lina", "authorize", None);
        assert_eq!(status, 200, "{answer}");
    }
    let found = |query: &str| -> Vec<String> {
        let pushes = server.pushes(query);
        assert!(pushes.iter().all(|push| push["order_id"] == "order-1"), "{pushes:?}");
        pushes.iter().map(|push| push["event"].as_str().unwrap().to_owned()).collect()
    };
    let notices = ["refund_notice", "refund_notice", "payment_notice"];
    let all = [&["user_authorize_invoice"], &notices[..]].concat();
    assert_eq!(found("order_id=order-1"), all);
    assert_eq!(found(&format!("order_id=order-1&appid={MCHID}")), notices);
    assert_eq!(found(&format!("order_id=order-1&appid={MERCHANT}")), all[..1]);
    server.all_completed();
    assert_eq!(found("order_id=order-1&state=delivered"), all);
    assert_eq!(found("order_id=order-1-r-1"), [""; 0]);
}

/// Parameters of a refund of 30 of 100 fen.
fn refund<'a>(
    payment: &'a str,
    number: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let own = [
        ("out_trade_no", payment),
        ("out_refund_no", number),
        ("total_fee", "100"),
        ("refund_fee", "30"),
    ];
    [&own, more].concat()
}

#[test]
fn a_refunds_notice_is_encrypted_and_does_not_wait_behind_its_payments() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (refusing, receiver) = (Receiver::start(), acknowledging());
    let client = PayClient::new(&server);
    client.paid("order-1", &[("notify_url", &url(&refusing))], "lina");
    refusing.next();
    let url = url(&receiver);
    client.done("/secapi/pay/refund", &refund("order-1", "r-1", &[("notify_url", &url)]));
    let told = notice(&receiver.next());
    assert_eq!((told.get("return_code"), told.get("sign")), ("SUCCESS", ""));
    assert_eq!((told.get("mch_id"), told.get("out_trade_no")), (MCHID, ""));
    let secret = decrypted(told.get("req_info"), KEY);
    for member in ["<refund_fee>30</refund_fee>", "order-1", "r-1", "<refund_status>"] {
        assert!(secret.starts_with("<root>") && secret.contains(member), "{secret}");
    }
}

/// req_info by another implementation: OpenSSL's.
fn decrypted(req_info: &str, key: &str) -> String {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let key = Command::new("sh")
        .args([
            "-c",
            "printf %s \"$1\" | md5sum | cut -c1-32 | tr -d '\\n' | od -An -tx1 | tr -d ' \\n'",
            "sh",
            key,
        ])
        .output()
        .unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    let mut openssl = Command::new("openssl")
        .args(["enc", "-d", "-aes-256-ecb", "-a", "-A", "-K", &key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(req_info.as_bytes()).unwrap();
    let output = openssl.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_notice_survives_a_restart() {
    let server = TestServer::start();
    let receiver = Receiver::behaving(|count, _| match count {
        0 => Reply::Status(500, String::new()),
        _ => Reply::Success(ACKNOWLEDGED),
    });
    PayClient::new(&server).paid("order-1", &[("notify_url", &url(&receiver))], "lina");
    let first = receiver.next();
    server.leaves_pushes();
    let server = server.restart_with("");
    server.advance_s(15);
    assert_eq!(receiver.next().body, first.body);
    server.all_completed();
}
