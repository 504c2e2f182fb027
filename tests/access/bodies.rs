//! Bodies as they come over a socket: too long, unwanted, unfinished, packed.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use kaipiao_tests::{MERCHANT, MINI_PROGRAM, TestServer, assert_ok, assert_refused, wait_for};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap()
}

fn head(method: &str, path: &str, bytes: usize, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\n{more}\r\n")
}

/// Reads one answer of the connection, by its Content-Length: its status and its body.
fn answer(stream: &mut TcpStream) -> (u16, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the connection stays open");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, String::from_utf8(body).unwrap())
}

#[test]
fn an_unknown_path_is_answered_in_json_and_names_the_nearest() {
    let server = TestServer::start();
    for (path, words) in [
        ("/card/invoice/queryinvoiceinfo", "did you mean /card/invoice/queryinvoceinfo"),
        ("/cgi-bin/gettoken", "did you mean /cgi-bin/token "),
        ("/card/code/consume", "the home page / lists every path"),
        ("/cgi-bin/menu/create", "the home page / lists every path"),
        ("/cgi-bin/", "the home page / lists every path"),
        ("/cgi-bin", "the home page / lists every path"),
        ("/card", "the home page / lists every path"),
        ("//card/invoice/getauthurl", "did you mean /card/invoice/getauthurl "),
        ("/Card/Invoice/GetAuthUrl", "did you mean /card/invoice/getauthurl "),
        ("//CGI-BIN//token", "did you mean /cgi-bin/token "),
    ] {
        assert_refused(&server.get(path), 40066, words);
        assert_refused(&server.post(path, &json!({"a": 1})), 40066, words);
    }
    for path in ["/sandbox/v1/nope", "/admin/v1/nope", "/admin", "//Sandbox/v1/clock"] {
        for method in ["GET", "POST"] {
            let answer = server.page(method, path, &[("accept", "text/html")], "");
            assert_eq!(answer.status(), 404, "{path}");
            assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
            assert!(answer.body().starts_with("{\"error\":\"nothing is served at this path"));
        }
    }
}

/// The head, then the answer, then the body: whoever refuses before it came must take it.
#[test]
fn a_body_that_nobody_wanted_leaves_the_connection_usable() {
    let server = TestServer::start();
    let mut stream = connect(&server);
    for (method, path, status) in [
        ("POST", "/card/invoice/nothing", 200),
        ("POST", "/cgi-bin/nothing", 200),
        ("POST", "/nothing", 404),
        ("PUT", "/admin/v1/accounts/wx00000000000000aa", 401),
        ("POST", "/admin/v1/jobs/1/run", 401),
        ("POST", "/card/invoice/getauthurl?access_token=stale", 200),
        ("GET", "/card/invoice/getauthurl", 200),
        ("PUT", "/me/cards", 405),
    ] {
        stream.write_all(head(method, path, 900_000, "").as_bytes()).unwrap();
        assert_eq!(answer(&mut stream).0, status, "{path}");
        stream.write_all(&vec![b'x'; 900_000]).unwrap();
    }
}

#[test]
fn a_body_far_over_the_limit_is_told_so_and_taken() {
    let server = TestServer::start();
    let client = server.merchant();
    let mut stream = connect(&server);
    for bytes in [2 << 20, 20 << 20] {
        let path = client.path("/card/invoice/getauthdata");
        stream.write_all(head("POST", &path, bytes, "").as_bytes()).unwrap();
        stream.write_all(&vec![b' '; bytes]).expect("the server goes on taking it");
        let (status, body) = answer(&mut stream);
        assert!(status == 200 && body.contains("longer than 1048576 bytes"), "{status} {body}");
    }
}

#[test]
fn who_is_not_known_yet_sends_little() {
    let server = TestServer::start();
    let body = format!("{{\"pad\":\"{}\"}}", "x".repeat(16 << 10));
    for path in ["/cgi-bin/stable_token", "/cgi-bin/token"] {
        assert_refused(&server.post_text(path, &body), 72031, "longer than 16384 bytes");
    }
}

#[test]
fn unfinished_bodies_of_one_account_take_its_share_and_leave_the_others_theirs() {
    let server = TestServer::start_with("[limits]\nbody_bytes = 65536");
    server.merchant();
    let (greedy, other) = (server.client(MERCHANT), server.client(MINI_PROGRAM));
    let call = "/card/invoice/getauthdata";
    let head = head("POST", &greedy.path(call), 65_000, "");
    let large = " ".repeat(60_000) + r#"{"s_pappid":"x"}"#;
    let mut unfinished = Vec::new();
    let shed = wait_for("the share to be taken", || {
        let mut stream = connect(&server);
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b' '; 64_000]).unwrap();
        unfinished.push(stream);
        Some(greedy.post_text(call, &large)).filter(|answer| answer["errcode"] == json!(-1))
    });
    for _ in 0..20 {
        assert_refused(&other.post_text(call, &large), 72031, "s_pappid");
    }
    assert_ok(&greedy.attribute("get_contact", &json!({})));
    // What was shed is found by its rid too.
    let rid = shed["errmsg"].as_str().unwrap().rsplit_once(" rid: ").unwrap().1;
    let found = greedy.post("/cgi-bin/openapi/rid/get", &json!({"rid": rid}));
    assert_ok(&found);
    let said = found["request"]["response_body"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(said).unwrap(), shed);
    drop(unfinished);
    wait_for("the memory to come back", || {
        let answer = greedy.post_text(call, &large);
        (answer["errcode"] == json!(72031)).then_some(())
    });
}

