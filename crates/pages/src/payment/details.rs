//! A payment, for its payer: what was paid, what came back of it, and the invoice entry (section 13).

use crate::page::{Frame, encoded, html, initial, notice};
use crate::pages::Pages;
use crate::time::china_time;
use crate::visit::{UserVisit, Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::payment::details::{Details, details_for};
use kaipiao_app::payment::s13_receipt::Entry;
use kaipiao_domain::authorization::order::OrderState;
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::money::Fen;
use kaipiao_domain::payment::payments::{Payment, PaymentState};
use kaipiao_domain::text;

/// Where a payment's details are.
pub(crate) fn details_address(mchid: &str, out_trade_no: &str) -> String {
    format!("/payments/{}/{}", encoded(mchid), encoded(out_trade_no))
}

#[derive(Template)]
#[template(path = "payment.html")]
struct DetailsPage<'a> {
    frame: &'a Frame,
    is_sandbox: bool,
    payee: String,
    /// The first character of the payee's name, where a logo would be.
    initial: String,
    /// Yuan with two places.
    amount: String,
    /// Where it stands, in the page's language, and whether that is as it should be.
    state: (&'static str, bool),
    /// Label in Chinese and English, and value.
    facts: Vec<(&'static str, &'static str, String)>,
    entry: EntryRow,
    /// What a payer is told in production where there is no entry, in Chinese and English.
    without_entry: (&'static str, &'static str),
    /// Where the entry is opened, and where the sandbox explains it to integrators.
    entry_address: String,
    /// Where the merchant wants the payer back; empty: nowhere.
    back: String,
}

/// What a page shows of the invoice entry.
pub(crate) enum EntryRow {
    /// It can be opened.
    Shown {
        /// The invoice was asked for.
        is_used: bool,
    },
    /// The merchant has said no (ruling 13).
    Rejected(RejectionReason),
    /// There is none.
    None,
}

impl EntryRow {
    pub(crate) fn of(entry: &Entry) -> Self {
        if entry.is_shown() {
            return Self::Shown { is_used: entry.is_used() };
        }
        match entry.own_order().map(|order| &order.state) {
            Some(OrderState::Rejected { reason, .. }) => Self::Rejected(reason.clone()),
            _ => Self::None,
        }
    }

    fn is_shown(&self) -> bool {
        matches!(self, Self::Shown { .. })
    }
}

/// Where a payment stands, in Chinese and English, and whether that is as it should be.
pub(crate) fn state_of(payment: &Payment) -> ((&'static str, &'static str), bool) {
    match payment.state {
        PaymentState::NotPaid => (("未支付", "Not paid"), false),
        PaymentState::UserPaying { .. } => {
            (("待付款人确认", "Waiting for the payer to confirm"), false)
        }
        PaymentState::Closed { .. } => (("已关闭", "Closed"), false),
        PaymentState::Revoked { .. } => (("已撤销", "Revoked"), false),
        PaymentState::Paid(_) if payment.is_fully_refunded() => {
            (("已全额退款", "Refunded in full"), false)
        }
        PaymentState::Paid(_) if payment.refunded_fen > 0 => {
            (("已部分退款", "Refunded in part"), false)
        }
        PaymentState::Paid(_) => (("支付成功", "Payment successful"), true),
    }
}

impl<'a> DetailsPage<'a> {
    fn of(frame: &'a Frame, pages: &Pages, details: Details, back: String) -> Self {
        let Details { payment, payee_name, entry } = details;
        let ((zh, en), is_good) = state_of(&payment);
        let address = details_address(payment.mchid.as_str(), payment.out_trade_no.as_str());
        Self {
            frame,
            is_sandbox: pages.is_sandbox,
            initial: initial(&payee_name),
            payee: payee_name,
            amount: Fen::new(payment.request.total_fee_fen).to_string(),
            state: (frame.lang.t(zh, en), is_good),
            facts: facts(&payment),
            entry: EntryRow::of(&entry),
            without_entry: without_entry(&payment),
            entry_address: format!("{address}/entry"),
            back,
        }
    }
}

/// A payer can do nothing about the conditions of an entry but ask the merchant.
pub(crate) fn without_entry(payment: &Payment) -> (&'static str, &'static str) {
    if payment.is_fully_refunded() {
        return (
            "款项已退回，不能再开发票。",
            "The money was given back, so there is no invoice for it.",
        );
    }
    (
        "这笔支付不能在这里开发票。如需发票，请联系商家。",
        "You can't get an invoice for this payment here. If you need one, ask the merchant.",
    )
}

fn facts(payment: &Payment) -> Vec<(&'static str, &'static str, String)> {
    let (paid_at, transaction_id) =
        payment.paid().map_or((None, None), |paid| (paid.at, paid.transaction_id.clone()));
    let refunded = match payment.refunded_fen {
        0 => String::new(),
        fen => format!("¥{}", Fen::new(fen)),
    };
    let facts = [
        ("已退款", "Refunded", refunded),
        ("商品", "For", payment.request.description.clone()),
        (
            "支付时间",
            "Paid at",
            paid_at.map(|at| china_time(at.unix_seconds())).unwrap_or_default(),
        ),
        ("交易单号", "Trade no.", transaction_id.unwrap_or_default()),
        ("商户单号", "Order", payment.out_trade_no.as_str().to_owned()),
        ("商户号", "Merchant no.", payment.payee().as_str().to_owned()),
    ];
    facts.into_iter().filter(|(_, _, value)| !value.is_empty()).collect()
}

/// `GET /payments/{mchid}/{out_trade_no}?redirect_url=`; the sandbox's cashier passes `redirect_url` on.
pub(crate) async fn show(
    State(pages): State<Pages>,
    PathNames((mchid, number)): PathNames<(String, String)>,
    request: Request,
) -> Response {
    let visit = Visit::of(request);
    let back = Some(visit.parameter("redirect_url"))
        .filter(|url| pages.is_sandbox && text::web_link("redirect_url", url).is_ok());
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match details_for(&pages.app, &mchid, &number, &user.id).await {
        Ok(Some(details)) => {
            let page = DetailsPage::of(&frame, &pages, details, back.unwrap_or_default());
            html(StatusCode::OK, &page)
        }
        Ok(None) => no_such_payment(&frame),
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// The same words whether there is none or it is somebody else's.
pub(crate) fn no_such_payment(frame: &Frame) -> Response {
    notice(
        frame,
        StatusCode::NOT_FOUND,
        ("账单不存在", "Payment not found"),
        (
            "你没有这笔支付。请检查地址，或切换为付款的用户。",
            "You have no such payment. Check the address, or whether it was you who paid.",
        ),
    )
}
