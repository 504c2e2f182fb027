//! How a server ends.

use crate::Served;
use kaipiao_tests::wait_until;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

#[test]
fn a_request_that_is_running_at_the_stop_gets_its_answer_within_the_limit() {
    for (shutdown_ms, gets_answer) in [(10_000, true), (1, false)] {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("config.toml");
        std::fs::write(&config, format!("[limits]\nshutdown_ms = {shutdown_ms}")).unwrap();
        let server =
            Served::start(&data.path().join("data"), &["--config", config.to_str().unwrap()]);
        let address = server.home.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut stream = TcpStream::connect(&address).unwrap();
        let body = "{}";
        write!(stream, "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n", body.len()).unwrap();
        // "100 Continue" means that the handler is running and waits for the body.
        let mut continued = [0; 25];
        stream.read_exact(&mut continued).unwrap();
        assert!(continued.starts_with(b"HTTP/1.1 100"));
        let pid = server.process.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        // Once the port refuses, the stop has begun.
        wait_until("the port refuses", || TcpStream::connect(&address).is_err());
        let mut process = server.process;
        if !gets_answer {
            assert!(process.wait().unwrap().success());
        }
        let sent = stream.write_all(body.as_bytes());
        let mut answer = String::new();
        let received = stream.read_to_string(&mut answer);
        let answered = sent.is_ok() && received.is_ok() && answer.contains("errcode\":40002");
        assert_eq!(answered, gets_answer, "{answer}");
        if gets_answer {
            assert!(process.wait().unwrap().success());
        }
    }
}

#[test]
fn a_second_signal_ends_a_stop_that_waits_at_once_and_says_so() {
    for signal in ["-TERM", "-INT"] {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("config.toml");
        let limits = "[limits]\nshutdown_ms = 3600000\nbody_timeout_ms = 3600000";
        std::fs::write(&config, limits).unwrap();
        let folder = data.path().join("data");
        let mut server = Served::start(&folder, &["--config", config.to_str().unwrap()]);
        let address = server.home.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut stream = TcpStream::connect(&address).unwrap();
        let head =
            "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n";
        write!(stream, "{head}Expect: 100-continue\r\n\r\n").unwrap();
        stream.read_exact(&mut [0; 25]).unwrap();
        let pid = server.process.id().to_string();
        let send =
            || assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        send();
        wait_until("the stop has begun", || server.log().contains("a second signal ends"));
        assert!(server.process.try_wait().unwrap().is_none(), "a request is under way");
        send();
        wait_until("the end", || server.process.try_wait().unwrap().is_some());
        assert_eq!(server.process.wait().unwrap().code(), Some(1));
        server.reader.join().unwrap();
        let log = server.log.lock().unwrap().clone();
        let last = log.lines().last().unwrap();
        assert!(last.contains("a second signal: the process ends at once"), "{log}");
        Served::start(&folder, &[]).stop();
    }
}

#[test]
fn a_clean_stop_leaves_one_whole_database_file() {
    let data = tempfile::tempdir().unwrap();
    Served::start(data.path(), &[]).stop();
    let names: Vec<_> = std::fs::read_dir(data.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("kaipiao.sqlite3"))
        .collect();
    assert_eq!(names, ["kaipiao.sqlite3"]);
}
