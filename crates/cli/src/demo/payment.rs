//! Section 13: from a payment with `receipt=Y` through its invoice entry to the card in the payer's wallet.

use crate::demo::issuing::Issuing;
use crate::demo::payer::Payer;
use crate::demo::receiver::openid_of;
use crate::demo::step::{expect, text};
use kaipiao_app::sandbox::{DEMO_MCHID, DEMO_USERS};
use serde_json::{Value, json};

const NUMBER: &str = "demo-pay-1";

/// The journey. `title` is what the payer fills in.
pub(super) fn pay_and_invoice(
    issuing: &Issuing<'_>,
    s_pappid: &str,
    title: &Value,
) -> Result<(), String> {
    let Issuing { client, receiver, token, .. } = issuing;
    let path = format!("card/invoice/setbizattr?action=set_pay_mch&access_token={token}");
    let info = json!({"paymch_info": {"mchid": DEMO_MCHID, "s_pappid": s_pappid}});
    client.call("link the pay merchant (11)", &path, Some(info))?;

    let notify_url = format!("http://{}/notify", receiver.address);
    let asked = [
        ("body", "洗衣机"),
        ("out_trade_no", NUMBER),
        ("total_fee", "15900"),
        ("spbill_create_ip", "127.0.0.1"),
        ("notify_url", &*notify_url),
        ("trade_type", "NATIVE"),
        ("receipt", "Y"),
    ];
    let placed = client.pay("unifiedorder with receipt=Y (13)", "pay/unifiedorder", &asked)?;
    let payer = Payer::of(client, DEMO_USERS[0].id)?;
    let cashier = format!("/cashier?prepay_id={}", placed.get("prepay_id"));
    let details = payer.presses("the payer pays; no money moves", &cashier, &cashier)?;
    receiver.expect_notice(&[
        &format!("<out_trade_no><![CDATA[{NUMBER}]]></out_trade_no>"),
        "<total_fee>15900</total_fee>",
    ])?;
    let found = client.pay("the payment", "pay/orderquery", &[("out_trade_no", NUMBER)])?;
    expect(&json!({"trade_state": found.get("trade_state")}), "trade_state", &json!("SUCCESS"))?;

    let entry = format!("{details}/entry");
    let link = payer.presses("the payer taps the invoice entry", &details, &entry)?;
    let yes = json!({
        "auth_url": link, "user": DEMO_USERS[0].id, "decision": "authorize", "title": {"biz_field": title},
    });
    let answered = client.post("the payer fills in a title", "sandbox/v1/authorize", &yes)?;
    expect(&answered, "result", &json!("authorized"))?;
    let succeeded = format!("<SuccOrderId><![CDATA[{NUMBER}]]></SuccOrderId>");
    let pushed = receiver.expect("push (6), decrypted", &[&succeeded])?;
    let issued = issuing.issue(NUMBER, openid_of(&pushed), "demo2")?;

    let pdf_url = text(&issued, "pdfurl")?;
    let card = format!("/me/cards/{}", pdf_url.rsplit('/').next().unwrap_or_default());
    payer.reads("the payer's wallet", "/me/cards", &card)?;
    payer.reads("the invoice's card", &card, NUMBER)
}
