//! One payment: where it stands, what was given back of it, its notices, its invoice entry, and what was issued for it.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::invoices::address::invoice_address;
use crate::orders::address::order_address;
use crate::parts::{Cell, Facts, Pager, Table, Tone};
use crate::payments::address::{PATH, pay_address};
use crate::payments::words::{can_be_paid, state};
use crate::pushes::address::push_address;
use crate::seat::Seat;
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::access::sight;
use kaipiao_app::authorization::order_history::OrderHistory;
use kaipiao_app::payment::details::Details;
use kaipiao_app::payment::payment_history::{self, PaymentHistory};
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::payment::payments::PaymentState;
use kaipiao_domain::payment::refund::Refund;
use kaipiao_pages::{entry_condition, told};
use kaipiao_ports::delivery::outbox::ListedPush;

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    number: &'a str,
    state: states::Said,
    facts: Facts<'a>,
    /// Where it is paid as a user; None: it can't be, or not from here.
    pay: Option<String>,
    /// The line of the order that it has opened; None: it has opened none that this user may see.
    order: Option<String>,
    entry: Entry<'a>,
    refunds: Table<'a>,
    notices: Table<'a>,
    invoices: Table<'a>,
}

/// The invoice entry: whether its payer sees one, and on what that depends.
struct Entry<'a> {
    said: states::Said,
    conditions: Vec<(&'a str, bool)>,
}

/// `GET /console/payments/payment?mchid=&out_trade_no=`
pub(crate) async fn show(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let (mchid, number) = (seat.query.get("mchid"), seat.query.get("out_trade_no"));
    let is_seen = sight::sees(&console.app, &seat.role, mchid).await;
    if !is_seen.map_err(|failure| seat.failed(&failure))? {
        return Err(frame.not_found());
    }
    let found = payment_history::read(&console.app, mchid, number).await;
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let history = found.ok_or_else(|| frame.not_found())?;
    let PaymentHistory { details, refunds, notices, order } = &history;
    let payment = &details.payment;
    let merchant = payment.order_merchant.as_ref().filter(|merchant| seat.role.sees(merchant));
    let order = order.as_ref().filter(|_| merchant.is_some());
    let number = payment.out_trade_no.as_str();
    let page = PaymentPage {
        frame,
        path: PATH,
        number,
        state: state(frame, payment),
        facts: facts(frame, details),
        pay: (can_be_paid(payment) && seat.has_sandbox(&console)).then(|| pay_address(payment)),
        order: merchant.map(|merchant| order_address(merchant.as_str(), number)),
        entry: entry(frame, details),
        refunds: refund_table(frame, refunds),
        notices: notice_table(frame, notices),
        invoices: invoice_table(frame, order),
    };
    Ok(html(StatusCode::OK, &page))
}

fn facts<'a>(frame: &'a Frame, details: &Details) -> Facts<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let payment = &details.payment;
    let asked = &payment.request;
    let taken_for = Cell::text(&details.payee_name).below(payment.payee().to_string());
    let mut rows = vec![
        (t("收款方", "Payee"), taken_for),
        (t("支付商户", "Pay merchant"), Cell::code(payment.mchid.to_string())),
        (t("账号", "Account"), Cell::code(asked.appid.as_str())),
        (t("金额", "Amount"), Cell::text(words::yuan(asked.total_fee_fen))),
        (t("内容", "What for"), Cell::text(&asked.description)),
        (t("方式", "Kind"), Cell::code(asked.trade_type.as_str())),
        (t("下单时间", "Placed"), Cell::text(words::moment(payment.placed_at.unix_millis()))),
    ];
    if let Some(at) = asked.expires_at {
        rows.push((t("支付截止", "Until"), Cell::text(words::moment(at.unix_millis()))));
    }
    if let Some(prepay) = &payment.prepay {
        rows.push(("prepay_id", Cell::code(&*prepay.id)));
    }
    if let Some(paid) = payment.paid() {
        let at = paid.at.map(|at| words::moment(at.unix_millis())).unwrap_or_default();
        rows.push((t("支付时间", "Paid"), Cell::text(at)));
        rows.push(("transaction_id", Cell::code(paid.transaction_id.clone().unwrap_or_default())));
        rows.push(("openid", Cell::code(paid.payer.openid.as_str())));
    }
    if let PaymentState::Closed { at } | PaymentState::Revoked { at, .. } = &payment.state {
        rows.push((t("结束时间", "Ended"), Cell::text(words::moment(at.unix_millis()))));
    }
    if let Some(url) = &asked.notify_url {
        rows.push(("notify_url", Cell::code(url)));
    }
    Facts { rows }
}

