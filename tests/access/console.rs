//! The console: who gets in, what they see, and what they change.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kaipiao_tests::{
    ADMIN, AES_KEY, MERCHANT, MOBILE_APP, PLATFORM, Receiver, TestServer, USER, element, form_token,
};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

pub(super) const PASSWORD: &str = "correct horse battery";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(super) type Answer = ureq::http::Response<String>;

/// A production server with an admin token, two accounts, and what else the settings say.
pub(super) fn production(more: &str) -> (TestServer, TempDir) {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (admin, secret) = (write("admin", ADMIN), write("sso", SECRET));
    let more = more.replace("{secret}", &secret);
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\npublic_base_url = \"https://invoices.example\"\n\
         admin_token_file = {admin:?}\n{more}"
    ));
    for appid in [MERCHANT, PLATFORM] {
        let role = if appid == MERCHANT { "merchant" } else { "platform" };
        let (status, _) = server.admin("PUT", &format!("accounts/{appid}"), &json!({"role": role}));
        assert_eq!(status, 201);
    }
    (server, files)
}

pub(super) fn add(server: &TestServer, name: &str, body: Value) {
    let (status, said) = server.admin("PUT", &format!("console-users/{name}"), &body);
    assert_eq!(status, 201, "{said}");
    assert!(!said.to_string().contains("argon2"), "{said}");
}

/// What a browser sends back of the cookies that it was given.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers().get_all("set-cookie").iter();
    let pairs: Vec<_> = set.map(|one| one.to_str().unwrap().split(';').next().unwrap()).collect();
    pairs.join("; ")
}

fn log_in(server: &TestServer, name: &str, password: &str) -> Answer {
    let form = server.page("GET", "/console/login", &[], "");
    let token = form_token(form.body());
    let encoded = |text: &str| text.replace(' ', "+");
    let body = format!(
        "form_token={token}&name={name}&password={}&next=/console/accounts",
        encoded(password)
    );
    server.page("POST", "/console/login", &[("cookie", &cookies(&form))], &body)
}

pub(super) fn session(server: &TestServer, name: &str) -> String {
    let entered = log_in(server, name, PASSWORD);
    assert_eq!(entered.status(), 303, "{}", entered.body());
    assert_eq!(entered.headers()["location"], "/console/accounts");
    let set = entered.headers()["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "__Host-", "Max-Age=43200"] {
        assert!(set.contains(part), "{set}");
    }
    cookies(&entered)
}

pub(super) fn get(server: &TestServer, path: &str, cookie: &str) -> Answer {
    server.page("GET", path, &[("cookie", cookie), ("accept-language", "en")], "")
}

#[test]
fn in_production_nobody_is_let_in_but_by_their_password() {
    let (server, _files) = production("");
    let asked = server.page("GET", "/console/accounts?after=a", &[], "");
    assert_eq!(asked.status(), 303);
    assert_eq!(
        asked.headers()["location"],
        "/console/login?next=%2Fconsole%2Faccounts%3Fafter%3Da"
    );
    for path in ["/console", "/console/nothing", "/console/accounts/wx6b61697069616f31/fields"] {
        assert_eq!(server.page("GET", path, &[], "").status(), 303, "{path}");
        assert_eq!(
            server.page("GET", path, &[("cookie", "__Host-kaipiao_console=a.b")], "").status(),
            303
        );
    }
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    for (name, password) in [("amy", "wrong"), ("nobody", PASSWORD), ("", ""), ("a/b", PASSWORD)] {
        let refused = log_in(&server, name, password);
        assert_eq!(refused.status(), 401, "{name}");
        assert!(refused.body().contains("用户名或密码不正确"), "{}", refused.body());
    }
    let amy = session(&server, "amy");
    let accounts = get(&server, "/console/accounts", &amy);
    assert!(accounts.body().contains(MERCHANT) && accounts.body().contains(PLATFORM));
    assert!(get(&server, "/console", &amy).body().contains("Overview"));
    assert!(get(&server, "/console/users", &amy).body().contains("amy"));
    let platforms = get(&server, "/console/accounts?role=platform", &amy);
    assert!(!platforms.body().contains(MERCHANT) && platforms.body().contains(PLATFORM));
    assert_eq!(get(&server, "/console/nothing", &amy).status(), 404);
    assert_eq!(get(&server, "/console/accounts/%ff", &amy).status(), 404);

    // A change of the user ends what they have, and so does logging out.
    server.admin("PUT", "console-users/amy", &json!({"password": PASSWORD}));
    assert_eq!(get(&server, "/console/accounts", &amy).status(), 303);
    let amy = session(&server, "amy");
    let token = form_token(get(&server, "/console/accounts", &amy).body());
    let left =
        server.page("POST", "/console/logout", &[("cookie", &amy)], &format!("form_token={token}"));
    assert_eq!(left.status(), 303);
    assert_eq!(get(&server, "/console/accounts", &amy).status(), 303, "a kept cookie is of no use");
    let amy = session(&server, "amy");
    server.admin("PUT", "console-users/amy", &json!({"disabled": true}));
    assert_eq!(get(&server, "/console/accounts", &amy).status(), 303);
    assert_eq!(log_in(&server, "amy", PASSWORD).status(), 401);
    let (status, _) = server.admin("DELETE", "console-users/amy", &json!({}));
    assert_eq!(status, 204);
    assert_eq!(server.admin("DELETE", "console-users/amy", &json!({})).0, 404);

    // Who is added by the same name is somebody else.
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let amy = session(&server, "amy");
    assert_eq!(get(&server, "/console/accounts", &amy).status(), 200);
    assert_eq!(server.admin("DELETE", "console-users/amy", &json!({})).0, 204);
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let old = get(&server, "/console/accounts", &amy);
    assert_eq!(old.status(), 303);
    assert!(old.headers()["location"].to_str().unwrap().starts_with("/console/login"));
}

