//! The home page, and that its list of routes is true.

use kaipiao_http::ROUTES;
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
    for route in ROUTES {
        assert!(html.contains(route.path) && html.contains(route.what), "{}", route.path);
    }
    for demo in kaipiao_app::sandbox::DEMO_ACCOUNTS {
        assert!(html.contains(demo.appid) && html.contains(demo.secret));
    }
    assert!(html.contains(&format!("curl &#39;{}/cgi-bin/token", server.base)), "{html}");
}

#[test]
fn every_listed_route_is_served_and_nothing_else() {
    let server = TestServer::start();
    for route in ROUTES {
        let path = route.path.replace("{appid}", "wx00000000000000aa");
        let response = if route.methods.contains("GET") {
            server.get_raw(&path)
        } else {
            server.post_raw(&path, None, "{}")
        };
        assert_ne!(response.status(), 404, "{path}");
    }
    let missing = server.get_raw("/cgi-bin/nothing");
    assert_eq!(missing.status(), 404);
    assert!(missing.body().contains("home page"));
}
