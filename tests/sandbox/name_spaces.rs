//! Name spaces: sets of accounts and users that don't meet.

use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_tests::{MERCHANT, TestServer, USER, assert_ok, assert_refused, wait_until};
use serde_json::{Value, json};

/// A name space that is made, as a test suite with another base URL sees it.
pub(super) fn made(server: &TestServer, body: &Value) -> TestServer {
    let (status, answer) = server.post_json("/sandbox/v1/namespaces", body);
    assert_eq!(status, 201, "{body}: {answer}");
    assert_eq!(
        answer["base_url"],
        format!("{}/ns/{}", server.base, body["name"].as_str().unwrap())
    );
    TestServer::beside(answer["base_url"].as_str().unwrap())
}

/// How far an order is.
pub(super) fn stage(server: &TestServer, order_id: &str) -> String {
    server.merchant().status(order_id)["invoice_status"].as_str().unwrap().to_owned()
}

pub(super) fn delete(server: &TestServer, path: &str) -> u16 {
    server.bytes("DELETE", path, &[]).0
}

#[test]
fn name_spaces_have_the_same_accounts_and_share_nothing_else() {
    let server = TestServer::start_embedded();
    let one = made(&server, &json!({"name": "one"}));
    let two = made(&server, &json!({"name": "two"}));
    let accounts = server.get_json("/sandbox/v1/accounts");
    assert_eq!(one.get_json("/sandbox/v1/accounts"), accounts);
    one.merchant().authorized("1");
    assert_eq!(stage(&one, "1"), "auth success");
    for other in [&two, &server] {
        assert_eq!(stage(other, "1"), "never auth");
    }
    // Neither token nor link of one serves in another.
    let token = one.token(MERCHANT);
    let path = format!("/cgi-bin/ticket/getticket?access_token={token}&type=wx_card");
    assert_ok(&one.get(&path));
    assert_refused(&two.get(&path), 40001, "");
    let link = one.merchant().auth_url("2", 0);
    assert!(link.starts_with(&format!("{}/bizmall/authinvoice?", one.base)), "{link}");
    assert_eq!(two.answer(&link, USER, "authorize", None).0, 400);
    // Clocks and faults are each one's own.
    one.advance_s(1000);
    one.fault(json!({"target": "issuer", "errcode": 73000}));
    assert_eq!(two.get_json("/sandbox/v1/clock")["ahead_s"], 0);
    assert_eq!(two.get_json("/sandbox/v1/faults")["left"], 0);
}

