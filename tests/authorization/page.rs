//! What the pages refuse and what they never do: forms of other sites, open redirects, framing,
//! unescaped text. How they look and are clicked is in `browser/`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_tests::form_token;
use kaipiao_tests::{Client, MERCHANT, TestServer, USER, assert_ok};
use serde_json::json;

fn path_of(server: &TestServer, link: &str) -> String {
    let path = link.strip_prefix(&server.base).unwrap();
    path.split('#').next().unwrap().to_owned()
}

fn link(server: &TestServer, client: &Client<'_>, order_id: &str, page_type: i64) -> String {
    let mut asked = client.asked(order_id, page_type);
    asked["redirect_url"] = json!("");
    let answer = client.auth_url_answer(&asked);
    assert_ok(&answer);
    path_of(server, answer["auth_url"].as_str().unwrap())
}

/// The form of an authorization page: its token, and what it shows.
fn form(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"shown\" value=\"").expect("an authorization page");
    format!("form_token={}&shown={}", form_token(html), rest.split_once('"').unwrap().0)
}

#[test]
fn a_form_counts_only_from_its_own_page_and_session() {
    let server = TestServer::start();
    let client = server.merchant();
    let page = link(&server, &client, "1", 0);
    let cookie = server.session(USER);
    let html = server.page("GET", &page, &[("cookie", &cookie)], "");
    let token = form(html.body());
    let html = server.page("GET", &page, &[("cookie", &server.session("lina"))], "");
    let others = form(html.body());
    let yes = |form: &str| format!("decision=authorize&{form}");
    let status = |headers: &[(&str, &str)], body: &str| {
        server.page("POST", &page, headers, body).status().as_u16()
    };
    assert_eq!(status(&[("cookie", &cookie)], &yes("")), 403);
    assert_eq!(status(&[("cookie", &cookie)], &yes(&others)), 403);
    for origin in ["http://evil.example", "null", "https://127.0.0.1:1"] {
        assert_eq!(
            status(&[("cookie", &cookie), ("origin", origin)], &yes(&token)),
            403,
            "{origin}"
        );
    }
    // Without a session the form leads to the chooser, and decides nothing.
    assert_eq!(status(&[], &yes(&token)), 303);
    assert_eq!(client.status("1")["invoice_status"], "never auth");
    assert_eq!(status(&[("cookie", &cookie), ("origin", &server.base)], &yes(&token)), 303);
    assert_eq!(client.status("1")["invoice_status"], "auth success");
    assert_eq!(
        server.page("POST", "/login", &[("origin", "http://evil.example")], "user=lina").status(),
        403
    );
    let long = format!("{token}&x={}", "x".repeat(70_000));
    assert_eq!(status(&[("cookie", &cookie)], &long), 400);
}

#[test]
fn a_changed_cookie_is_nobody() {
    let server = TestServer::start();
    let cookie = server.session(USER);
    let titles = |cookie: &str| {
        let answer = server.page("GET", "/me/titles", &[("cookie", cookie)], "");
        (answer.status().as_u16(), answer.headers().get("location").is_some())
    };
    assert_eq!(titles(&cookie), (200, false));
    for bad in [format!("{cookie}A"), cookie.replace('.', ""), String::new()] {
        assert_eq!(titles(&bad), (303, true), "{bad}");
    }
}

