//! The invoice entry of a payment: it is opened here, and in the sandbox it says here why it is shown or not (section 13).

use crate::lang::Lang;
use crate::page::{Frame, html, notice, see_other};
use crate::pages::Pages;
use crate::payment::details::{details_address, no_such_payment, state_of, without_entry};
use crate::visit::{UserVisit, Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::payment::details::{Details, details, payment_for};
use kaipiao_app::payment::s13_receipt::{self, EntryError};
use kaipiao_domain::money::Fen;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::s13_receipt::Condition;

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage<'a> {
    frame: &'a Frame,
    is_shown: bool,
    /// It was asked for before a condition ceased to hold.
    outlives: bool,
    payee: String,
    out_trade_no: String,
    /// Yuan with two places.
    amount: String,
    /// Where it stands, in the page's language.
    state: &'static str,
    conditions: Vec<Row>,
    details_address: String,
}

/// A condition, in Chinese and English.
struct Row {
    what: (&'static str, &'static str),
    is_met: bool,
    /// What to do; empty: nothing.
    help: (String, String),
}

impl Row {
    fn of(payment: &Payment, condition: Condition, is_met: bool, is_used: bool) -> Self {
        let help = match is_met {
            true => Default::default(),
            false if is_used => what_follows(condition),
            false => what_to_do(payment, condition),
        };
        Self { what: what_is_asked(condition), is_met, help }
    }
}

/// What a condition of an invoice entry is called.
pub fn entry_condition(lang: Lang, condition: Condition) -> &'static str {
    let (zh, en) = what_is_asked(condition);
    lang.t(zh, en)
}

fn what_is_asked(condition: Condition) -> (&'static str, &'static str) {
    match condition {
        Condition::HasReceipt => ("下单时带有 receipt=Y", "It was placed with receipt=Y"),
        Condition::IsPaid => ("已支付，未撤销", "It was paid, and not revoked"),
        Condition::IsNotRefunded => ("未全额退款", "It was not refunded in full"),
        Condition::HasPlatform => {
            ("商户号已关联开票平台", "The merchant no. is linked to an invoicing platform")
        }
        Condition::HasContact => ("商家已设置联系方式", "The merchant has set its contact"),
        Condition::IsOwnOrder => (
            "商户单号未被其他开票订单占用",
            "The order number is not used by another invoicing order",
        ),
        Condition::IsNotRejected => ("商家未拒绝开票", "The merchant has not rejected the invoice"),
    }
}

/// What a condition that has ceased to hold means for an invoice that was asked for before.
fn what_follows(condition: Condition) -> (String, String) {
    let (zh, en) = match condition {
        Condition::IsPaid | Condition::IsNotRefunded => (
            "退款前已申请开票：未开票的由商家调用 rejectinsert 拒绝，已开票的由商家调用 clearoutinvoice 冲红。",
            "The invoice was asked for before: the merchant calls rejectinsert, or clearoutinvoice once it is issued.",
        ),
        _ => ("此前已申请开票，不受影响。", "The invoice was asked for before, and stays."),
    };
    (zh.to_owned(), en.to_owned())
}

