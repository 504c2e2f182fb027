//! insert: an invoice that was issued elsewhere, for a user's wallet (wire_facts 1.1).

use crate::answer;
use crate::object::{AtMost, Object};
use crate::reimbursement::read_invoice::read_card_id;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card::{CardCode, CardId};
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::user::OpenId;
use kaipiao_domain::platform::inserted_invoice::InsertedContent;
use kaipiao_domain::platform::insertion::Insertion;
use kaipiao_domain::platform::pdf::MediaId;
use kaipiao_domain::reimbursement::invoice_info::{InfoItem, InfoParty};
use kaipiao_domain::{Refusal, Timestamp, text};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

/// Lines of an invoice (D-190).
const LINES: AtMost = AtMost(200, "lines");
/// Characters of a name or a text of a party, and of the remarks, at most (D-190).
const TEXT_CHARS: usize = 256;
const REMARKS_CHARS: usize = 1024;
/// Moments with ten digits of seconds.
const SECONDS: core::ops::RangeInclusive<i64> = 1_000_000_000..=9_999_999_999;
/// A hundred billion yuan: more is a mistake.
const MOST_FEN: i64 = 10_000_000_000_000;

/// Reads the body: 72031 naming the member, 40073 where card_id is none. Code, number and check code are read as
/// they were sent.
pub fn read(object: &Object<'_>) -> Result<Insertion, Refusal> {
    let Target { order_id, card_id, appid } = Target::read(object, "getauthurl")?;
    let card_ext = object.required_object("card_ext")?;
    limited(&card_ext, "nonce_str", true)?;
    let user_card = card_ext.required_object("user_card")?;
    let data = user_card.required_object("invoice_user_data")?;
    let content = read_content(&data)?;
    let billing = read_billing(&data)?;
    let pdf = read_pdf(&data)?;
    let trip_pdf = media(&data, "s_trip_pdf_media_id")?;
    if trip_pdf.as_ref() == Some(&pdf) {
        let problem = "is the invoice's own PDF, upload the other one";
        return Err(Refusal::invalid(data.path_of("s_trip_pdf_media_id"), problem));
    }
    let check_code = data.text("check_code")?.trim().to_owned();
    Ok(Insertion {
        card_kind: CardKind::Invoice,
        order_id,
        card_id,
        appid,
        billing,
        check_code,
        content,
        pdf,
        trip_pdf,
    })
}

/// What a card is inserted for.
pub(super) struct Target {
    pub(super) order_id: OrderId,
    pub(super) card_id: CardId,
    pub(super) appid: AppId,
}

impl Target {
    /// Reads `order_id`, `card_id` and `appid`, the account that made the `asking` call.
    pub(super) fn read(object: &Object<'_>, asking: &str) -> Result<Self, Refusal> {
        let order_id = OrderId::parse(&object.required_text("order_id")?)?;
        let card_id = read_card_id(object)?;
        let appid = object.required_text("appid")?;
        let appid = AppId::parse(appid.trim()).ok_or_else(|| {
            let quoted = text::quoted(&appid);
            let problem =
                format!("must be the appid that called {asking}, wx and 16 digits, not {quoted}");
            Refusal::invalid("appid", problem)
        })?;
        Ok(Self { order_id, card_id, appid })
    }
}

/// `billing_no` and `billing_code`, one of which may be empty.
pub(super) fn read_billing(data: &Object<'_>) -> Result<(String, String), Refusal> {
    let trimmed = |name| data.text(name).map(|text| text.trim().to_owned());
    let billing = (trimmed("billing_no")?, trimmed("billing_code")?);
    if billing.0.is_empty() && billing.1.is_empty() {
        return Err(Refusal::invalid(data.path_of("billing_no"), "is empty"));
    }
    Ok(billing)
}

/// `s_pdf_media_id`.
pub(super) fn read_pdf(data: &Object<'_>) -> Result<MediaId, Refusal> {
    let pdf = media(data, "s_pdf_media_id")?;
    pdf.ok_or_else(|| Refusal::invalid(data.path_of("s_pdf_media_id"), "is empty"))
}

