//! The sandbox's own endpoints, and that production has none of them.

mod account_reset;
mod clock;
mod console;
mod deterministic;
mod name_spaces;
mod snapshots;

use kaipiao_cli::compose::{self, ComposeError};
use kaipiao_tests::{MERCHANT, MINI_PROGRAM, TestServer, assert_ok, assert_refused, load};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn accounts_tell_a_test_suite_all_it_needs() {
    let server = TestServer::start();
    let sandbox = server.get_json("/sandbox/v1/accounts");
    let accounts = sandbox["accounts"].as_array().unwrap();
    let roles: Vec<_> = accounts.iter().map(|a| a["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["merchant", "platform", "reimburser", "mini_program", "mobile_app"]);
    for account in accounts {
        let secret = account["secret"].as_str().unwrap();
        assert!(secret.len() == 32 && secret.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(account["original_id"].as_str().unwrap().starts_with("gh_"));
        assert!(
            server.token_answer(account["appid"].as_str().unwrap(), secret)["access_token"]
                .is_string()
        );
    }
    assert_eq!(sandbox["s_pappid"].as_str().unwrap().len(), 68);
    assert_eq!(sandbox["admin_token"], "kaipiao-sandbox-admin");
    let users = sandbox["users"].as_array().unwrap();
    assert_eq!(users.len(), 3);
    for user in users {
        assert_eq!(user["openids"].as_object().unwrap().len(), 5);
        assert_eq!(user["openids"][MERCHANT].as_str().unwrap().len(), 28);
        assert_ne!(user["openids"][MERCHANT], user["openids"][MINI_PROGRAM]);
        let kinds: Vec<_> = user["titles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t.get("biz_field").is_some())
            .collect();
        assert_eq!(kinds, [true, true, false]);
    }
}

#[test]
fn identities_are_the_same_on_every_machine() {
    let (first, second) = (TestServer::start(), TestServer::start());
    let sandbox = first.get_json("/sandbox/v1/accounts");
    assert_eq!(sandbox, second.get_json("/sandbox/v1/accounts"));
    assert_eq!(sandbox["users"][2]["openids"][MERCHANT], "obQH9OgYQ9ehV6yupogz5lfNJy3k");
    assert_eq!(
        sandbox["s_pappid"],
        "d3g2YjYxNjk3MDY5NjE2ZjMyX7ikvv3ACZWSpg_jdu4QicFcqRx9TRQJTozXUTmpBhij"
    );
}

#[test]
fn the_clock_goes_forward_and_stays_there_through_a_restart() {
    let server = TestServer::start();
    let token = server.token(MERCHANT);
    server.advance_s(7201);
    let path = format!("/cgi-bin/ticket/getticket?access_token={token}&type=wx_card");
    assert_refused(&server.get(&path), 42001, "");
    let server = server.restart_with("");
    assert_refused(&server.get(&path), 42001, "");
    for bad in [json!({"advance_s": -1}), json!({}), json!({"advance_s": i64::MAX})] {
        let (status, answer) = server.post_json("/sandbox/v1/clock", &bad);
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains("advance_s"));
    }
}

#[test]
fn what_a_control_does_not_take_is_refused_and_changes_nothing() {
    let server = TestServer::start();
    assert_eq!(server.post_json("/sandbox/v1/users", &json!({"id": "kept"})).0, 200);
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    let (reset, faults) = ("/sandbox/v1/reset", "/sandbox/v1/faults");
    let token = json!({"target": "token", "errcode": 40001});
    for (method, path, body, words) in [
        (
            "POST",
            reset,
            json!({"appId": MERCHANT}),
            "\"appId\" is unknown: the members of this call are appid",
        ),
        ("POST", reset, json!({"account": MERCHANT, "x": 1}), "\"account\", \"x\" is unknown"),
        ("POST", reset, json!({"": MERCHANT}), "\"\" is unknown"),
        (
            "POST",
            "/sandbox/v1/reset?appid=wx6b61697069616f31",
            json!({}),
            "this call takes no parameter",
        ),
        (
            "POST",
            "/sandbox/v1/namespaces/default/reset",
            json!({"appid": MERCHANT}),
            "this call takes no member",
        ),
        (
            "POST",
            "/sandbox/v1/snapshots/none/restore",
            json!({"appid": MERCHANT}),
            "this call takes no member",
        ),
        (
            "POST",
            faults,
            json!({"target": "token", "errcode": 40001, "apppid": MERCHANT}),
            "\"apppid\" is unknown",
        ),
        (
            "POST",
            "/sandbox/v1/faults?appid=wx6b61697069616f31",
            token,
            "this call takes no parameter",
        ),
        (
            "DELETE",
            "/sandbox/v1/faults?targt=push",
            json!({}),
            "\"targt\" is unknown: the parameters of this call are id, target, appid",
        ),
        ("DELETE", faults, json!({"target": "push"}), "this call takes no member"),
        (
            "POST",
            "/sandbox/v1/namespaces",
            json!({"name": "a", "lifes": 60}),
            "\"lifes\" is unknown",
        ),
        ("POST", "/sandbox/v1/clock", json!({"advance_s": 9, "sett": 1}), "\"sett\" is unknown"),
        (
            "GET",
            "/sandbox/v1/wait?order_id=1&event=paid&timeout=0",
            json!({}),
            "\"timeout\" is unknown",
        ),
    ] {
        let json = [("content-type", "application/json")];
        let answer = server.page(method, path, &json, &body.to_string());
        let told = answer.body();
        let error =
            serde_json::from_str::<Value>(told).unwrap()["error"].as_str().map(str::to_owned);
        assert_eq!(answer.status(), 400, "{method} {path} {body}: {told}");
        assert!(error.unwrap().contains(words), "{method} {path} {body}: {told}");
    }
    let kept = server.get_json(faults);
    assert_eq!(kept["faults"].as_array().unwrap().len(), 1, "{kept}");
    let users = server.get_json("/sandbox/v1/accounts")["users"].to_string();
    assert!(users.contains("\"kept\""), "{users}");
    let spaces = server.get_json("/sandbox/v1/namespaces");
    assert_eq!(spaces["namespaces"].as_array().unwrap().len(), 1, "{spaces}");
    // SDKs add their token to whatever they call.
    assert_eq!(server.get_raw("/sandbox/v1/clock?access_token=any").status(), 200);
    // A body of which nothing is wanted may be empty.
    let answer = server.page("DELETE", faults, &[], "{}");
    assert_eq!((answer.status().as_u16(), &**answer.body()), (200, "{\"forgotten\":1}"));
}

fn with_host(server: &TestServer, host: &str) -> String {
    let mut stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_sandbox_answers_to_its_own_names_only() {
    let server = TestServer::start();
    for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"] {
        assert!(with_host(&server, host).contains("200"), "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "10.0.0.1", ""] {
        assert!(with_host(&server, host).contains("421"), "{host}");
    }
    let named = TestServer::start_with("public_base_url = \"http://kaipiao.test:99\"");
    assert!(with_host(&named, "kaipiao.test").contains("200"));
    let exposed = TestServer::start_with("expose_sandbox = true");
    assert!(with_host(&exposed, "evil.example").contains("200"));
}

fn raw(server: &TestServer, request: &str) -> String {
    let mut stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_host_that_is_not_allowed_is_named_in_json_with_the_setting() {
    let server = TestServer::start_with("allowed_hosts = [\"kaipiao\"]");
    assert!(with_host(&server, "kaipiao:8080").contains("200"));
    let end = "Connection: close\r\n\r\n";
    for (head, seen) in [
        ("GET / HTTP/1.1\r\nHost: other\r\n", "\\\"other\\\"; allowed_hosts"),
        ("GET / HTTP/1.1\r\nHost: kaipiao\r\nHost: other\r\n", "two Host headers"),
        ("GET http://other/ HTTP/1.1\r\nHost: kaipiao\r\n", "the address names \\\"other\\\""),
        ("GET http://other/ HTTP/1.1\r\nHost: other\r\n", "allowed_hosts"),
    ] {
        let answer = raw(&server, &format!("{head}{end}"));
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
        assert!(answer.contains("{\"errcode\":40066,") && answer.contains(seen), "{answer}");
    }
    let same = raw(&server, &format!("GET http://kaipiao/ HTTP/1.1\r\nHost: kaipiao\r\n{end}"));
    assert!(same.starts_with("HTTP/1.1 200 "), "{same}");
}

#[tokio::test]
async fn a_sandbox_listens_on_loopback_only_unless_exposed() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = load(directory.path(), "listen = \"0.0.0.0:0\"");
    let refused = compose::listen(&settings, None).await.err().unwrap();
    assert!(matches!(refused, ComposeError::SandboxExposed(_)));
    assert!(refused.to_string().contains("--expose-sandbox"), "{refused}");
    settings.expose_sandbox = true;
    compose::listen(&settings, None).await.unwrap();
}

#[test]
fn production_has_no_demo_data_and_no_controls() {
    let production = "mode = \"production\"\n[[accounts]]\nappid = \"wx00000000000000aa\"\nrole = \"merchant\"\nsecret = \"ffffffffffffffffffffffffffffffff\"";
    let server = TestServer::start_with(production);
    for path in ["/sandbox/v1/accounts", "/sandbox/v1/messages", "/admin/v1/accounts"] {
        assert_eq!(server.get_raw(path).status(), 404, "{path}");
    }
    // Without a body: one that nobody reads can end the connection under the next request.
    assert_eq!(server.post_raw("/sandbox/v1/clock", None, "").status(), 404);
    assert_eq!(server.post_raw("/sandbox/v1/authorize", None, "").status(), 404);
    assert_refused(&server.token_answer(MERCHANT, &server.secret(MERCHANT)), 40013, "");
    assert!(server.token_answer("wx00000000000000aa", &"f".repeat(32))["access_token"].is_string());
    assert!(!server.get_raw("/").body().contains(MERCHANT));
}

#[tokio::test]
async fn a_sandboxs_data_never_turns_into_productions() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "");
    drop(compose::listen(&settings, None).await.unwrap());
    let settings = load(directory.path(), "mode = \"production\"");
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("made in sandbox mode"), "{error}");
}

#[tokio::test]
async fn the_command_tells_what_the_endpoint_tells_before_and_after_the_first_start() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "");
    let before: Value =
        serde_json::from_str(&kaipiao_cli::accounts::json(&settings).await.unwrap()).unwrap();
    assert!(!settings.data.exists());
    let listening = compose::listen(&settings, None).await.unwrap();
    let beside: Value =
        serde_json::from_str(&kaipiao_cli::accounts::json(&settings).await.unwrap()).unwrap();
    assert_eq!(before, beside);
    drop(listening);
    let server = TestServer::start();
    assert_eq!(before, server.get_json("/sandbox/v1/accounts"));
    assert_ok(&server.get(&server.client(MERCHANT).path("/cgi-bin/ticket/getticket?type=wx_card")));
}