#[test]
fn attempts_are_limited_and_a_right_password_is_of_no_use_then() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    add(&server, "bo", json!({"role": "operator", "password": PASSWORD}));
    for _ in 0..10 {
        assert_eq!(log_in(&server, "amy", "wrong").status(), 401);
    }
    assert_eq!(log_in(&server, "amy", PASSWORD).status(), 429);
    session(&server, "bo");
}

#[test]
fn a_form_that_was_made_for_another_or_comes_from_elsewhere_changes_nothing() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    add(&server, "bo", json!({"role": "operator", "password": PASSWORD}));
    let (amy, bo) = (session(&server, "amy"), session(&server, "bo"));
    let path = format!("/console/accounts/{MERCHANT}/contact");
    let bos = form_token(get(&server, "/console/accounts", &bo).body());
    let amys = form_token(get(&server, "/console/accounts", &amy).body());
    for token in ["", "x", &bos] {
        let body = format!("form_token={token}&phone=1&time_out=1");
        assert_eq!(server.page("POST", &path, &[("cookie", &amy)], &body).status(), 403);
    }
    let body = format!("form_token={amys}&phone=1&time_out=1");
    let foreign = [("cookie", &*amy), ("origin", "https://evil.example")];
    assert_eq!(server.page("POST", &path, &foreign, &body).status(), 403);
    assert_eq!(server.page("POST", &path, &[("cookie", &amy)], &body).status(), 303);
    // A login's form is tied to its browser.
    let body = format!("form_token={amys}&name=amy&password=x");
    assert_eq!(server.page("POST", "/console/login", &[], &body).status(), 403);
}

#[test]
fn a_developer_sees_and_changes_their_accounts_alone() {
    let (server, _files) = production("");
    let developer = json!({"role": "developer", "accounts": [MERCHANT], "password": PASSWORD});
    add(&server, "dev", developer);
    let dev = session(&server, "dev");
    let accounts = get(&server, "/console/accounts", &dev);
    assert!(accounts.body().contains(MERCHANT) && !accounts.body().contains(PLATFORM));
    assert_eq!(get(&server, "/console", &dev).status(), 200);
    let other = get(&server, &format!("/console/accounts?appid={PLATFORM}"), &dev);
    assert!(other.body().contains("There are no accounts"), "{}", other.body());
    assert_eq!(get(&server, "/console/users", &dev).status(), 404);
    let token = form_token(accounts.body());
    for (appid, expected) in [(MERCHANT, 200), (PLATFORM, 404), (MOBILE_APP, 404)] {
        let path = format!("/console/accounts/{appid}");
        assert_eq!(get(&server, &path, &dev).status(), expected, "{path}");
        let before = server.admin("GET", "accounts", &json!({})).1;
        for what in ["contact", "pay", "callback", "secret", "test-push", "fields"] {
            let path = format!("{path}/{what}");
            let body = format!("form_token={token}&phone=1&time_out=1&company.title=hidden");
            let status = server.page("POST", &path, &[("cookie", &dev)], &body).status();
            assert_eq!(status == 404, expected == 404, "{path}: {status}");
        }
        if expected == 404 {
            assert_eq!(server.admin("GET", "accounts", &json!({})).1, before);
        }
    }
    for (body, words) in [
        (json!({"role": "developer", "password": PASSWORD}), "at least one account"),
        (json!({"role": "developer", "accounts": ["wx0"], "password": PASSWORD}), "no account of"),
        (
            json!({"role": "developer", "accounts": vec!["wx0"; 101], "password": PASSWORD}),
            "at most 100",
        ),
        (json!({"role": "root", "password": PASSWORD}), "operator or developer"),
        (json!({"role": "operator", "password": "short"}), "password"),
        (json!({"role": "operator"}), "password is empty"),
    ] {
        let (status, said) = server.admin("PUT", "console-users/x", &body);
        assert!(status == 400 && said.to_string().contains(words), "{status} {said}");
    }
}

