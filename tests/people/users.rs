//! What people have, as the operator lists it.

use kaipiao_tests::{TestServer, USER, assert_ok};
use serde_json::json;

#[test]
fn a_users_messages_and_titles_are_paged() {
    let server = TestServer::start();
    let merchant = server.merchant();
    for order_id in ["1", "2", "3"] {
        merchant.authorized(order_id);
        assert_ok(&merchant.reject(order_id));
        server.advance_s(1);
    }
    for limit in 1..=4 {
        let listing =
            |what: &str| server.all_pages(&format!("users/{USER}/{what}?limit={limit}"), what);
        let messages = listing("messages");
        let orders: Vec<_> =
            messages.iter().map(|message| message["order_id"].as_str().unwrap()).collect();
        assert_eq!(orders, ["3", "2", "1"]);
        assert_eq!(messages[0]["reason"], "抬头有误");
        let titles = listing("titles");
        assert_eq!(titles.len(), 3);
        assert_eq!(titles[0]["biz_field"]["title"], "深圳市示例科技有限公司");
        assert_eq!(titles[2]["user_field"]["email"], "zhangwei@example.com");
        assert!(titles.iter().all(|title| title["is_default"] == false && title["id"].is_string()));
    }
}

#[test]
fn users_that_are_not_there_have_no_listings() {
    let server = TestServer::start();
    for path in ["users/nobody/messages", "users/nobody/titles", "users/%20/titles"] {
        assert_eq!(server.admin("GET", path, &json!({})).0, 404, "{path}");
    }
    let (status, answer) = server.admin("GET", &format!("users/{USER}/titles?limit=0"), &json!({}));
    assert!(status == 400 && answer["error"].as_str().unwrap().contains("limit"), "{answer}");
}
