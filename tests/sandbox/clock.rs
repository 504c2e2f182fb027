//! The clock: set, scaled and stopped, and never turned back.

use kaipiao_tests::{MERCHANT, Receiver, Reply, TestServer, USER, assert_refused, wait_until};
use serde_json::{Value, json};

fn change(server: &TestServer, asked: &Value) -> Value {
    let (status, answer) = server.post_json("/sandbox/v1/clock", asked);
    assert_eq!(status, 200, "{asked}: {answer}");
    answer
}

#[test]
fn a_stopped_clock_stands_still_through_a_restart_until_it_is_moved() {
    let server = TestServer::start();
    let set = change(&server, &json!({"set": "2040-01-01T08:00:00+08:00", "stopped": true}));
    assert_eq!((&set["now"], &set["rate"]), (&json!(2_208_988_800_u64), &json!(0.0)));
    let server = server.restart_with("");
    assert_eq!(server.get_json("/sandbox/v1/clock")["now"], 2_208_988_800_u64);
    let token = server.token(MERCHANT);
    let path = format!("/cgi-bin/ticket/getticket?access_token={token}&type=wx_card");
    change(&server, &json!({"advance_s": 7201}));
    assert_eq!(server.get_json("/sandbox/v1/clock")["now"], 2_208_996_001_u64);
    assert_refused(&server.get(&path), 42001, "");
    assert_eq!(change(&server, &json!({"stopped": false}))["rate"], 1.0);
}

/// At a day in each second what is due in minutes comes in a few milliseconds, without anybody moving the clock.
#[test]
fn retries_follow_a_clock_that_goes_fast_and_wait_for_one_that_stands() {
    let server = TestServer::start_with("[push]\nretry_after_ms = [1800000]");
    let receiver = Receiver::behaving(|number, _| match number {
        0 => Reply::Status(500, String::new()),
        _ => Reply::Success("success"),
    });
    server.set_callback(MERCHANT, &receiver, "plain");
    change(&server, &json!({"stopped": true}));
    server.merchant().authorized("1");
    wait_until("the first attempt", || receiver.received().len() == 1);
    change(&server, &json!({"rate": 86400}));
    server.all_completed();
    assert_eq!(receiver.received().len(), 2);
    change(&server, &json!({"rate": 1}));
}

#[test]
fn the_clock_only_goes_forward() {
    let server = TestServer::start();
    let now = change(&server, &json!({"advance_s": 100_000, "stopped": true}))["now"].clone();
    let now = now.as_i64().unwrap();
    for (bad, field) in [
        (json!({"set": now - 1}), "set"),
        (json!({"set": "yesterday"}), "set"),
        (json!({"set": i64::MAX}), "set"),
        (json!({"advance_s": -1}), "advance_s"),
        (json!({"advance_s": i64::MAX}), "advance_s"),
        (json!({"advance_s": 100_000_000_000_u64}), "advance_s"),
        (json!({"rate": -1}), "rate"),
        (json!({"rate": "NaN"}), "rate"),
        (json!({"rate": 1e9}), "rate"),
        (json!({"rate": 2, "stopped": true}), "stopped"),
        (json!({}), "advance_s"),
    ] {
        let (status, answer) = server.post_json("/sandbox/v1/clock", &bad);
        assert_eq!(status, 400, "{bad}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(field), "{bad}: {answer}");
    }
    let clock = server.get_json("/sandbox/v1/clock");
    assert_eq!((&clock["now"], &clock["rate"]), (&json!(now), &json!(0.0)));
    assert_eq!(change(&server, &json!({"set": now}))["now"], now);
}

/// Sessions of pages live in real time (ruling 40): a clock that is years ahead ends none.
#[test]
fn a_session_outlives_a_clock_that_is_set_years_ahead() {
    let server = TestServer::start();
    let session = server.session(USER);
    change(&server, &json!({"set": "2090-01-01T00:00:00Z"}));
    let page = server.page("GET", "/me/titles", &[("cookie", &session)], "");
    assert_eq!(page.status(), 200);
}