fn jwt(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(r#"{"alg":"HS256"}"#), part(&claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn a_signed_header_says_who_it_is_where_the_settings_name_it() {
    const LATER: i64 = 4_102_444_800;
    let claims = json!({
        "sub": "dev", "exp": LATER, "role": "developer", "accounts": [MERCHANT], "aud": "console",
    });
    let asked = |server: &TestServer, token: &str| {
        let headers = [("x-console-token", token), ("accept-language", "en")];
        server.page("GET", "/console/accounts", &headers, "")
    };
    let (deaf, _files) = production("");
    assert_eq!(asked(&deaf, &jwt(&claims)).status(), 303, "no setting names the header");
    let (server, _files) = production(
        "[console]\nsso_header = \"X-Console-Token\"\naudience = \"console\"\nhs256_secret_file = \"{secret}\"",
    );
    let known = asked(&server, &jwt(&claims));
    assert_eq!(known.status(), 200);
    assert!(known.body().contains(MERCHANT) && !known.body().contains(PLATFORM));
    assert!(!known.body().contains("Log out"), "the proxy logs out");
    for (name, value) in [
        ("exp", json!(1)),
        ("role", json!("root")),
        ("role", Value::Null),
        ("aud", json!("other")),
        ("sub", json!("a b")),
        ("accounts", json!([])),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        assert_eq!(asked(&server, &jwt(&claims)).status(), 401, "{claims}");
    }
    assert_eq!(asked(&server, "a.b.c").status(), 401);
    assert_eq!(server.page("GET", "/console/accounts", &[], "").status(), 303);
}

#[test]
fn a_signed_header_may_be_checked_with_a_public_key() {
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
    let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der = base64::engine::general_purpose::STANDARD.encode([&prefix[..], &public].concat());
    let file = tempfile::NamedTempFile::new().unwrap();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
    std::fs::write(file.path(), pem).unwrap();
    let (server, _files) = production(&format!(
        "[console]\nsso_header = \"X-Console-Token\"\neddsa_public_key_file = {:?}",
        file.path()
    ));
    let asked = |role: &str, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let claims = json!({"sub": "olga", "exp": 4_102_444_800_i64, "role": role}).to_string();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", part(br#"{"alg":"EdDSA"}"#), part(claims.as_bytes()));
        let token = format!("{signed}.{}", part(&sign(signed.as_bytes())));
        server.page("GET", "/console/accounts", &[("x-console-token", &token)], "")
    };
    let well = |signed: &[u8]| pair.sign(signed).as_ref().to_vec();
    let known = asked("operator", &well);
    assert!(known.status() == 200 && known.body().contains("olga"), "{}", known.body());
    let other = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[8; 32]).unwrap();
    let badly = |signed: &[u8]| other.sign(signed).as_ref().to_vec();
    assert_eq!(asked("operator", &badly).status(), 401);
    assert_eq!(server.page("GET", "/console/password", &[], "").status(), 303);
}

/// What an operator sends by a form of the console.
pub(super) fn post(server: &TestServer, path: &str, cookie: &str, body: &str) -> Answer {
    let token = form_token(get(server, "/console/accounts", cookie).body());
    let headers = [("cookie", cookie), ("accept-language", "en")];
    server.page("POST", path, &headers, &format!("form_token={token}&{body}"))
}

/// The text of the element with this id.
pub(super) fn text_of<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"{id}\">")).expect(page);
    rest.split_once('<').unwrap().0
}

