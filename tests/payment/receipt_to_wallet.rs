//! From a payment with `receipt=Y` to the card in the payer's wallet, and what a refund does on the way (section 13).

use crate::payment::pay_client::{ACKNOWLEDGED, KEY, MCHID, PayClient, link_with_contact};
use crate::payment::pay_code::{fixed_code, quick};
use crate::payment::visitor::{Visitor, details, location};
use kaipiao_tests::{
    Client, MERCHANT, OTHER_USER, Receiver, Reply, TestServer, USER, assert_ok, assert_refused,
    assert_sucesss, element, form_token,
};
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::{Value, json};

/// What the payer types into the page, and what the merchant is told.
const TITLE: &str = "深圳市示例科技有限公司";
const TAX_NO: &str = "91440300MA5KP0001N";

fn entry(number: &str) -> String {
    format!("{}/entry", details(number))
}

/// The payer taps the entry, and types a title into the page that it leads to.
pub fn ask_for_invoice(payer: &Visitor<'_>, number: &str) {
    let opened = payer.press(&details(number), &entry(number));
    let page = payer.server.path_of(location(&opened));
    let html = payer.get(&page);
    assert!(html.body().contains("company.title"), "a page of type 1: {}", html.body());
    let shown = html.body().split_once("name=\"shown\" value=\"").unwrap().1;
    let shown = shown.split('"').next().unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("form_token", &form_token(html.body()))
        .append_pair("shown", shown)
        .append_pair("kind", "company")
        .append_pair("company.title", TITLE)
        .append_pair("company.tax_no", TAX_NO)
        .append_pair("decision", "authorize")
        .finish();
    assert_eq!(payer.call("POST", &page, &form).status(), 303);
}

/// The payment was given back, and says so; what was asked for before can be seen all the same, and stands so.
fn still_leads_to(payer: &Visitor<'_>, number: &str, stands: &str) {
    payer.says(&details(number), 200, "See your invoice");
    payer.says("/me/messages", 200, "See your invoice");
    let why = payer.get(&entry(number));
    for words in
        ["The payer sees where their invoice stands", "Not met", "the merchant calls rejectinsert"]
    {
        assert!(why.body().contains(words), "{words}: {}", why.body());
    }
    let opened = payer.press(&details(number), &entry(number));
    payer.says(&payer.server.path_of(location(&opened)), 200, stands);
    let (_, listed) = payer.server.admin("GET", &format!("payments/{MCHID}/{number}"), &json!({}));
    let shown = &listed["entry"];
    assert_eq!(
        (&shown["shown"], &shown["conditions"]["not_refunded"]),
        (&json!(true), &json!(false))
    );
}

/// An order that its payer has asked an invoice for is invoiced: its `invoicedetail`.
fn issued(client: &Client<'_>, number: &str, serial: &str) -> Value {
    assert_sucesss(&client.make_out(&client.invoice(number, serial)));
    let answer = client.result(serial);
    assert_eq!(answer["errcode"], 0, "{answer}");
    answer["invoicedetail"].clone()
}

#[test]
fn a_payment_with_receipt_leads_to_the_card_in_the_payers_wallet() {
    let server = TestServer::start();
    let shop = Receiver::behaving(|_, _| Reply::Success(ACKNOWLEDGED));
    let callback = Receiver::start();
    server.set_callback(MERCHANT, &callback, "safe");
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    let payer = Visitor::new(&server, USER);
    let notify_url = format!("http://{}/notify", shop.address);
    let more = [("receipt", "Y"), ("total_fee", "15900"), ("notify_url", &*notify_url)];
    let placed = pay.order("order-1", &more);
    let cashier = server.path_of(placed.get("code_url"));
    assert_eq!(location(&payer.press(&cashier, &cashier)), details("order-1"));
    let notice = PayRequest::read(shop.next().body.as_bytes()).unwrap();
    assert!(notice.is_signed_by(KEY, pay.sign_type), "{notice:?}");
    assert_eq!((notice.get("out_trade_no"), notice.get("total_fee")), ("order-1", "15900"));

    assert_eq!(client.status("order-1")["invoice_status"], "never auth");
    ask_for_invoice(&payer, "order-1");
    let push = callback.next().event(MERCHANT);
    assert_eq!(element(&push, "Event").unwrap(), "user_authorize_invoice");
    assert_eq!(element(&push, "SuccOrderId").unwrap(), "order-1");
    assert_eq!(element(&push, "FromUserName").unwrap(), notice.get("openid"));
    let status = client.status("order-1");
    assert_eq!(status["invoice_status"], "auth success");
    let title = json!({"title": TITLE, "tax_no": TAX_NO, "custom_field": []});
    assert_eq!(status["user_auth_info"]["biz_field"], title);

    let detail = issued(&client, "order-1", "P1");
    let result = callback.next().event(MERCHANT);
    assert_eq!(element(&result, "status").unwrap(), "100");
    let name = detail["pdfurl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let card = format!("/me/cards/{name}");
    payer.says("/me/cards", 200, &card);
    payer.says(&card, 200, "order-1");
    payer.says(&card, 200, detail["fphm"].as_str().unwrap());
    // From the payment it is found again, and by its payer only.
    let again = payer.press(&details("order-1"), &entry("order-1"));
    payer.says(&server.path_of(location(&again)), 200, &card);
    assert_eq!(Visitor::new(&server, OTHER_USER).get(&card).status(), 404);
    server.all_completed();
}

#[test]
fn a_full_refund_leaves_an_authorized_order_to_the_merchants_no() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    let payer = Visitor::new(&server, USER);
    pay.paid("order-1", &[("receipt", "Y")], USER);
    ask_for_invoice(&payer, "order-1");
    pay.refund("order-1", "r-1", "100");
    assert_eq!(client.status("order-1")["invoice_status"], "auth success");
    payer.says(&details("order-1"), 200, "Refunded in full");
    still_leads_to(&payer, "order-1", "Your invoice is on its way");
    assert_ok(&client.reject("order-1"));
    payer.says(&details("order-1"), 200, "抬头有误");
    payer.says(&entry("order-1"), 200, "The payer sees no invoice entry");
    assert_eq!(client.status("order-1")["invoice_status"], "reject insert");
    assert_refused(&client.make_out(&client.invoice("order-1", "P1")), 72035, "");
}

