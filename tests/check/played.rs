//! A server on which everything has happened that a check looks at.

use crate::payment::pay_client;
use crate::payment::pay_client::{MCHID, PayClient};
use crate::payment::pay_code::{fixed_code, quick};
use crate::platform::inserted;
use crate::platform::pdf::{showing, uploaded};
use kaipiao_tests::{MERCHANT, PLATFORM, TestServer, assert_ok, assert_refused, assert_sucesss};
use serde_json::json;

/// A server on which an invoice was issued (B1), one was issued and taken back (A1, A1r), one has failed
/// and was rejected (C1), one has failed (D1), and one is being issued (E1). Payments end the same way in
/// [`pay_in_every_way`]. A platform has inserted one (insert-1).
pub fn played() -> TestServer {
    play(TestServer::start_with("[issuing]\nblock_size = 2"))
}

/// Has all that happen on a server.
pub fn play(server: TestServer) -> TestServer {
    let client = server.merchant();
    let blue = client.issued("1", "A1");
    assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
    assert_eq!(client.result("A1r")["errcode"], json!(0));
    client.issued("2", "B1");
    for (order, serial) in [("3", "C1"), ("4", "D1")] {
        client.authorized(order);
        server.fault(json!({"target": "issuer", "errcode": 73000}));
        assert_sucesss(&client.make_out(&client.invoice(order, serial)));
        assert_refused(&client.result(serial), 73000, "");
    }
    assert_ok(&client.reject("3"));
    client.authorized("5");
    server.all_completed();
    server.fault(json!({"target": "issuer", "delay_ms": 3_600_000}));
    assert_sucesss(&client.make_out(&client.invoice("5", "E1")));
    client.authorized("6");
    client.auth_url("7", 0);
    server.all_completed();
    server.leaves_pushes();
    pay_in_every_way(&server);
    uploaded(&server.client(PLATFORM), &showing("invoice"));
    inserted(&server, &server.client(PLATFORM), "insert-1", "62522141");
    server
}

/// Payments: one that nobody has paid, one whose payer is asked, one given back in part (r-1, r-2), one in full (r-3), one
/// that was reported as given back beyond its refund (r-4), and with its number only then, and one of a sub-merchant that has
/// linked nobody.
fn pay_in_every_way(server: &TestServer) {
    pay_client::link(server);
    let pay = PayClient::new(server);
    pay.order("pay-new", &[("receipt", "Y")]);
    for payment in ["pay-part", "pay-back"] {
        pay.paid(payment, &[("receipt", "Y")], "lina");
    }
    pay.refund("pay-part", "r-1", "30");
    pay.refund("pay-part", "r-2", "20");
    pay.refund("pay-back", "r-3", "100");
    let code = fixed_code(server, "lina");
    pay.refused("/pay/micropay", &quick("pay-asks", &code, "100001"), "USERPAYING", "");
    let path = format!("payments/{MCHID}/pay-told");
    let openid = server.openid("lina", MERCHANT);
    let mut report = json!({"total_fee": 100, "openid": openid, "receipt": "Y", "user": "lina"});
    assert_eq!(server.admin("PUT", &path, &report).0, 200);
    pay.refund("pay-told", "r-4", "40");
    report["refund_fee"] = json!(70);
    report["transaction_id"] = json!("4200001234202601019876543210");
    assert_eq!(server.admin("PUT", &path, &report).0, 200);
    assert_eq!(server.admin("PUT", "pay-merchants/1900000110", &json!({})).0, 201);
    let subs = json!({"sub_merchants": ["1900000110"]});
    assert_eq!(server.admin("PUT", &format!("pay-merchants/{MCHID}"), &subs).0, 200);
    pay.paid("pay-sub", &[("receipt", "Y"), ("sub_mch_id", "1900000110")], "lina");
}