/// `billing_time`.
pub(super) fn read_time(data: &Object<'_>) -> Result<Timestamp, Refusal> {
    let seconds = data.required_integer("billing_time")?;
    if !SECONDS.contains(&seconds) {
        let problem = format!("must be unix seconds, 10 digits, not {seconds}");
        return Err(Refusal::invalid(data.path_of("billing_time"), problem));
    }
    Ok(Timestamp::from_unix_millis(seconds * 1000))
}

fn read_content(data: &Object<'_>) -> Result<InsertedContent, Refusal> {
    let issued_at = read_time(data)?;
    let items = data.objects("info", LINES)?;
    let party = |prefix: &str, name: String| {
        let of = |what: &str| limited(data, &format!("{prefix}_{what}"), false);
        Ok::<_, Refusal>(InfoParty {
            name,
            tax_id: of("number")?,
            address_and_phone: of("address_and_phone")?,
            bank_account: of("bank_account")?,
        })
    };
    let remarks = data.text("remarks")?.trim().to_owned();
    text::limited(data.path_of("remarks"), &remarks, REMARKS_CHARS)?;
    Ok(InsertedContent {
        gross: fen(data, "fee", 1)?,
        buyer: party("buyer", limited(data, "title", true)?)?,
        issued_at,
        items: items.iter().map(read_item).collect::<Result<_, _>>()?,
        net: fen(data, "fee_without_tax", 0)?,
        tax: fen(data, "tax", 0)?,
        // The template says who sells.
        seller: party("seller", String::new())?,
        remarks,
        cashier: limited(data, "cashier", false)?,
        maker: limited(data, "maker", false)?,
    })
}

fn read_item(line: &Object<'_>) -> Result<InfoItem, Refusal> {
    let quantity = line.text("num")?;
    let quantity = match quantity.trim() {
        "" => Decimal::ONE,
        number => decimal(line, "num", number)?,
    };
    Ok(InfoItem {
        name: limited(line, "name", true)?,
        quantity,
        unit: limited(line, "unit", false)?,
        // A discount is a line of what it takes off.
        price: unit_price(line)?,
    })
}

fn decimal(line: &Object<'_>, name: &str, number: &str) -> Result<Decimal, Refusal> {
    let read = number.parse().or_else(|_| Decimal::from_scientific(number));
    read.map_err(|_| {
        let problem = format!("must be a number, not {}", text::quoted(number));
        Refusal::invalid(line.path_of(name), problem)
    })
}

/// A price without tax is seldom whole fen, and clients compute it in floating point: it is rounded.
fn unit_price(line: &Object<'_>) -> Result<Fen, Refusal> {
    let said = line.required_text("price")?;
    let price = decimal(line, "price", said.trim())?;
    let rounded = price.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    let fen = rounded.to_i64().filter(|fen| fen.abs() <= MOST_FEN).ok_or_else(|| {
        let problem = format!("must be an amount in fen of {MOST_FEN} at most, not {price}");
        Refusal::invalid(line.path_of("price"), problem)
    })?;
    Ok(Fen::new(fen))
}

pub(super) fn fen(object: &Object<'_>, name: &str, least: i64) -> Result<Fen, Refusal> {
    let fen = object.required_integer(name)?;
    if (least..=MOST_FEN).contains(&fen) {
        return Ok(Fen::new(fen));
    }
    let problem = format!("must be an amount in fen from {least} to {MOST_FEN}, not {fen}");
    Err(Refusal::invalid(object.path_of(name), problem))
}

pub(super) fn limited(
    object: &Object<'_>,
    name: &str,
    is_required: bool,
) -> Result<String, Refusal> {
    let said = match is_required {
        true => object.required_text(name)?,
        false => object.text(name)?,
    };
    let said = said.trim().to_owned();
    text::limited(object.path_of(name), &said, TEXT_CHARS)?;
    Ok(said)
}

/// A PDF's name; None: it is left out.
fn media(data: &Object<'_>, name: &str) -> Result<Option<MediaId>, Refusal> {
    let said = data.text(name)?;
    if said.trim().is_empty() {
        return Ok(None);
    }
    let media_id = MediaId::parse(said.trim()).ok_or_else(|| {
        let problem = format!("must be digits, as setpdf answered, not {}", text::quoted(&said));
        Refusal::invalid(data.path_of(name), problem)
    })?;
    Ok(Some(media_id))
}

