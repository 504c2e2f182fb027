//! The pages of a payment: the cashier, its details, and why it shows an invoice entry or none.

use crate::payment::pay_client::{MCHID, PayClient, link_with_contact};
use crate::payment::visitor::{Visitor, details, location};
use crate::people::login::LOGIN_SECRET;
use kaipiao_tests::{ADMIN, MERCHANT, OTHER_USER, TestServer, USER, assert_ok, form_token};
use serde_json::json;

fn cashier(prepay_id: &str) -> String {
    format!("/cashier?prepay_id={prepay_id}")
}

#[test]
fn a_visitor_pays_at_the_cashier_and_sees_the_payment() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    let placed = pay.order("order-1", &[("total_fee", "123456"), ("body", "茶 <b>")]);
    let path = placed.get("code_url").strip_prefix(&*server.base).unwrap().to_owned();
    assert_eq!(path, cashier(placed.get("prepay_id")));
    assert!(location(&Visitor::nobody(&server).get(&path)).starts_with("/login?next=%2Fcashier"));

    let page = payer.get(&path);
    assert_eq!(page.status(), 200);
    for part in ["no money moves", "1234.56", "茶 &#60;b&#62;", "order-1", "Pay now", "<svg"] {
        assert!(page.body().contains(part), "{part}: {}", page.body());
    }
    // The form of another site, or of nobody, pays nothing.
    assert_eq!(payer.call("POST", &path, "").status(), 403);
    assert_eq!(payer.call("POST", &path, "form_token=1").status(), 403);
    let unpaid = pay.done("/pay/orderquery", &[("out_trade_no", "order-1")]);
    assert_eq!(unpaid.get("trade_state"), "NOTPAY");

    assert_eq!(location(&payer.press(&path, &path)), details("order-1"));
    let paid = pay.done("/pay/orderquery", &[("out_trade_no", "order-1")]);
    assert_eq!(paid.get("openid"), server.openid(USER, MERCHANT));
    payer.says(&details("order-1"), 200, paid.get("transaction_id"));
    payer.says(&details("order-1"), 200, "Payment successful");
    assert_eq!(location(&payer.get(&path)), details("order-1"));
    // What was paid is nobody else's to see.
    Visitor::new(&server, OTHER_USER).says(&details("order-1"), 404, "Payment not found");
    payer.says(&details("order-2"), 404, "Payment not found");

    for page in [details("order-1"), format!("{}/entry", details("order-1")), "/me/messages".into()]
    {
        payer.says(&page, 200, "no money moves");
    }
    assert!(paid.get("trade_state_desc").contains("不会产生真实扣款"), "{paid:?}");
    let inbox = payer.get("/me/messages");
    assert!(inbox.body().contains("Payment successful · ¥1234.56"), "{}", inbox.body());
    assert!(inbox.body().contains(&details("order-1")), "{}", inbox.body());
}

#[test]
fn the_cashier_says_why_nothing_can_be_paid() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    payer.says("/cashier", 400, "names a prepay_id");
    for unknown in ["1", &format!("wx{}1900000109", "0".repeat(30)), "%00"] {
        payer.says(&cashier(unknown), 404, "no such payment");
    }
    let paid = pay.paid("order-1", &[], OTHER_USER);
    payer.says(&cashier(&paid), 410, "Somebody else has paid this");

    let closed = pay.order("order-2", &[]).get("prepay_id").to_owned();
    let token = form_token(payer.get(&cashier(&closed)).body());
    pay.done("/pay/closeorder", &[("out_trade_no", "order-2")]);
    // Whoever presses the button a moment too late is told on the page.
    let late = payer.call("POST", &cashier(&closed), &format!("form_token={token}"));
    assert_eq!(location(&late), cashier(&closed));
    payer.says(&cashier(&closed), 410, "This payment was closed");

    let openid = server.openid(OTHER_USER, MERCHANT);
    let more = [("trade_type", "JSAPI"), ("openid", &*openid)];
    let anothers = cashier(pay.order("order-3", &more).get("prepay_id"));
    payer.says(&anothers, 403, "This payment is for somebody else");
    payer.says(&anothers, 403, "/login?next=%2Fcashier");
    let other = Visitor::new(&server, OTHER_USER);
    assert!(!other.get(&anothers).body().contains("<svg"), "only NATIVE is scanned");
    assert_eq!(location(&other.press(&anothers, &anothers)), details("order-3"));

    let expired = pay.order("order-4", &[]).get("prepay_id").to_owned();
    server.advance_s(7300);
    payer.says(&cashier(&expired), 410, "This payment has expired");
}