#[test]
fn a_raw_character_in_the_address_is_named() {
    let server = TestServer::start();
    let mut used = connect(&server);
    used.write_all(head("GET", "/cgi-bin/token", 0, "").as_bytes()).unwrap();
    assert_eq!(answer(&mut used).0, 200);
    for (mut stream, target, status, seen) in [
        (used, "/cgi-bin/token?appid=\"x\"", 200, "raw \" at byte 22, write it as %22"),
        (connect(&server), "/card/invoice/getauthurl?a=<b>", 200, "write it as %3C"),
        (connect(&server), "/cgi-bin/token?appid=x y", 200, "write it as %20"),
        (connect(&server), "/me/cards?>", 400, "write it as %3E"),
    ] {
        stream.write_all(head("POST", target, 0, "").as_bytes()).unwrap();
        let (got, body) = answer(&mut stream);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(got, status, "{target}");
        assert_eq!(body["errcode"], 40066, "{body}");
        assert!(body["errmsg"].as_str().unwrap().contains(seen), "{body}");
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the connection is closed");
    }
}

fn packed(encoding: &str, body: &[u8]) -> Vec<u8> {
    let best = Compression::best();
    let written = match encoding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), best);
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
        "zlib" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), best);
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
        _ => {
            let mut encoder = DeflateEncoder::new(Vec::new(), best);
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
    };
    written.unwrap()
}

fn post_packed(server: &TestServer, path: &str, encoding: &str, body: &[u8]) -> Value {
    let mut stream = connect(server);
    let encoding = format!("Content-Encoding: {encoding}\r\n");
    stream.write_all(head("POST", path, body.len(), &encoding).as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    serde_json::from_str(&answer(&mut stream).1).unwrap()
}

#[test]
fn packed_bodies_are_read_within_the_same_limit() {
    let server = TestServer::start();
    let client = server.merchant();
    let path = client.path("/card/invoice/setbizattr?action=set_contact");
    let contact = json!({"contact": {"phone": "88888888", "time_out": 1}}).to_string();
    for (named, kind) in [("gzip", "gzip"), ("deflate", "zlib"), ("deflate", "raw")] {
        let body = packed(kind, contact.as_bytes());
        assert_ok(&post_packed(&server, &path, named, &body));
        let endless = packed(kind, &vec![b' '; 100 << 20]);
        assert!(endless.len() < 1 << 20);
        let answer = post_packed(&server, &path, named, &endless);
        assert_refused(&answer, 72031, "longer than 1048576 bytes");
    }
    let plain = contact.as_bytes();
    assert_refused(&post_packed(&server, &path, "gzip", plain), 47001, "says gzip, but it is not");
    assert_refused(&post_packed(&server, &path, "br", plain), 47001, "Content-Encoding is \"br\"");
    assert_ok(&post_packed(&server, &path, "identity", plain));
}

#[test]
fn what_stands_around_a_token_is_named() {
    let server = TestServer::start();
    let token = server.merchant().path("").replace("?access_token=", "");
    for (sent, seen) in [
        ("{access_token}".to_owned(), "placeholder"),
        (format!("%22{token}%22"), "quotation marks"),
        (format!("{token}%0A"), "line end"),
        ("undefined".to_owned(), "it is the word \"undefined\""),
        (format!("{token}?"), "\"?\" stands behind it"),
    ] {
        let path = format!("/card/invoice/getauthdata?access_token={sent}");
        assert_refused(&server.post(&path, &json!({})), 40001, seen);
    }
    let quoted = format!("%22{}%22", server.secret(MERCHANT));
    assert_refused(&server.token_answer(MERCHANT, &quoted), 40125, "it stands in quotation marks");
}

#[test]
fn a_token_in_another_place_is_seen_there() {
    let server = TestServer::start();
    let token = server.merchant().path("").replace("?access_token=", "");
    let call = "/card/invoice/getauthdata";
    for (query, header, body, seen) in [
        (
            "",
            Some(("authorization", format!("Bearer {token}"))),
            "{}".to_owned(),
            "in the header Authorization",
        ),
        ("", Some(("access-token", token.clone())), "{}".to_owned(), "in a header"),
        ("", None, json!({"access_token": token}).to_string(), "in the body"),
        (&*format!("?ACCESS_TOKEN={token}"), None, "{}".to_owned(), "under another name"),
        (&*format!("?accessToken={token}"), None, "{}".to_owned(), "under another name"),
    ] {
        let headers: Vec<_> = header.iter().map(|(name, value)| (*name, &**value)).collect();
        let answer = server.page("POST", &format!("{call}{query}"), &headers, &body);
        let answer: Value = serde_json::from_str(answer.body()).unwrap();
        let words = format!("it stands {seen}, put access_token=… into the query");
        assert_refused(&answer, 41001, &words);
    }
    for body in ["", "{}", "{\"access_token\":null}", &" ".repeat(100_000)] {
        let answer = server.post_text(call, body);
        assert_refused(&answer, 41001, "put access_token=… into the query");
        assert!(!answer["errmsg"].as_str().unwrap().contains("stands"), "{answer}");
    }
}
