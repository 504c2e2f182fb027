//! The sandbox's controls in the console, used as people use them who play with it.

use crate::harness::{Browser, DESK_AND_PHONE, DESKTOP, Look, PHONE};
use kaipiao_tests::pay_client::PayClient;
use kaipiao_tests::{MERCHANT, TestServer};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_controls_read_well_at_a_desk_and_on_a_phone() {
    let server = TestServer::start_embedded();
    server.post_json("/sandbox/v1/snapshots", &json!({"name": "before-the-invoices-of-the-year"}));
    server.post_json(
        "/sandbox/v1/namespaces",
        &json!({"name": "run-17", "seed": "17", "life_s": 86_400}),
    );
    server.post_json("/sandbox/v1/clock", &json!({"advance_s": 90_061, "rate": 60}));
    let client = server.merchant();
    client.set_contact();
    client.auth_url("answer-1", 1);
    let call = "/card/invoice/getauthurl";
    server.fault(json!({"target": call, "errcode": 72036, "appid": MERCHANT}));
    client.post(call, &json!({}));
    for fault in [
        json!({"target": call, "errcode": 72036, "percent": 25, "appid": MERCHANT}),
        json!({"target": "push", "reorder": true, "n": 7}),
        json!({"target": "quota"}),
    ] {
        server.fault(fault);
    }
    PayClient::new(&server).order("pay-001", &[]);
    let order = format!("/console/orders/order?appid={MERCHANT}&order_id=answer-1");
    for look in DESK_AND_PHONE {
        let browser = Browser::open(look).await;
        for (name, path) in [
            ("sandbox", "/console/sandbox"),
            ("faults", "/console/faults"),
            ("faults-issuer", "/console/faults?kind=issuer"),
            ("faults-push", "/console/faults?kind=push"),
            ("faults-quota", "/console/faults?kind=quota"),
            ("answer", &*order),
            ("payments", "/console/payments"),
            ("pay", "/console/payments/pay?mchid=1900000109&out_trade_no=pay-001"),
            ("elsewhere", "/ns/run-17/console/orders"),
            ("elsewhere-sandbox", "/console/sandbox"),
        ] {
            browser.go(&format!("{}{path}", server.base)).await;
            browser.shoot_dense(&format!("controls-{name}")).await;
        }
        browser.go(&format!("{}/ns/default/console/sandbox", server.base)).await;
        browser.click("#snapshots details summary").await;
        browser.click("#reset details summary").await;
        browser.click("#spaces details summary").await;
        browser.shoot_dense("controls-sure").await;
        browser.goes_dark().await;
        browser.shoot_dense("controls-dark-sure").await;
        browser.go(&format!("{}/console/faults", server.base)).await;
        browser.shoot_dense("controls-dark-faults").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_is_played_with_without_a_script() {
    for look in [Look { lang: "en", scripts: false, ..PHONE }, DESKTOP] {
        let server = TestServer::start_embedded();
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/console/sandbox", server.base)).await;
        browser.fill("snapshot", "fresh").await;
        browser.press("Save").await;
        browser.says("The snapshot is saved.").await;
        browser.press("+ 1 day").await;
        browser.says("ahead of real time by 24 h").await;
        browser.submit("button[name='stopped']").await;
        browser.says("stands still").await;
        browser.fill("rate", "twice").await;
        browser.press("Scale").await;
        browser.says("rate must be 0 to 86400").await;
        assert_eq!(browser.filled("rate").await, "twice");
        browser.click("#snapshots details summary").await;
        browser.press("Restore fresh").await;
        browser.says("the clock goes on from there").await;
        browser.says("goes with real time").await;

        browser.fill("space", "mine").await;
        browser.fill("seed", "1").await;
        browser.press("Make a name space").await;
        browser.says("The name space is made.").await;
        browser.press("Open its console").await;
        browser.says("Name space mine").await;
        browser.press("+ 1 hour").await;
        browser.says("stands still").await;
        let default = server.get_json("/sandbox/v1/clock");
        assert!(default["ahead_s"].as_i64().unwrap() < 60, "{default}");
        browser.click("#reset details summary").await;
        browser.press("Reset mine").await;
        browser.says("Everything is as at the first start.").await;
        browser.click("#spaces li:nth-child(2) details summary").await;
        browser.press("Remove mine").await;
        browser.says("The name space is removed.").await;
        assert!(!browser.has(".space").await, "it is left");

        browser.go(&format!("{}/console/faults", server.base)).await;
        // The navigation has a link of these words too.
        browser.submit("#plan a[href*='kind=push']").await;
        browser.click("input[value='lose=true']").await;
        browser.fill("n", "2").await;
        browser.press("Plan it").await;
        browser.says("Pushes: lost").await;
        browser.says("Left: 2 times").await;
        assert_eq!(server.get_json("/sandbox/v1/faults")["faults"][0]["lose"], true);
        browser.submit("#planned button").await;
        browser.says("Nothing is planned").await;
        browser.close().await;
    }
}