#[test]
fn every_page_forbids_framing_and_loads_only_its_own_style() {
    let server = TestServer::start();
    let client = server.merchant();
    let cookie = server.session(USER);
    let pages = [
        "/".to_owned(),
        "/login".to_owned(),
        "/me/titles".to_owned(),
        "/me/titles/new?kind=personal".to_owned(),
        "/me/messages".to_owned(),
        "/me/cards".to_owned(),
        "/me/cards/none".to_owned(),
        link(&server, &client, "1", 1),
        "/bizmall/authinvoice?x=1".to_owned(),
        "/me/titles/none".to_owned(),
    ];
    for path in pages {
        let answer = server.page("GET", &path, &[("cookie", &cookie)], "");
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        let html = answer.body();
        // The style and the icon, both ours.
        assert_eq!(html.matches("<link").count(), 2, "{path}");
        assert!(
            html.contains("<link rel=\"icon\" href=\"/icon.svg\"")
                && html.contains("href=\"/style.css?v=")
                && !html.contains("<style")
                && !html.contains(" src=")
        );
    }
    let style = server.get_raw("/style.css");
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert!(!style.body().contains("url(") && !style.body().contains("@import"));
}

#[test]
fn no_page_leads_to_an_address_that_somebody_else_chose() {
    let server = TestServer::start();
    let cookie = server.session(USER);
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", ""] {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        for answer in [
            server.page("POST", "/login", &[], &format!("user={USER}&next={next}")),
            server.page("GET", &format!("/lang/en?next={next}"), &[("cookie", &cookie)], ""),
        ] {
            assert_eq!(answer.status(), 303);
            assert_eq!(answer.headers()["location"], "/me/titles", "{next}");
        }
    }
    // An auth_url carries its redirect under its signature.
    let client = server.merchant();
    let page = path_of(&server, &client.auth_url("1", 0));
    let changed = page.replace("mp.weixin.qq.com", "evil.example");
    assert_ne!(page, changed);
    assert_eq!(server.page("GET", &changed, &[("cookie", &cookie)], "").status(), 400);
}

#[test]
fn every_text_of_merchants_and_users_is_escaped() {
    let server = TestServer::start();
    let evil = "<script>alert(1)</script>\"'&";
    server.admin("PUT", &format!("accounts/{MERCHANT}"), &json!({"name": evil}));
    let client = server.client(MERCHANT);
    assert_ok(
        &client.attribute("set_contact", &json!({"contact": {"phone": "<b>1</b>", "time_out": 1}})),
    );
    let custom = json!([{"key": "<i>\"key", "notice": "<u>'n"}]);
    let fields = json!({"show_title": 1, "custom_field": custom});
    let fields = json!({"auth_field": {"user_field": fields, "biz_field": fields}});
    assert_ok(&client.attribute("set_auth_field", &fields));
    let order_id = "<img src=x onerror=alert(1)>\"'";
    let page = link(&server, &client, order_id, 1);
    let cookie = server.session(USER);
    let pages = |body: Option<&str>| {
        let method = if body.is_some() { "POST" } else { "GET" };
        server.page(method, &page, &[("cookie", &cookie)], body.unwrap_or("")).body().clone()
    };
    let clean = |html: &str| {
        for raw in ["<script>alert", "<img", "<i>", "<u>", "<b>1", "onerror=alert(1)>\""] {
            assert!(!html.contains(raw), "{raw}: {html}");
        }
    };
    let html = pages(None);
    clean(&html);
    assert!(html.contains("&#60;script&#62;") || html.contains("&lt;script&gt;"), "{html}");
    let token = form_token(&html);
    let typed = "%3Cscript%3Ealert(2)%3C/script%3E%22";
    let body = format!("form_token={token}&kind=company&company.title={typed}&use=none");
    let html = pages(Some(&body));
    clean(&html);
    assert!(!html.contains("<script>alert(2)"));
    // Said no: the page without a redirect, and then the merchant's words.
    pages(Some(&format!("form_token={token}&decision=decline")));
    clean(&pages(None));
    let reason = json!({"s_pappid": server.s_pappid(), "order_id": order_id, "reason": evil, "url": "https://x.cn/\"onclick=\"a"});
    assert_ok(&client.post("/card/invoice/rejectinsert", &reason));
    clean(&pages(None));
    let inbox = server.page("GET", "/me/messages", &[("cookie", &cookie)], "");
    clean(inbox.body());
    assert!(!inbox.body().contains("\"onclick=\""));
}

