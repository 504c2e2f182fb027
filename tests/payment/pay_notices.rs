//! Notices to `notify_url`: signed, repeated for a day until they are acknowledged (wire_facts 5.2).

use crate::payment::pay_client::{ACKNOWLEDGED, KEY, MCHID, PayClient};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_tests::{MERCHANT, Received, Receiver, Reply, TestServer};
use kaipiao_wire::payment::pay_request::PayRequest;

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

#[test]
fn only_the_success_xml_ends_a_notice_and_the_schedule_is_a_day_long() {
    let server = TestServer::start();
    let receiver = Receiver::behaving(|count, _| {
        Reply::Success(if count < 15 { "success" } else { ACKNOWLEDGED })
    });
    let client = PayClient::new(&server);
    client.paid("order-1", &[("notify_url", &url(&receiver))], "lina");
    let first = receiver.next();
    let waits =
        [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600];
    for (tries, wait) in waits.into_iter().enumerate() {
        server.wait_until("the attempt is recorded", || {
            let push = &server.pushes(&format!("appid={MCHID}"))[0];
            push["attempts"].as_array().unwrap().len() == tries + 1
        });
        server.advance_s(wait);
        assert_eq!(receiver.next().body, first.body);
    }
    server.all_completed();
    assert_eq!(receiver.received().len(), 16);
    assert_eq!(server.pushes(&format!("appid={MCHID}"))[0]["state"], "delivered");
}

#[test]
fn a_refunds_notice_is_encrypted_and_does_not_wait_behind_its_payments() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (refusing, receiver) = (Receiver::start(), acknowledging());
    let client = PayClient::new(&server);
    client.paid("order-1", &[("notify_url", &url(&refusing))], "lina");
    refusing.next();
    let refund = [
        ("out_trade_no", "order-1"),
        ("out_refund_no", "r-1"),
        ("total_fee", "100"),
        ("refund_fee", "30"),
        ("notify_url", &*url(&receiver)),
    ];
    client.done("/secapi/pay/refund", &refund);
    let told = notice(&receiver.next());
    assert_eq!((told.get("return_code"), told.get("sign")), ("SUCCESS", ""));
    assert_eq!((told.get("mch_id"), told.get("out_trade_no")), (MCHID, ""));
    let secret = decrypted(told.get("req_info"));
    for member in ["<refund_fee>30</refund_fee>", "order-1", "r-1", "<refund_status>"] {
        assert!(secret.starts_with("<root>") && secret.contains(member), "{secret}");
    }
}

/// req_info by another implementation: OpenSSL's.
fn decrypted(req_info: &str) -> String {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let key = Command::new("sh")
        .args([
            "-c",
            "printf %s \"$1\" | md5sum | cut -c1-32 | tr -d '\\n' | od -An -tx1 | tr -d ' \\n'",
            "sh",
            KEY,
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
