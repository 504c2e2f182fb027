//! The sandbox's shop: what its user finds on the way back.

use kaipiao_tests::{Client, MERCHANT, OTHER_USER, TestServer, USER, assert_refused, wait_for};
use serde_json::{Value, json};

/// A new order: its link, and its user's way back.
fn order(server: &TestServer) -> (String, String) {
    let answer = server.page("POST", "/shop/orders", &[], "");
    assert_eq!(answer.status(), 303);
    let link = answer.headers()["location"].to_str().unwrap().to_owned();
    let (_, rest) = link.split_once("&o1=").unwrap();
    let order_id = rest.split('&').next().unwrap();
    (link.clone(), format!("/shop/orders/{order_id}"))
}

fn title() -> Option<Value> {
    Some(json!({"biz_field": {"title": "公司", "tax_no": "91440300MA5KP0001N"}}))
}

fn come_back(server: &TestServer, path: &str, user: &str) -> ureq::http::Response<String> {
    let cookie = server.session(user);
    server.page("GET", path, &[("cookie", &cookie), ("accept-language", "en")], "")
}

#[test]
fn who_said_no_or_is_somebody_else_gets_no_invoice_from_the_shop() {
    let server = TestServer::start();
    let (link, back) = order(&server);
    // Its own page says who has answered, and takes another answer.
    let sends_back = |user| {
        let page = come_back(&server, &back, user);
        let own_page = format!("href=\"{}\"", link.replace('&', "&#38;"));
        assert_eq!(page.status(), 200);
        assert!(page.body().contains("No invoice this time"), "{}", page.body());
        assert!(page.body().contains(&own_page), "{own_page}: {}", page.body());
    };
    sends_back(USER);
    assert_eq!(server.answer(&link, USER, "decline", None).0, 200);
    sends_back(USER);
    assert_eq!(server.answer(&link, USER, "authorize", title()).0, 200);
    sends_back(OTHER_USER);
    let invoices = || server.admin("GET", &format!("invoices?appid={MERCHANT}"), &json!({})).1;
    assert_eq!(invoices()["invoices"], json!([]));
    // An order of the merchant's own programs is not the shop's.
    let client = server.merchant();
    client.authorized("mine");
    for unknown in ["mine", "x", "shop-1"] {
        let page = come_back(&server, &format!("/shop/orders/{unknown}"), USER);
        assert_eq!(page.status(), 404, "{unknown}");
        assert!(page.body().contains("Order not found"), "{}", page.body());
        assert!(page.body().contains("href=\"/\""), "{}", page.body());
    }
    assert_eq!(invoices()["invoices"], json!([]));
}

#[test]
fn a_shops_invoice_that_fails_says_so() {
    let server = TestServer::start();
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    let (link, back) = order(&server);
    assert_eq!(server.answer(&link, USER, "authorize", title()).0, 200);
    let asked = come_back(&server, &back, USER);
    assert!(asked.body().contains("being issued") && refresh(&asked).is_some());
    assert!(asked.body().contains("class=\"mark wait\""), "{}", asked.body());
    let failed = wait_for("the page says so", || {
        Some(come_back(&server, &back, USER)).filter(|page| refresh(page).is_none())
    });
    for part in ["could not be issued", "mark stop", "tel:0755-80000009", "href=\"/\""] {
        assert!(failed.body().contains(part), "{part}: {}", failed.body());
    }
}

/// Where the page goes on to by itself.
fn refresh(page: &ureq::http::Response<String>) -> Option<&str> {
    let header = page.headers().get("refresh")?.to_str().unwrap();
    Some(header.strip_prefix("1;url=").unwrap())
}

#[test]
fn a_page_stops_looking_by_itself_for_an_invoice_that_does_not_come() {
    let server = TestServer::start();
    server.leaves_pushes();
    server.fault(json!({"target": "issuer", "drop": true}));
    let (link, back) = order(&server);
    assert_eq!(server.answer(&link, USER, "authorize", title()).0, 200);
    let (mut page, mut looks) = (come_back(&server, &back, USER), 0);
    while let Some(next) = refresh(&page).map(str::to_owned) {
        looks += 1;
        assert!(looks <= 30, "it looks for ever: {next}");
        page = come_back(&server, &next, USER);
    }
    assert_eq!(looks, 30);
    assert!(page.body().contains("Still being issued"), "{}", page.body());
    assert!(page.body().contains("class=\"mark wait\""), "{}", page.body());
    // Whoever wants to look again begins again.
    assert!(page.body().contains(&format!("href=\"{back}\"")), "{}", page.body());
    assert!(refresh(&come_back(&server, &back, USER)).is_some());
    assert!(come_back(&server, &format!("{back}?look=4294967295"), USER).body().contains("Still"));
}

#[test]
fn the_shop_leaves_the_merchants_own_contact_alone() {
    let server = TestServer::start();
    let contact = |client: &Client<'_>| client.attribute("get_contact", &json!({}));
    let client = server.client(MERCHANT);
    assert_refused(&contact(&client), 72063, "");
    order(&server);
    assert_eq!(contact(&client)["contact"]["phone"], "0755-80000009");
    client.set_contact();
    order(&server);
    assert_eq!(contact(&client)["contact"]["phone"], "88888888");
}
