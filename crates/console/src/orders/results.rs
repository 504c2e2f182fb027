//! What has become of an order, as steps of its timeline.

use crate::errors::address::error_address;
use crate::frame::Frame;
use crate::invoices::address::invoice_address;
use crate::orders::list::page_type;
use crate::orders::steps::{Step, icon};
use crate::parts::{Cell, Tone};
use crate::pushes::address::push_address;
use crate::{accounts, states, words};
use kaipiao_app::authorization::order_history::OrderHistory;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::user_decision::{Authorization, Decline, UserDecision};
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, RequestState};
use kaipiao_domain::payment::payments::{Payment, PaymentState};
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::title::InvoiceTitle;
use kaipiao_domain::reimbursement::card_status::CardStatus;
use kaipiao_pages::told;
use kaipiao_ports::delivery::outbox::{Attempt, ListedPush};

/// What causes what, of one moment: requests are 0.
const DECIDED: u8 = 1;
const STARTED: u8 = 2;
const ENDED: u8 = 3;
const CARD: u8 = 4;
const PUSH: u8 = 5;
const ATTEMPT: u8 = 6;
const MESSAGE: u8 = 7;

/// All but the requests.
pub(crate) fn steps<'a>(frame: &'a Frame, history: &OrderHistory) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    if let Some(order) = &history.order {
        order_steps(frame, order, &mut steps);
    }
    if let Some(payment) = &history.payment {
        payment_steps(frame, payment, history, &mut steps);
    }
    for request in &history.invoices {
        invoice_steps(frame, request, &mut steps);
    }
    inserted_steps(frame, history, &mut steps);
    card_steps(frame, history, &mut steps);
    for listed in &history.pushes {
        push_steps(frame, listed, &mut steps);
    }
    steps.extend(history.messages.iter().map(|message| message_step(frame, message)));
    steps
}

fn order_steps<'a>(frame: &'a Frame, order: &Order, steps: &mut Vec<Step<'a>>) {
    let t = |zh, en| frame.lang.t(zh, en);
    let asked = &order.request;
    let opener = if order.payment.is_some() {
        t("支付打开了开票入口", "the payment opened the invoice entry")
    } else {
        t("商户申请了授权链接", "the merchant asked for the link")
    };
    let step = Step::new(order.offered_at.unix_millis(), DECIDED, icon::INVOICE, Tone::Wait)
        .titled(t("订单", "Order"), opener)
        .fact(t("金额", "Amount"), Cell::text(words::yuan(asked.money_fen)))
        .fact(t("类型", "Type"), Cell::text(page_type(frame, asked.page_type)))
        .fact(t("来源", "Source"), Cell::code(asked.source.as_str()))
        .fact(t("申请账号", "Asked by"), Cell::code(asked.asked_by.as_str()));
    steps.push(step);
    match &order.state {
        OrderState::Offered => {}
        OrderState::Declined(no) => steps.push(declined(frame, no)),
        OrderState::Authorized(yes) => steps.push(authorized(frame, yes)),
        OrderState::Rejected { decided, reason, at } => {
            steps.push(match decided {
                UserDecision::Authorized(yes) => authorized(frame, yes),
                UserDecision::Declined(no) => declined(frame, no),
            });
            let mut step = Step::new(at.unix_millis(), DECIDED, icon::NO, Tone::Bad)
                .titled(t("商户", "Merchant"), t("拒绝开票", "rejected the order"));
            step.says.clone_from(&reason.reason);
            if !reason.url.is_empty() {
                step = step.fact(t("链接", "Link"), Cell::code(&reason.url));
            }
            steps.push(step);
        }
    }
}

fn authorized<'a>(frame: &'a Frame, yes: &Authorization) -> Step<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let mut step = Step::new(yes.at.unix_millis(), DECIDED, icon::USER, Tone::Good)
        .titled(t("用户", "User"), t("同意开票", "authorized it"))
        .fact(t("用户", "User"), Cell::code(yes.user.as_str()))
        .fact("openid", Cell::code(yes.openid.as_str()));
    if let Some(title) = &yes.title {
        step = with_title(frame, step, title);
    }
    step
}

fn with_title<'a>(frame: &'a Frame, step: Step<'a>, title: &InvoiceTitle) -> Step<'a> {
    let side = accounts::words::side_name(frame, title.side());
    let step = step.fact(frame.t("抬头类型", "Title of"), Cell::text(side));
    let given = title.values().filter(|(_, value)| !value.is_empty());
    let step = given.fold(step, |step, (field, value)| {
        step.fact(accounts::words::field_name(frame, field), Cell::text(value))
    });
    let own = title.custom.iter().map(|one| format!("{}: {}", one.key, one.value));
    let own: Vec<_> = own.collect();
    match own.is_empty() {
        true => step,
        false => step.fact(frame.t("自定义", "Own fields"), Cell::text(own.join("; "))),
    }
}