#[test]
fn the_controls_refuse_pages_of_other_sites() {
    let server = TestServer::start();
    let move_clock =
        |origin: &str| server.post_from(origin, "/sandbox/v1/clock", r#"{"advance_s":1}"#);
    assert_eq!(move_clock("http://evil.example"), 403);
    assert_eq!(move_clock("null"), 403);
    assert_eq!(move_clock(&server.base), 200);
}

#[test]
fn the_newest_messages_come_first() {
    let server = TestServer::start();
    let client = server.merchant();
    for order_id in ["1", "2", "3"] {
        client.authorized(order_id);
        assert_ok(&client.reject(order_id));
        server.advance_s(1);
    }
    let inbox = server.get_json("/sandbox/v1/messages?user=zhangwei");
    let orders: Vec<_> =
        inbox["messages"].as_array().unwrap().iter().map(|m| m["order_id"].clone()).collect();
    assert_eq!(orders, [json!("3"), json!("2"), json!("1")]);
}

#[tokio::test]
async fn telling_the_accounts_makes_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "");
    drop(compose::listen(&settings, None).await.unwrap());
    let key = settings.data.join("server.key");
    std::fs::remove_file(&key).unwrap();
    let error = kaipiao_cli::accounts::json(&settings).await.err().unwrap().to_string();
    assert!(error.contains("server.key"), "{error}");
    assert!(!key.exists());
}

