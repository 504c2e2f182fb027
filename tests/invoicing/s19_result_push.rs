//! Section 19: the push of an invoice try's result.

use kaipiao_tests::{
    MERCHANT, MINI_PROGRAM, Receiver, TestServer, USER, assert_refused, assert_sucesss, element,
};
use serde_json::json;

/// Serial and status of a result's event.
fn result(event: &str) -> (String, String) {
    assert_eq!(element(event, "Event").unwrap(), "cloud_invoice_invoiceresult_event");
    assert_eq!(element(event, "MsgType").unwrap(), "event");
    (element(event, "fpqqlsh").unwrap(), element(event, "status").unwrap())
}

fn of(serial: &str, status: &str) -> (String, String) {
    (format!("2ff836{serial}"), status.to_owned())
}

#[test]
fn success_and_failure_are_pushed_for_issue_and_offset() {
    for mode in ["plain", "safe"] {
        let (server, receiver) = (TestServer::start(), Receiver::start());
        let client = server.merchant();
        server.set_callback(MERCHANT, &receiver, mode);
        let next = || receiver.next().event(MERCHANT);
        client.authorized("1");
        assert_eq!(element(&next(), "SuccOrderId").unwrap(), "1");
        server.fault(json!({"target": "issuer", "errcode": 73100}));
        assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
        assert_eq!(result(&next()), of("A1", "2"));
        assert_refused(&client.query("A1"), 73100, "unreachable");
        assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
        let event = next();
        assert_eq!(result(&event), of("A1", "100"));
        assert_eq!(element(&event, "FromUserName").unwrap(), server.openid(USER, MERCHANT));
        assert_eq!(element(&event, "nsrsbh").unwrap(), "91440300MA5KP0009F");
        let blue = client.query("A1")["invoicedetail"].clone();
        server.fault(json!({"target": "issuer", "errcode": 73102}));
        assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
        assert_eq!(result(&next()), of("A1r", "2"));
        assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
        assert_eq!(result(&next()), of("A1r", "100"));
        // Repeating what is done pushes nothing again.
        assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
        assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
        server.all_completed();
        assert_eq!(receiver.received().len(), 5);
        let times: std::collections::BTreeSet<_> = receiver
            .received()
            .iter()
            .map(|push| element(&push.event(MERCHANT), "CreateTime").unwrap())
            .collect();
        assert_eq!(times.len(), 5, "no two events of a user share their time");
    }
}

#[test]
fn the_result_goes_where_the_authorization_went_and_behind_it() {
    let server = TestServer::start();
    server.merchant();
    let (official, own) = (Receiver::start(), Receiver::start());
    server.set_callback(MERCHANT, &official, "plain");
    server.set_callback(MINI_PROGRAM, &own, "plain");
    let app = server.client(MINI_PROGRAM);
    let mut asked = app.asked("1", 0);
    asked["source"] = json!("wxa");
    let link = app.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
    server.answer(&link, USER, "authorize", None);
    let authorized = own.next().event(MINI_PROGRAM);
    let openid = element(&authorized, "FromUserName").unwrap();
    let mut body = app.invoice("1", "B1");
    body["wxopenid"] = json!(openid);
    assert_sucesss(&app.make_out(&body));
    let event = own.next().event(MINI_PROGRAM);
    assert_eq!(result(&event), of("B1", "100"));
    assert_eq!(element(&event, "FromUserName").unwrap(), openid);
    server.all_completed();
    assert_eq!(official.received().len(), 0);
}

#[test]
fn a_merchant_without_a_callback_queries_instead() {
    let server = TestServer::start();
    let client = server.merchant();
    client.issued("1", "C1");
    server.all_completed();
    let pushes = server.pushes("order_id=1");
    let events: Vec<_> = pushes.iter().map(|p| (&p["event"], &p["state"])).collect();
    let unroutable = json!("unroutable");
    assert_eq!(
        events,
        [
            (&json!("cloud_invoice_invoiceresult_event"), &unroutable),
            (&json!("user_authorize_invoice"), &unroutable)
        ]
    );
}
