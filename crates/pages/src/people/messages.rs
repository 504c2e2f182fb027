//! The user's own pages: service messages. What became of their orders arrives here (section 8).

use crate::page::{Frame, further, html};
use crate::pages::Pages;
use crate::payment::cashier::cashier_address;
use crate::payment::details::{EntryRow, details_address};
use crate::telephone::tel_address;
use crate::time::china_time;
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::listing::Listing;
use kaipiao_app::people::messages::{self, InboxMessage};
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::message::MessageEvent;

#[derive(Template)]
#[template(path = "messages.html")]
struct Messages<'a> {
    frame: &'a Frame,
    rows: Vec<Row>,
    /// Whether it tells of payments with which no money moved: the sandbox's.
    says_no_money: bool,
    /// Messages of this page that cannot be read.
    hidden: usize,
    /// The next page's address; empty: this is the last.
    more: String,
    /// Whether there are pages before this one.
    is_further: bool,
}

struct Row {
    merchant: String,
    order_id: String,
    time: String,
    /// In Chinese and English.
    headline: (&'static str, &'static str),
    /// What was paid, or is to be: yuan with two places. Empty: it is about no payment.
    amount: String,
    /// The address of the payment's details; empty: it is about no payment.
    payment_address: String,
    /// What is shown of the payment's invoice entry.
    entry: EntryRow,
    /// Who has written the invoice off; otherwise empty.
    company: String,
    /// Where the payment that waits is confirmed; empty: none waits.
    cashier_address: String,
    /// The merchant's, of a rejection; otherwise empty.
    reason: String,
    /// The merchant's, of a rejection; otherwise empty.
    url: String,
    /// The merchant's, where there is something to talk about; otherwise empty.
    phone: String,
    /// Dials the phone; empty: it is no number.
    tel: String,
    /// The invoice that can be looked at; empty: there is none.
    invoice_name: String,
    /// It is about a bill, not an invoice.
    is_of_bill: bool,
}

/// In Chinese and English.
fn headline(event: &MessageEvent, kind: CardKind) -> (&'static str, &'static str) {
    match kind {
        CardKind::Invoice => headline_of_invoice(event),
        CardKind::Bill => headline_of_bill(event),
    }
}

fn headline_of_bill(event: &MessageEvent) -> (&'static str, &'static str) {
    match event {
        MessageEvent::Rejected { .. } => ("票据领取被拒绝", "Fiscal receipt rejected"),
        MessageEvent::Issued(_) => ("财政电子票据已领取", "Fiscal receipt collected"),
        MessageEvent::TakenBack(_) => ("财政电子票据已作废", "Fiscal receipt cancelled"),
        MessageEvent::WrittenOff { .. } => ("财政电子票据已报销", "Fiscal receipt reimbursed"),
        // Bills are neither issued here nor paid for.
        MessageEvent::Failed
        | MessageEvent::PaymentToConfirm { .. }
        | MessageEvent::Paid { .. } => headline_of_invoice(event),
    }
}

fn headline_of_invoice(event: &MessageEvent) -> (&'static str, &'static str) {
    match event {
        MessageEvent::Rejected { .. } => ("开票申请被拒绝", "Invoice rejected"),
        MessageEvent::Issued(_) => ("发票已开具", "Invoice issued"),
        MessageEvent::Failed => ("开票失败", "Invoice could not be issued"),
        MessageEvent::PaymentToConfirm { .. } => ("待确认付款", "Payment to confirm"),
        MessageEvent::Paid { .. } => ("支付成功", "Payment successful"),
        MessageEvent::TakenBack(_) => ("发票已被商家冲红", "Invoice cancelled by the merchant"),
        MessageEvent::WrittenOff { .. } => ("发票已报销", "Invoice reimbursed"),
    }
}

impl From<InboxMessage> for Row {
    fn from(inbox: InboxMessage) -> Self {
        let event = inbox.message.event;
        let is_to_discuss = matches!(
            event,
            MessageEvent::Rejected { .. } | MessageEvent::Failed | MessageEvent::TakenBack(_)
        );
        let phone = if is_to_discuss { inbox.merchant_phone } else { String::new() };
        let headline = headline(&event, inbox.card_kind);
        let amount = match &event {
            MessageEvent::Paid { total_fee_fen, .. }
            | MessageEvent::PaymentToConfirm { total_fee_fen, .. } => {
                Fen::new(*total_fee_fen).to_string()
            }
            _ => String::new(),
        };
        let payment_address = match &event {
            MessageEvent::Paid { mchid, .. } => {
                details_address(mchid.as_str(), inbox.message.order_id.as_str())
            }
            _ => String::new(),
        };
        let cashier_address = match &event {
            MessageEvent::PaymentToConfirm { prepay_id, .. } => cashier_address(prepay_id),
            _ => String::new(),
        };
        let (reason, url) = match event {
            MessageEvent::Rejected { reason, url } => (reason, url),
            _ => (String::new(), String::new()),
        };
        Self {
            entry: inbox.entry.as_ref().map_or(EntryRow::None, EntryRow::of),
            merchant: inbox.merchant_name,
            order_id: inbox.message.order_id.as_str().to_owned(),
            time: china_time(inbox.message.sent_at.unix_seconds()),
            headline,
            amount,
            payment_address,
            company: inbox.company_name,
            cashier_address,
            reason,
            url,
            tel: tel_address(&phone),
            phone,
            invoice_name: inbox.invoice_name.unwrap_or_default(),
            is_of_bill: inbox.card_kind == CardKind::Bill,
        }
    }
}

/// `GET /me/messages?after=`
pub(crate) async fn list(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let after = visit.after();
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match messages::inbox(&pages.app, &user.id, after.as_deref()).await {
        Ok(Listing { items, damaged, next }) => {
            let rows: Vec<Row> = items.into_iter().map(Row::from).collect();
            let has_payments = rows.iter().any(|row| !row.amount.is_empty());
            let (more, is_further) = (further("/me/messages", next), after.is_some());
            let hidden = damaged.len();
            let page = Messages {
                frame: &frame,
                rows,
                says_no_money: has_payments && pages.is_sandbox,
                hidden,
                more,
                is_further,
            };
            html(StatusCode::OK, &page)
        }
        Err(failure) => unavailable(&frame, &failure),
    }
}
