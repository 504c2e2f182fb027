//! Connections: what one client may hold, and who is believed about whom a request is from.

use kaipiao_tests::{TestServer, wait_for, wait_until};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;
use tokio::net::TcpSocket;

const ATTACKER: &str = "127.0.0.2";
const PROXY: &str = "127.0.0.3";

/// A connection from this address of the machine's own.
fn connect(server: &TestServer, from: &str) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address: SocketAddr = server.base.trim_start_matches("http://").parse().unwrap();
    runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        // Little room for what is never read.
        socket.set_recv_buffer_size(4096).unwrap();
        socket.bind(SocketAddr::new(from.parse::<IpAddr>().unwrap(), 0)).unwrap();
        let stream = socket.connect(address).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    })
}

/// A request for the home page, with more headers.
fn home(headers: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n")
}

/// The whole answer to a request.
fn exchange(mut stream: TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn is_served(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

/// The refusal of a client that has too many: 503, -1 and its reason.
fn is_refused(answer: &str) -> bool {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let head = head.to_lowercase();
    head.starts_with("http/1.1 503 ")
        && head.contains("\r\ncontent-type: application/json; charset=utf-8\r\n")
        && head.contains("\r\nretry-after: 1")
        && body.starts_with("{\"errcode\":-1,\"errmsg\":\"system error")
        && body.contains("too many connections")
}

#[test]
fn whoever_takes_all_that_it_can_leaves_the_others_their_places() {
    let server = TestServer::start_with(
        "[limits]\nconnections = 50\nconnections_per_address = 40\nheader_timeout_ms = 600000",
    );
    // The server accepts one after the other: what is held first has its place first.
    let held: Vec<_> = (0..40).map(|_| connect(&server, ATTACKER)).collect();
    for _ in 0..30 {
        let answer = exchange(connect(&server, ATTACKER), &home(""));
        assert!(is_refused(&answer), "{answer}");
    }
    for _ in 0..30 {
        assert!(is_served(&exchange(connect(&server, "127.0.0.1"), &home(""))));
    }
    drop(held);
    wait_until("the attacker's places are free again", || {
        is_served(&exchange(connect(&server, ATTACKER), &home("")))
    });
}

#[test]
fn whoever_never_reads_loses_its_connection() {
    let server = TestServer::start_with(
        "[limits]\nconnections_per_address = 5\nanswer_timeout_ms = 2000\nbody_bytes = 1000000",
    );
    let requests = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2_000);
    let mut held: Vec<_> = (0..5).map(|_| connect(&server, ATTACKER)).collect();
    for stream in &mut held {
        stream.set_nonblocking(true).unwrap();
        if let Err(error) = stream.write_all(requests.as_bytes()) {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
        }
    }
    wait_until("the server has closed them", || {
        is_served(&exchange(connect(&server, ATTACKER), &home("")))
    });
    // A reader that is slow, but reads, keeps its own.
    let mut slow = connect(&server, "127.0.0.1");
    let count = 20;
    let requests = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(count - 1) + &home("");
    slow.write_all(requests.as_bytes()).unwrap();
    let (mut answers, mut part) = (Vec::new(), vec![0; 20_000]);
    let ended = wait_for("the slow reader's answers", || match slow.read(&mut part).unwrap() {
        0 => Some(answers.clone()),
        read => {
            answers.extend_from_slice(&part[..read]);
            None
        }
    });
    assert_eq!(String::from_utf8_lossy(&ended).matches("HTTP/1.1 200 OK\r\n").count(), count);
    drop(held);
}

/// A request whose body stays away, for as long as it is kept.
fn unfinished(mut stream: TcpStream, headers: &str) -> TcpStream {
    let request = format!(
        "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: localhost\r\n{headers}\
         Content-Length: 10\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    // The handler has begun to read the body.
    let mut answer = [0; 25];
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

/// Sends a body whose client is refused after its beginning, the rest of it, and then somebody else's
/// request over the same connection: its answer.
fn refused_while_sending(mut stream: TcpStream, headers: &str) -> String {
    const BODY: usize = 2 << 20;
    let head = format!(
        "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: localhost\r\n{headers}\
         Content-Length: {BODY}\r\n\r\nx"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(is_refused(std::str::from_utf8(&answer).unwrap()));
    stream.write_all(&vec![b'x'; BODY - 1]).expect("the rest is taken");
    exchange(stream, &home(""))
}

#[test]
fn a_trusted_proxy_holds_what_it_likes_and_each_whom_it_names_is_counted() {
    let server = TestServer::start_with(&format!(
        "trusted_proxies = [\"{PROXY}\"]\n[limits]\nconnections_per_address = 2\n\
         body_timeout_ms = 600000\nshutdown_ms = 1"
    ));
    let named = |clients: &str| format!("X-Forwarded-For: {clients}\r\n");
    let from_proxy = |clients: &str| exchange(connect(&server, PROXY), &home(&named(clients)));
    let mut held = Vec::new();
    // What a client writes before its own address changes nothing.
    for invented in ["192.0.2.1", "192.0.2.2"] {
        let headers = named(&format!("{invented}, 198.51.100.7"));
        held.push(unfinished(connect(&server, PROXY), &headers));
    }
    assert!(is_refused(&from_proxy("198.51.100.7")));
    assert!(is_refused(&from_proxy(&format!("192.0.2.3, 198.51.100.7, {PROXY}"))));
    assert!(is_served(&from_proxy("198.51.100.8")));
    assert!(is_served(&from_proxy("198.51.100.7, 198.51.100.8")));
    // Who names nobody has no limit of its own.
    held.extend((0..5).map(|_| unfinished(connect(&server, PROXY), "")));
    assert!(is_served(&exchange(connect(&server, PROXY), &home(""))));
    let refused = named("198.51.100.7");
    assert!(is_served(&refused_while_sending(connect(&server, PROXY), &refused)));
    held.truncate(1);
    wait_until("a place is free again", || is_served(&from_proxy("198.51.100.7")));

    // Nobody else is believed.
    let own: Vec<_> = (0..2)
        .map(|n| unfinished(connect(&server, ATTACKER), &named(&format!("192.0.2.{n}"))))
        .collect();
    assert!(is_refused(&exchange(connect(&server, ATTACKER), &home(&named("192.0.2.9")))));
    assert!(is_served(&from_proxy("192.0.2.0")));
    drop(own);
}
