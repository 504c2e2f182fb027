//! The sandbox's controls in the console.

use crate::sandbox::name_spaces::{made, stage};
use kaipiao_tests::pay_client::PayClient;
use kaipiao_tests::{MERCHANT, OTHER_USER, TestServer, USER, form_token};
use serde_json::{Value, json};

type Answer = ureq::http::Response<String>;

/// A browser, and the name space that its pages are in.
struct Console<'a> {
    server: &'a TestServer,
    cookie: String,
}

impl<'a> Console<'a> {
    fn of(server: &'a TestServer) -> Self {
        Self { server, cookie: String::new() }
    }

    fn within(server: &'a TestServer, name: &str) -> Self {
        Self { server, cookie: format!("kaipiao_name_space={name}") }
    }

    fn get(&self, path: &str) -> Answer {
        let headers = [("cookie", &*self.cookie), ("accept-language", "en")];
        self.server.page("GET", path, &headers, "")
    }

    fn text(&self, path: &str) -> String {
        let page = self.get(path);
        assert_eq!(page.status(), 200, "{path}: {}", page.body());
        page.into_body()
    }

    fn post_with(&self, token: &str, path: &str, form: &str) -> Answer {
        let headers = [("cookie", &*self.cookie), ("accept-language", "en")];
        self.server.page("POST", path, &headers, &format!("form_token={token}&{form}"))
    }

    fn post(&self, path: &str, form: &str) -> Answer {
        self.post_with(&form_token(&self.text("/console/faults")), path, form)
    }

    /// Sends a form, and goes where that leads.
    fn done(&self, path: &str, form: &str) -> String {
        let answer = self.post(path, form);
        assert_eq!(answer.status(), 303, "{path} {form}: {}", answer.body());
        self.text(answer.headers()["location"].to_str().unwrap())
    }

    /// Sends a form that is refused in these words.
    fn refused(&self, path: &str, form: &str, status: u16, words: &str) {
        let answer = self.post(path, form);
        assert_eq!(answer.status(), status, "{path} {form}: {}", answer.body());
        assert!(answer.body().contains(words), "{path} {form}: {words}: {}", answer.body());
    }
}

#[test]
fn the_clock_is_moved_stopped_and_scaled_in_the_console() {
    let server = TestServer::start();
    let console = Console::of(&server);
    assert!(console.text("/console/sandbox").contains("as real time"));
    let path = "/console/sandbox/clock";
    let clock = || server.get_json("/sandbox/v1/clock");
    let moved = console.done(path, "advance_s=86400");
    assert!(moved.contains("The clock is changed.") && moved.contains("ahead of real time by"));
    assert_eq!(clock()["ahead_s"], 86400);
    console.done(path, "stopped=true");
    assert_eq!(clock()["rate"], 0.0);
    // A field of a date and a time is China's.
    let set = console.done(path, "set=2040-01-01T08:00:07");
    assert!(set.contains("2040-01-01 08:00:07") && set.contains("stands still"), "{set}");
    assert_eq!(clock()["now"], 2_208_988_807_u64);
    assert!(console.done(path, "rate=0.5").contains("goes at 0.5 ×"));
    console.done(path, "stopped=false");
    assert_eq!(clock()["rate"], 1.0);
    for (form, words) in [
        ("set=2020-01-01T08:00", "it only goes forward"),
        ("set=tomorrow", "set must be a moment"),
        ("advance_s=-1", "must not be negative"),
        ("advance_s=an+hour", "advance_s must be a whole number, not &#34;an hour&#34;"),
        ("rate=86401", "rate must be 0 to 86400"),
        ("", "give advance_s, set, rate or stopped"),
    ] {
        console.refused(path, form, 422, words);
    }
    // What was typed is still there.
    assert!(console.post(path, "rate=fast").body().contains("value=\"fast\""));
}