#[test]
fn an_invoice_of_a_name_space_is_found_at_its_own_address() {
    let server = TestServer::start_embedded();
    let one = made(&server, &json!({"name": "one"}));
    let client = one.merchant();
    let detail = client.issued("1", "1");
    let url = detail["pdfurl"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/invoice/pdf/", one.base)), "{url}");
    assert!(one.get_raw_bytes(url).starts_with(b"%PDF"));
    // The default name space has none of this name.
    assert_eq!(server.get_raw(&one.path_of(url)).status(), 404);
}

#[test]
fn a_browser_is_led_into_a_name_space_and_out_of_it() {
    let server = TestServer::start_embedded();
    let one = made(&server, &json!({"name": "one"}));
    let html = ("accept", "text/html");
    let link = one.merchant().auth_url("1", 0);
    let path = server.path_of(&link);
    let entered = server.page("GET", &path, &[html], "");
    assert_eq!(entered.status(), 303);
    let location = entered.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(location, one.path_of(&link));
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("kaipiao_name_space=one; Path=/; "), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    // Pages go by the cookie: the user logs in and answers there.
    let login = format!("user={USER}&next=/me/titles");
    let chosen = server.page("POST", "/login", &[html, ("cookie", &cookie)], &login);
    assert_eq!(chosen.status(), 303);
    let session = chosen.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let both = format!("{cookie}; {session}");
    let shown = server.page("GET", &location, &[html, ("cookie", &both)], "");
    assert_eq!(shown.status(), 200, "{}", shown.body());
    assert!(shown.body().contains("form_token"), "{}", shown.body());
    // The same session is nobody's in the default name space.
    let stranger = server.page("GET", "/me/cards", &[html, ("cookie", session)], "");
    assert_eq!(stranger.status(), 303);
    assert_eq!(server.page("GET", "/me/cards", &[html, ("cookie", &both)], "").status(), 200);
    let home = |cookie: &str| server.page("GET", "/", &[html, ("cookie", cookie)], "").into_body();
    assert!(home(&cookie).contains("<code>one</code>"));
    assert!(!home("").contains("<code>one</code>"));
    // Calls of programs never go by it.
    let headers = [("cookie", &*cookie), html];
    let (_, _, listed) = server.bytes("GET", "/sandbox/v1/namespaces", &headers);
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    assert_eq!(listed["here"], "default");
    let left = server.page("GET", "/ns/default/", &headers, "");
    assert_eq!((left.status().as_u16(), &left.headers()["location"]), (303, &"/".parse().unwrap()));
    assert!(left.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
}

#[test]
fn name_spaces_are_listed_bounded_removed_and_there_again_after_a_restart() {
    let settings = "[sandbox]\nnamespaces = 2";
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), settings);
    let one = made(&server, &json!({"name": "one"}));
    made(&server, &json!({"name": "two", "seed": 7}));
    one.merchant().authorized("1");
    one.advance_s(1000);
    for (body, status, words) in [
        (json!({"name": "three"}), 409, "DELETE one that nobody needs"),
        (json!({"name": "one"}), 409, "already"),
        (json!({"name": "default"}), 409, "already"),
        (json!({"name": "../up"}), 400, "name"),
        (json!({}), 400, "name"),
        (json!({"name": "x", "now": "never"}), 400, "now"),
        (json!({"name": "x", "rate": -1}), 400, "rate"),
        (json!({"name": "x", "life_s": 0}), 400, "life_s must be 1 to 31536000"),
        (json!({"name": "x", "life_s": 31_536_001}), 400, "life_s must be 1 to 31536000"),
        (json!({"name": "x", "life_s": "a week"}), 400, "life_s"),
    ] {
        let (found, answer) = server.post_json("/sandbox/v1/namespaces", &body);
        assert_eq!(found, status, "{body}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{body}: {answer}");
    }
    let server = server.restart_with(settings);
    let one = TestServer::beside(&format!("{}/ns/one", server.base));
    assert_eq!(stage(&one, "1"), "auth success");
    assert_eq!(one.get_json("/sandbox/v1/clock")["ahead_s"], 1000);
    let listed = one.get_json("/sandbox/v1/namespaces");
    assert_eq!(listed["here"], "one");
    let names: Vec<_> =
        listed["namespaces"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["default", "one", "two"]);
    assert_eq!(delete(&server, "/sandbox/v1/namespaces/one"), 204);
    assert_eq!(delete(&server, "/sandbox/v1/namespaces/one"), 404);
    assert_eq!(delete(&server, "/sandbox/v1/namespaces/default"), 409);
    assert!(!server.data().join("data/namespaces/one").exists());
    let gone = server.get_raw("/ns/one/sandbox/v1/clock");
    assert_eq!(gone.status(), 404);
    assert!(gone.body().contains("no name space"), "{}", gone.body());
    for path in ["/ns/one/", "/ns/one/me/cards", "/ns/one/cgi-bin/token"] {
        let page =
            server.page("GET", path, &[("Accept", "text/html"), ("Accept-Language", "en")], "");
        assert_eq!(page.status(), 404, "{path}");
        assert!(page.body().contains("There is no such name space"), "{path}: {}", page.body());
    }
    // Its name is free, and means a new one.
    let again = made(&server, &json!({"name": "one"}));
    assert_eq!(stage(&again, "1"), "never auth");
}

#[test]
fn production_has_no_name_spaces() {
    let server = TestServer::start_with("mode = \"production\"");
    for path in ["/ns/default/cgi-bin/token", "/sandbox/v1/namespaces", "/sandbox/v1/snapshots"] {
        assert_eq!(server.get_raw(path).status(), 404, "{path}");
    }
}

/// Whoever waits for something to happen there holds up no change: they are told that the wait was cut short.
#[test]
fn a_change_answers_those_who_wait_in_its_name_space() {
    let server = TestServer::start_embedded();
    let one = made(&server, &json!({"name": "one"}));
    std::thread::scope(|scope| {
        let path = "/sandbox/v1/wait?order_id=1&event=issued&timeout_s=120";
        let waiting = scope.spawn(|| one.get_raw(path));
        while !waiting.is_finished() {
            assert_eq!(one.post_raw("/sandbox/v1/reset", None, "").status(), 204);
        }
        let answer = waiting.join().unwrap();
        let words = "issued has not happened to 1 before the wait was cut short";
        assert!(answer.status() == 503 && answer.body().contains(words), "{}", answer.body());
    });
}

