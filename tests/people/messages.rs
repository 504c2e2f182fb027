//! Service messages: the inbox and its pages.

use kaipiao_tests::{TestServer, USER, assert_ok};

#[test]
fn an_inbox_of_many_messages_leads_to_the_earlier_ones() {
    let server = TestServer::start();
    let merchant = server.merchant();
    for number in 0..21 {
        let order_id = format!("order-{number:02}-");
        merchant.authorized(&order_id);
        assert_ok(&merchant.reject(&order_id));
        server.advance_s(1);
    }
    let cookie = server.session(USER);
    let page = |path: &str| server.page("GET", path, &[("cookie", &cookie)], "").body().clone();
    let orders = |html: &str| html.matches("<dd>order-").count();
    let newest = page("/me/messages");
    assert!(orders(&newest) == 20 && newest.contains("order-20-") && !newest.contains("order-00-"));
    let (_, further) = newest.split_once("href=\"/me/messages?after=").expect("a further page");
    let further = format!("/me/messages?after={}", further.split('"').next().unwrap());
    let oldest = page(&further.replace("&#38;", "&"));
    assert!(orders(&oldest) == 1 && oldest.contains("order-00-"));
    assert!(!oldest.contains("/me/messages?after="));
}

#[test]
fn the_sandboxs_listing_of_messages_is_paged() {
    let server = TestServer::start();
    let merchant = server.merchant();
    for order_id in ["1", "2", "3"] {
        merchant.authorized(order_id);
        assert_ok(&merchant.reject(order_id));
        server.advance_s(1);
    }
    let path = format!("/sandbox/v1/messages?user={USER}&limit=2");
    let first = server.get_json(&path);
    assert_eq!(
        (&first["messages"][0]["order_id"], &first["messages"][1]["order_id"]),
        (&"3".into(), &"2".into())
    );
    let rest = server.get_json(&format!("{path}&after={}", first["next"].as_str().unwrap()));
    assert_eq!(rest["messages"][0]["order_id"], "1");
    assert_eq!((rest["messages"].as_array().unwrap().len(), rest.get("next")), (1, None));
}