#[test]
fn snapshots_are_saved_restored_and_removed_and_a_reset_empties_in_the_console() {
    let server = TestServer::start_embedded();
    let one = made(&server, &json!({"name": "one"}));
    for (own, console) in [(&server, Console::of(&server)), (&one, Console::within(&server, "one"))]
    {
        own.leaves_pushes();
        own.merchant().authorized("1");
        let saved = console.done("/console/sandbox/snapshots", "snapshot=base");
        assert!(saved.contains("The snapshot is saved.") && saved.contains("Restore base"));
        own.merchant().authorized("2");
        own.advance_s(100_000);
        let restored = console.done("/console/sandbox/snapshots/base/restore", "");
        assert!(restored.contains("the clock goes on from there"), "{restored}");
        assert_eq!((&*stage(own, "1"), &*stage(own, "2")), ("auth success", "never auth"));
        assert!(own.get_json("/sandbox/v1/clock")["ahead_s"].as_i64().unwrap() < 100);
        let reset = console.done("/console/sandbox/reset", "");
        assert!(reset.contains("as at the first start"), "{reset}");
        assert!(reset.contains("Restore base"), "a reset leaves the snapshots");
        assert_eq!(stage(own, "1"), "never auth");
        own.merchant().authorized("3");
        let account = console.done("/console/sandbox/reset", &format!("appid={MERCHANT}"));
        assert!(account.contains("The account is as it was made."), "{account}");
        assert_eq!(stage(own, "3"), "never auth");
        console.refused("/console/sandbox/reset", "appid=wx0", 404, "there is no account");
        let removed = console.done("/console/sandbox/snapshots/base/remove", "");
        assert!(removed.contains("The snapshot is removed.") && !removed.contains("Restore base"));
    }
    let console = Console::of(&server);
    console.refused("/console/sandbox/snapshots", "snapshot=A+b", 422, "1 to 32 of a-z");
    console.refused("/console/sandbox/snapshots/base/restore", "", 404, "no snapshot");
    console.refused("/console/sandbox/snapshots/a%2Fb/restore", "", 404, "nothing here");
}

#[test]
fn name_spaces_are_made_entered_and_removed_in_the_console() {
    let server = TestServer::start_with("[sandbox]\nnamespaces = 2");
    let console = Console::of(&server);
    let spaces = "/console/sandbox/spaces";
    let listed = console.done(spaces, "space=one&seed=7&now=2030-01-01T09:00");
    for words in ["The name space is made.", "href=\"/ns/one/console/sandbox\"", "<code>7</code>"] {
        assert!(listed.contains(words), "{words}: {listed}");
    }
    let one = TestServer::beside(&format!("{}/ns/one", server.base));
    assert_eq!(one.get_json("/sandbox/v1/clock")["now"], 1_893_459_600_u64);
    // What is here has its own addresses, and a cookie's name space is left by the prefix.
    assert!(listed.contains("href=\"/\">Open its home page"), "{listed}");
    assert!(
        Console::within(&server, "one").text("/console/sandbox").contains("href=\"/ns/default/\"")
    );
    let listed = console.done(spaces, "space=two&seed=7&life_s=3600");
    assert_eq!(listed.matches("Removed by itself").count(), 1, "{listed}");
    assert_eq!((listed.matches("<dt>Made").count(), listed.matches("Last called").count()), (2, 2));
    for (form, status, words) in [
        ("space=one", 409, "already"),
        ("space=three", 409, "sandbox.namespaces"),
        ("space=a/b", 422, "1 to 32 of a-z"),
        ("space=", 422, "name is empty"),
        ("space=x&now=soon", 422, "now must be a moment"),
        ("space=x&life_s=0", 422, "life_s must be 1 to 31536000"),
    ] {
        console.refused(spaces, form, status, words);
    }
    // Every page says where one is; the default name space needs no word.
    let within = Console::within(&server, "one");
    for path in ["/console/sandbox", "/console/faults", "/console/orders", "/console/login"] {
        assert!(within.text(path).contains("<strong>one</strong>"), "{path}");
        assert!(!console.text(path).contains("class=\"space\""), "{path}");
    }
    // A page that was opened in one acts on no other, though one seed gives both the same keys.
    let token = form_token(&within.text("/console/faults"));
    let two = Console::within(&server, "two");
    assert_eq!(two.post_with(&token, "/console/sandbox/reset", "").status(), 403);
    assert_eq!(within.post_with(&token, "/console/sandbox/clock", "stopped=true").status(), 303);
    // Whoever removes the one that they are in is led out of it.
    let removed = within.post("/console/sandbox/spaces/one/remove", "");
    assert_eq!(removed.status(), 303);
    assert_eq!(removed.headers()["location"], "/ns/default/console/sandbox?said=removed");
    let listed = console.text("/console/sandbox?said=removed");
    assert!(listed.contains("The name space is removed.") && !listed.contains("/ns/one/"));
    console.refused("/console/sandbox/spaces/one/remove", "", 404, "no name space");
    console.refused("/console/sandbox/spaces/default/remove", "", 409, "stays");
}

