//! The home page, and that its list of routes is true.

use kaipiao_http::{Api, CALL_PREFIXES, ROUTES};
use kaipiao_pages::{PAGE_ROUTES, SANDBOX_PAGE_ROUTES};
use kaipiao_tests::{ADMIN, TestServer};

#[test]
fn the_home_page_shows_what_runs_here() {
    let server = TestServer::start();
    let page = server.get_raw("/");
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(
        page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'")
    );
    let html = page.body();
    let english = server.page("GET", "/", &[("accept-language", "en")], "").body().clone();
    let api = ROUTES.iter().map(|route| (route.path, route.what, route.what_zh));
    let pages = PAGE_ROUTES
        .iter()
        .chain(SANDBOX_PAGE_ROUTES)
        .map(|route| (route.path, route.what, route.what_zh));
    for (path, what, what_zh) in api.chain(pages) {
        let what = what.replace('&', "&#38;").replace('\'', "&#39;");
        assert!(html.contains(path) && html.contains(what_zh), "{path}");
        assert!(english.contains(path) && english.contains(&what), "{path}");
    }
    for demo in kaipiao_app::sandbox::DEMO_ACCOUNTS {
        assert!(html.contains(demo.appid) && html.contains(demo.secret));
    }
    assert!(html.contains(&format!("curl &#39;{}/cgi-bin/token", server.base)), "{html}");
}

#[test]
fn every_listed_route_is_served_and_nothing_else() {
    let server = TestServer::start();
    let pages =
        PAGE_ROUTES.iter().chain(SANDBOX_PAGE_ROUTES).map(|route| (route.methods, route.path));
    for (methods, path) in ROUTES.iter().map(|route| (route.methods, route.path)).chain(pages) {
        let path = path.replace("{appid}", "wx00000000000000aa").replace("{id}", "wx-1");
        for method in methods.split(' ') {
            let answer = server.page(method, &path, &[], "");
            let status = answer.status().as_u16();
            // A PDF, a request or a name space that is not there says so itself, and not that there is no such page.
            let own = [
                ("/invoice/", "no invoice at this"),
                ("/errors/rid/", "has this rid"),
                ("/sandbox/", "there is no "),
            ];
            let is_own = own
                .into_iter()
                .any(|(begin, words)| path.starts_with(begin) && answer.body().contains(words));
            assert!(is_own || status != 404 && status != 405, "{method} {path}: {status}");
        }
    }
    let missing = server.get_raw("/nothing");
    assert_eq!(missing.status(), 404);
    assert!(missing.body().contains("home page"));
}

/// Each route, called with a name that is not UTF-8, and by a method that it does not take.
#[test]
fn every_wrong_call_is_answered_in_our_own_words() {
    let server = TestServer::start();
    let bearer = format!("Bearer {ADMIN}");
    let called = |method: &str, path: &str| {
        let headers = [("authorization", &*bearer), ("accept-language", "en")];
        server.page(method, path, &headers, "")
    };
    let not_text = |path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "%ff" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let api = ROUTES.iter().map(|route| {
        let is_pay = matches!(route.api(), Api::Pay);
        (route.path.to_owned(), if is_pay { "text/xml" } else { "application/json" })
    });
    let pages = kaipiao_pages::paths().into_iter().map(|path| (path, "text/html"));
    let home = [("/".to_owned(), "text/html")];
    for (path, expected) in api.chain(pages).chain(home) {
        let wrong = not_text(&path);
        let is_call = CALL_PREFIXES.iter().any(|prefix| path.starts_with(prefix));
        let answers_itself = is_call || expected == "text/xml";
        let answer = called("PATCH", &wrong);
        assert_eq!(media_type(&answer), expected, "PATCH {path}: {}", answer.body());
        if !answers_itself {
            assert_eq!(answer.status(), 405, "PATCH {path}");
            assert!(!answer.headers()["allow"].is_empty(), "{path}");
        }
        for method in ["GET", "POST", "PUT"] {
            let answer = called(method, &wrong);
            if wrong == path || answer.status() == 405 || answer.status() == 303 {
                continue;
            }
            let is_document = path.starts_with("/invoice/");
            let (status, expected) =
                if is_document { (404, "text/plain") } else { (400, expected) };
            let got = (answer.status().as_u16(), media_type(&answer));
            assert_eq!(got, (status, expected), "{method} {path}: {}", answer.body());
            assert!(!answer.body().contains("Invalid URL"), "{method} {path}: {}", answer.body());
        }
    }
    for (method, path, status, words) in [
        ("GET", "/me/cards/%ff", 400, "This address is not complete"),
        ("GET", "/lang/%ff", 400, "This address is not complete"),
        ("GET", "/shop/orders", 405, "This address can&#39;t be opened directly"),
        ("GET", "/logout", 405, "This address can&#39;t be opened directly"),
    ] {
        let answer = called(method, path);
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.body().contains(words), "{}", answer.body());
    }
    let chinese = server.page("GET", "/logout", &[("accept-language", "zh-CN")], "");
    assert!(chinese.body().contains("此地址不能直接打开"), "{}", chinese.body());
    assert_eq!(chinese.headers()["allow"], "POST");
}

