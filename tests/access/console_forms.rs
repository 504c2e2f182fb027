//! Every form of the console, sent by whoever must not: without a token, and by a developer of other accounts.

use super::console::{PASSWORD, add, get, post, production, session};
use kaipiao_tests::{MERCHANT, PLATFORM, TestServer};
use serde_json::json;

/// Every route that takes a POST behind the login, with what it is sent, and whether it is of another's (true) or for
/// operators alone; logging out and one's own password are everybody's.
fn forms() -> Vec<(String, &'static str)> {
    let other = PLATFORM;
    let account = |what: &str| format!("/console/accounts/{other}/{what}");
    vec![
        (account("secret"), ""),
        (account("contact"), "phone=1&time_out=1"),
        (account("pay"), "mchid=1900000109&s_pappid=x"),
        (account("callback"), "remove=1"),
        (account("test-push"), ""),
        (account("fields"), "company.title=hidden"),
        (format!("/console/invoices/offset?appid={other}&serial=1"), "sure=1"),
        ("/console/pushes/replay".to_owned(), "appid=wx6b61697069616f32&hours=1"),
        (format!("/console/pushes/{other}-1/replay"), ""),
        ("/console/pushes/1900000109-1/replay".to_owned(), ""),
        ("/console/jobs/1/run".to_owned(), ""),
        ("/console/users".to_owned(), "name=eve&role=operator"),
        ("/console/users/amy".to_owned(), "role=developer&accounts=wx6b61697069616f31&disabled=1"),
        ("/console/users/amy/password".to_owned(), ""),
        ("/console/users/amy/remove".to_owned(), ""),
    ]
}

#[test]
fn no_form_is_taken_without_its_token_and_none_of_a_developer_touches_what_is_not_theirs() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    add(&server, "dev", json!({"role": "developer", "accounts": [MERCHANT], "password": PASSWORD}));
    let (amy, dev) = (session(&server, "amy"), session(&server, "dev"));
    let state = || {
        ["accounts", "console-users", "pushes", "jobs", "pay-merchants"].map(|listing| {
            let (status, answer) = server.admin("GET", listing, &json!({}));
            assert_eq!(status, 200, "{listing}: {answer}");
            answer
        })
    };
    let before = state();
    for (path, body) in forms() {
        for (who, cookie) in [("an operator", &amy), ("a developer", &dev)] {
            for token in ["", "form_token=x&"] {
                let sent =
                    server.page("POST", &path, &[("cookie", cookie)], &format!("{token}{body}"));
                assert_eq!(sent.status(), 403, "{path} of {who} without a token");
            }
        }
        assert_eq!(server.page("POST", &path, &[], body).status(), 303, "{path} of nobody");
        assert_eq!(post(&server, &path, &dev, body).status(), 404, "{path} of a developer");
        assert_eq!(state(), before, "{path} changed something");
    }
    for path in ["/console/password", "/console/logout"] {
        assert_eq!(server.page("POST", path, &[("cookie", &dev)], "").status(), 403, "{path}");
    }
    // A developer has no receiver that is all.
    assert_eq!(post(&server, "/console/pushes/replay", &dev, "appid=&hours=1").status(), 404);
    for (path, status) in [
        ("/console/users", 404),
        ("/console/users/amy", 404),
        (&*format!("/console/accounts/{PLATFORM}"), 404),
        (&*format!("/console/orders?appid={PLATFORM}"), 404),
        (&*format!("/console/requests?appid={PLATFORM}"), 404),
        (&*format!("/console/pushes?appid={PLATFORM}"), 404),
        ("/console/pushes?appid=1900000109", 404),
        ("/console/payments?mchid=1900000109", 404),
        (&*format!("/console/jobs?appid={PLATFORM}"), 404),
        (&*format!("/console/numbers?appid={PLATFORM}"), 404),
        ("/console/errors", 200),
        ("/console", 200),
    ] {
        assert_eq!(get(&server, path, &dev).status(), status, "{path}");
    }
}

/// The table above has every route of the router that takes a POST.
#[test]
fn every_form_is_in_the_table() {
    let router = include_str!("../../crates/console/src/router.rs");
    let (everybodys, sandboxs) = router.split_once("fn sandbox_pages()").unwrap();
    // The login, one's own password, logging out, what is nowhere, and a user's answer, which a sandbox alone takes, are not
    // in it; two pushes are of one route.
    assert_eq!(everybodys.matches("post(").count(), forms().len() - 1 + 5);
    assert_eq!(sandboxs.matches("post(").count(), SANDBOX_FORMS.len());
}

/// The forms that a sandbox alone has.
const SANDBOX_FORMS: [&str; 10] = [
    "/console/sandbox/clock",
    "/console/sandbox/snapshots",
    "/console/sandbox/snapshots/one/restore",
    "/console/sandbox/snapshots/one/remove",
    "/console/sandbox/reset",
    "/console/sandbox/spaces",
    "/console/sandbox/spaces/one/remove",
    "/console/payments/pay",
    "/console/faults",
    "/console/faults/forget",
];

#[test]
fn a_sandboxs_forms_want_their_token_and_a_production_has_none_of_them() {
    let sandbox = TestServer::start();
    let (production, _files) = production("");
    add(&production, "amy", json!({"role": "operator", "password": PASSWORD}));
    let amy = session(&production, "amy");
    for path in SANDBOX_FORMS {
        assert_eq!(sandbox.page("POST", path, &[], "advance_s=60").status(), 403, "{path}");
        assert_eq!(post(&production, path, &amy, "").status(), 404, "{path}");
    }
}
