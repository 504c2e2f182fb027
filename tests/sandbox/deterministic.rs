//! Whole bodies that are the same in each run.

use crate::faults::sent;
use crate::sandbox::name_spaces::{delete, made};
use kaipiao_tests::{MERCHANT, Receiver, Reply, TestServer, USER, assert_sucesss};
use serde_json::{Value, json};

/// A merchant's journey: every body that it is answered and pushed, as text.
fn journey(server: &TestServer) -> Vec<String> {
    let bodies = std::cell::RefCell::new(Vec::new());
    let take = |answer: &Value| bodies.borrow_mut().push(answer.to_string());
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    take(&server.get_json("/sandbox/v1/accounts"));
    // How far that is ahead of real time is another matter.
    let clock = server.get_json("/sandbox/v1/clock");
    take(&json!({"now": clock["now"], "rate": clock["rate"]}));
    take(&server.token_answer(MERCHANT, &server.secret(MERCHANT)));
    take(&server.stable_token(false));
    let client = server.client(MERCHANT);
    take(&client.status("unknown"));
    client.set_contact();
    take(&json!(client.ticket()));
    let asked = client.asked("1", 0);
    let link = client.auth_url_answer(&asked);
    take(&link);
    let (_, answered) = server.answer(link["auth_url"].as_str().unwrap(), USER, "authorize", None);
    take(&answered);
    server.all_completed();
    take(&client.status("1"));
    assert_sucesss(&client.make_out(&client.invoice("1", "1")));
    server.all_completed();
    take(&client.result("1"));
    // How often a suite has asked changes nothing of what comes later.
    client.query("1");
    take(&client.make_out(&json!({"invoiceinfo": {}})));
    take(&server.get_json(&format!("/sandbox/v1/messages?user={USER}")));
    let wanted = json!({"appid": "wx6b61697069616f33", "user": USER});
    take(&server.post_json("/sandbox/v1/choose-invoice", &wanted).1);
    server.all_completed();
    bodies.borrow_mut().extend(receiver.received().into_iter().map(|push| push.body));
    bodies.into_inner()
}

#[test]
fn two_name_spaces_of_one_seed_answer_the_same_bytes() {
    let server = TestServer::start_embedded();
    let wanted = |name: &str, seed: &str| json!({"name": name, "seed": seed, "now": 1_767_229_200});
    let [one, two, other] = [("one", "7"), ("two", "7"), ("other", "8")].map(|(name, seed)| {
        let bodies = journey(&made(&server, &wanted(name, seed)));
        bodies.into_iter().map(|body| body.replace(&format!("/ns/{name}/"), "/ns/x/")).collect()
    });
    let (one, two, other): (Vec<String>, Vec<String>, Vec<String>) = (one, two, other);
    assert!(one.len() > 14, "{one:#?}");
    for (index, (first, second)) in one.iter().zip(&two).enumerate() {
        assert_eq!(first, second, "body {index}");
    }
    assert_eq!(one.len(), two.len());
    assert_ne!(one, other);
    let clock: Value = serde_json::from_str(&one[1]).unwrap();
    assert_eq!((&clock["now"], &clock["rate"]), (&json!(1_767_229_200), &json!(0.0)));
}

/// What a suite looks at when all is done holds no real time, and a client's own methods draw from one stream.
#[test]
fn delivered_pushes_and_refused_requests_are_the_same_too() {
    let server = TestServer::start_embedded();
    let (mut pushes, mut rids) = (Vec::new(), Vec::new());
    for (name, method) in [("slow", "ODD"), ("fast", "EVEN")] {
        let run = made(&server, &json!({"name": name, "seed": "7"}));
        let receiver = Receiver::behaving(move |_, _| {
            if name == "slow" {
                kaipiao_tests::let_pass(core::time::Duration::from_millis(30));
            }
            Reply::Success("success")
        });
        run.set_callback(MERCHANT, &receiver, "plain");
        run.merchant().authorized("1");
        run.all_completed();
        let wait = "/sandbox/v1/wait?order_id=1&event=delivered:user_authorize_invoice";
        let told = run.get_json(wait);
        assert_eq!(told["push"]["attempts"].as_array().unwrap().len(), 1, "{told}");
        pushes.push(told["push"]["attempts"].clone());
        let refused = |method: &str| {
            let answer = sent(&server.base, method, &format!("/ns/{name}/cgi-bin/token"), "");
            answer.rsplit_once("rid: ").expect("a refusal").1.to_owned()
        };
        refused("ODD");
        rids.push(refused(method));
    }
    assert_eq!(pushes[0], pushes[1]);
    assert_eq!(rids[0], rids[1]);
}

#[test]
fn a_name_space_that_is_made_again_or_reset_begins_anew() {
    let server = TestServer::start_embedded();
    let wanted = json!({"name": "run", "seed": "7"});
    let first = journey(&made(&server, &wanted));
    assert_eq!(delete(&server, "/sandbox/v1/namespaces/run"), 204);
    let again = made(&server, &wanted);
    assert_eq!(journey(&again), first);
    assert_eq!(again.post_raw("/sandbox/v1/reset", None, "").status(), 204);
    assert_eq!(journey(&again), first);
}

#[test]
fn what_follows_a_restore_is_the_same_each_time() {
    let server = TestServer::start_embedded();
    let run = made(&server, &json!({"name": "run", "seed": "7", "now": "2026-05-01T00:00:00Z"}));
    assert_eq!(run.post_json("/sandbox/v1/snapshots", &json!({"name": "base"})).0, 201);
    let restored = || {
        let path = "/sandbox/v1/snapshots/base/restore";
        assert_eq!(run.post_raw(path, None, "").status(), 204);
        journey(&run)
    };
    assert_eq!(restored(), restored());
}

#[test]
fn the_default_name_space_has_its_seed_and_its_moment_in_the_settings() {
    let settings = "public_base_url = \"http://127.0.0.1:1\"\n[sandbox]\nseed = \"7\"\nnow = \"2026-02-03T00:00:00Z\"";
    let tokens = || {
        let server = TestServer::start_on(tempfile::tempdir().unwrap(), settings);
        assert_eq!(server.get_json("/sandbox/v1/clock")["now"], 1_770_076_800);
        server.token_answer(MERCHANT, &server.secret(MERCHANT))
    };
    assert_eq!(tokens(), tokens());
}