/// Whoever wants to change a name space that another one removes meanwhile finds it gone, and brings nothing of it back.
#[test]
fn of_several_who_remove_a_name_space_one_does_and_the_others_find_it_gone() {
    let server = TestServer::start_embedded();
    for _ in 0..5 {
        let one = made(&server, &json!({"name": "one"}));
        let statuses = std::thread::scope(|scope| {
            let removing = || delete(&server, "/sandbox/v1/namespaces/one");
            let resetting = || one.post_raw("/sandbox/v1/reset", None, "").status().as_u16();
            let removals = [scope.spawn(removing), scope.spawn(removing)];
            let reset = scope.spawn(resetting);
            let calls = scope.spawn(|| one.get_raw("/sandbox/v1/clock").status().as_u16());
            let removed = removals.map(|removal| removal.join().unwrap());
            (removed, reset.join().unwrap(), calls.join().unwrap())
        });
        let (mut removed, reset, called) = statuses;
        removed.sort_unstable();
        assert_eq!(removed, [204, 404]);
        assert!([204, 404].contains(&reset), "{reset}");
        assert!([200, 404].contains(&called), "{called}");
        assert!(!server.data().join("data/namespaces/one").exists());
    }
}

#[test]
fn a_name_space_that_could_not_be_opened_is_tried_again_when_it_is_called() {
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    made(&server, &json!({"name": "one"})).merchant().authorized("1");
    let key = server.data().join("data/namespaces/one/server.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, "no key").unwrap();
    let server = server.restart_with("");
    let one = TestServer::beside(&format!("{}/ns/one", server.base));
    assert_eq!(one.get_raw("/sandbox/v1/clock").status(), 503);
    let listed = server.get_json("/sandbox/v1/namespaces");
    assert!(
        listed["namespaces"][1]["problem"].as_str().unwrap().contains("server key"),
        "{listed}"
    );
    std::fs::write(&key, kept).unwrap();
    wait_until("it is opened again", || one.get_raw("/sandbox/v1/clock").status() == 200);
    assert_eq!(stage(&one, "1"), "auth success");
    assert_eq!(server.get_json("/sandbox/v1/namespaces")["namespaces"][1].get("problem"), None);
}

fn all(server: &TestServer) -> Vec<Value> {
    let listed = server.get_json("/sandbox/v1/namespaces");
    listed["namespaces"].as_array().unwrap().clone()
}

fn names(server: &TestServer) -> Vec<Value> {
    all(server).iter().map(|one| one["name"].clone()).collect()
}

fn listed(server: &TestServer, name: &str) -> Value {
    all(server).into_iter().find(|one| one["name"] == name).unwrap()
}

#[test]
fn a_name_space_that_was_made_for_a_while_is_removed_when_it_is_over() {
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    made(&server, &json!({"name": "stays"}));
    let long = made(&server, &json!({"name": "long", "life_s": 86_400}));
    let short = made(&server, &json!({"name": "short", "life_s": 1}));
    // It is real time: a clock that is moved ends nobody.
    long.advance_s(1_000_000);
    let [default, long, stays] = ["default", "long", "stays"].map(|name| listed(&server, name));
    let made_s = long["made"].as_i64().unwrap();
    assert!((unix_s() - 60..=unix_s()).contains(&made_s), "{long}");
    assert!(long["last_called"].as_i64().unwrap() >= made_s, "{long}");
    assert_eq!((&long["life_s"], stays.get("life_s")), (&json!(86_400), None));
    assert_eq!((default.get("made"), stays.get("last_called")), (None, None));
    assert!(default["last_called"].is_i64(), "{default}");
    wait_until("its life is over", || names(&server) == ["default", "long", "stays"]);
    assert_eq!(short.get_raw("/sandbox/v1/clock").status(), 404);
    let folder = server.data().join("data/namespaces");
    let left = || std::fs::read_dir(&folder).unwrap().count();
    wait_until("its folder is gone", || left() == 2);
    // One whose life ends while no server runs, and what a removal has left that was broken off.
    let description = folder.join("long/namespace.json");
    let mut text: Value = serde_json::from_slice(&std::fs::read(&description).unwrap()).unwrap();
    text["life_s"] = json!(1);
    std::fs::write(&description, text.to_string()).unwrap();
    let server = server.restart_after(
        |_| {
            std::fs::create_dir_all(folder.join(".gone-1/rest")).unwrap();
            let over = || made_s + 1 < unix_s();
            wait_until("its life is over", over);
        },
        "",
    );
    assert_eq!(names(&server), ["default", "stays"]);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

fn unix_s() -> i64 {
    SystemClock::default().real_now().unix_seconds()
}

/// Damages a name space's store, and starts the server on it.
fn restarted_on_damage(server: TestServer, damage: &[u8]) -> TestServer {
    let store = server.data().join("data/namespaces/one/kaipiao.sqlite3");
    let write = |_: &rusqlite::Connection| std::fs::write(&store, damage).unwrap();
    server.restart_after(write, "")
}

#[test]
fn a_name_space_that_cannot_be_opened_is_restored_and_reset_by_another_one() {
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    let one = made(&server, &json!({"name": "one"}));
    one.merchant().authorized("1");
    assert_eq!(one.post_json("/sandbox/v1/snapshots", &json!({"name": "base"})).0, 201);
    one.merchant().authorized("2");
    let server = restarted_on_damage(server, &[7; 65_536]);
    let at = "/sandbox/v1/namespaces/one";
    let one = TestServer::beside(&format!("{}/ns/one", server.base));
    let refused = one.get_raw("/sandbox/v1/clock");
    assert_eq!(refused.status(), 503);
    for what in [&format!("POST {at}/reset"), &format!("{at}/snapshots/{{snapshot}}/restore")] {
        assert!(refused.body().contains(what), "{what}: {}", refused.body());
    }
    let post = |path: &str, body: &str| server.post_raw(path, None, body).status().as_u16();
    assert_eq!(server.get_json(&format!("{at}/snapshots"))["snapshots"][0]["name"], "base");
    assert_eq!(post(&format!("{at}/snapshots/none/restore"), ""), 404);
    assert_eq!(post(&format!("{at}/snapshots/base/restore"), ""), 204);
    assert_eq!([stage(&one, "1"), stage(&one, "2")], ["auth success", "never auth"]);
    assert_eq!(server.get_json("/sandbox/v1/namespaces")["namespaces"][1].get("problem"), None);

    // What is left of a store may be nothing, and the key may be gone with it.
    let key = server.data().join("data/namespaces/one/server.key");
    std::fs::write(&key, "no key").unwrap();
    let server = restarted_on_damage(server, b"");
    let one = TestServer::beside(&format!("{}/ns/one", server.base));
    assert_eq!(one.get_raw("/sandbox/v1/clock").status(), 503);
    let (status, answer) = server.post_json(&format!("{at}/snapshots/base/restore"), &json!({}));
    assert_eq!(status, 409, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("put the server key back"), "{answer}");
    let (status, answer) = server.post_json(&format!("{at}/reset"), &json!({"appid": MERCHANT}));
    assert_eq!(status, 400, "{answer}");
    assert_eq!(server.post_raw(&format!("{at}/reset"), None, "{}").status(), 204);
    assert_eq!(stage(&one, "1"), "never auth");
    one.merchant().authorized("1");
    assert_eq!(server.post_raw("/sandbox/v1/namespaces/two/reset", None, "").status(), 404);
    // It is there again after a restart.
    let server = server.restart_with("");
    let one = TestServer::beside(&format!("{}/ns/one", server.base));
    assert_eq!(stage(&one, "1"), "auth success");
}

#[test]
fn name_spaces_share_the_memory_of_documents_and_an_ended_one_gives_its_own_back() {
    let server = TestServer::start_embedded();
    server.leaves_pushes();
    let one = made(&server, &json!({"name": "one"}));
    let kept = |server: &TestServer| -> u64 {
        let text = server.get_raw("/metrics").into_body();
        let mut lines = text.lines();
        let line = lines.find_map(|line| line.strip_prefix("kaipiao_document_cache_entries "));
        line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    };
    let pdf = |of: &TestServer| {
        let url = of.merchant().issued("1", "1")["pdfurl"].as_str().unwrap().to_owned();
        assert!(of.get_raw_bytes(&url).starts_with(b"%PDF"));
        url
    };
    let url = pdf(&one);
    pdf(&server);
    assert_eq!((kept(&server), kept(&one)), (2, 2));
    assert_eq!(one.post_raw("/sandbox/v1/reset", None, "").status(), 204);
    wait_until("what was reset is forgotten", || kept(&server) == 1);
    assert_eq!(server.get_raw(&server.path_of(&url)).status(), 404);
    pdf(&one);
    assert_eq!(kept(&server), 2);
    assert_eq!(delete(&server, "/sandbox/v1/namespaces/one"), 204);
    wait_until("what was removed is forgotten", || kept(&server) == 1);
}