fn what_to_do(payment: &Payment, condition: Condition) -> (String, String) {
    let (zh, en) = match condition {
        Condition::HasReceipt => (
            "下单时加上参数 receipt=Y（大写，参与签名）。已下的单不能补加，请换一个 out_trade_no 重新下单。",
            "Add the parameter receipt=Y (capital, part of the signature) when you place it, e.g. to unifiedorder. A payment that was placed can't get it any more: place another out_trade_no.",
        ),
        Condition::IsPaid => (
            "支付成功后才有入口。已关闭或已撤销的，请换一个 out_trade_no 重新下单。",
            "Have it paid first. If it was closed or revoked, place another out_trade_no.",
        ),
        Condition::IsNotRefunded => (
            "款项已全部退回，不能再申请开票。请换一个 out_trade_no 重新下单。",
            "All of it was given back, so no invoice can be asked for. Place another out_trade_no.",
        ),
        Condition::HasPlatform => {
            let mchid = payment.payee();
            return (
                format!(
                    "调用 POST /card/invoice/setbizattr?action=set_pay_mch，传 mchid {mchid} 和开票平台的 s_pappid。"
                ),
                format!(
                    "POST /card/invoice/setbizattr?action=set_pay_mch with mchid {mchid} and the platform's s_pappid."
                ),
            );
        }
        Condition::HasContact => (
            "关联开票平台的商家调用 POST /card/invoice/setbizattr?action=set_contact，传 phone 和 time_out。",
            "The merchant that has linked the platform calls POST /card/invoice/setbizattr?action=set_contact with phone and time_out.",
        ),
        Condition::IsOwnOrder => (
            "getauthurl 已用这个单号开过订单，由那次的 auth_url 开票。要有入口，请换一个 out_trade_no 下单。",
            "getauthurl has opened an order of this number: its auth_url leads to the invoice. For an entry use another out_trade_no.",
        ),
        Condition::IsNotRejected => (
            "商家已用 rejectinsert 拒绝，不能恢复；账单详情会显示原因和商家的链接。要有入口，请换一个 out_trade_no 下单。",
            "The merchant called rejectinsert, which is final: the payment's details show its reason and link. For an entry place another out_trade_no.",
        ),
    };
    (zh.to_owned(), en.to_owned())
}

impl<'a> EntryPage<'a> {
    fn of(frame: &'a Frame, details: Details) -> Self {
        let Details { payment, payee_name, entry } = details;
        let (state, _) = state_of(&payment);
        let is_used = entry.is_used();
        let row = |&(condition, is_met): &(Condition, bool)| {
            Row::of(&payment, condition, is_met, is_used)
        };
        Self {
            frame,
            is_shown: entry.is_shown(),
            outlives: is_used && !entry.meets_all(),
            payee: payee_name,
            amount: Fen::new(payment.request.total_fee_fen).to_string(),
            state: frame.lang.t(state.0, state.1),
            conditions: entry.conditions.iter().map(row).collect(),
            details_address: details_address(payment.mchid.as_str(), payment.out_trade_no.as_str()),
            out_trade_no: payment.out_trade_no.as_str().to_owned(),
        }
    }
}

/// `GET /payments/{mchid}/{out_trade_no}/entry`: integrators look at it in the sandbox, whoever they are. It is no page
/// for a payer: in production they are led to the payment's details, and an operator has the admin API (D-182).
pub(crate) async fn why(
    State(pages): State<Pages>,
    PathNames((mchid, number)): PathNames<(String, String)>,
    request: Request,
) -> Response {
    let visit = Visit::of(request);
    if !pages.is_sandbox {
        return match visit.known(&pages).await {
            Ok(_) => see_other(&details_address(&mchid, &number)),
            Err(response) => response,
        };
    }
    let frame = visit.frame();
    match details(&pages.app, &mchid, &number).await {
        Ok(Some(details)) => html(StatusCode::OK, &EntryPage::of(&frame, details)),
        Ok(None) => no_such_payment(&frame),
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// `POST /payments/{mchid}/{out_trade_no}/entry`: the payer asks for an invoice, and goes on to the authorization page.
pub(crate) async fn open(
    State(pages): State<Pages>,
    PathNames((mchid, number)): PathNames<(String, String)>,
    request: Request,
) -> Response {
    let UserVisit { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let payment = match payment_for(&pages.app, &mchid, &number, &user.id).await {
        Ok(Some(payment)) => payment,
        Ok(None) => return no_such_payment(&frame),
        Err(failure) => return unavailable(&frame, &failure),
    };
    match s13_receipt::open(&pages.app, &payment).await {
        Ok(link) => see_other(&link),
        Err(EntryError::NotShown) => notice(
            &frame,
            StatusCode::CONFLICT,
            ("这笔支付不能开票", "You can't get an invoice for this payment"),
            match pages.is_sandbox {
                true => (
                    "请返回账单详情，查看原因。",
                    "Go back to the payment's details, they say why.",
                ),
                false => without_entry(&payment),
            },
        ),
        Err(EntryError::Failed(failure)) => unavailable(&frame, &failure),
    }
}
