//! getinvoiceinfo and getinvoicebatch: the invoices that users have chosen for a company (wire_facts 1.2).

use crate::answer;
use crate::object::{AtMost, Object};
use kaipiao_domain::Refusal;
use kaipiao_domain::people::card::CardId;
use kaipiao_domain::reimbursement::card_status::ReimburseStatus;
use kaipiao_domain::reimbursement::invoice_info::{
    ChosenInvoice, InfoItem, InvoiceInfo, NamedCard, ReadInvoice,
};
use kaipiao_errcode::ErrorCode;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Number;

/// Invoices of one call (D-168).
const AT_MOST: AtMost = AtMost(100, "invoices");

/// Reads `card_id` and `encrypt_code`: 72031 where one is missing, 40073 where the first is none.
pub fn read_card(object: &Object<'_>) -> Result<NamedCard, Refusal> {
    let card_id = read_card_id(object)?;
    let encrypt_code = object.required_text("encrypt_code")?.into_owned();
    Ok(NamedCard { card_id, encrypt_code, path: object.path_of("encrypt_code").to_string() })
}

/// Reads `card_id`: 72031 where it is missing, 40073 where it is none.
pub fn read_card_id(object: &Object<'_>) -> Result<CardId, Refusal> {
    CardId::parse(object.required_text("card_id")?.trim()).ok_or_else(|| {
        let detail = "a card_id has 28 characters and begins with p; take it as it was answered";
        Refusal::new(ErrorCode::InvalidCardId, detail)
    })
}

/// Reads a list of cards: 72031 where it is empty or too long.
pub fn read_cards(object: &Object<'_>, name: &str) -> Result<Vec<NamedCard>, Refusal> {
    let cards = object.objects(name, AT_MOST)?;
    if cards.is_empty() {
        return Err(Refusal::invalid(name, "is empty"));
    }
    cards.iter().map(read_card).collect()
}

#[derive(Serialize)]
struct ChosenJson<'a> {
    card_id: &'a str,
    encrypt_code: &'a str,
    app_id: &'a str,
}

/// `choose_invoice_info`: the JSON text that the picker hands to the company's page.
pub fn write_chosen(chosen: &[ChosenInvoice]) -> String {
    fn json_of(chosen: &ChosenInvoice) -> ChosenJson<'_> {
        let ChosenInvoice { card_id, encrypt_code, appid } = chosen;
        ChosenJson { card_id: card_id.as_str(), encrypt_code, app_id: appid.as_str() }
    }
    answer::bare(&chosen.iter().map(json_of).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct CardJson<'a> {
    card_id: &'a str,
    begin_time: i64,
    end_time: i64,
    user_card_status: &'static str,
    openid: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    payee: &'a str,
    detail: &'a str,
    user_info: UserInfo<'a>,
}

#[derive(Serialize)]
struct ItemJson<'a> {
    user_info: UserInfo<'a>,
    card_id: &'a str,
    openid: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    payee: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
struct UserInfo<'a> {
    fee: i64,
    title: &'a str,
    billing_time: i64,
    billing_no: &'a str,
    billing_code: &'a str,
    info: Vec<LineJson<'a>>,
    fee_without_tax: i64,
    tax: i64,
    detail: &'a str,
    pdf_url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    trip_pdf_url: &'a str,
    reimburse_status: &'static str,
    order_id: &'a str,
    check_code: &'a str,
    buyer_number: &'a str,
    buyer_address_and_phone: &'a str,
    buyer_bank_account: &'a str,
    seller_number: &'a str,
    seller_address_and_phone: &'a str,
    seller_bank_account: &'a str,
    remarks: &'a str,
    cashier: &'a str,
    maker: &'a str,
}

#[derive(Serialize)]
struct LineJson<'a> {
    name: &'a str,
    num: Number,
    unit: &'a str,
    price: i64,
}

impl<'a> LineJson<'a> {
    fn of(item: &'a InfoItem) -> Self {
        let InfoItem { name, quantity, unit, price } = item;
        Self { name, num: number(*quantity), unit, price: price.get() }
    }
}

/// A decimal as a JSON number, digit for digit.
fn number(decimal: Decimal) -> Number {
    decimal.normalize().to_string().parse().expect("a decimal is a JSON number")
}

impl<'a> UserInfo<'a> {
    fn of(read: &'a ReadInvoice) -> Self {
        let ReadInvoice { card, info, .. } = read;
        let InvoiceInfo { buyer, seller, gross, net, tax, .. } = info;
        let (billing_no, billing_code) = billing(card.number.code(), card.number.number());
        Self {
            fee: gross.get(),
            title: &buyer.name,
            billing_time: info.issued_at.unix_seconds(),
            billing_no,
            billing_code,
            info: info.items.iter().map(LineJson::of).collect(),
            fee_without_tax: net.get(),
            tax: tax.get(),
            detail: &info.detail,
            pdf_url: &info.pdf_url,
            trip_pdf_url: &info.trip_pdf_url,
            reimburse_status: card.status.plain().name(),
            order_id: &info.order_id,
            check_code: &info.check_code,
            buyer_number: &buyer.tax_id,
            buyer_address_and_phone: &buyer.address_and_phone,
            buyer_bank_account: &buyer.bank_account,
            seller_number: &seller.tax_id,
            seller_address_and_phone: &seller.address_and_phone,
            seller_bank_account: &seller.bank_account,
            remarks: &info.remarks,
            cashier: &info.payee,
            maker: &info.drawer,
        }
    }
}

/// billing_no and billing_code of an invoice. The code stands in `billing_no`, the number in
/// `billing_code`, as in all traffic that was seen; a fully digital invoice, which has no code, has its
/// number in `billing_no`, as the documentation of that time says (D-167).
pub fn billing<'a>(code: &'a str, number: &'a str) -> (&'a str, &'a str) {
    if code.is_empty() { (number, code) } else { (code, number) }
}

/// Writes getinvoiceinfo's answer.
pub fn write_info(read: &ReadInvoice) -> String {
    let ReadInvoice { card, openid, info } = read;
    let is_over = matches!(card.status.plain(), ReimburseStatus::Closure | ReimburseStatus::Cancel);
    answer::ok_with(&CardJson {
        card_id: card.card_id.as_str(),
        begin_time: info.issued_at.unix_seconds(),
        // A card does not end by itself.
        end_time: 0,
        user_card_status: if is_over { "CONSUMED" } else { "NORMAL" },
        openid: openid.as_str(),
        kind: &info.kind,
        payee: &info.seller.name,
        detail: &info.detail,
        user_info: UserInfo::of(read),
    })
}

/// Writes getinvoicebatch's answer.
pub fn write_batch(read: &[ReadInvoice]) -> String {
    #[derive(Serialize)]
    struct Batch<'a> {
        item_list: Vec<ItemJson<'a>>,
    }
    fn item_of(read: &ReadInvoice) -> ItemJson<'_> {
        let ReadInvoice { card, openid, info } = read;
        ItemJson {
            user_info: UserInfo::of(read),
            card_id: card.card_id.as_str(),
            openid: openid.as_str(),
            kind: &info.kind,
            payee: &info.seller.name,
            detail: &info.detail,
        }
    }
    answer::ok_with(&Batch { item_list: read.iter().map(item_of).collect() })
}

#[cfg(test)]
mod tests {
    use super::billing;

    #[test]
    fn a_digital_invoice_has_its_number_in_billing_no() {
        assert_eq!(billing("", "25952000000000000017"), ("25952000000000000017", ""));
        assert_eq!(billing("088978450417", "21590001"), ("088978450417", "21590001"));
    }
}
