//! Who sits before a page: sessions, and the logins of an embedding app.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kaipiao_tests::{TestServer, USER, form_token, load};
use serde_json::json;
use sha2::Sha256;

/// What an embedding app signs its logins with.
pub const LOGIN_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A login as the embedding app signs it.
pub fn jwt(claims: &serde_json::Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed =
        format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(LOGIN_SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn in_production_the_embedding_app_says_who_the_user_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("login");
    std::fs::write(&file, LOGIN_SECRET).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\npublic_base_url = \"https://invoices.example\"\n\
         [login]\nhs256_secret_file = {:?}\nsession_s = 600",
        file.to_str().unwrap()
    ));
    // Nobody can choose to be somebody.
    assert_eq!(server.page("GET", "/me/titles", &[], "").status(), 303);
    assert_eq!(server.page("GET", "/login?next=/me/titles", &[], "").status(), 401);
    assert_eq!(server.page("POST", "/login", &[], "user=zhangwei").status(), 404);
    let login = |claims: serde_json::Value| {
        server.page("GET", &format!("/login?next=/me/titles&token={}", jwt(&claims)), &[], "")
    };
    let expired = login(json!({"sub": "u1", "exp": 1}));
    assert_eq!(expired.status(), 401);
    assert!(expired.headers().get("set-cookie").is_none());
    // The user learns what to do; what is wrong with the token is for the log.
    assert!(expired.body().contains("登录已过期") && expired.body().contains("返回应用"));
    for lang in ["zh-CN", "en"] {
        let headers = [("accept-language", lang)];
        let refused = server.page("GET", "/login?token=a.b.c", &headers, "");
        for technical in ["token", "signed", "sub", "aud"] {
            assert!(!refused.body().contains(technical), "{lang}: {technical}");
        }
    }
    let forged = server.page("GET", "/login?token=a.b.c", &[], "");
    assert_eq!(forged.status(), 401);
    let entered = login(json!({"sub": "u1", "exp": 4_102_444_800_i64, "name": "王小明"}));
    assert_eq!(
        (entered.status().as_u16(), &entered.headers()["location"]),
        (303, &"/me/titles".parse().unwrap())
    );
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    // No neighbour under the same domain can have set it.
    assert!(
        cookie.starts_with("__Host-kaipiao_session=") && !cookie.contains("Domain"),
        "{cookie}"
    );
    let bare = cookie.trim_start_matches("__Host-").split(';').next().unwrap();
    assert_eq!(server.page("GET", "/me/titles", &[("cookie", bare)], "").status(), 303);
    let cookie = cookie.split(';').next().unwrap();
    let page =
        server.page("GET", "/me/titles", &[("cookie", cookie), ("accept-language", "en")], "");
    assert_eq!(page.status(), 200);
    assert!(page.body().contains("王小明") && !page.body().contains("Switch user"));
    // Behind a proxy the browser names the public address.
    let token = form_token(server.page("GET", "/me/titles/new", &[("cookie", cookie)], "").body());
    let body = format!("form_token={token}&company.title=x");
    for (origin, status) in [("https://invoices.example", 303), ("https://evil.example", 403)] {
        let headers = [("cookie", cookie), ("origin", origin)];
        assert_eq!(server.page("POST", "/me/titles/new", &headers, &body).status(), status);
    }
}

#[tokio::test]
async fn login_keys_that_cannot_be_used_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    std::fs::write(&file, "short").unwrap();
    for (section, name) in [
        ("[login]", "hs256_secret_file"),
        ("[login]", "eddsa_public_key_file"),
        ("[console]\nsso_header = \"X-T\"", "hs256_secret_file"),
        ("[console]\nsso_header = \"X-T\"", "eddsa_public_key_file"),
    ] {
        let text = format!("{section}\n{name} = {:?}", file.to_str().unwrap());
        let settings = load(directory.path(), &text);
        let error = kaipiao_cli::compose::listen(&settings, None).await.err().unwrap().to_string();
        assert!(error.contains(file.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_session_ends_in_real_time_whatever_the_sandboxs_clock_says() {
    let server = TestServer::start();
    let cookie = server.session(USER);
    server.advance_s(10 * 86_400);
    assert_eq!(server.page("GET", "/me/titles", &[("cookie", &cookie)], "").status(), 200);
    let brief = TestServer::start_with("[login]\nsession_s = 0");
    let cookie = brief.session(USER);
    assert_eq!(brief.page("GET", "/me/titles", &[("cookie", &cookie)], "").status(), 303);
}

#[test]
fn a_cookie_is_of_no_use_after_its_session_was_left_and_others_go_on() {
    let server = TestServer::start();
    let opens = |server: &TestServer, cookie: &str| {
        server.page("GET", "/me/titles", &[("cookie", cookie)], "").status() == 200
    };
    let [left, other] = [(); 2].map(|()| server.session(USER));
    let page = server.page("GET", "/me/titles/new", &[("cookie", &left)], "");
    let body = format!("form_token={}", form_token(page.body()));
    let answer = server.page("POST", "/logout", &[("cookie", &left)], &body);
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(!opens(&server, &left) && opens(&server, &other));
    // Nor may what the page offered be sent with it.
    assert_eq!(server.page("POST", "/me/titles/new", &[("cookie", &left)], &body).status(), 303);
    // Nor after a restart, nor when the sandbox's clock has run on.
    server.advance_s(30 * 86_400);
    let server = server.restart_with("");
    assert!(!opens(&server, &left) && opens(&server, &other));
    // Another user in the same browser ends the session of the one before.
    let next = server.page("POST", "/login", &[("cookie", &other)], "user=lina&next=/me/titles");
    assert_eq!(next.status(), 303);
    assert!(!opens(&server, &other));
    assert!(opens(
        &server,
        next.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap()
    ));
}

#[test]
fn an_origin_that_is_no_text_is_foreign() {
    use std::io::{Read, Write};
    let server = TestServer::start();
    for (path, body) in [("/login", "user=lina"), ("/sandbox/v1/clock", "{\"advance_s\":1}")] {
        let address = server.base.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        let origin = b"Origin: http://\xe4\xb8\xad.example\r\n\r\n";
        stream.write_all(&[head.as_bytes(), origin, body.as_bytes()].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{path}: {answer}");
    }
}
