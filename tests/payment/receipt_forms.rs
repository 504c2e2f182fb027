//! Every form of a payment with `receipt=Y` leads to an authorized order: partner form, on behalf, both, and through a mini
//! program (section 13).

use crate::payment::pay_client::{MCHID, PayClient, link_with_contact};
use crate::payment::pay_code::{contract_of, fixed_code, quick};
use crate::payment::receipt_to_wallet::ask_for_invoice;
use crate::payment::visitor::{Visitor, details};
use kaipiao_tests::{
    Client, MERCHANT, MINI_PROGRAM, OTHER_USER, Receiver, TestServer, USER, assert_ok,
    assert_refused, assert_sucesss, element,
};
use serde_json::json;

/// The sub-merchant's pay merchant, and its account.
const SUB: &str = "1900000110";
const SUB_ACCOUNT: &str = "wx0123456789abcde1";

/// The client of a sub-merchant of the demo pay merchant, with its contact set and nobody linked.
fn sub_merchant(server: &TestServer) -> Client<'_> {
    let path = format!("accounts/{SUB_ACCOUNT}");
    let (status, made) = server.admin("PUT", &path, &json!({"role": "merchant"}));
    assert_eq!(status, 201, "{made}");
    let bound = json!({"accounts": [SUB_ACCOUNT]});
    assert_eq!(server.admin("PUT", &format!("pay-merchants/{SUB}"), &bound).0, 201);
    let subs = json!({"sub_merchants": [SUB]});
    assert_eq!(server.admin("PUT", &format!("pay-merchants/{MCHID}"), &subs).0, 200);
    let token = server.token_answer(SUB_ACCOUNT, made["secret"].as_str().unwrap());
    let client = server.client_with(token["access_token"].as_str().unwrap().to_owned());
    client.set_contact();
    client
}

fn link_sub(client: &Client<'_>, server: &TestServer) {
    let info = json!({"paymch_info": {"mchid": SUB, "s_pappid": server.s_pappid()}});
    assert_ok(&client.attribute("set_pay_mch", &info));
}

/// The payer of the payment of this number asks for its invoice, and the push of its order arrives for this account.
fn asked_and_pushed(payer: &Visitor<'_>, number: &str, callback: &Receiver, account: &str) {
    payer.says(&details(number), 200, "Get an invoice");
    ask_for_invoice(payer, number);
    let push = callback.next().event(account);
    assert_eq!(element(&push, "Event").unwrap(), "user_authorize_invoice");
    assert_eq!(element(&push, "SuccOrderId").unwrap(), number);
    let openid = payer.server.openid(USER, account);
    assert_eq!(element(&push, "FromUserName").unwrap(), openid);
    payer.says(&details(number), 200, "See your invoice");
}

/// A payment on behalf of 100 fen with a receipt.
fn on_behalf<'a>(number: &'a str, contract_id: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("body", "tea"),
        ("out_trade_no", number),
        ("total_fee", "100"),
        ("notify_url", "http://127.0.0.1:9/notify"),
        ("trade_type", "PAP"),
        ("contract_id", contract_id),
        ("receipt", "Y"),
    ]
}

#[test]
fn a_sub_merchants_payment_becomes_the_order_of_its_own_link() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    let provider = link_with_contact(&server);
    let sub = sub_merchant(&server);
    let callback = Receiver::start();
    server.set_callback(SUB_ACCOUNT, &callback, "safe");
    let contract_id = contract_of(&server, USER);
    let auth_code = fixed_code(&server, USER);
    let for_sub = [("receipt", "Y"), ("sub_mch_id", SUB)];
    // The provider's own link says nothing of whom a sub-merchant lets issue.
    pay.paid("early-1", &for_sub, USER);
    payer.says(&details("early-1"), 200, "Why is there no invoice entry?");
    link_sub(&sub, &server);
    pay.paid("order-1", &for_sub, USER);
    let quick = [&quick("quick-1", &auth_code, "100")[..], &for_sub].concat();
    pay.done("/pay/micropay", &quick);
    let pap = [&on_behalf("behalf-1", &contract_id)[..], &for_sub[1..]].concat();
    pay.done("/pay/partner/pappayapply", &pap);
    for number in ["early-1", "order-1", "quick-1", "behalf-1"] {
        assert_refused(&sub.auth_url_answer(&sub.asked(number, 2)), 72031, "type must be 1");
        asked_and_pushed(&payer, number, &callback, SUB_ACCOUNT);
        assert_eq!(sub.status(number)["invoice_status"], "auth success");
        assert_eq!(provider.status(number)["invoice_status"], "never auth");
    }
}