#[test]
fn an_operator_adds_changes_and_removes_users_in_the_console() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let amy = session(&server, "amy");
    let added = post(
        &server,
        "/console/users",
        &amy,
        &format!("name=dev&role=developer&accounts={MERCHANT}%0D%0A{PLATFORM}"),
    );
    assert_eq!(added.status(), 201, "{}", added.body());
    let password = text_of(added.body(), "password").to_owned();
    let dev = cookies(&log_in(&server, "dev", &password));
    assert!(get(&server, "/console/accounts", &dev).body().contains(PLATFORM));
    let page = get(&server, "/console/users/dev", &amy);
    assert!(page.body().contains(MERCHANT) && !page.body().contains(&password), "it is shown once");

    for (body, words) in [
        ("name=dev&role=operator", "name is another user"),
        ("name=a+b&role=operator", "name must have 1 to 64 characters"),
        ("name=x&role=developer", "who needs at least one account"),
        ("name=x&role=developer&accounts=wx0", "is no account of this server"),
    ] {
        let refused = post(&server, "/console/users", &amy, body);
        assert_eq!(refused.status(), 422, "{body}");
        assert!(refused.body().contains(words), "{words}: {}", refused.body());
    }
    assert_eq!(
        get(&server, "/console/accounts", &dev).status(),
        200,
        "the taken name kept its user"
    );

    let bound = format!("role=developer&accounts={MERCHANT}");
    assert_eq!(post(&server, "/console/users/dev", &amy, &bound).status(), 303);
    assert_eq!(get(&server, "/console/accounts", &dev).status(), 303, "their sessions are over");
    let dev = cookies(&log_in(&server, "dev", &password));
    assert!(!get(&server, "/console/accounts", &dev).body().contains(PLATFORM));
    for path in ["/console/users", "/console/users/amy", "/console/users/dev/remove"] {
        assert_eq!(post(&server, path, &dev, "name=x&role=operator").status(), 404, "{path}");
    }
    let renewed = post(&server, "/console/users/dev/password", &amy, "");
    assert_eq!(log_in(&server, "dev", &password).status(), 401);
    let password = text_of(renewed.body(), "password");
    assert_eq!(log_in(&server, "dev", password).status(), 303);
    assert_eq!(
        post(&server, "/console/users/dev", &amy, &format!("{bound}&disabled=1")).status(),
        303
    );
    assert_eq!(log_in(&server, "dev", password).status(), 401);
    for path in ["/console/users/amy", "/console/users/amy/password", "/console/users/amy/remove"] {
        assert_eq!(post(&server, path, &amy, &bound).status(), 409, "not oneself: {path}");
    }
    assert_eq!(post(&server, "/console/users/dev/remove", &amy, "").status(), 303);
    assert_eq!(get(&server, "/console/users/dev", &amy).status(), 404);
}

/// The pages of a sandbox's controls, and what their forms do.
const SANDBOX_PAGES: [&str; 3] = [
    "/console/sandbox",
    "/console/faults",
    "/console/payments/pay?mchid=1900000109&out_trade_no=1",
];
const SANDBOX_FORMS: [&str; 6] = [
    "/console/sandbox/clock",
    "/console/sandbox/reset",
    "/console/sandbox/snapshots",
    "/console/sandbox/spaces",
    "/console/faults",
    "/console/faults/forget",
];

#[test]
fn a_production_has_no_pages_of_the_sandbox() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let amy = session(&server, "amy");
    let accounts = get(&server, "/console/accounts", &amy).into_body();
    for path in SANDBOX_PAGES {
        assert_eq!(get(&server, path, &amy).status(), 404, "{path}");
        assert!(!accounts.contains(&format!("href=\"{path}\"")), "{path}");
    }
    for path in SANDBOX_FORMS {
        assert_eq!(post(&server, path, &amy, "").status(), 404, "{path}");
    }
    let order = format!("/console/orders/order?appid={MERCHANT}&order_id=1");
    let answer = post(&server, &order, &amy, &format!("user={USER}&decision=authorize"));
    assert_eq!(answer.status(), 404);
}