fn declined<'a>(frame: &'a Frame, no: &Decline) -> Step<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    Step::new(no.at.unix_millis(), DECIDED, icon::USER, Tone::Quiet)
        .titled(t("用户", "User"), t("拒绝授权", "declined"))
        .fact(t("用户", "User"), Cell::code(no.user.as_str()))
}

fn payment_steps<'a>(
    frame: &'a Frame,
    payment: &Payment,
    history: &OrderHistory,
    steps: &mut Vec<Step<'a>>,
) {
    let t = |zh, en| frame.lang.t(zh, en);
    let who = t("支付", "Payment");
    let step = Step::new(payment.placed_at.unix_millis(), STARTED, icon::MONEY, Tone::Quiet)
        .titled(who, t("下单", "was placed"))
        .fact(t("支付商户", "Pay merchant"), Cell::code(payment.mchid.to_string()))
        .fact(t("方式", "Kind"), Cell::code(payment.request.trade_type.as_str()));
    steps.push(step);
    if let Some((paid, at)) = payment.paid().and_then(|paid| Some((paid, paid.at?))) {
        let step = Step::new(at.unix_millis(), STARTED, icon::MONEY, Tone::Good)
            .titled(who, t("已支付", "was made"))
            .fact(t("金额", "Amount"), Cell::text(words::yuan(payment.request.total_fee_fen)))
            .fact("openid", Cell::code(paid.payer.openid.as_str()))
            .fact("transaction_id", Cell::code(paid.transaction_id.clone().unwrap_or_default()));
        steps.push(step);
    }
    for refund in &history.refunds {
        let mut step = Step::new(refund.at.unix_millis(), STARTED, icon::MONEY, Tone::Bad)
            .titled(who, t("已退款", "was given back"))
            .fact(t("金额", "Amount"), Cell::text(words::yuan(refund.request.refund_fee_fen)))
            .fact("out_refund_no", Cell::code(refund.request.out_refund_no.to_string()));
        step.says.clone_from(&refund.request.reason);
        steps.push(step);
    }
    if let PaymentState::Revoked { at, .. } = &payment.state {
        let step = Step::new(at.unix_millis(), STARTED, icon::NO, Tone::Bad);
        steps.push(step.titled(who, t("已撤销", "was revoked")));
    }
}

fn invoice_steps<'a>(frame: &'a Frame, request: &InvoiceRequest, steps: &mut Vec<Step<'a>>) {
    let t = |zh, en| frame.lang.t(zh, en);
    let is_red = matches!(request.colour, Colour::Red { .. });
    let who = if is_red { t("红字发票", "Red invoice") } else { t("发票", "Invoice") };
    let address = invoice_address(request.merchant.as_str(), request.serial.as_str());
    let step = Step::new(request.accepted_at.unix_millis(), STARTED, icon::INVOICE, Tone::Quiet)
        .titled(who, t("请求已受理", "was asked for"))
        .fact(t("流水号", "Serial"), Cell::code(request.serial.as_str()).link(address.clone()))
        .fact(t("购方", "Buyer"), Cell::text(&request.summary.buyer_name))
        .fact(t("价税合计", "Total"), Cell::text(words::yuan(request.summary.gross.get())));
    steps.push(step);
    match &request.state {
        RequestState::Running { since } if *since != request.accepted_at => {
            let step = Step::new(since.unix_millis(), STARTED, icon::INVOICE, Tone::Wait);
            steps.push(step.titled(who, t("重新开具中", "is being issued again")));
        }
        RequestState::Running { .. } => {}
        RequestState::Failed { failure, at } => {
            let mut step = Step::new(at.unix_millis(), ENDED, icon::NO, Tone::Bad)
                .titled(who, t("开具失败", "could not be issued"))
                .link(t("错误说明", "What the code means"), error_address(failure.code().number()));
            step.mark = Some((failure.code().number().to_string(), Tone::Bad));
            failure.words().clone_into(&mut step.says);
            steps.push(step);
        }
        RequestState::Issued { invoice, .. } => {
            let tone = if is_red { Tone::Bad } else { Tone::Good };
            let words = if is_red {
                t("已冲红原发票", "took the invoice back")
            } else {
                t("已开具", "was issued")
            };
            let step = Step::new(invoice.at.unix_millis(), ENDED, icon::INVOICE, tone)
                .titled(who, words)
                .fact(t("发票代码", "Code"), Cell::code(invoice.number.code()))
                .fact(t("发票号码", "Number"), Cell::code(invoice.number.number()))
                .link(t("查看发票", "See the invoice"), address);
            steps.push(step);
        }
    }
}

