//! The home page, and that its list of routes is true.

use kaipiao_http::ROUTES;
use kaipiao_pages::PAGE_ROUTES;
use kaipiao_tests::TestServer;

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
    let pages = PAGE_ROUTES.iter().map(|route| (route.path, route.what));
    for (path, what) in ROUTES.iter().map(|route| (route.path, route.what)).chain(pages) {
        let what = what.replace('\'', "&#39;");
        assert!(html.contains(path) && html.contains(&what), "{path}");
    }
    for demo in kaipiao_app::sandbox::DEMO_ACCOUNTS {
        assert!(html.contains(demo.appid) && html.contains(demo.secret));
    }
    assert!(html.contains(&format!("curl &#39;{}/cgi-bin/token", server.base)), "{html}");
}

#[test]
fn every_listed_route_is_served_and_nothing_else() {
    let server = TestServer::start();
    let pages = PAGE_ROUTES.iter().map(|route| (route.methods, route.path));
    for (methods, path) in ROUTES.iter().map(|route| (route.methods, route.path)).chain(pages) {
        let path = path.replace("{appid}", "wx00000000000000aa").replace("{id}", "wx-1");
        for method in methods.split(' ') {
            let answer = server.page(method, &path, &[], "");
            let status = answer.status().as_u16();
            // A PDF that is not there says so itself, and not that there is no such page.
            let is_own =
                path.starts_with("/invoice/") && answer.body().contains("no invoice at this");
            assert!(is_own || status != 404 && status != 405, "{method} {path}: {status}");
        }
    }
    let missing = server.get_raw("/nothing");
    assert_eq!(missing.status(), 404);
    assert!(missing.body().contains("home page"));
}