fn entry<'a>(frame: &'a Frame, details: &Details) -> Entry<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let said = match (details.entry.is_used(), details.entry.is_shown()) {
        (true, _) => (t("已使用", "Used"), Tone::Good),
        (false, true) => (t("已显示", "Shown"), Tone::Good),
        (false, false) => (t("未显示", "Not shown"), Tone::Quiet),
    };
    let conditions = details.entry.conditions.iter();
    let conditions = conditions.map(|(one, is_met)| (entry_condition(frame.lang, *one), *is_met));
    Entry { said, conditions: conditions.collect() }
}

fn refund_table<'a>(frame: &'a Frame, refunds: &[Refund]) -> Table<'a> {
    let row = |refund: &Refund| {
        vec![
            Cell::code(refund.request.out_refund_no.to_string()).below(&*refund.refund_id),
            Cell::number(words::yuan(refund.request.refund_fee_fen)),
            Cell::text(&refund.request.reason),
            Cell::text(words::moment(refund.at.unix_millis())),
        ]
    };
    Table {
        frame,
        caption: frame.t("退款", "Refunds"),
        heads: vec![
            "out_refund_no",
            frame.t("金额", "Amount"),
            frame.t("原因", "Reason"),
            frame.t("时间", "Time"),
        ],
        rows: refunds.iter().map(row).collect(),
        empty: (
            frame.t("没有退款", "No refunds"),
            frame.t("退款后会出现在这里。", "What is given back appears here."),
        ),
        pager: Pager::default(),
        damaged: Vec::new(),
    }
}

fn notice_table<'a>(frame: &'a Frame, notices: &[ListedPush]) -> Table<'a> {
    let row = |listed: &ListedPush| {
        let id = listed.push.id.to_string();
        let (state, tone) = states::push(frame, listed);
        let problem = listed.attempts.last().map_or("", |last| &*last.problem);
        vec![
            Cell::code(&*id).link(push_address(&id)),
            Cell::code(&listed.push.event),
            Cell::mark(state, tone).below(told(frame.lang, problem)),
            Cell::number(listed.push.attempts.to_string()),
            Cell::text(words::moment(listed.push.committed_ms)),
        ]
    };
    Table {
        frame,
        caption: frame.t("支付通知", "Notices"),
        heads: vec![
            frame.t("推送", "Push"),
            frame.t("事件", "Event"),
            frame.t("状态", "State"),
            frame.t("次数", "Tries"),
            frame.t("时间", "Time"),
        ],
        rows: notices.iter().map(row).collect(),
        empty: (
            frame.t("没有支付通知", "No notices"),
            frame.t(
                "支付或退款后通知 notify_url；没有地址则不通知。",
                "A payment or a refund is told to notify_url; without an address nobody is.",
            ),
        ),
        pager: Pager::default(),
        damaged: Vec::new(),
    }
}

/// What was issued and inserted for the order, each with where its card stands.
fn invoice_table<'a>(frame: &'a Frame, order: Option<&OrderHistory>) -> Table<'a> {
    let issued = order
        .into_iter()
        .flat_map(|order| order.invoices.iter().map(|request| issued_row(frame, request, order)));
    let inserted = order.into_iter().flat_map(|order| &order.inserted).map(|listed| {
        let invoice = &listed.invoice;
        vec![
            Cell::code(invoice.number.number()).below(invoice.number.code()),
            Cell::mark(frame.t("平台插入", "Inserted"), Tone::Good)
                .below(invoice.platform.as_str()),
            Cell::number(words::yuan(invoice.content.gross.get())),
            states::card(frame, listed.status.as_ref()),
        ]
    });
    let damaged = order.into_iter().flat_map(|order| &order.damaged).map(ToString::to_string);
    Table {
        frame,
        caption: frame.t("发票与卡券", "Invoices and cards"),
        heads: vec![
            frame.t("发票", "Invoice"),
            frame.t("状态", "State"),
            frame.t("价税合计", "Total"),
            frame.t("卡券", "Card"),
        ],
        rows: issued.chain(inserted).collect(),
        empty: (
            frame.t("没有发票", "No invoices"),
            frame.t(
                "付款人从开票入口申请、商户开具后，发票会出现在这里。",
                "An invoice appears here once the payer has asked for it by the entry and the merchant has issued it.",
            ),
        ),
        pager: Pager::default(),
        damaged: damaged.collect(),
    }
}

fn issued_row(frame: &Frame, request: &InvoiceRequest, order: &OrderHistory) -> Vec<Cell> {
    let (state, tone) = states::invoice(frame, &request.state);
    let (merchant, serial) = (request.merchant.as_str(), request.serial.as_str());
    let number = request.invoice().map(|invoice| invoice.number.number().to_owned());
    let card = order.cards.iter().find(|card| card.serial == request.serial);
    vec![
        Cell::code(serial)
            .link(invoice_address(merchant, serial))
            .below(number.unwrap_or_default()),
        Cell::mark(state, tone),
        Cell::number(words::yuan(request.summary.gross.get())),
        states::card(frame, card.map(|card| &card.status)),
    ]
}
