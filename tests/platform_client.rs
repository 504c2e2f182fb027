//! What an invoicing platform asks for (wire_facts 1.1).

use crate::pdfs::{showing, uploaded};
use crate::{Client, MERCHANT, TestServer, assert_ok};
use serde_json::{Value, json};

/// Puts an invoice into a wallet.
pub const INSERT: &str = "/card/invoice/insert";
/// Makes a template of cards.
pub const CREATE: &str = "/card/invoice/platform/createcard";
/// Says what has become of a card.
pub const UPDATE: &str = "/card/invoice/platform/updatestatus";

/// A template as createcard is asked for it.
pub fn template() -> Value {
    json!({"invoice_info": {
        "base_info": {
            "logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0",
            "title": "测试收款方",
            "custom_url_name": "查看订单",
            "custom_url": "https://platform.example/order?shop=1#top",
            "custom_url_sub_title": "去看看",
        },
        "payee": "测试收款方有限公司",
        "type": "广东省增值税普通发票",
        "detail": "办公用品",
    }})
}

/// A new template's card_id.
pub fn card_id(platform: &Client<'_>) -> String {
    let answer = platform.post(CREATE, &template());
    assert_ok(&answer);
    answer["card_id"].as_str().unwrap().to_owned()
}

/// insert's body for an order of the demo merchant's: a classic invoice with this number.
pub fn invoice(order_id: &str, card_id: &str, pdf: &str, number: &str) -> Value {
    json!({
        "order_id": order_id, "card_id": card_id, "appid": MERCHANT,
        "card_ext": {"nonce_str": "p6N7WOAF", "user_card": {"invoice_user_data": {
            "fee": 1100, "title": "星期一", "billing_time": 1468322401,
            "billing_no": "044032000211", "billing_code": number,
            "info": [{"name": "打印纸", "num": 2.5, "unit": "箱", "price": 400}],
            "fee_without_tax": 1000, "tax": 100, "s_pdf_media_id": pdf,
            "check_code": "12345 67890 12345 67890",
            "buyer_number": "110109500321654", "seller_number": "440300999999999",
            "seller_address_and_phone": "深圳 0755-1", "remarks": "备注", "cashier": "李四", "maker": "张三",
        }}},
    })
}

/// Where insert's body says what is on the invoice.
pub fn data(body: &mut Value) -> &mut Value {
    body.pointer_mut("/card_ext/user_card/invoice_user_data").unwrap()
}

/// A PDF that shows an invoice's code and number.
pub fn invoice_pdf() -> Vec<u8> {
    showing("044032000211 62522141")
}

/// Its name, uploaded anew.
pub fn upload_invoice_pdf(platform: &Client<'_>) -> String {
    uploaded(platform, &invoice_pdf())
}

/// An authorized order with an inserted card: its card_id, code and openid.
pub fn inserted(server: &TestServer, platform: &Client<'_>, order_id: &str, number: &str) -> Value {
    inserted_for(&server.merchant(), platform, order_id, number)
}

/// The same for a merchant that has its token already.
pub fn inserted_for(
    merchant: &Client<'_>,
    platform: &Client<'_>,
    order_id: &str,
    number: &str,
) -> Value {
    merchant.authorized(order_id);
    let (card_id, pdf) = (card_id(platform), upload_invoice_pdf(platform));
    let mut answer = platform.post(INSERT, &invoice(order_id, &card_id, &pdf, number));
    assert_ok(&answer);
    answer["card_id"] = json!(card_id);
    answer
}

/// updatestatus of a card that was inserted.
pub fn update(platform: &Client<'_>, card: &Value, to: &str) -> Value {
    let status = format!("INVOICE_REIMBURSE_{to}");
    let body =
        json!({"card_id": card["card_id"], "code": card["code"], "reimburse_status": status});
    platform.post(UPDATE, &body)
}