#[test]
fn a_developer_has_none_of_the_sandboxs_controls() {
    let server = TestServer::start();
    let dev = json!({"role": "developer", "accounts": [MERCHANT], "password": PASSWORD});
    add(&server, "dev", dev);
    let dev = cookies(&log_in(&server, "dev", PASSWORD));
    server.merchant().set_contact();
    server.merchant().auth_url("1", 0);
    let order = format!("/console/orders/order?appid={MERCHANT}&order_id=1");
    let shown = get(&server, &order, &dev);
    assert_eq!(shown.status(), 200, "{}", shown.body());
    assert!(
        !shown.body().contains("Answer as a user") && !shown.body().contains("/console/faults")
    );
    for path in SANDBOX_PAGES {
        assert_eq!(get(&server, path, &dev).status(), 404, "{path}");
    }
    for path in SANDBOX_FORMS.into_iter().chain([&*order]) {
        let answer = post(&server, path, &dev, &format!("user={USER}&decision=authorize"));
        assert_eq!(answer.status(), 404, "{path}");
    }
    assert_eq!(server.get_json("/sandbox/v1/clock")["ahead_s"], 0);
}

#[test]
fn a_rid_is_explained_to_whoever_may_see_its_account() {
    let (server, _files) = production("");
    for (name, role) in [("amy", "operator"), ("dev", "developer"), ("other", "developer")] {
        let accounts = match name {
            "dev" => json!([MERCHANT]),
            "other" => json!([PLATFORM]),
            _ => json!([]),
        };
        let user = json!({"role": role, "accounts": accounts, "password": PASSWORD});
        add(&server, name, user);
    }
    let refused = server.token_answer(MERCHANT, "wrong");
    let errmsg = refused["errmsg"].as_str().unwrap();
    let path = format!("/errors/rid/{}", errmsg.rsplit(' ').next().unwrap());
    let status = |cookie: &str| get(&server, &path, cookie).status().as_u16();
    let known = get(&server, &path, &session(&server, "amy"));
    assert!(known.body().contains("40125"), "{}", known.body());
    assert_eq!(status(&session(&server, "dev")), 200);
    assert_eq!(status(&session(&server, "other")), 404);
    assert_eq!(status(""), 404);

    // What the operator did to the account is not the developer's, by whatever address.
    let (_, listed) = server.admin("GET", &format!("requests?appid={MERCHANT}"), &json!({}));
    let requests = listed["requests"].as_array().unwrap();
    let own = |request: &&Value| request["path"].as_str().unwrap().starts_with("/admin/");
    let rid = requests.iter().find(own).expect("the account was put")["rid"].as_str().unwrap();
    let (amy, dev) = (session(&server, "amy"), session(&server, "dev"));
    for path in [format!("/errors/rid/{rid}"), format!("/console/requests/{rid}")] {
        assert_eq!(get(&server, &path, &amy).status(), 200, "{path}");
        assert_eq!(get(&server, &path, &dev).status(), 404, "{path}");
    }
}

#[test]
fn a_user_changes_their_own_password_and_is_logged_out_elsewhere() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let (here, elsewhere) = (session(&server, "amy"), session(&server, "amy"));
    let encoded = PASSWORD.replace(' ', "+");
    for (body, words) in [
        ("present=wrong&next=another+good+one".to_owned(), "The present password is wrong."),
        (format!("present={encoded}&next=short"), "password has 5 characters"),
    ] {
        let refused = post(&server, "/console/password", &here, &body);
        assert_eq!(refused.status(), 422, "{}", refused.body());
        assert!(refused.body().contains(words), "{}", refused.body());
    }
    let body = format!("present={encoded}&next=another+good+one");
    let changed = post(&server, "/console/password", &here, &body);
    assert_eq!(changed.status(), 303, "{}", changed.body());
    assert_eq!(get(&server, "/console/accounts", &elsewhere).status(), 303);
    assert_eq!(get(&server, "/console/accounts", &here).status(), 303);
    assert_eq!(get(&server, "/console/accounts", &cookies(&changed)).status(), 200);
    assert_eq!(log_in(&server, "amy", PASSWORD).status(), 401);
    assert_eq!(log_in(&server, "amy", "another good one").status(), 303);

    // Guesses of the present password count as attempts to log in.
    let amy = cookies(&log_in(&server, "amy", "another good one"));
    let guess = || post(&server, "/console/password", &amy, "present=x&next=another+good+one");
    assert!((0..11).any(|_| guess().status() == 429));
    let sandbox = TestServer::start();
    assert_eq!(get(&sandbox, "/console/password", "").status(), 404, "nobody has logged in");
}