#[test]
fn a_full_refund_leaves_an_invoice_to_the_merchants_offset() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    let payer = Visitor::new(&server, USER);
    pay.paid("order-1", &[("receipt", "Y")], USER);
    ask_for_invoice(&payer, "order-1");
    let blue = issued(&client, "order-1", "P1");
    pay.refund("order-1", "r-1", "100");
    assert_eq!(client.query("P1")["invoicedetail"], blue);
    let name = blue["pdfurl"].as_str().unwrap().rsplit('/').next().unwrap();
    still_leads_to(&payer, "order-1", &format!("/me/cards/{name}"));
    assert!(!payer.get("/me/cards").body().contains("Cancelled"));
    assert_sucesss(&client.offset(&client.offset_of(&blue, "P1r")));
    let red = client.result("P1r");
    assert_eq!(red["errcode"], 0, "{red}");
    payer.says("/me/cards", 200, "Cancelled");
}

#[test]
fn a_partial_refund_changes_nothing_of_the_invoice() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    let payer = Visitor::new(&server, USER);
    pay.paid("order-1", &[("receipt", "Y")], USER);
    pay.refund("order-1", "r-1", "99");
    payer.says(&details("order-1"), 200, "Refunded in part");
    payer.says(&entry("order-1"), 200, "The payer sees an invoice entry");
    ask_for_invoice(&payer, "order-1");
    issued(&client, "order-1", "P1");
    payer.says("/me/cards", 200, "159.00");
}

/// Quick pay of 100 fen with a receipt, by a demo user's code.
fn charge(server: &TestServer, number: &str, user: &str) -> PayRequest {
    let auth_code = fixed_code(server, user);
    let asked = [quick(number, &auth_code, "100"), vec![("receipt", "Y")]].concat();
    PayClient::new(server).done("/pay/micropay", &asked)
}

#[test]
fn quick_pay_with_receipt_shows_the_entry_until_it_is_reversed() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    let payer = Visitor::new(&server, USER);
    for number in ["order-1", "order-2"] {
        charge(&server, number, USER);
        payer.says(&details(number), 200, "Get an invoice");
    }
    let link = client.auth_url("order-1", 1);
    pay.done("/secapi/pay/reverse", &[("out_trade_no", "order-1")]);
    payer.says(&details("order-1"), 200, "Revoked");
    payer.says(&details("order-1"), 200, "Why is there no invoice entry?");
    assert_refused(&client.auth_url_answer(&client.asked("order-1", 1)), 72035, "refunded");
    let title = json!({"biz_field": {"title": TITLE, "tax_no": TAX_NO}});
    let (status, answer) = server.answer(&link, USER, "authorize", Some(title));
    assert!(status == 409 && answer.to_string().contains("refunded"), "{answer}");
    // The other one is the payer's as before.
    ask_for_invoice(&payer, "order-2");
    assert_eq!(client.status("order-2")["invoice_status"], "auth success");
    pay.done("/secapi/pay/reverse", &[("out_trade_no", "order-2")]);
    payer.says(&details("order-2"), 200, "Revoked");
    still_leads_to(&payer, "order-2", "Your invoice is on its way");
}