#[test]
fn the_clock_and_the_planned_faults_can_be_asked() {
    let server = TestServer::start();
    assert_eq!(server.get_json("/sandbox/v1/clock")["ahead_s"], 0);
    server.advance_s(3600);
    let clock = server.get_json("/sandbox/v1/clock");
    assert_eq!(clock["ahead_s"], 3600);
    let real_s = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!((3590..=3601).contains(&(clock["now"].as_u64().unwrap() - real_s)), "{clock}");
    let none = json!({"target": "issuer", "left": 0, "faults": [], "played": []});
    assert_eq!(server.get_json("/sandbox/v1/faults"), none);
    for (id, planned) in (1..).zip([
        json!({"errcode": 73000}),
        json!({"errcode": 73100}),
        json!({"errcode": 73102}),
        json!({"errcode": 73105}),
        json!({"delay_ms": 1500}),
        json!({"drop": true}),
    ]) {
        let mut fault = planned.clone();
        (fault["target"], fault["n"]) = (json!("issuer"), json!(3));
        server.fault(fault);
        let mut expected = planned;
        (expected["target"], expected["left"]) = (json!("issuer"), json!(3));
        let mut listed = expected.clone();
        listed["id"] = json!(id);
        (expected["faults"], expected["played"]) = (json!([listed]), json!([]));
        assert_eq!(server.get_json("/sandbox/v1/faults"), expected);
    }
    server.fault(json!({"target": "issuer", "n": 0}));
    assert_eq!(server.get_json("/sandbox/v1/faults"), none);
}

#[test]
fn a_healthy_server_says_so_to_anybody_in_production_too() {
    for mode in ["sandbox", "production"] {
        let server = TestServer::start_with(&format!("mode = \"{mode}\""));
        let answer = server.get_raw("/healthz");
        assert_eq!((answer.status().as_u16(), &**answer.body()), (200, "{\"status\":\"ok\"}"));
    }
}

#[test]
fn a_probe_that_names_another_host_is_told_how_the_server_is_and_nothing_else() {
    let server = TestServer::start_with("mode = \"production\"\nallowed_hosts = [\"kaipiao\"]");
    let status = |path: &str| {
        let host = "Host: 10.42.0.17:8080\r\nConnection: close\r\n\r\n";
        raw(&server, &format!("GET {path} HTTP/1.1\r\n{host}"))[9..12].to_owned()
    };
    assert_eq!(["/healthz", "/", "/healthz/x"].map(status), ["200", "421", "421"]);
    let two = "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n";
    assert!(raw(&server, two).starts_with("HTTP/1.1 421 "));
}