#[test]
fn the_way_back_to_the_merchant_is_offered_and_never_taken_by_itself() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    for (number, url, is_offered) in [
        ("order-1", "https://shop.example/back?a=1", true),
        ("order-2", "javascript:alert(1)", false),
        ("order-3", "//shop.example", false),
    ] {
        let prepay_id = pay.order(number, &[("trade_type", "MWEB")]).get("prepay_id").to_owned();
        let url: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
        let path = format!("{}&redirect_url={url}", cashier(&prepay_id));
        let paid = payer.press(&path, &path);
        let after = location(&paid).to_owned();
        assert_eq!(after, format!("{}?redirect_url={url}", details(number)));
        let page = payer.get(&after);
        assert_eq!(page.status(), 200);
        assert_eq!(page.body().contains("Back to the merchant"), is_offered, "{}", page.body());
        assert_eq!(page.body().contains("href=\"https://shop.example/back?a=1\""), is_offered);
    }
}

#[test]
fn the_entry_leads_the_payer_to_the_authorization_page() {
    let server = TestServer::start();
    server.leaves_pushes();
    link_with_contact(&server);
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    pay.paid("order-1", &[("receipt", "Y")], USER);
    let (page, entry) = (details("order-1"), format!("{}/entry", details("order-1")));
    payer.says(&page, 200, "Get an invoice");
    assert_eq!(payer.call("POST", &entry, "form_token=1").status(), 403);
    let other = Visitor::new(&server, OTHER_USER);
    assert_eq!(other.press("/me/titles/new", &entry).status(), 404);

    // The link's life begins when the entry is opened.
    server.advance_s(31 * 86_400);
    let opened = payer.press(&page, &entry);
    let (status, answer) = server.answer(
        location(&opened),
        USER,
        "authorize",
        Some(json!({"biz_field": {"title": "公司", "tax_no": "91440300MA5KP0001N"}})),
    );
    assert_eq!(status, 200, "{answer}");
    let client = server.client(MERCHANT);
    assert_eq!(client.status("order-1")["invoice_status"], "auth success");
    payer.says(&page, 200, "See your invoice");
    let again = payer.press(&page, &entry);
    let path = location(&again).strip_prefix(&*server.base).unwrap();
    payer.says(path, 200, "Your invoice is on its way");

    assert_ok(&client.reject("order-1"));
    payer.says(&page, 200, "抬头有误");
    payer.says(&page, 200, "href=\"http://xxx.com\"");
    assert!(!payer.get(&page).body().contains("See your invoice"));
    assert_eq!(payer.press("/me/titles/new", &entry).status(), 409);
}

#[test]
fn the_message_of_a_payment_shows_the_entry_while_the_details_do() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    const INBOX: &str = "/me/messages";
    let entry = |number: &str| format!("{}/entry", details(number));
    let offers = |number: &str| {
        let (inbox, page) = (payer.get(INBOX), payer.get(&details(number)));
        let form = format!("action=\"{}\"", entry(number));
        let is_offered = inbox.body().contains(&form);
        assert_eq!(page.body().contains(&form), is_offered, "{}", page.body());
        is_offered
    };
    pay.paid("order-1", &[("receipt", "Y")], USER);
    pay.paid("plain-1", &[], USER);
    assert!(!offers("order-1"), "nobody is linked");
    let client = link_with_contact(&server);
    assert!(offers("order-1") && !offers("plain-1"));
    assert_eq!(payer.get(INBOX).body().matches("Get an invoice").count(), 1);
    payer.says(INBOX, 200, "no money moves");
    // Another user's inbox has none of it, and the form of nobody opens nothing.
    assert!(!Visitor::new(&server, OTHER_USER).get(INBOX).body().contains(&entry("order-1")));
    assert_eq!(payer.call("POST", &entry("order-1"), "form_token=1").status(), 403);

    let opened = payer.press(INBOX, &entry("order-1"));
    payer.says(&server.path_of(location(&opened)), 200, "company.title");
    let title = json!({"biz_field": {"title": "公司", "tax_no": "91440300MA5KP0001N"}});
    assert_eq!(server.answer(location(&opened), USER, "authorize", Some(title)).0, 200);
    assert!(offers("order-1"));
    payer.says(INBOX, 200, "See your invoice");
    assert_ok(&client.reject("order-1"));
    assert!(!offers("order-1"));
    pay.paid("order-2", &[("receipt", "Y")], USER);
    assert!(offers("order-2"));
    pay.refund("order-2", "r-1", "100");
    assert!(!offers("order-2"));
}