#[test]
fn a_name_space_that_cannot_be_opened_is_restored_and_reset_in_the_console() {
    let mut server = TestServer::start_on(tempfile::tempdir().unwrap(), "");
    let one = made(&server, &json!({"name": "one"}));
    assert_eq!(one.post_json("/sandbox/v1/snapshots", &json!({"name": "base"})).0, 201);
    let store = server.data().join("data/namespaces/one/kaipiao.sqlite3");
    for (form, button) in [("restore", "Restore base"), ("reset", "Reset one")] {
        let damage =
            |_: &rusqlite::Connection| std::fs::write(&store, "no database at all").unwrap();
        server = server.restart_after(damage, "");
        let console = Console::of(&server);
        let listed = console.text("/console/sandbox");
        assert!(listed.contains("Can&#39;t be opened") && listed.contains(button), "{listed}");
        let mended = console.done(&format!("/console/sandbox/spaces/one/{form}"), "snapshot=base");
        assert!(!mended.contains("be opened</span>") && !mended.contains(button), "{mended}");
        let one = TestServer::beside(&format!("{}/ns/one", server.base));
        assert_eq!(stage(&one, "1"), "never auth");
    }
}

#[test]
fn where_files_lie_elsewhere_the_console_offers_neither_snapshots_nor_reset() {
    let files = tempfile::tempdir().unwrap();
    let server = TestServer::start_on(
        tempfile::tempdir().unwrap(),
        &format!("[files]\ndirectory = {:?}", files.path()),
    );
    let console = Console::of(&server);
    let page = console.text("/console/sandbox");
    assert!(page.contains("files.directory is set") && page.contains("Make a name space"));
    assert!(!page.contains("Save") && !page.contains("Reset"), "{page}");
    console.refused("/console/sandbox/reset", "", 409, "files.directory is set");
    console.refused("/console/sandbox/snapshots", "snapshot=a", 409, "files.directory is set");
}

