//! An invoicing platform inserts its own PDF for an order, and a company locks and closes the invoice.

use crate::demo::client::Client;
use crate::demo::receiver::Receiver;
use crate::demo::step::{expect, text};
use kaipiao_app::sandbox::{DEMO_ACCOUNTS, DEMO_MERCHANT, DEMO_USERS};
use serde_json::{Value, json};

const CODE: &str = "044032000211";
const NUMBER: &str = "62522141";

/// The journey for an order of 11.00 whose user has authorized; the merchant's `receiver` is told of every step.
pub(super) fn insert_and_write_off(
    client: &Client,
    receiver: &Receiver,
    order_id: &str,
) -> Result<(), String> {
    let token = client.token("the platform's access token", &DEMO_ACCOUNTS[1])?;
    let path = |call: &str| format!("card/invoice/{call}?access_token={token}");
    let template = json!({"invoice_info": {
        "base_info": {"logo_url": "https://shop.example/logo.png", "title": "示例收款方"},
        "payee": "深圳市示例服务有限公司", "type": "深圳增值税电子普通发票",
    }});
    let what = "a platform's template of cards";
    let card_id =
        text(&client.call(what, &path("platform/createcard"), Some(template))?, "card_id")?;
    let pdf = pdf_showing(&format!("{CODE} {NUMBER}"));
    let what = "the platform uploads its PDF";
    let uploaded = client.upload(what, &path("platform/setpdf"), "pdf", &pdf)?;
    let inserted = json!({
        "order_id": order_id, "card_id": card_id, "appid": DEMO_MERCHANT,
        "card_ext": {"nonce_str": "demo", "user_card": {"invoice_user_data": {
            "fee": 1100, "title": "深圳市示例科技有限公司", "billing_time": 1_474_875_876,
            "billing_no": CODE, "billing_code": NUMBER, "check_code": "12345678901234567890",
            "fee_without_tax": 1000, "tax": 100, "s_pdf_media_id": uploaded["s_media_id"],
            "buyer_number": "91440300MA5KP0001N",
        }}},
    });
    let what = "the platform inserts the invoice";
    let card = client.call(what, &path("insert"), Some(inserted))?;
    let choice = json!({
        "appid": DEMO_ACCOUNTS[2].appid, "user": DEMO_USERS[0].id, "codes": [card["code"]],
    });
    let what = "the user chooses it for a company";
    let chosen = client.post(what, "sandbox/v1/choose-invoice", &choice)?;
    let chosen: Vec<Value> = serde_json::from_str(&text(&chosen, "choose_invoice_info")?)
        .map_err(|error| format!("{what}: {error}"))?;
    let [chosen] = &chosen[..] else {
        return Err(format!("{what}: {} cards, expected 1", chosen.len()));
    };
    write_off(client, receiver, &text(&card, "code")?, chosen)
}

/// The company reads the invoice that was chosen, locks it, and closes it.
fn write_off(
    client: &Client,
    receiver: &Receiver,
    code: &str,
    chosen: &Value,
) -> Result<(), String> {
    let token = client.token("the company's access token", &DEMO_ACCOUNTS[2])?;
    let path = |call: &str| format!("card/invoice/reimburse/{call}?access_token={token}");
    let named = json!({"card_id": chosen["card_id"], "encrypt_code": chosen["encrypt_code"]});
    let read = |what: &str| {
        let found = client.call(what, &path("getinvoiceinfo"), Some(named.clone()))?;
        Ok::<Value, String>(found["user_info"].clone())
    };
    let found = read("the company reads the invoice")?;
    expect(&found, "billing_code", &json!(NUMBER))?;
    client.pdf(&text(&found, "pdf_url")?)?;
    for (what, to) in [
        ("the company locks the invoice", "INVOICE_REIMBURSE_LOCK"),
        ("the company closes the invoice", "INVOICE_REIMBURSE_CLOSURE"),
    ] {
        let mut update = named.clone();
        update["reimburse_status"] = json!(to);
        client.call(what, &path("updateinvoicestatus"), Some(update))?;
        let status = format!("<Status><![CDATA[{to}]]></Status>");
        receiver.expect("push of the invoice's status, decrypted", &[&status, code])?;
    }
    let closed = read("the company reads that it is closed")?;
    expect(&closed, "reimburse_status", &json!("INVOICE_REIMBURSE_CLOSURE"))
}

/// A PDF of one page that shows these words, as a platform's own software would make it.
fn pdf_showing(words: &str) -> Vec<u8> {
    let content = format!("BT /F 12 Tf 72 300 Td ({words}) Tj ET");
    let objects = [
        "<</Type /Catalog /Pages 2 0 R>>".to_owned(),
        "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 400] /Contents 4 0 R \
         /Resources <</Font <</F 5 0 R>>>>>>"
            .to_owned(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>"
            .to_owned(),
    ];
    let (mut file, mut table) = ("%PDF-1.4\n".to_owned(), "0000000000 65535 f \n".to_owned());
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let (size, at) = (objects.len() + 1, file.len());
    file += &format!(
        "xref\n0 {size}\n{table}trailer\n<</Size {size} /Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"
    );
    file.into_bytes()
}