#[test]
fn a_session_lasts_as_long_as_the_setting_says() {
    let (server, _files) = production("[console]\nsession_s = 77");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let entered = log_in(&server, "amy", PASSWORD);
    assert!(entered.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=77;"));
}

#[test]
fn settings_are_changed_and_the_api_says_so() {
    let server = TestServer::start();
    let page = |path: &str| get(&server, path, "").body().clone();
    let here = format!("/console/accounts/{MERCHANT}");
    let token = form_token(&page(&here));
    let post = |what: &str, body: &str| {
        let body = format!("form_token={token}&{body}");
        server.page("POST", &format!("{here}/{what}"), &[("accept-language", "en")], &body)
    };
    assert_eq!(post("contact", "phone=0755-123&time_out=9").status(), 303);
    let client = server.client(MERCHANT);
    let contact = client.attribute("get_contact", &json!({}));
    assert_eq!(contact["contact"], json!({"phone": "0755-123", "time_out": 9}), "{contact}");
    let refused = post("contact", "phone=&time_out=9");
    assert_eq!(refused.status(), 422);
    assert!(refused.body().contains("contact.phone is empty"), "{}", refused.body());

    let fields = "company.title=required&company.tax_no=optional&personal.title=hidden\
                  &company.custom.key=Badge&company.custom.notice=n&company.custom.rule=required";
    assert_eq!(post("fields", fields).status(), 303);
    let set = client.attribute("get_auth_field", &json!({}));
    let biz = &set["auth_field"]["biz_field"];
    assert_eq!((&biz["show_tax_no"], &biz["require_tax_no"]), (&json!(1), &json!(0)), "{set}");
    assert_eq!(biz["custom_field"][0]["key"], "Badge", "{set}");
    let preview = page(&format!("{here}/fields/preview?type=1"));
    assert!(preview.contains("Badge"), "{preview}");
    let other = page(&format!("{here}/fields/preview?type=1&company.title=hidden"));
    assert!(!other.contains("Badge"), "what is asked for, not what is set: {other}");
    assert_eq!(get(&server, &format!("{here}/fields/preview?type=7"), "").status(), 404);

    let renewed = post("secret", "");
    let (_, rest) = renewed.body().split_once("id=\"secret\">").unwrap();
    let secret = rest.split_once('<').unwrap().0;
    assert_eq!(server.token_answer(MERCHANT, secret)["errcode"], Value::Null);
    assert!(!page(&here).contains(secret), "it is shown once");
}

#[test]
fn a_callback_is_verified_before_it_is_saved_and_a_test_push_is_as_every_push() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let here = format!("/console/accounts/{PLATFORM}");
    let page = || get(&server, &here, "").body().clone();
    let token = form_token(&page());
    let post = |what: &str, body: &str| {
        let body = format!("form_token={token}&{body}");
        server.page("POST", &format!("{here}/{what}"), &[("accept-language", "en")], &body)
    };
    assert!(!page().contains("Send a test push"));
    assert_eq!(post("test-push", "").status(), 422);
    let url: String = receiver.url().replace(':', "%3A").replace('?', "%3F").replace('=', "%3D");
    let form = |token: &str, key: &str| {
        format!("url={url}&mode=safe&format=xml&token={token}&aes_key={key}")
    };
    let made = post("callback", &format!("{}&make=1", form("", "")));
    let (_, rest) = made.body().split_once("name=\"aes_key\" value=\"").unwrap();
    assert_eq!(rest.split_once('"').unwrap().0.len(), 43, "{}", made.body());
    let wrong = post("callback", &form("WRONG", AES_KEY));
    assert_eq!(wrong.status(), 422);
    assert!(wrong.body().contains("url was not verified"), "{}", wrong.body());
    assert_eq!(post("callback", &form("AAAAA", AES_KEY)).status(), 303);
    assert_eq!(post("callback", &form("", "")).status(), 303, "what is left empty stays");
    assert!(!page().contains(AES_KEY) && !page().contains("AAAAA"));

    let sent = post("test-push", "");
    assert!(sent.body().contains("The test push arrived: HTTP 200"), "{}", sent.body());
    let event = receiver.next().event(PLATFORM);
    assert_eq!(element(&event, "Event").as_deref(), Some("kaipiao_test"), "{event}");
    assert!(server.pushes("").is_empty(), "it is not kept");
    assert_eq!(post("callback", "remove=1").status(), 303);
    assert!(!page().contains("Send a test push"));
}