#[test]
fn a_payment_on_behalf_with_receipt_leads_to_the_invoice() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (client, payer) = (link_with_contact(&server), Visitor::new(&server, USER));
    let callback = Receiver::start();
    server.set_callback(MERCHANT, &callback, "safe");
    let contract_id = contract_of(&server, USER);
    PayClient::new(&server).done("/pay/pappayapply", &on_behalf("behalf-1", &contract_id));
    asked_and_pushed(&payer, "behalf-1", &callback, MERCHANT);
    assert_sucesss(&client.make_out(&client.invoice("behalf-1", "P1")));
    assert_eq!(client.result("P1")["errcode"], 0);
    payer.says("/me/cards", 200, "159.00");
}

/// The mini program's merchant owns the order, and both openids that it was told of name the payer.
#[test]
fn a_payment_through_a_mini_program_is_invoiced_under_either_openid() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (client, payer) = (link_with_contact(&server), Visitor::new(&server, USER));
    let callback = Receiver::start();
    server.set_callback(MERCHANT, &callback, "safe");
    let in_program = server.openid(USER, MINI_PROGRAM);
    let more = [
        ("appid", MINI_PROGRAM),
        ("trade_type", "JSAPI"),
        ("openid", &*in_program),
        ("receipt", "Y"),
    ];
    let pay = PayClient::new(&server);
    for (number, wxopenid) in
        [("order-1", in_program.clone()), ("order-2", server.openid(USER, MERCHANT))]
    {
        pay.paid(number, &more, USER);
        asked_and_pushed(&payer, number, &callback, MERCHANT);
        let mut invoice = client.invoice(number, number);
        for another in [server.openid(OTHER_USER, MINI_PROGRAM), "o".repeat(28)] {
            invoice["wxopenid"] = json!(another);
            assert_refused(&client.make_out(&invoice), 73001, "");
        }
        invoice["wxopenid"] = json!(wxopenid);
        assert_sucesss(&client.make_out(&invoice));
        assert_eq!(client.result(number)["errcode"], 0);
        let issued = callback.next().event(MERCHANT);
        assert_eq!(element(&issued, "status").unwrap(), "100");
    }
}

#[test]
fn a_sub_merchants_own_link_opens_what_its_entry_would() {
    let server = TestServer::start();
    server.leaves_pushes();
    let pay = PayClient::new(&server);
    let provider = link_with_contact(&server);
    let sub = sub_merchant(&server);
    let for_sub = [("receipt", "Y"), ("sub_mch_id", SUB)];
    for number in ["early-1", "order-1", "back-1"] {
        pay.paid(number, &for_sub, USER);
    }
    pay.paid("plain-1", &for_sub[1..], USER);
    pay.refund("back-1", "r-1", "100");
    assert_ok(&sub.auth_url_answer(&sub.asked("early-1", 0)));
    link_sub(&sub, &server);
    for page_type in [0, 2] {
        let answer = sub.auth_url_answer(&sub.asked("order-1", page_type));
        assert_refused(&answer, 72031, "type must be 1: order_id order-1 was paid with receipt=Y");
        for free in ["early-1", "plain-1", "back-1"] {
            assert_ok(&sub.auth_url_answer(&sub.asked(free, page_type)));
        }
    }
    // The provider's orders are its own.
    assert_ok(&provider.auth_url_answer(&provider.asked("order-1", 0)));
    assert_ok(&sub.auth_url_answer(&sub.asked("order-1", 1)));
    let (_, listed) = server.admin("GET", &format!("payments/{MCHID}/order-1"), &json!({}));
    assert_eq!(listed["entry"]["shown"], true, "{listed}");
    pay.refund("order-1", "r-2", "100");
    assert_refused(&sub.auth_url_answer(&sub.asked("order-1", 1)), 72035, "refunded");
    assert_ok(&provider.auth_url_answer(&provider.asked("order-1", 0)));
}