#[test]
fn a_browser_at_a_path_that_is_not_there_gets_a_page_in_its_language() {
    let server = TestServer::start();
    for (lang, words) in [("zh-CN", "页面不存在"), ("en", "Page not found")] {
        let headers = [("accept", "text/html,*/*;q=0.8"), ("accept-language", lang)];
        let missing = server.page("GET", "/me/nothing/here", &headers, "");
        assert_eq!(missing.status(), 404);
        assert_eq!(missing.headers()["content-type"], "text/html; charset=utf-8");
        assert!(missing.body().contains(words) && missing.body().contains("href=\"/\""));
    }
}

#[test]
fn production_shows_neither_admin_routes_nor_a_shop() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "an operator's own token").unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {:?}",
        file.path().to_str().unwrap()
    ));
    let html = server.get_raw("/").body().clone();
    assert!(html.contains("/card/invoice/getauthurl"));
    for hidden in ["/admin/", "/sandbox/", "/shop/", "kaipiao-sandbox-admin"] {
        assert!(!html.contains(hidden), "{hidden}");
    }
    assert_eq!(server.page("POST", "/shop/orders", &[], "").status(), 404);
    assert_eq!(server.page("GET", "/shop/orders/shop-1", &[], "").status(), 404);
}

#[test]
fn the_shop_takes_no_orders_from_pages_of_other_sites() {
    let server = TestServer::start();
    let from = |origin: &str| {
        server.page("POST", "/shop/orders", &[("origin", origin)], "").status().as_u16()
    };
    assert_eq!(from("https://elsewhere.example"), 403);
    assert_eq!(from(&server.base), 303);
}

#[test]
fn the_icon_is_where_browsers_look_for_it() {
    let server = TestServer::start();
    for path in ["/icon.svg", "/favicon.ico"] {
        let icon = server.get_raw(path);
        assert_eq!(
            (icon.status().as_u16(), &icon.headers()["content-type"]),
            (200, &"image/svg+xml".parse().unwrap())
        );
        assert!(icon.body().contains("<svg"));
    }
}

#[test]
fn a_browser_at_an_unknown_invoices_address_gets_a_page_in_its_language() {
    let server = TestServer::start();
    for path in ["/invoice/pdf/x.y", "/invoice/svg/x.y", "/invoice/ofd/x.y", "/invoice/xml/x.y"] {
        for (language, words) in [("en", "There is no such invoice"), ("zh-CN", "发票不存在")]
        {
            let headers = [("accept", "text/html,*/*;q=0.8"), ("accept-language", language)];
            let page = server.page("GET", path, &headers, "");
            assert_eq!((page.status().as_u16(), media_type(&page)), (404, "text/html"), "{path}");
            assert!(page.body().contains(&format!("<h1>{words}</h1>")), "{}", page.body());
            assert!(page.body().contains("/style"), "{}", page.body());
        }
        for accept in ["*/*", "application/pdf", "image/svg+xml"] {
            let line = server.page("GET", path, &[("accept", accept)], "");
            assert_eq!((line.status().as_u16(), media_type(&line)), (404, "text/plain"), "{path}");
            assert!(line.body().contains("use it exactly as pdfurl says"), "{}", line.body());
        }
    }
}

fn media_type(answer: &ureq::http::Response<String>) -> &str {
    let value = answer.headers()["content-type"].to_str().unwrap();
    value.split(';').next().unwrap()
}