#[test]
fn a_mini_programs_result_cannot_end_its_script_element() {
    let server = TestServer::start();
    let client = server.merchant();
    let mut asked = client.asked("</script><b>", 0);
    asked["source"] = json!("wxa");
    let path = client.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
    let page = format!("/{path}");
    let cookie = server.session(USER);
    let html = server.page("GET", &page, &[("cookie", &cookie)], "");
    let yes = format!("decision=authorize&{}", form(html.body()));
    assert_eq!(server.page("POST", &page, &[("cookie", &cookie)], &yes).status(), 303);
    let done = server.page("GET", &format!("{page}&done=1"), &[("cookie", &cookie)], "");
    // A web-view's host learns it from the address.
    let again = server.page("POST", &page, &[("cookie", &cookie)], &yes);
    let address = again.headers()["location"].to_str().unwrap();
    assert!(address.ends_with("&done=1&errCode=0&wxOrderId=%3C%2Fscript%3E%3Cb%3E"), "{address}");
    let (_, rest) = done.body().split_once("id=\"kaipiao-result\">").unwrap();
    let (result, _) = rest.split_once("</script>").unwrap();
    let result: serde_json::Value = serde_json::from_str(result).unwrap();
    assert_eq!(result, json!({"errCode": 0, "wxOrderId": "</script><b>"}));
}

