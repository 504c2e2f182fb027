//! What every call passes first, and what no call may do to the server.

use kaipiao_tests::{
    MERCHANT, MINI_PROGRAM, MOBILE_APP, PLATFORM, REIMBURSER, TestServer, assert_ok,
    assert_refused, wait_for,
};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const POST_CALLS: [&str; 4] = [
    "/card/invoice/getauthurl",
    "/card/invoice/getauthdata",
    "/card/invoice/rejectinsert",
    "/card/invoice/setbizattr?action=set_contact",
];

const INVOICING_CALLS: [&str; 3] = [
    "/card/invoice/makeoutinvoice",
    "/card/invoice/clearoutinvoice",
    "/card/invoice/queryinvoceinfo",
];

#[test]
fn a_token_that_is_missing_or_unknown() {
    let server = TestServer::start();
    for call in POST_CALLS {
        let joint = if call.contains('?') { '&' } else { '?' };
        assert_refused(&server.post(call, &json!({})), 41001, "access_token");
        for bad in ["x", "84_AAAA", "%00", "84_%E4%B8%AD"] {
            let path = format!("{call}{joint}access_token={bad}");
            assert_refused(&server.post(&path, &json!({})), 40001, "did not issue");
        }
    }
}

#[test]
fn the_wrong_method_is_named_before_the_token() {
    let server = TestServer::start();
    for call in POST_CALLS {
        assert_refused(&server.get(call), 43002, "POST");
    }
    assert_refused(&server.post("/cgi-bin/ticket/getticket", &json!({})), 43001, "GET");
}

#[test]
fn bodies_that_cannot_be_read() {
    let server = TestServer::start();
    let client = server.merchant();
    for call in POST_CALLS {
        assert_refused(&client.post_text(call, ""), 44002, "empty");
        assert_refused(&client.post_text(call, "{\"a\":1,\n\"b\" 2}"), 47001, "line 2 column 5");
        assert_refused(&client.post_text(call, "[]"), 47001, "expected an object");
        assert_refused(&client.post_text(call, "<xml></xml>"), 47001, "");
    }
}

#[test]
fn what_clients_wrap_a_body_in_does_not_matter() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let path = client.path("/card/invoice/setbizattr?action=set_contact");
    let plain = r#"{"contact":{"phone":"88888888","time_out":"12345",},}"#;
    let bodies = [plain.to_owned(), format!("\u{feff}{plain}\n"), json!(plain).to_string()];
    for content_type in [
        None,
        Some("application/json"),
        Some("text/plain"),
        Some("text/xml"),
        Some("application/x-www-form-urlencoded"),
    ] {
        for body in &bodies {
            let answer = server.post_raw(&path, content_type, body);
            assert_eq!(answer.body(), r#"{"errcode":0,"errmsg":"ok"}"#, "{content_type:?} {body}");
        }
    }
}

#[test]
fn who_may_call_what() {
    let server = TestServer::start();
    server.merchant();
    for appid in [MERCHANT, MINI_PROGRAM, MOBILE_APP] {
        let client = server.client(appid);
        assert_ok(&client.attribute("get_contact", &json!({})));
        client.auth_url("1", 0);
    }
    for appid in [PLATFORM, REIMBURSER] {
        let client = server.client(appid);
        for call in POST_CALLS {
            assert_refused(&client.post(call, &json!({})), 48001, appid);
        }
        for call in INVOICING_CALLS {
            assert_refused(&client.post(call, &json!({})), 72015, "invoicing_api");
        }
        client.ticket();
    }
    let off = json!({"merchant_api": false});
    assert_eq!(server.put_account(MINI_PROGRAM, &off, "kaipiao-sandbox-admin").0, 200);
    let client = server.client(MINI_PROGRAM);
    for call in POST_CALLS {
        assert_refused(&client.post(call, &json!({})), 48001, "merchant_api of");
    }
    // Each permission is a switch of its own.
    assert_refused(&client.post(INVOICING_CALLS[0], &json!({})), 73001, "wxopenid");
    let off = json!({"invoicing_api": false, "merchant_api": true});
    assert_eq!(server.put_account(MINI_PROGRAM, &off, "kaipiao-sandbox-admin").0, 200);
    for call in INVOICING_CALLS {
        assert_refused(&client.post(call, &json!({})), 72015, "switched off");
    }
    client.auth_url("2", 0);
    let unfit = json!({"platform_api": true});
    let (status, answer) = server.put_account(MINI_PROGRAM, &unfit, "kaipiao-sandbox-admin");
    assert_eq!(status, 400);
    assert_eq!(answer["error"], "invalid params, platform_api does not fit a mini_program account");
}