#[test]
fn faults_are_planned_listed_and_removed_in_the_console() {
    let server = TestServer::start();
    let console = Console::of(&server);
    let path = "/console/faults";
    let planned = || server.get_json("/sandbox/v1/faults")["faults"].clone();
    let call = "kind=call&path=/card/invoice/getauthurl";
    for (form, expected, words) in [
        (
            format!("{call}&effect=errcode&errcode=72036&delay_ms=5&percent=25&appid={MERCHANT}"),
            json!({"target": "/card/invoice/getauthurl", "errcode": 72036, "percent": 25, "appid": MERCHANT, "left": null}),
            "/card/invoice/getauthurl: refused with 72036",
        ),
        (
            format!("{call}&effect=delay_ms&delay_ms=9&n=3"),
            json!({"target": "/card/invoice/getauthurl", "delay_ms": 9, "left": 3}),
            "late by 9 ms",
        ),
        (
            "kind=call&path=/pay/orderquery&effect=errcode&errcode=SYSTEMERROR".to_owned(),
            json!({"target": "/pay/orderquery", "errcode": "SYSTEMERROR", "left": 1}),
            "refused with SYSTEMERROR",
        ),
        (
            "kind=token&effect=drop%3Dafter".to_owned(),
            json!({"target": "token", "drop": "after", "left": 1}),
            "the answer is lost after the work",
        ),
        (
            "kind=quota&path=".to_owned(),
            json!({"target": "quota", "errcode": 45009, "left": null}),
            "Every quota",
        ),
        (
            "kind=quota&path=/card/invoice/getauthurl&n=2".to_owned(),
            json!({"target": "quota", "path": "/card/invoice/getauthurl", "errcode": 45009, "left": 2}),
            "Quota of /card/invoice/getauthurl",
        ),
        (
            "kind=platform&effect=drop%3Dbefore".to_owned(),
            json!({"target": "platform", "drop": "before", "left": 1}),
            "the connection ends before the work",
        ),
        (
            "kind=issuer&effect=errcode%3D73105".to_owned(),
            json!({"target": "issuer", "errcode": 73105, "left": 1}),
            "was silent (73105)",
        ),
        (
            "kind=document&effect=wrong%3Dtrue".to_owned(),
            json!({"target": "document", "wrong": true, "left": 1}),
            "is another one",
        ),
        (
            "kind=push&effect=reorder%3Dtrue&within_ms=700".to_owned(),
            json!({"target": "push", "reorder": true, "within_ms": 700, "left": 1}),
            "after the next push, within 700 ms",
        ),
    ] {
        let page = console.done(path, &form);
        assert!(page.contains("The fault is planned.") && page.contains(words), "{words}: {page}");
        let mut newest = planned().as_array().unwrap().last().unwrap().clone();
        newest.as_object_mut().unwrap().remove("id");
        assert_eq!(newest, expected, "{form}");
    }
    for (form, words) in [
        (&*format!("{call}&effect=errcode&errcode=1"), "errcode must be one of"),
        (&*format!("{call}&effect=errcode&errcode="), "give one of errcode"),
        (&*format!("{call}&effect=delay_ms&delay_ms=300001"), "delay_ms (1 to 300000)"),
        (&*format!("{call}&effect=lose%3Dtrue"), "give one of errcode"),
        ("kind=call&path=/nowhere&effect=drop%3Dafter", "target must be"),
        ("kind=push&effect=lose%3Dtrue&n=0", "n must be 1 to 10000, not 0"),
        ("kind=push&effect=lose%3Dtrue&n=10001", "n must be 0 to 10000"),
        ("kind=push&effect=lose%3Dtrue&percent=101", "percent must be 1 to 100"),
        ("kind=push&effect=lose%3Dtrue&appid=wx0", "is no account"),
    ] {
        console.refused(path, form, 422, words);
    }
    let count = |planned: &Value| planned.as_array().unwrap().len();
    let id = planned()[0]["id"].clone();
    assert!(console.done("/console/faults/forget", &format!("id={id}")).contains("is removed"));
    assert_eq!(count(&planned()), 9);
    assert!(console.done("/console/faults/forget", "").contains("All plans are removed."));
    assert_eq!(count(&planned()), 0);
    // What has struck is told.
    console.done(path, &format!("{call}&effect=errcode&errcode=72036"));
    let token = server.token(MERCHANT);
    let answer = server.post(&format!("/card/invoice/getauthurl?access_token={token}"), &json!({}));
    assert_eq!(answer["errcode"], 72036);
    let page = console.text(path);
    assert!(page.contains("Nothing is planned") && page.contains("refused with 72036"), "{page}");
}

#[test]
fn an_order_is_answered_and_a_payment_made_as_a_user_in_the_console() {
    let server = TestServer::start();
    let console = Console::of(&server);
    server.leaves_pushes();
    let client = server.merchant();
    client.set_contact();
    client.auth_url("1", 1);
    let order = format!("/console/orders/order?appid={MERCHANT}&order_id=1");
    assert!(console.text(&order).contains("Answer as a user"));
    console.refused(&order, "user=nobody&decision=authorize", 409, "no user has the id");
    let declined = console.done(&order, &format!("user={OTHER_USER}&decision=decline"));
    assert!(declined.contains("The user has declined.") && declined.contains("Answer as a user"));
    let authorized = console.done(&order, &format!("user={USER}&decision=authorize"));
    assert!(authorized.contains("The user has authorized it."));
    assert!(!authorized.contains("Answer as a user"), "{authorized}");
    assert_eq!(stage(&server, "1"), "auth success");
    console.refused(&order, &format!("user={OTHER_USER}&decision=authorize"), 409, "authorized");

    let pay = PayClient::new(&server);
    pay.order("pay-001", &[]);
    let listed = console.text("/console/payments");
    let address = "/console/payments/pay?mchid=1900000109&out_trade_no=pay-001";
    assert!(listed.contains(&address.replace('&', "&#38;")), "{listed}");
    assert!(console.text(address).contains("Pay as a user"));
    console.refused(address, "user=nobody", 409, "no user has the id");
    assert!(console.done(address, &format!("user={USER}")).contains("The user has paid."));
    assert_eq!(pay.trade_state("pay-001"), "SUCCESS");
    assert_eq!(console.get(address).status(), 303, "it is paid");
    console.refused(address, &format!("user={USER}"), 409, "paid");
    assert_eq!(console.get("/console/payments/pay?mchid=1&out_trade_no=x").status(), 404);
}
