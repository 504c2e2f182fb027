//! The sandbox's faults, and waiting for what happens (D-256 to D-260).

mod calls;
mod documents;
mod pushes;
mod wait;

use kaipiao_tests::TestServer;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Plans a fault: its id.
fn planned(server: &TestServer, fault: Value) -> u64 {
    let (status, answer) = server.post_json("/sandbox/v1/faults", &fault);
    assert_eq!(status, 200, "{answer}");
    answer["id"].as_u64().unwrap()
}

/// What was played, each as target and account.
fn played(server: &TestServer) -> Vec<(Value, Value)> {
    let listed = server.get_json("/sandbox/v1/faults");
    let played = listed["played"].as_array().unwrap().iter();
    played.map(|one| (one["target"].clone(), one["appid"].clone())).collect()
}

/// What comes back of a request before its connection ends.
pub(crate) fn sent(base: &str, method: &str, path: &str, body: &str) -> String {
    let address = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that ends may be reset.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn plans_are_listed_refused_and_forgotten() {
    let server = TestServer::start();
    let first = planned(&server, json!({"target": "token", "errcode": 40001, "n": 2}));
    planned(&server, json!({"target": "push", "lose": true, "percent": 30}));
    planned(&server, json!({"target": "/pay/orderquery", "errcode": "SYSTEMERROR"}));
    let listed = server.get_json("/sandbox/v1/faults")["faults"].clone();
    let lefts: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["left"].clone()).collect();
    assert_eq!(lefts, [json!(2), Value::Null, json!(1)], "{listed}");
    assert_eq!((&listed[0]["errcode"], &listed[1]["percent"]), (&json!(40001), &json!(30)));
    for (fault, words) in [
        (json!({"target": "/card/invoice/getauthurl", "errcode": 40015}), "errcode must be one of"),
        (json!({"target": "/card/invoice/getauthurl", "errcode": 0}), "errcode must be one of"),
        (json!({"target": "/card/invoice/getauthurl"}), "give one of errcode, delay_ms"),
        (json!({"target": "/card/invoice/getauthurl", "lose": true}), "give one of errcode"),
        (json!({"target": "/pay/orderquery", "errcode": -1}), "must be one of INVALID_REQUEST"),
        (json!({"target": "/invoice/pdf/{name}", "errcode": -1}), "give one of delay_ms"),
        (
            json!({"target": "token", "errcode": 72031}),
            "must be one of 40001, 40014, 42001, 45009, -1",
        ),
        (
            json!({"target": "token", "drop": "perhaps"}),
            "drop must be true, \"before\" or \"after\", not \"perhaps\"",
        ),
        (
            json!({"target": "push", "lose": true, "percent": 101}),
            "percent must be 1 to 100, not 101",
        ),
        (json!({"target": "push", "lose": true, "duplicate": true}), "give one of duplicate"),
        (json!({"target": "push", "lose": true, "appid": "nobody"}), "appid"),
        (json!({"target": "quota", "path": "/mars"}), "path must be"),
        (json!({"target": "document", "delay_ms": 60_001}), "give one of missing"),
    ] {
        let (status, answer) = server.post_json("/sandbox/v1/faults", &fault);
        let error = answer["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(words), "{fault}: {answer}");
    }
    let delete = |query: &str| {
        let answer = server.page("DELETE", &format!("/sandbox/v1/faults{query}"), &[], "");
        (answer.status().as_u16(), answer.body().clone())
    };
    assert_eq!(delete(&format!("?id={first}")), (200, r#"{"forgotten":1}"#.to_owned()));
    assert_eq!(delete(&format!("?id={first}")).0, 404);
    assert_eq!(delete("?target=push"), (200, r#"{"forgotten":1}"#.to_owned()));
    assert_eq!(delete(""), (200, r#"{"forgotten":1}"#.to_owned()));
    assert_eq!(server.get_json("/sandbox/v1/faults")["faults"], json!([]));
}
