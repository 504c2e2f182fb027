//! A card with an invoice or a bill that a platform has inserted (wire_facts 4.5).

use crate::page::{Frame, initial, mail_of};
use crate::time::china_day;
use askama::Template;
use kaipiao_app::people::wallet::{HeldInserted, HeldReimbursement};
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::platform::card_template::CardLink;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;

/// Label in Chinese and English, and value.
type Fact = (&'static str, &'static str, String);

#[derive(Template)]
#[template(path = "inserted_card.html")]
pub(super) struct InsertedCard<'a> {
    frame: &'a Frame,
    name: &'a str,
    seller: String,
    initial: String,
    amount: String,
    /// The invoice's, which its saved file is named after.
    number: String,
    facts: Vec<Fact>,
    /// Name and price of the first lines.
    items: Vec<(String, String)>,
    /// Lines that the page leaves to the PDF.
    further_items: usize,
    /// The platform's entries.
    links: Vec<CardLink>,
    /// The address of a new mail with the PDF's.
    mail: String,
    /// The address of the PDF of what was consumed.
    trip_pdf_url: Option<String>,
    is_bill: bool,
    is_cancelled: bool,
    reimbursement: Option<HeldReimbursement>,
}

/// Lines that the page shows.
const ITEMS: usize = 20;

impl<'a> InsertedCard<'a> {
    pub(super) fn of(frame: &'a Frame, name: &'a str, held: HeldInserted) -> Self {
        let HeldInserted { invoice, pdf_url, trip_pdf_url, is_cancelled, links, reimbursement } =
            held;
        let kind = invoice.number.card_kind();
        let facts = match kind {
            CardKind::Invoice => invoice_facts(&invoice),
            CardKind::Bill => bill_facts(&invoice),
        };
        let number = invoice.number.number().to_owned();
        let content = invoice.content;
        let seller = content.seller.name;
        let shown = content.items.iter().take(ITEMS);
        Self {
            frame,
            name,
            initial: initial(&seller),
            amount: content.gross.to_string(),
            number,
            facts: facts.into_iter().filter(|(.., value)| !value.is_empty()).collect(),
            items: shown.map(|item| (item.name.clone(), item.price.to_string())).collect(),
            further_items: content.items.len().saturating_sub(ITEMS),
            links,
            mail: mail_of(&seller, &pdf_url),
            seller,
            trip_pdf_url,
            is_bill: kind == CardKind::Bill,
            is_cancelled,
            reimbursement,
        }
    }
}

fn invoice_facts(invoice: &InsertedInvoice) -> Vec<Fact> {
    let InsertedInvoice { number, content, .. } = invoice;
    vec![
        ("发票类型", "Kind", invoice.kind.clone()),
        ("发票代码", "Code", number.code().to_owned()),
        ("发票号码", "Number", number.number().to_owned()),
        ("校验码", "Check code", invoice.check_code.clone()),
        ("开票日期", "Issued", china_day(content.issued_at.unix_seconds())),
        ("销售方税号", "Seller's tax no.", content.seller.tax_id.clone()),
        ("购买方", "Buyer", content.buyer.name.clone()),
        ("购买方税号", "Buyer's tax no.", content.buyer.tax_id.clone()),
        ("不含税金额", "Net", format!("¥{}", content.net)),
        ("税额", "Tax", format!("¥{}", content.tax)),
        ("备注", "Remarks", content.remarks.clone()),
        ("订单号", "Order", invoice.order_id.as_str().to_owned()),
    ]
}

fn bill_facts(bill: &InsertedInvoice) -> Vec<Fact> {
    let InsertedInvoice { number, content, .. } = bill;
    vec![
        ("票据类型", "Kind", bill.kind.clone()),
        ("票据代码", "Code", number.code().to_owned()),
        ("票据号码", "Number", number.number().to_owned()),
        ("开票日期", "Issued", china_day(content.issued_at.unix_seconds())),
        ("收款单位", "Collected by", content.seller.name.clone()),
        ("交款人", "Paid by", content.buyer.name.clone()),
        ("订单号", "Order", bill.order_id.as_str().to_owned()),
    ]
}
