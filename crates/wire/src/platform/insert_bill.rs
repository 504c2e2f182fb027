//! insertbill: a bill that was issued elsewhere, for a user's wallet (wire_facts 1.4).

use crate::object::Object;
use crate::platform::insert::{Target, fen, limited, read_billing, read_pdf, read_time};
use kaipiao_domain::Refusal;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::platform::inserted_invoice::InsertedContent;
use kaipiao_domain::platform::insertion::Insertion;
use kaipiao_domain::reimbursement::invoice_info::InfoParty;

/// Reads the body: 72031 naming the member, 40073 where card_id is none. It is answered as insert is. What is on the
/// bill stands in `invoice_user_data`, or, as the published table has it, in `user_card` itself (D-210).
pub fn read(object: &Object<'_>) -> Result<Insertion, Refusal> {
    let Target { order_id, card_id, appid } = Target::read(object, "getbillauthurl")?;
    let card_ext = object.required_object("card_ext")?;
    let user_card = card_ext.required_object("user_card")?;
    let data = match user_card.has("fee") {
        true => user_card.borrowed(),
        false => user_card.required_object("invoice_user_data")?,
    };
    let content = read_content(&data)?;
    Ok(Insertion {
        card_kind: CardKind::Bill,
        order_id,
        card_id,
        appid,
        billing: read_billing(&data)?,
        check_code: String::new(),
        content,
        pdf: read_pdf(&data)?,
        trip_pdf: None,
    })
}

/// On a bill is no tax: what is paid is its net amount.
fn read_content(data: &Object<'_>) -> Result<InsertedContent, Refusal> {
    let gross = fen(data, "fee", 1)?;
    let buyer = InfoParty { name: limited(data, "title", true)?, ..InfoParty::default() };
    Ok(InsertedContent {
        gross,
        net: gross,
        tax: Fen::ZERO,
        issued_at: read_time(data)?,
        items: Vec::new(),
        buyer,
        // The template says who collects the fee.
        seller: InfoParty::default(),
        remarks: String::new(),
        cashier: String::new(),
        maker: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The published sample's members; `within`: whether they stand in invoice_user_data.
    fn body(within: bool) -> Value {
        let data = json!({
            "fee": 1100, "title": "缴费单位", "billing_time": 1468322401,
            "billing_no": "44010124", "billing_code": "0000000017",
            "s_pdf_media_id": "3015806758683707",
        });
        let user_card = if within { json!({ "invoice_user_data": data }) } else { data };
        json!({
            "order_id": "1511169724", "card_id": "pjZ8Yt9WoOePThU0NfUKz5-tBEWU",
            "appid": "wx6b61697069616f31", "card_ext": {"user_card": user_card},
        })
    }

    fn read_value(body: &Value) -> Result<Insertion, String> {
        let object = Object::read(body.to_string().as_bytes(), None).unwrap();
        read(&object).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_bill_is_read_in_both_published_shapes() {
        let read = read_value(&body(true)).unwrap();
        assert_eq!((read.card_kind, &*read.check_code), (CardKind::Bill, ""));
        assert_eq!(read.billing, ("44010124".to_owned(), "0000000017".to_owned()));
        let content = &read.content;
        assert_eq!(
            (content.gross, content.net, content.tax),
            (Fen::new(1100), Fen::new(1100), Fen::ZERO)
        );
        assert_eq!(&*content.buyer.name, "缴费单位");
        assert_eq!(read_value(&body(false)).as_ref(), Ok(&read));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_with_its_path() {
        let data = "/card_ext/user_card/invoice_user_data";
        for (pointer, value, words) in [
            ("/appid", json!("d3g1YjVk"), "appid must be the appid that called getbillauthurl"),
            ("/card_ext", Value::Null, "card_ext is missing"),
            (data, Value::Null, "user_card.invoice_user_data is missing"),
            (&format!("{data}/fee"), json!(0), "invoice_user_data.fee must be an amount"),
            (&format!("{data}/title"), json!(""), "invoice_user_data.title is empty"),
            (&format!("{data}/billing_time"), json!(1), "billing_time must be unix seconds"),
            (&format!("{data}/s_pdf_media_id"), json!(""), "s_pdf_media_id is empty"),
        ] {
            let mut body = body(true);
            *body.pointer_mut(pointer).unwrap() = value;
            let complaint = read_value(&body).unwrap_err();
            assert!(complaint.contains(words), "{pointer}: {complaint}");
        }
    }
}