#[test]
fn a_mini_programs_result_is_told_to_the_origin_that_the_link_was_opened_with_and_to_no_other() {
    let server = TestServer::start();
    let client = server.merchant();
    let cookie = server.session(USER);
    let path = |source: &str, order_id: &str| {
        let mut asked = client.asked(order_id, 0);
        asked["source"] = json!(source);
        asked["redirect_url"] = json!("");
        let link = client.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
        let path = link.strip_prefix(&server.base).unwrap_or(&link).trim_start_matches('/');
        format!("/{}", path.split('#').next().unwrap())
    };
    let get = |page: &str| server.page("GET", page, &[("cookie", &cookie)], "");
    let opener = "&origin=http%3A%2F%2Fshop.example%3A8090";
    let page = format!("{}{opener}", path("wxa", "1"));
    // Nothing to tell yet, and no script.
    let open = get(&page);
    assert!(!open.body().contains("<script"), "{}", open.body());
    let yes = format!("decision=authorize&{}", form(open.body()));
    let answered = server.page("POST", &page, &[("cookie", &cookie)], &yes);
    let address = answered.headers()["location"].to_str().unwrap().to_owned();
    assert!(address.ends_with(&format!("{opener}&done=1&errCode=0&wxOrderId=1")), "{address}");
    let told = |page: &str| {
        let answer = get(page);
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let html = answer.into_body();
        let runs = html.contains("<script src=\"/open/js/way_back.js\"></script>");
        assert_eq!(policy.contains("script-src 'self';"), runs, "{policy}: {html}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let opener =
            html.split_once("data-opener=\"").map(|(_, rest)| rest.split_once('"').unwrap());
        let opener = opener.map(|(opener, _)| opener.to_owned());
        assert_eq!(opener.is_some(), runs, "{html}");
        opener
    };
    assert_eq!(told(&address).as_deref(), Some("http://shop.example:8090"));
    assert_eq!(told(&address.replace(opener, "")), None);
    for bad in [
        "",
        "*",
        "null",
        "javascript:x",
        "http://",
        "http://a.example/b",
        "http://a%22b",
        "http://:8080",
        "http://a.example:",
        "http://a.example:99999",
        "http://a.example:port",
        "http://a.example:80:80",
        "http://[::1",
        "http://a]b",
        "http://256.256.256.256",
        "http://user@a.example",
    ] {
        let bad: String = form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        assert_eq!(told(&address.replace(opener, &format!("&origin={bad}"))), None, "{bad}");
    }
    for own in ["https://shop.example", "http://127.0.0.1:65535", "http://[::1]:8080"] {
        let named: String = form_urlencoded::byte_serialize(own.as_bytes()).collect();
        let told = told(&address.replace(opener, &format!("&origin={named}")));
        assert_eq!(told.as_deref(), Some(own));
    }
    // The other sources have their own ways back.
    for source in ["web", "app"] {
        let page = format!("{}{opener}", path(source, source));
        let yes = format!("decision=authorize&{}", form(get(&page).body()));
        assert_eq!(server.page("POST", &page, &[("cookie", &cookie)], &yes).status(), 303);
        assert_eq!(told(&page), None, "{source}");
    }
    let script = server.get_raw("/open/js/way_back.js");
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
}

#[test]
fn a_mini_program_is_told_that_an_order_can_no_longer_be_answered() {
    let server = TestServer::start();
    let client = server.merchant();
    let mut asked = client.asked("1", 0);
    asked["source"] = json!("wxa");
    let path = client.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
    let result = |user: &str| {
        let cookie = server.session(user);
        let address = format!("/{path}&origin=http%3A%2F%2Fshop.example");
        let answer = server.page("GET", &address, &[("cookie", &cookie)], "");
        // Nobody may hear of it, and no script may run: the page says without them what to do.
        let is_over = answer.body().contains("kaipiao-result");
        assert_eq!(answer.body().contains("现在可以关闭此页面"), is_over, "{}", answer.body());
        let found =
            answer.body().split_once("id=\"kaipiao-result\">").map(|(_, rest)| rest.to_owned());
        found.map(|rest| rest.split_once("</script>").unwrap().0.to_owned())
    };
    assert_eq!(result(USER), None);
    assert_eq!(server.answer(&path, USER, "authorize", None).0, 200);
    assert_eq!(result(USER).unwrap(), r#"{"errCode":0,"wxOrderId":"1"}"#);
    assert_eq!(result("lina").unwrap(), r#"{"errCode":-1,"wxOrderId":"1"}"#);
    assert_ok(&client.reject("1"));
    assert_eq!(result(USER).unwrap(), r#"{"errCode":-1,"wxOrderId":"1"}"#);
}

/// A server with an order, and what a user needs to answer it.
fn at_the_page(
    server: &TestServer,
    order_id: &str,
    page_type: i64,
    user: &str,
) -> (String, String, String) {
    let client = server.merchant();
    let page = link(server, &client, order_id, page_type);
    let cookie = server.session(user);
    let html = server.page("GET", &page, &[("cookie", &cookie)], "");
    (page, cookie, form(html.body()))
}

#[test]
fn a_second_tap_leads_where_the_first_one_did() {
    let server = TestServer::start();
    let client = server.merchant();
    let page = path_of(&server, &client.auth_url("1", 0));
    let cookie = server.session(USER);
    let html = server.page("GET", &page, &[("cookie", &cookie)], "");
    let yes = format!("decision=authorize&{}", form(html.body()));
    let taps = std::thread::scope(|scope| {
        let tap = || server.page("POST", &page, &[("cookie", &cookie)], &yes);
        let taps: Vec<_> = (0..4).map(|_| scope.spawn(tap)).collect();
        taps.into_iter().map(|tap| tap.join().unwrap()).collect::<Vec<_>>()
    });
    for tap in taps {
        let expected = "https://mp.weixin.qq.com?order_id=1&errcode=0";
        assert_eq!(tap.headers()["location"], expected);
    }
    server.all_completed();
    assert_eq!(server.pushes("order_id=1").len(), 1, "one push");
}

#[test]
fn nobody_agrees_to_what_they_did_not_see() {
    let server = TestServer::start();
    let client = server.merchant();
    let (page, cookie, old) = at_the_page(&server, "1", 1, USER);
    let mut asked = client.asked("1", 1);
    asked["money"] = json!(99_900);
    asked["redirect_url"] = json!("");
    assert_ok(&client.auth_url_answer(&asked));
    let yes = format!(
        "decision=authorize&{old}&kind=company&company.title=Typed&company.tax_no=110109500321654"
    );
    let again = server.page("POST", &page, &[("cookie", &cookie)], &yes);
    assert_eq!(again.status(), 409);
    assert!(again.body().contains("999.00") && again.body().contains("value=\"Typed\""));
    assert_eq!(client.status("1")["invoice_status"], "never auth");
    let yes = format!(
        "decision=authorize&{}&kind=company&company.title=Typed&company.tax_no=%20110109500321654%20",
        form(again.body())
    );
    assert_eq!(server.page("POST", &page, &[("cookie", &cookie)], &yes).status(), 303);
    let info = client.status("1")["user_auth_info"]["biz_field"].clone();
    assert_eq!((&info["title"], &info["tax_no"]), (&json!("Typed"), &json!("110109500321654")));
}

#[test]
fn another_users_no_counts_as_one_and_closed_orders_show_no_form() {
    let server = TestServer::start();
    let client = server.merchant();
    let (page, first, shown) = at_the_page(&server, "1", 1, USER);
    let (_, second, other) = at_the_page(&server, "1", 1, "lina");
    let no = |cookie: &str, form: &str| {
        let body = format!("decision=decline&{form}");
        server.page("POST", &page, &[("cookie", cookie)], &body)
    };
    assert_eq!(no(&first, &shown).status(), 303);
    let declined = no(&second, &other);
    let done = declined.headers()["location"].to_str().unwrap().to_owned();
    let html = server.page("GET", &done, &[("cookie", &second), ("accept-language", "en")], "");
    assert!(html.body().contains("You chose not to get an invoice"), "{}", html.body());
    server.all_completed();
    assert_eq!(server.pushes("order_id=1").len(), 2);

    let title = "kind=company&company.title=x&company.tax_no=110109500321654";
    let yes = format!("decision=authorize&{shown}&{title}");
    assert_eq!(server.page("POST", &page, &[("cookie", &first)], &yes).status(), 303);
    assert_eq!(client.status("1")["invoice_status"], "auth success");
    let closed = server.page("GET", &page, &[("cookie", &second), ("accept-language", "en")], "");
    assert!(closed.body().contains("Another user has authorized this order"), "{}", closed.body());
    assert!(closed.body().contains("href=\"tel:"), "whoever is told to ask the merchant can call");
    for (cookie, form) in [(&first, &shown), (&second, &other)] {
        let body = format!("use=0-demo-1&{form}");
        let answer = server.page("POST", &page, &[("cookie", cookie)], &body);
        assert_eq!(answer.status(), 303, "the page says where the order stands");
    }
}

#[test]
fn one_can_leave_and_what_was_meant_for_a_form_is_no_dead_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("login.pem");
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
    let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der = base64::engine::general_purpose::STANDARD.encode([&prefix[..], &public].concat());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
    std::fs::write(&file, pem).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\n[login]\naudience = \"pages\"\neddsa_public_key_file = {:?}",
        file.to_str().unwrap()
    ));
    let login = |aud: &str| {
        let claims = json!({"sub": "u1", "exp": 4_102_444_800_i64, "aud": aud}).to_string();
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(r#"{"alg":"EdDSA"}"#), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
        server.page("GET", &format!("/login?next=/me/titles&token={signed}.{signature}"), &[], "")
    };
    assert_eq!(login("something else").status(), 401);
    let entered = login("pages");
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let page = server.page("GET", "/me/titles", &[("cookie", cookie)], "");
    let token = form_token(page.body());
    let left =
        server.page("POST", "/logout", &[("cookie", cookie)], &format!("form_token={token}"));
    assert_eq!(left.status(), 200);
    assert!(left.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let back = server.page("GET", "/me/titles/x/delete", &[], "");
    assert_eq!(back.headers()["location"], "/me/titles");
}