#[test]
fn the_demo_shop_places_a_payment_whose_entry_is_shown() {
    let server = TestServer::start();
    server.leaves_pushes();
    let payer = Visitor::new(&server, USER);
    let placed = payer.call("POST", "/shop/payments", "");
    let path = location(&placed).strip_prefix(&*server.base).unwrap().to_owned();
    payer.says(&path, 200, "113.00");
    let paid = payer.press(&path, &path);
    payer.says(location(&paid), 200, "Get an invoice");
    let linked = server.client(MERCHANT).attribute("get_pay_mch", &json!({}));
    assert_eq!(linked["paymch_info"]["mchid"], MCHID);
    assert_eq!(server.post_from("https://evil.example", "/shop/payments", ""), 403);
    assert!(Visitor::nobody(&server).get("/").body().contains("action=\"/shop/payments\""));
}

#[test]
fn the_demo_shop_leaves_a_merchants_own_link_alone() {
    let server = TestServer::start();
    server.leaves_pushes();
    let own = json!({"accounts": [MERCHANT]});
    assert_eq!(server.admin("PUT", "pay-merchants/1234", &own).0, 201);
    let info = json!({"paymch_info": {"mchid": "1234", "s_pappid": server.s_pappid()}});
    assert_ok(&server.client(MERCHANT).attribute("set_pay_mch", &info));
    assert_eq!(Visitor::new(&server, USER).call("POST", "/shop/payments", "").status(), 303);
    let linked = server.client(MERCHANT).attribute("get_pay_mch", &json!({}));
    assert_eq!(linked["paymch_info"]["mchid"], "1234");
}

/// How many conditions of a payment are not met, and what its page tells to do.
fn explained(server: &TestServer, number: &str, unmet: usize, words: &[&str]) {
    let page = Visitor::nobody(server).get(&format!("{}/entry", details(number)));
    assert_eq!(page.status(), 200);
    let counted = |text: &str| page.body().matches(text).count();
    assert_eq!((counted("Not met"), counted("> Met<")), (unmet, 7 - unmet), "{}", page.body());
    let headline = if unmet == 0 { "The payer sees an" } else { "The payer sees no" };
    for words in words.iter().chain([&headline]) {
        assert!(page.body().contains(words), "{words}: {}", page.body());
    }
}

#[test]
fn the_entrys_page_names_each_condition_that_is_not_met() {
    let server = TestServer::start();
    server.leaves_pushes();
    let pay = PayClient::new(&server);
    let nobody = Visitor::nobody(&server);
    nobody.says(&format!("{}/entry", details("order-0")), 404, "Payment not found");
    nobody.says("/payments/x/y/entry", 404, "Payment not found");
    pay.order("order-1", &[]);
    let nothing = ["receipt=Y (capital", "Have it paid first", "set_pay_mch with mchid 1900000109"];
    explained(&server, "order-1", 4, &nothing);
    explained(&server, "order-1", 4, &["action=set_contact"]);

    let client = link_with_contact(&server);
    explained(&server, "order-1", 2, &[]);
    pay.paid("order-2", &[("receipt", "Y")], USER);
    explained(&server, "order-2", 0, &[]);
    pay.paid("order-3", &[("receipt", "y")], USER);
    explained(&server, "order-3", 1, &["receipt=Y (capital"]);
    assert_ok(&client.auth_url_answer(&client.asked("order-4", 0)));
    pay.paid("order-4", &[("receipt", "Y")], USER);
    explained(&server, "order-4", 1, &["getauthurl has opened an order of this number"]);
    pay.paid("order-5", &[("receipt", "Y")], USER);
    pay.refund("order-5", "r-1", "100");
    explained(&server, "order-5", 1, &["All of it was given back"]);
    let payer = Visitor::new(&server, USER);
    payer.says(&details("order-5"), 200, "Refunded in full");
    payer.says(&details("order-5"), 200, "¥1.00");
    let page = payer.get(&details("order-5"));
    assert!(
        page.body().contains("Why is there no invoice entry?") && !page.body().contains("Get an")
    );
}

