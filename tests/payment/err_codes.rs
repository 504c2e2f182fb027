//! Every published error code of payments (wire_facts 5.2) occurs here, but those that only a bank would say.

use crate::payment::pay_client::{KEY, PayClient, order};
use crate::payment::pay_code::{fixed_code, quick};
use kaipiao_tests::{OTHER_USER, PLATFORM, TestServer, USER};
use kaipiao_wire::payment::pay_request::PayRequest;
use std::collections::BTreeSet;

const ORDER: &str = "/pay/unifiedorder";
const QUICK: &str = "/pay/micropay";
/// What a bank, a payer's account or a risk control would say: nothing of the kind stands behind the sandbox (D-158).
const A_BANKS: [&str; 3] = ["BANKERROR", "NOTSUPORTCARD", "TRADE_ERROR"];

/// The codes that the facts list for version 2.
fn published() -> BTreeSet<String> {
    let facts = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/wire_facts.md");
    let facts = std::fs::read_to_string(facts).unwrap();
    let (_, below) = facts.split_once(" Codes: ").unwrap();
    let codes = below.split_once("\n\n").unwrap().0;
    // A name in capitals; [O] and [G] say where it is known from.
    let is_name = |word: &&str| word.len() > 1 && !word.contains(char::is_lowercase);
    let words = codes.split(|c: char| c != '_' && !c.is_alphanumeric());
    words.filter(is_name).map(str::to_owned).collect()
}

/// What a call was refused for, signed or not.
fn code(answer: &PayRequest) -> String {
    let unsigned = answer.get("return_msg").split(':').next().unwrap_or_default();
    let signed = answer.get("err_code");
    if signed.is_empty() { unsigned.to_owned() } else { signed.to_owned() }
}

#[test]
fn each_published_code_occurs_but_a_banks() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, auth_code) = (PayClient::new(&server), fixed_code(&server, USER));
    let others = fixed_code(&server, OTHER_USER);
    let mut seen = BTreeSet::new();
    let mut refused = |path: &str, parameters: &[(&str, &str)]| {
        seen.insert(code(&pay.post(path, &pay.signed(parameters))));
    };
    refused(ORDER, &order("order-1", &[("total_fee", "0")]));
    refused(ORDER, &order("order-1", &[("body", "")]));
    refused(ORDER, &order("order-1", &[("appid", "wx00000000000000ff")]));
    refused(ORDER, &order("order-1", &[("appid", PLATFORM)]));
    refused(ORDER, &order("order-1", &[("mch_id", "1")]));
    refused(ORDER, &order("order-1", &[("sub_mch_id", "1900000199")]));
    pay.order("order-1", &[]);
    refused(ORDER, &order("order-1", &[("total_fee", "2")]));
    pay.done("/pay/closeorder", &[("out_trade_no", "order-1")]);
    refused(ORDER, &order("order-1", &[]));
    refused(QUICK, &quick("order-2", "1", "1"));
    refused(QUICK, &quick("order-2", "130000000000000000", "1"));
    refused(QUICK, &quick("order-2", &format!("{}00000", &auth_code[..13]), "1"));
    refused(QUICK, &quick("order-2", &auth_code, "100001"));
    refused(QUICK, &quick("order-2", &others, "100001"));
    pay.done(QUICK, &quick("order-3", &auth_code, "1"));
    refused(QUICK, &quick("order-3", &auth_code, "1"));
    let too_much = [
        ("out_trade_no", "order-3"),
        ("out_refund_no", "r-1"),
        ("total_fee", "1"),
        ("refund_fee", "2"),
    ];
    refused("/secapi/pay/refund", &too_much);
    server.advance_s(7 * 86_400 + 1);
    refused("/secapi/pay/reverse", &[("out_trade_no", "order-3")]);

    let good = pay.signed(&order("order-4", &[]));
    for body in ["", "{}", &good.replace("茶", "水")] {
        seen.insert(code(&pay.post(ORDER, body)));
    }
    let get = server.get_raw(ORDER);
    seen.insert(code(&PayRequest::read(get.body().as_bytes()).unwrap()));
    let mut latin = ureq::post(format!("{}{ORDER}", server.base)).send(&b"<xml>\xe9"[..]).unwrap();
    let latin = latin.body_mut().read_to_vec().unwrap();
    seen.insert(code(&PayRequest::read(&latin).unwrap()));
    seen.insert(without_a_store());

    let mut expected = published();
    assert!(expected.len() >= 25, "{expected:?}");
    for a_banks in A_BANKS {
        assert!(expected.remove(a_banks), "{a_banks}");
    }
    let missing: Vec<_> = expected.difference(&seen).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What a call is answered whose store was taken away.
fn without_a_store() -> String {
    let server = TestServer::start_embedded();
    server.leaves_pushes();
    std::fs::remove_dir_all(server.data().join("data")).unwrap();
    let pay = PayClient::new(&server);
    let answer = pay.call(ORDER, &order("order-1", &[]));
    assert!(answer.is_signed_by(KEY, pay.sign_type), "{answer:?}");
    code(&answer)
}