fn inserted_steps<'a>(frame: &'a Frame, history: &OrderHistory, steps: &mut Vec<Step<'a>>) {
    let t = |zh, en| frame.lang.t(zh, en);
    for listed in &history.inserted {
        let invoice = &listed.invoice;
        let step = Step::new(invoice.inserted_at.unix_millis(), ENDED, icon::CARD, Tone::Good)
            .titled(t("发票", "Invoice"), t("平台插卡", "was inserted by a platform"))
            .fact(t("平台", "Platform"), Cell::code(invoice.platform.as_str()))
            .fact(t("发票号码", "Number"), Cell::code(invoice.number.number()))
            .fact(t("金额", "Amount"), Cell::text(words::yuan(invoice.content.gross.get())));
        steps.push(step);
    }
}

/// Where cards stand, since when that is known; that an invoice has a card its issue says.
fn card_steps<'a>(frame: &'a Frame, history: &OrderHistory, steps: &mut Vec<Step<'a>>) {
    let t = |zh, en| frame.lang.t(zh, en);
    let own = history.cards.iter().map(|card| &card.status);
    let statuses = own.chain(history.inserted.iter().filter_map(|one| one.status.as_ref()));
    for status in statuses {
        let (words, tone) = match status {
            CardStatus::Locked { .. } => (t("报销锁定", "was locked by a company"), Tone::Wait),
            CardStatus::Closed { .. } => (t("已报销", "was written off"), Tone::Good),
            CardStatus::Init | CardStatus::Cancelled { .. } => continue,
        };
        let (Some(since), Some(company)) = (status.since(), status.company()) else { continue };
        let step = Step::new(since.unix_millis(), CARD, icon::CARD, tone)
            .titled(t("卡券", "Card"), words)
            .fact(t("企业", "Company"), Cell::code(company.as_str()));
        steps.push(step);
    }
}

fn push_steps<'a>(frame: &'a Frame, listed: &ListedPush, steps: &mut Vec<Step<'a>>) {
    let t = |zh, en| frame.lang.t(zh, en);
    let push = &listed.push;
    let (state, tone) = states::push(frame, listed);
    let who = t("推送", "Push");
    let id = push.id.to_string();
    let mut step = Step::new(push.committed_ms, PUSH, icon::PUSH, tone)
        .titled(who, push.event.clone())
        .fact(t("接收账号", "Receiver"), Cell::code(&push.id.account))
        .fold(t("推送内容", "Body"), push.body.to_string())
        .link(t("查看推送", "See the push"), push_address(&id));
    step.mark = Some((state.to_owned(), tone));
    steps.push(step);
    for (index, attempt) in listed.attempts.iter().enumerate() {
        steps.push(attempt_step(frame, &id, index + 1, attempt));
    }
}

fn attempt_step<'a>(frame: &'a Frame, id: &str, number: usize, attempt: &Attempt) -> Step<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let is_good = attempt.problem.is_empty();
    let tone = if is_good { Tone::Good } else { Tone::Bad };
    let title = match frame.lang {
        kaipiao_pages::Lang::Zh => format!("第 {number} 次发送"),
        kaipiao_pages::Lang::En => format!("attempt {number}"),
    };
    let answered = attempt
        .status
        .map_or_else(|| t("无应答", "no answer").to_owned(), |status| format!("HTTP {status}"));
    let mut step = Step::new(attempt.started_ms, ATTEMPT, icon::PUSH, tone)
        .titled(t("推送", "Push"), title)
        .fact(t("推送编号", "Push"), Cell::code(id).link(push_address(id)))
        .fact(t("耗时", "Took"), Cell::text(format!("{} ms", attempt.took_ms)))
        .fold(t("应答内容", "Answer"), attempt.excerpt.clone());
    step.mark = Some((answered, tone));
    step.says = told(frame.lang, &attempt.problem);
    step
}

fn message_step<'a>(frame: &'a Frame, message: &Message) -> Step<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let (words, tone) = match &message.event {
        MessageEvent::Rejected { .. } => {
            (t("商户拒绝开票", "the merchant won't issue it"), Tone::Bad)
        }
        MessageEvent::Issued(_) => (t("发票已开具", "the invoice was issued"), Tone::Good),
        MessageEvent::Failed => (t("发票开具失败", "the invoice could not be issued"), Tone::Bad),
        MessageEvent::TakenBack(_) => (t("发票已冲红", "the invoice was taken back"), Tone::Quiet),
        MessageEvent::WrittenOff { .. } => {
            (t("发票已报销", "the invoice was written off"), Tone::Good)
        }
        MessageEvent::PaymentToConfirm { .. } => {
            (t("请确认支付", "a payment is to be confirmed"), Tone::Wait)
        }
        MessageEvent::Paid { .. } => (t("支付成功", "the payment was made"), Tone::Good),
    };
    let told = frame.lang.t("告知用户：", "the user was told: ");
    Step::new(message.sent_at.unix_millis(), MESSAGE, icon::MESSAGE, tone)
        .titled(frame.lang.t("消息", "Message"), format!("{told}{words}"))
}