#[test]
fn production_has_the_payers_pages_and_no_cashier() {
    let server = TestServer::start_with("mode = \"production\"");
    assert_eq!(server.get_raw("/cashier?prepay_id=wx1").status(), 404);
    assert_eq!(server.post_raw("/cashier?prepay_id=wx1", None, "").status(), 404);
    assert_eq!(server.post_raw("/shop/payments", None, "").status(), 404);
    let home = server.get_raw("/");
    assert!(!home.body().contains("/cashier") && !home.body().contains("/shop/payments"));
    for path in [details("order-1"), format!("{}/entry", details("order-1"))] {
        let answer = Visitor::nobody(&server).get(&path);
        assert!(location(&answer).starts_with("/login?next="), "{path}");
    }
}

#[test]
fn in_production_a_reported_payment_does_not_speak_of_a_sandbox() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {:?}\n[login]\nhs256_secret_file = {:?}\n\
         [[accounts]]\nappid = \"{MERCHANT}\"\nrole = \"merchant\"\n\
         secret = \"ffffffffffffffffffffffffffffffff\"\n\
         [[pay_merchants]]\nmchid = \"{MCHID}\"\naccounts = [\"{MERCHANT}\"]\n\
         key = \"ffffffffffffffffffffffffffffffff\"",
        file("admin", ADMIN),
        file("login", LOGIN_SECRET)
    ));
    let payer = Visitor::logged_in(&server, "u1");
    let report = json!({"total_fee": 11300, "openid": "o1", "receipt": "Y", "user": "u1"});
    assert_eq!(server.admin("PUT", &format!("payments/{MCHID}/order-1"), &report).0, 200);
    for page in [details("order-1"), "/me/messages".into()] {
        payer.says(&page, 200, "113.00");
        assert!(!payer.get(&page).body().contains("no money moves"), "{page}");
    }
    // Nor of what integrators have to do.
    let entry = format!("{}/entry", details("order-1"));
    payer.says(&details("order-1"), 200, "If you need one, ask the merchant.");
    let page = payer.get(&details("order-1"));
    for words in ["Why is there", &entry, "set_pay_mch", "receipt=Y"] {
        assert!(!page.body().contains(words), "{words}: {}", page.body());
    }
    assert_eq!(location(&payer.get(&entry)), details("order-1"));
    let pressed = |words: &str| {
        let form = form_token(payer.get("/me/titles").body());
        let refused = payer.call("POST", &entry, &format!("form_token={form}"));
        assert_eq!(refused.status(), 409);
        assert!(refused.body().contains(words), "{}", refused.body());
    };
    pressed("If you need one, ask the merchant.");
    let given_back = json!({"total_fee": 11300, "openid": "o1", "refund_fee": 11300});
    assert_eq!(server.admin("PUT", &format!("payments/{MCHID}/order-1"), &given_back).0, 200);
    payer.says(
        &details("order-1"),
        200,
        "The money was given back, so there is no invoice for it.",
    );
    pressed("The money was given back, so there is no invoice for it.");
    // The operator is told each condition.
    let (_, answer) = server.admin("GET", &format!("payments/{MCHID}/order-1"), &json!({}));
    assert_eq!(answer["entry"]["conditions"]["platform_linked"], false, "{answer}");
}
