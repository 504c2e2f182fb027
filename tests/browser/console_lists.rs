//! The console's listings, searched as people search them, and the line of time of a whole order.

use crate::harness::{Browser, DESK_AND_PHONE, DESKTOP, PHONE};
use kaipiao_tests::pay_client::{ACKNOWLEDGED, MCHID, PayClient, link_with_contact};
use kaipiao_tests::platform_client::inserted;
use kaipiao_tests::{ADMIN, MERCHANT, PLATFORM, Receiver, Reply, TestServer, USER, assert_sucesss};
use serde_json::{Value, json};

/// The merchant's server, which does not answer the first push.
fn forgetful_receiver() -> Receiver {
    Receiver::behaving(|count, _| {
        if count == 0 { Reply::Status(500, "busy".to_owned()) } else { Reply::Success("success") }
    })
}

/// An order from its link to its invoice, authorized on the page, with a push that was tried twice and a call that was
/// refused; gives back its invoice.
async fn whole_order(server: &TestServer, order_id: &str) -> Value {
    let client = server.merchant();
    client.set_contact();
    let link = client.auth_url(order_id, 1);
    let browser = Browser::open(PHONE).await;
    browser.go(&format!("{}/login?next=/me/titles", server.base)).await;
    browser.submit(&format!("[value='{USER}']")).await;
    browser.go(&link).await;
    browser.submit(".primary[value='authorize']").await;
    browser.close().await;
    server.all_completed();
    // A pause, which the line tells of.
    server.advance_s(120);
    let mut wrong = client.invoice(order_id, "t1");
    wrong["nsrsbh"] = json!("wrong");
    assert_ne!(client.make_out(&wrong)["errcode"], json!(0));
    assert_sucesss(&client.make_out(&client.invoice(order_id, "t1")));
    let detail = client.result("t1")["invoicedetail"].clone();
    server.all_completed();
    detail
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_line_of_time_has_all_that_happened_to_it_and_every_list_reads_well() {
    let server = TestServer::start();
    let receiver = forgetful_receiver();
    server.set_callback(MERCHANT, &receiver, "plain");
    let detail = whole_order(&server, "line-1").await;
    let push = server.pushes(&format!("appid={MERCHANT}"))[0]["id"].as_str().unwrap().to_owned();
    let (_, requests) = server.admin("GET", "requests?order_id=line-1", &json!({}));
    link_with_contact(&server);
    let pay = PayClient::new(&server);
    let notified = Receiver::behaving(|_, _| Reply::Success(ACKNOWLEDGED));
    let notify_url = notified.url().split('?').next().unwrap().to_owned();
    pay.paid("entry-1", &[("receipt", "Y"), ("notify_url", &notify_url)], USER);
    pay.refund("entry-1", "back-1", "40");
    inserted(&server, &server.client(PLATFORM), "inserted-1", "62522141");
    server.all_completed();
    let rid = requests["requests"][0]["rid"].as_str().unwrap().to_owned();
    let serial = server.merchant().invoice("line-1", "t1")["fpqqlsh"].as_str().unwrap().to_owned();
    for look in DESK_AND_PHONE {
        let browser = Browser::open(look).await;
        let order = format!("/console/orders/order?appid={MERCHANT}&order_id=line-1");
        browser.go(&format!("{}{order}", server.base)).await;
        let text = browser.text().await;
        for said in [
            "/card/invoice/getauthurl",
            "/bizmall/authinvoice",
            "/card/invoice/makeoutinvoice",
            "user_authorize_invoice",
            "HTTP 500",
            "HTTP 200",
            detail["fphm"].as_str().unwrap(),
            USER,
        ] {
            assert!(text.contains(said), "{said} is not on the line: {text}");
        }
        let order_of = ["getauthurl", "authinvoice", "user_authorize_invoice", "HTTP 500"];
        let places: Vec<_> = order_of.iter().map(|said| text.find(said).unwrap()).collect();
        assert!(places.is_sorted(), "{order_of:?} at {places:?}: {text}");
        browser.shoot_dense("lists-order").await;
        browser.click(".line details summary").await;
        browser.shoot_dense("lists-order-open").await;
        for (name, path) in [
            ("orders", "/console/orders".to_owned()),
            ("orders-none", "/console/orders?state=rejected".to_owned()),
            ("invoices", "/console/invoices".to_owned()),
            ("invoice", format!("/console/invoices/invoice?appid={MERCHANT}&serial={serial}")),
            ("offset", format!("/console/invoices/offset?appid={MERCHANT}&serial={serial}")),
            ("pushes", format!("/console/pushes?appid={MERCHANT}")),
            ("push", format!("/console/pushes/{push}")),
            ("requests", "/console/requests".to_owned()),
            ("request", format!("/console/requests/{rid}")),
            ("jobs", "/console/jobs".to_owned()),
            ("payments", "/console/payments".to_owned()),
            ("payment", format!("/console/payments/payment?mchid={MCHID}&out_trade_no=entry-1")),
            ("inserted", "/console/invoices/inserted".to_owned()),
            ("numbers", "/console/numbers".to_owned()),
        ] {
            browser.go(&format!("{}{path}", server.base)).await;
            browser.shoot_dense(&format!("lists-{name}")).await;
        }
        browser.goes_dark().await;
        browser.go(&format!("{}{order}", server.base)).await;
        browser.shoot_dense("lists-dark-order").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_found_by_number_buyer_amount_and_day_and_taken_back() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    let client = server.merchant();
    let detail = client.issued("find-1", "f1");
    let number =
        format!("{}{}", detail["fpdm"].as_str().unwrap(), detail["fphm"].as_str().unwrap());
    let serial = client.invoice("find-1", "f1")["fpqqlsh"].as_str().unwrap().to_owned();
    let browser = Browser::open(DESKTOP).await;
    for (field, value) in
        [("number", &*number), ("buyer", "星期一"), ("amount", "159.00"), ("order_id", "find-1")]
    {
        let found = async || {
            browser.go(&format!("{}/console/invoices", server.base)).await;
            browser.fill(field, value).await;
            browser.press("Filter").await;
            browser.has(&format!("a[href*='{serial}']")).await
        };
        browser.until(&format!("it is found by {field}"), found).await;
    }
    browser.fill("order_id", "another").await;
    browser.press("Filter").await;
    browser.says("No invoices").await;
    browser.go(&format!("{}/console/invoices", server.base)).await;
    browser.submit(&format!("a[href*='{serial}']")).await;
    browser.says("Issued").await;
    let width = browser.find(".face img").await.prop("naturalWidth").await.unwrap();
    assert_ne!(width.as_deref(), Some("0"), "the face is drawn");
    browser.press("Take it back…").await;
    browser.says("This can't be undone.").await;
    browser.press("Take it back").await;
    browser.says("The red invoice is being issued.").await;
    let is_offset = async || {
        browser
            .go(&format!(
                "{}/console/invoices/invoice?appid={MERCHANT}&serial={serial}",
                server.base
            ))
            .await;
        browser.text().await.contains("Taken back by")
            && !browser.text().await.contains("Being offset")
    };
    browser.until("it is taken back", is_offset).await;
    assert!(!browser.has("a[href*='/console/invoices/offset']").await);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_sent_again_alone_or_with_all_that_failed() {
    let server = TestServer::start();
    let client = server.merchant();
    // Without a callback each ends at once.
    for order_id in ["again-1", "again-2", "again-3"] {
        client.authorized(order_id);
    }
    server.all_completed();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    let browser = Browser::open(DESKTOP).await;
    browser.go(&format!("{}/console/pushes?appid={MERCHANT}", server.base)).await;
    browser.says("No callback").await;
    browser.submit("tbody a").await;
    browser.press("Send it again").await;
    browser.says("It is sent again.").await;
    server.all_completed();
    assert!(receiver.next().event(MERCHANT).contains("again-3"));
    browser.go(&format!("{}/console/pushes?appid={MERCHANT}", server.base)).await;
    browser.click("details.sure summary").await;
    browser.press("Send them again").await;
    browser.says("Pushes that are sent again: 2").await;
    server.all_completed();
    let states = server.pushes(&format!("appid={MERCHANT}"));
    assert!(states.iter().all(|push| push["state"] == json!("delivered")), "{states:?}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_sees_their_accounts_alone() {
    let admin = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(admin.path(), ADMIN).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\npublic_base_url = \"http://localhost\"\nadmin_token_file = {:?}",
        admin.path()
    ));
    let other = "wx00000000000000ff";
    let spec = |name: &str| json!({"role": "merchant", "name": name});
    for (appid, name) in [(MERCHANT, "Theirs"), (other, "Another")] {
        let (status, answer) = server.admin("PUT", &format!("accounts/{appid}"), &spec(name));
        assert!(status < 300, "{answer}");
    }
    let user =
        json!({"role": "developer", "accounts": [MERCHANT], "password": "correct horse battery"});
    assert_eq!(server.admin("PUT", "console-users/dev", &user).0, 201);
    let browser = Browser::open(DESKTOP).await;
    browser.go(&format!("{}/console/orders", server.base)).await;
    browser.fill("name", "dev").await;
    browser.fill("password", "correct horse battery").await;
    browser.press("Log in").await;
    browser.says("No orders").await;
    assert!(!browser.text().await.contains("Another"));
    for path in [
        format!("orders?appid={other}"),
        format!("orders/order?appid={other}&order_id=1"),
        format!("invoices?appid={other}"),
        format!("pushes?appid={other}"),
        format!("pushes/{other}-1"),
        format!("requests?appid={other}"),
        format!("jobs?appid={other}"),
        format!("numbers?appid={other}"),
    ] {
        browser.go(&format!("{}/console/{path}", server.base)).await;
        browser.says("There is nothing here").await;
    }
    browser.go(&format!("{}/console/requests", server.base)).await;
    // The operator's own calls, which name the account, are not theirs to see.
    browser.says("No requests").await;
    browser.close().await;
}