/// Writes the answer. There is no `unionid`: no account is bound to an Open Platform account (D-190).
pub fn write(code: &CardCode, openid: &OpenId) -> String {
    #[derive(Serialize)]
    struct Answer<'a> {
        code: &'a str,
        openid: &'a str,
    }
    answer::ok_with(&Answer { code: code.as_str(), openid: openid.as_str() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body() -> Value {
        json!({
            "order_id": "1", "card_id": "pjZ8Yt9WoOePThU0NfUKz5-tBEWU", "appid": "wx6b61697069616f31",
            "card_ext": {"nonce_str": "n", "user_card": {"invoice_user_data": {
                "fee": "1100", "title": " XX ", "billing_time": "1468322401",
                "billing_no": 44032000211_u64, "billing_code": "62522141", "check_code": null,
                "info": [{"name": "a", "num": 1.5, "unit": "t", "price": 3.9999999999999996}, {"name": "b", "num": 1e2, "price": "-1.4"}],
                "fee_without_tax": 2345, "tax": 123, "s_pdf_media_id": 3015806758683707_u64,
            }}},
        })
    }

    fn read_value(body: &Value) -> Result<Insertion, String> {
        let object = Object::read(body.to_string().as_bytes(), None).unwrap();
        read(&object).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        let asked = read_value(&body()).unwrap();
        let content = &asked.content;
        assert_eq!((content.gross, &*content.buyer.name), (Fen::new(1100), "XX"));
        assert_eq!(content.issued_at.unix_seconds(), 1_468_322_401);
        assert_eq!(asked.billing, ("44032000211".to_owned(), "62522141".to_owned()));
        assert_eq!((asked.pdf.as_str(), asked.trip_pdf), ("3015806758683707", None));
        let [first, second] = &content.items[..] else { panic!("two lines") };
        assert_eq!((first.quantity, second.quantity), (Decimal::new(15, 1), Decimal::ONE_HUNDRED));
        assert_eq!(second.price, Fen::new(-1));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_with_its_path() {
        let data = "/card_ext/user_card/invoice_user_data";
        let text = |chars: usize| json!("字".repeat(chars));
        for (pointer, value, words) in [
            ("/order_id", json!(""), "order_id is empty"),
            ("/card_id", json!("x"), "invalid card id"),
            ("/appid", json!("d3g1YjVk"), "appid must be the appid that called getauthurl"),
            ("/card_ext", Value::Null, "card_ext is missing"),
            ("/card_ext/nonce_str", json!(""), "card_ext.nonce_str is empty"),
            ("/card_ext/user_card", json!(1), "card_ext.user_card must be an object"),
            (data, Value::Null, "user_card.invoice_user_data is missing"),
            (
                &format!("{data}/fee"),
                json!(0),
                "invoice_user_data.fee must be an amount in fen from 1",
            ),
            (&format!("{data}/fee"), json!(11.5), "invoice_user_data.fee must be a whole number"),
            (&format!("{data}/tax"), Value::Null, "invoice_user_data.tax is empty"),
            (&format!("{data}/title"), text(257), "title has 257 characters"),
            (
                &format!("{data}/billing_time"),
                json!(1468322401000_i64),
                "billing_time must be unix seconds",
            ),
            (&format!("{data}/info/1/name"), json!(""), "info[1].name is empty"),
            (&format!("{data}/info/0/num"), json!("many"), "info[0].num must be a number"),
            (&format!("{data}/info"), json!(vec![json!({}); 201]), "at most 200"),
            (&format!("{data}/s_pdf_media_id"), Value::Null, "s_pdf_media_id is empty"),
            (&format!("{data}/s_pdf_media_id"), json!("x"), "s_pdf_media_id must be digits"),
        ] {
            let mut body = body();
            *body.pointer_mut(pointer).unwrap() = value;
            let complaint = read_value(&body).unwrap_err();
            assert!(complaint.contains(words), "{pointer}: {complaint}");
        }
        let mut twice = body();
        twice["card_ext"]["user_card"]["invoice_user_data"]["s_trip_pdf_media_id"] =
            json!("3015806758683707");
        assert!(read_value(&twice).unwrap_err().contains("is the invoice's own PDF"));
    }
}
