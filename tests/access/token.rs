//! Siblings: /cgi-bin/token and /cgi-bin/stable_token (wire_facts 2.1).

use kaipiao_tests::{MERCHANT, TestServer, assert_ok, assert_refused};
use serde_json::{Value, json};

fn works(server: &TestServer, token: &str) -> Value {
    server.get(&format!("/cgi-bin/ticket/getticket?access_token={token}&type=wx_card"))
}

fn token_of(answer: &Value) -> &str {
    answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}"))
}

#[test]
fn a_successful_token_has_two_members_and_no_errcode() {
    let server = TestServer::start();
    let answer = server.token_answer(MERCHANT, &server.secret(MERCHANT));
    assert_eq!(answer.as_object().unwrap().len(), 2);
    assert_eq!(answer["expires_in"], json!(7200));
    assert_ok(&works(&server, token_of(&answer)));
}

#[test]
fn post_works_with_a_query_a_form_and_json() {
    let server = TestServer::start();
    let secret = server.secret(MERCHANT);
    let form = format!("grant_type=client_credential&appid={MERCHANT}&secret={secret}");
    token_of(&server.post_text(&format!("/cgi-bin/token?{form}"), ""));
    let content_type = Some("application/x-www-form-urlencoded");
    let answer = server.post_raw("/cgi-bin/token", content_type, &form);
    token_of(&serde_json::from_str(answer.body()).unwrap());
    let body = json!({"grant_type": "client_credential", "appid": MERCHANT, "secret": secret});
    token_of(&server.post("/cgi-bin/token", &body));
}

#[test]
fn each_mistake_has_its_code() {
    let server = TestServer::start();
    let secret = server.secret(MERCHANT);
    let get = |query: &str| server.get(&format!("/cgi-bin/token{query}"));
    let grant = "?grant_type=client_credential";
    assert_refused(&get(""), 40002, "grant_type must be client_credential");
    assert_refused(&get("?grant_type=password"), 40002, "");
    assert_refused(&get(grant), 41002, "appid is empty");
    assert_refused(&get(&format!("{grant}&appid={MERCHANT}")), 41004, "secret is empty");
    assert_refused(&get(&format!("{grant}&appid=wx0&secret=x")), 40013, "");
    assert_refused(&get(&format!("{grant}&appid=wx0123456789abcdef&secret={secret}")), 40013, "");
    assert_refused(&get(&format!("{grant}&appid={MERCHANT}&secret=x")), 40125, MERCHANT);
    assert_refused(&server.get("/cgi-bin/stable_token"), 43002, "");
    assert_refused(&server.post_text("/cgi-bin/stable_token", ""), 44002, "");
}

#[test]
fn the_old_classic_token_works_five_more_minutes() {
    let server = TestServer::start();
    let (old, new) = (server.token(MERCHANT), server.token(MERCHANT));
    assert_ok(&works(&server, &old));
    server.advance_s(290);
    assert_ok(&works(&server, &old));
    server.advance_s(20);
    assert_refused(&works(&server, &old), 40001, "a newer token has taken its place");
    assert_ok(&works(&server, &new));
    server.advance_s(7200);
    assert_refused(&works(&server, &new), 42001, "");
}

#[test]
fn the_stable_token_stays_the_same_until_five_minutes_before_its_end() {
    let server = TestServer::start();
    let first = server.stable_token(false);
    assert_eq!(first["expires_in"], json!(7200));
    server.advance_s(6800);
    let same = server.stable_token(false);
    assert_eq!(token_of(&first), token_of(&same));
    assert!((390..=400).contains(&same["expires_in"].as_u64().unwrap()), "{same}");
    server.advance_s(110);
    let second = server.stable_token(false);
    assert_ne!(token_of(&first), token_of(&second));
    assert_ok(&works(&server, token_of(&first)));
    assert_ok(&works(&server, token_of(&second)));
}

#[test]
fn forcing_ends_the_old_token_at_once_and_has_its_limits() {
    let server = TestServer::start();
    let first = server.stable_token(false);
    let forced = server.stable_token(true);
    assert_refused(&works(&server, token_of(&first)), 40001, "");
    assert_ok(&works(&server, token_of(&forced)));
    assert_refused(&server.stable_token(true), 45011, "30 seconds");
    for _ in 1..20 {
        server.advance_s(31);
        token_of(&server.stable_token(true));
    }
    server.advance_s(31);
    let refused = server.stable_token(true);
    // China's midnight may lie within the ten minutes that the clock was moved: then the new
    // day's count has begun, and a whole day's quota follows.
    if refused["errcode"] != json!(45009) {
        for _ in 0..19 {
            server.advance_s(31);
            server.stable_token(true);
        }
        server.advance_s(31);
        assert_refused(&server.stable_token(true), 45009, "20 are allowed");
    }
    server.advance_s(86_400);
    token_of(&server.stable_token(true));
}

#[test]
fn the_two_families_are_independent() {
    let server = TestServer::start();
    let stable_token = token_of(&server.stable_token(false)).to_owned();
    let classic = server.token(MERCHANT);
    server.token(MERCHANT);
    server.advance_s(400);
    assert_refused(&works(&server, &classic), 40001, "");
    assert_ok(&works(&server, &stable_token));
    let newest = server.token(MERCHANT);
    token_of(&server.stable_token(true));
    assert_ok(&works(&server, &newest));
}

#[test]
fn clients_that_ask_all_at_once_all_get_a_token() {
    let server = TestServer::start();
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..16).map(|_| scope.spawn(|| server.token(MERCHANT))).collect();
        for token in asking {
            assert_ok(&works(&server, &token.join().unwrap()));
        }
    });
}

#[test]
fn tokens_outlive_a_restart_and_are_not_kept_in_clear() {
    let server = TestServer::start();
    let token = server.token(MERCHANT);
    let server = server.restart_with("");
    assert_ok(&works(&server, &token));
    let secret = server.secret(MERCHANT);
    for file in std::fs::read_dir(server.data().join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for text in [&token, &secret] {
            assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        }
    }
}

#[test]
fn only_get_and_post_give_a_token() {
    let server = TestServer::start();
    let secret = server.secret(MERCHANT);
    let query = format!("grant_type=client_credential&appid={MERCHANT}&secret={secret}");
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = server.call(method, &format!("/cgi-bin/token?{query}"), "{}");
        assert_refused(&answer, 43002, "GET or POST");
    }
    // Parameters that belong to the other endpoint do no harm.
    token_of(&server.get(&format!("/cgi-bin/token?{query}&force_refresh=true")));
    let stable = |force: Value| json!({"grant_type": "client_credential", "appid": MERCHANT, "secret": secret, "force_refresh": force});
    for force in [json!("false"), json!(false), json!(0), json!(null), json!("true")] {
        token_of(&server.post("/cgi-bin/stable_token", &stable(force)));
    }
}
