//! The kit of section 4 (clients/ios), and an app that calls it as the section's sample does.

use crate::phone::{self, TITLE, VARIABLE};
use kaipiao_tests::{MERCHANT, MOBILE_APP, OTHER_USER, TestServer, USER, element};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// Where the kit's programs are, which `make` has built.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/ios");
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ios");
    let mut make = Command::new("make");
    make.arg("-C").arg(kit).arg(format!("BUILD={}", built.display()));
    let made = make.output().expect("make is installed: cargo xtask test does it");
    assert!(made.status.success(), "{}", shown(&made));
    built
});

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// An app on a phone: what it has printed, by name (clients/ios/Tests/phone_app.m).
struct App(Vec<(String, String)>);

impl App {
    fn run(phone: &str, arguments: &[&str]) -> Self {
        let mut app = Command::new(BUILT.join("phone_app"));
        let output = app.args(arguments).env(VARIABLE, phone).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", shown(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().map(|line| line.split_once(": ").expect("a name and a value"));
        Self(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no {name} in {:?}", self.0), |(_, value)| value)
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The phone's answer: its status and its text.
fn asked(phone: &str, target: &str) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.build().into();
    let mut answer = agent.get(format!("{phone}{target}")).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

#[test]
fn requests_and_links_are_read_as_they_should() {
    let output = Command::new(BUILT.join("links")).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
}

#[test]
fn an_ios_app_is_told_what_its_user_has_decided() {
    let server = TestServer::start();
    phone::beside(&server, |phone| {
        for (order, tap, err_code, status, event) in [
            ("type=1", "authorize", 0, "auth success", Some("SuccOrderId")),
            ("type=2", "authorize", 0, "auth success", Some("SuccOrderId")),
            ("type=0", "decline", -4, "never auth", Some("FailOrderId")),
            ("type=1", "leave", -2, "never auth", None),
            // Another user has authorized it, so this one cannot.
            ("type=0&taken=1", "leave", -1, "auth success", Some("SuccOrderId")),
        ] {
            let app = App::run(phone, &["back", order, tap]);
            let order_id = app.get("order");
            assert_eq!(app.get("message"), format!("errcode: {err_code} orderid:{order_id}"));
            assert_eq!(app.get("status"), status, "{order} {tap}");
            let (found, pushed) = asked(phone, &format!("/push?order_id={}", encoded(order_id)));
            assert_eq!(found, if event.is_some() { 200 } else { 404 }, "{order} {tap}: {pushed}");
            if let Some(event) = event {
                assert_eq!(element(&pushed, event).as_deref(), Some(order_id));
                let user = if order.contains("taken") { OTHER_USER } else { USER };
                let openid = server.openid(user, MERCHANT);
                assert_eq!(element(&pushed, "FromUserName"), Some(openid));
                assert_eq!(element(&pushed, "AuthorizeAppId").as_deref(), Some(MOBILE_APP));
            }
            if (order, tap) == ("type=1", "authorize") {
                let known = server.client(MOBILE_APP).status(order_id);
                assert_eq!(known["user_auth_info"]["biz_field"]["title"], TITLE, "{known}");
            }
        }
    });
}

#[test]
fn an_ios_app_that_is_told_nothing_asks_its_backend() {
    let server = TestServer::start();
    phone::beside(&server, |phone| {
        let lost = App::run(phone, &["lost", "type=1", "authorize"]);
        assert_eq!(lost.get("message"), "(null)");
        assert_eq!(lost.get("status"), "auth success");
        let closed = App::run(phone, &["closed", "type=1", "leave"]);
        let order_id = closed.get("order");
        assert_eq!(closed.get("message"), format!("errcode: -2 orderid:{order_id}"));
        assert_eq!(closed.get("status"), "never auth");
    });
}

#[test]
fn an_ios_app_is_given_the_invoices_that_its_user_chooses() {
    let server = TestServer::start();
    phone::beside(&server, |phone| {
        let chosen = App::run(phone, &["choose", "choose"]);
        assert_eq!(chosen.get("errcode"), "0");
        assert_eq!(chosen.get("appid"), MERCHANT);
        assert_eq!(chosen.get("invoice"), "issued-1");
        let cancelled = App::run(phone, &["choose", "cancel"]);
        assert_eq!(cancelled.get("errcode"), "-2");
        assert_eq!(cancelled.0.len(), 2, "{:?}", cancelled.0);
        // It is opened with a wrong signature: nothing else can be done there.
        let refused = App::run(phone, &["choose", "leave"]);
        assert_eq!(refused.get("errcode"), "-1");
        assert!(refused.get("errstr").contains("invalid signature"), "{:?}", refused.0);
    });
}

#[test]
fn a_phone_says_what_cannot_be_tapped() {
    let server = TestServer::start();
    phone::beside(&server, |phone| {
        let (status, order) = asked(phone, "/auth_url?type=0&taken=1");
        assert_eq!(status, 200, "{order}");
        let order: Value = serde_json::from_str(&order).unwrap();
        let url = encoded(order["auth_url"].as_str().unwrap());
        for (target, status, words) in [
            ("/auth_url?type=3".to_owned(), 400, "type must be 0, 1 or 2"),
            (format!("/open?url={url}&tap=authorize"), 409, "已由其他用户授权"),
            (format!("/open?url={url}&tap=sing"), 409, "sing"),
            ("/open?url=https%3A%2F%2Fexample.com&tap=leave".to_owned(), 400, "must begin with"),
            ("/push?order_id=1".to_owned(), 404, "no event"),
            ("/nothing".to_owned(), 404, "/nothing"),
        ] {
            let (seen, text) = asked(phone, &target);
            assert!(seen == status && text.contains(words), "{target}: {seen} {text}");
        }
    });
}