#[test]
fn a_body_has_a_limit() {
    let server = TestServer::start();
    let client = server.merchant();
    let padded = |bytes: usize| {
        let head = r#"{"s_pappid":"x","pad":""#;
        format!("{head}{}\"}}", "x".repeat(bytes - head.len() - 2))
    };
    let call = "/card/invoice/getauthdata";
    assert_refused(&client.post_text(call, &padded(1_048_576)), 72031, "s_pappid");
    assert_refused(&client.post_text(call, &padded(1_048_577)), 72031, "longer than 1048576 bytes");
    assert_ok(&client.attribute("get_contact", &json!({})));
}

/// Sends raw bytes and reads until the server closes.
fn raw(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // The server may reset a connection that it has given up; what came before counts.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn slow_and_broken_clients_do_not_hold_the_server() {
    let server =
        TestServer::start_with("[limits]\nbody_timeout_ms = 2000\nheader_timeout_ms = 2000");
    let client = server.merchant();
    let path = client.path("/card/invoice/getauthdata");
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n");
    let slow_body = raw(&server, format!("{head}Connection: close\r\n\r\n{{\"a\":").as_bytes());
    assert!(
        slow_body.contains("\"errcode\":47001") && slow_body.contains("in time"),
        "{slow_body}"
    );
    // A head that never ends is given up after the limit, else this would not return.
    let slow_head = raw(&server, head.as_bytes());
    assert!(!slow_head.contains("200 OK"), "{slow_head}");
    assert!(raw(&server, b"\x16\x03\x01\x02\x00").starts_with("HTTP/1.1 400"));
    assert_ok(&client.attribute("get_contact", &json!({})));
}

#[test]
fn deep_and_odd_json_is_refused_not_obeyed() {
    let server = TestServer::start();
    let client = server.merchant();
    let deep = format!("{{\"s_pappid\":{}", "[".repeat(200_000));
    assert_refused(&client.post_text("/card/invoice/getauthdata", &deep), 47001, "");
    let odd = r#"{"s_pappid":{"$ne":1},"order_id":[1]}"#;
    assert_refused(
        &client.post_text("/card/invoice/getauthdata", odd),
        72031,
        "s_pappid must be a string",
    );
}

#[test]
fn overload_is_answered_with_minus_one_and_nothing_is_half_done() {
    let server = TestServer::start_with("[limits]\ncommit_queue = 1");
    let is_shed = |answer: &Value| answer["errcode"] == json!(-1);
    // The server's own upkeep needs the queue's one place too: a call that it sheds is made again.
    let taken = |call: &dyn Fn() -> Value| {
        wait_for("a place in the queue", || Some(call()).filter(|answer| !is_shed(answer)))
    };
    let secret = server.secret(MERCHANT);
    let token = taken(&|| server.token_answer(MERCHANT, &secret))["access_token"].clone();
    let client = server.client_with(token.as_str().unwrap().to_owned());
    let contact = json!({"contact": {"phone": "1", "time_out": 1}});
    let set_contact = || client.attribute("set_contact", &contact);
    assert_ok(&taken(&set_contact));
    let mut shed = 0;
    for _ in 0..50 {
        std::thread::scope(|scope| {
            let calls: Vec<_> = (0..24).map(|_| scope.spawn(set_contact)).collect();
            for call in calls {
                let answer = call.join().unwrap();
                if is_shed(&answer) {
                    assert_refused(&answer, -1, "");
                    shed += 1;
                } else {
                    assert_ok(&answer);
                }
            }
        });
        if shed > 0 {
            break;
        }
    }
    assert!(shed > 0, "no call was shed");
    assert_ok(&client.attribute("get_contact", &json!({})));
}

#[test]
fn a_refusal_before_the_body_was_read_leaves_the_connection_usable() {
    let server = TestServer::start();
    let mut stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
    for (path, code) in [
        ("/card/invoice/getauthdata?access_token=stale", "40001"),
        ("/card/invoice/setbizattr?action=set_contact&access_token=stale", "40001"),
        ("/cgi-bin/ticket/getticket", "43001"),
    ] {
        for bytes in [10, 30_000, 900_000] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&vec![b'x'; bytes]).unwrap();
            let mut answer = Vec::new();
            while !answer.ends_with(b"}") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("the connection stays open");
                answer.push(byte[0]);
            }
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.contains(&format!("\"errcode\":{code}")), "{answer}");
        }
    }
}

#[test]
fn a_complaint_quotes_little_and_on_one_line() {
    let server = TestServer::start();
    let client = server.merchant();
    let mut asked = client.asked("1", 0);
    asked["source"] = json!("h5\n2026-01-01 ERROR forged");
    assert_refused(&client.auth_url_answer(&asked), 72031, r#"not "h5\n2026-01-01 ERROR forged""#);
    asked["source"] = json!("x".repeat(200_000));
    let answer = client.auth_url_answer(&asked);
    assert_refused(&answer, 72031, "…");
    assert!(answer["errmsg"].as_str().unwrap().len() < 300);
    asked["source"] = json!("web");
    asked["order_id"] = json!("1\n2");
    assert_refused(&client.auth_url_answer(&asked), 72031, "order_id holds a control character");
}
