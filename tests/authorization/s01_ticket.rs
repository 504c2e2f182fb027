//! Section 1.

use kaipiao_tests::{MERCHANT, MOBILE_APP, REIMBURSER, TestServer, assert_ok, assert_refused};
use serde_json::json;

#[test]
fn a_ticket_and_its_answer() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    for ticket_type in ["wx_card", "jsapi"] {
        let path = client.path(&format!("/cgi-bin/ticket/getticket?type={ticket_type}"));
        let answer = server.get(&path);
        assert_ok(&answer);
        assert_eq!(answer["ticket"].as_str().unwrap().len(), 86);
        assert_eq!(answer["expires_in"], json!(7200));
    }
    for bad in ["", "?type=", "?type=wxcard"] {
        let answer = server.get(&client.path(&format!("/cgi-bin/ticket/getticket{bad}")));
        assert_refused(&answer, 40097, "wx_card or jsapi");
    }
}

#[test]
fn a_ticket_serves_many_calls_and_a_newer_one_does_not_end_it() {
    let server = TestServer::start();
    let client = server.merchant();
    let asked = client.asked("1", 0);
    client.ticket();
    for order in ["1", "2", "3"] {
        let mut asked = asked.clone();
        asked["order_id"] = json!(order);
        assert_ok(&client.auth_url_answer(&asked));
    }
    server.advance_s(7190);
    let client = server.client(MERCHANT);
    assert_ok(&client.auth_url_answer(&asked));
    server.advance_s(20);
    let client = server.client(MERCHANT);
    assert_refused(&client.auth_url_answer(&asked), 72031, "ticket has expired");
}

#[test]
fn the_apps_bound_to_a_merchant_share_its_tickets_and_others_do_not() {
    let server = TestServer::start();
    let client = server.merchant();
    let mut asked = client.asked("1", 0);
    assert_ok(&server.client(MOBILE_APP).auth_url_answer(&asked));

    let other = json!({"role": "merchant", "secret": "0123456789abcdef0123456789abcdef"});
    assert_eq!(server.put_account("wx00000000000000aa", &other, "kaipiao-sandbox-admin").0, 201);
    let token = server.token_answer("wx00000000000000aa", "0123456789abcdef0123456789abcdef");
    let path = format!(
        "/cgi-bin/ticket/getticket?type=wx_card&access_token={}",
        token["access_token"].as_str().unwrap()
    );
    asked["ticket"] = server.get(&path)["ticket"].clone();
    assert_refused(&client.auth_url_answer(&asked), 72031, "ticket belongs to another account");

    let jsapi = server.get(&client.path("/cgi-bin/ticket/getticket?type=jsapi"));
    asked["ticket"] = jsapi["ticket"].clone();
    assert_refused(&client.auth_url_answer(&asked), 72031, "ticket is a jsapi ticket");
    asked["ticket"] = json!("tttt");
    assert_refused(&client.auth_url_answer(&asked), 72031, "ticket is unknown");
    server.client(REIMBURSER).ticket();
}
