//! The sandbox's cashier: what code_url, mweb_url and a `prepay_id` lead to. No money moves.

use crate::page::{Frame, Notice, encoded, html, initial, notice, see_other, to_login};
use crate::pages::Pages;
use crate::payment::details::details_address;
use crate::qr::QrCode;
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::payment::cashier::{Cashier, CashierState, cashier};
use kaipiao_app::payment::paying::{self, PayingError};
use kaipiao_app::payment::payments;
use kaipiao_domain::money::Fen;
use kaipiao_domain::payment::payments::{PayingRefused, Payment, TradeType};

pub(crate) const CASHIER_PATH: &str = "/cashier";

/// Where a payment is paid, on this server.
pub(crate) fn cashier_address(prepay_id: &str) -> String {
    format!("{CASHIER_PATH}?prepay_id={}", encoded(prepay_id))
}

#[derive(Template)]
#[template(path = "cashier.html")]
struct CashierPage<'a> {
    frame: &'a Frame,
    payee: String,
    /// The first character of the payee's name, where a logo would be.
    initial: String,
    /// Yuan with two places.
    amount: String,
    description: String,
    out_trade_no: String,
    /// Whether the visitor's code was scanned, and they are asked.
    is_user_paying: bool,
    /// The page's own address, to be scanned by a phone; NATIVE alone shows it.
    qr: Option<QrCode>,
}

/// What the address names.
struct Asked {
    prepay_id: String,
    /// Where the merchant wants the payer back; it is offered, nobody is sent there. Empty: nowhere.
    redirect_url: String,
}

impl Asked {
    fn of(visit: &Visit) -> Self {
        let (prepay_id, redirect_url) =
            (visit.parameter("prepay_id"), visit.parameter("redirect_url"));
        Self { prepay_id, redirect_url }
    }

    fn details_of(&self, payment: &Payment) -> String {
        let address = details_address(payment.mchid.as_str(), payment.out_trade_no.as_str());
        match &*self.redirect_url {
            "" => address,
            url => format!("{address}?redirect_url={}", encoded(url)),
        }
    }
}

/// `GET /cashier?prepay_id=&redirect_url=`
pub(crate) async fn show(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let asked = Asked::of(&visit);
    let payment = match asked_payment(&pages, &visit.frame(), &asked).await {
        Ok(payment) => payment,
        Err(response) => return response,
    };
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match cashier(&pages.app, payment, &asked.prepay_id, &user.id).await {
        Ok(cashier) => match cashier.state {
            CashierState::Open => html(StatusCode::OK, &to_pay(&pages, &frame, &asked, cashier)),
            CashierState::PaidByVisitor => see_other(&asked.details_of(&cashier.payment)),
            CashierState::Refused(why) => refused(&frame, why),
        },
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// `POST /cashier?prepay_id=&redirect_url=`: the visitor pays. Whatever stands in the way, the page itself says.
pub(crate) async fn pay(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let (asked, here) = (Asked::of(&visit), visit.address());
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match paying::pay(&pages.app, &asked.prepay_id, &user.id).await {
        Ok(payment) => see_other(&asked.details_of(&payment)),
        Err(PayingError::Refused(_) | PayingError::UnknownPrepayId) => see_other(&here),
        Err(PayingError::UnknownUser(_)) => to_login(&here),
        Err(PayingError::Failed(failure)) => unavailable(&frame, &failure),
    }
}

async fn asked_payment(pages: &Pages, frame: &Frame, asked: &Asked) -> Result<Payment, Response> {
    if asked.prepay_id.is_empty() {
        return Err(notice(
            frame,
            StatusCode::BAD_REQUEST,
            ("地址不完整", "This address is not complete"),
            (
                "收银台的地址应带有 prepay_id，由统一下单返回。",
                "The cashier's address names a prepay_id, which unifiedorder returns.",
            ),
        ));
    }
    match payments::of_prepay_id(&pages.app, &asked.prepay_id).await {
        Ok(Some(payment)) => Ok(payment),
        Ok(None) => Err(notice(
            frame,
            StatusCode::NOT_FOUND,
            ("支付不存在", "There is no such payment"),
            (
                "没有这个 prepay_id。请回到商家页面，重新发起支付。",
                "No payment has this prepay_id. Go back to the merchant and pay from there.",
            ),
        )),
        Err(failure) => Err(unavailable(frame, &failure)),
    }
}

fn to_pay<'a>(pages: &Pages, frame: &'a Frame, asked: &Asked, cashier: Cashier) -> CashierPage<'a> {
    let Cashier { payment, payee_name, .. } = cashier;
    let is_user_paying = payment.is_user_paying();
    let request = payment.request;
    let is_scanned = request.trade_type == TradeType::Native;
    CashierPage {
        frame,
        initial: initial(&payee_name),
        payee: payee_name,
        amount: Fen::new(request.total_fee_fen).to_string(),
        description: request.description,
        out_trade_no: payment.out_trade_no.as_str().to_owned(),
        is_user_paying,
        qr: is_scanned
            .then(|| QrCode::of(&payments::page_url(&pages.app, &asked.prepay_id)))
            .flatten(),
    }
}

fn refused(frame: &Frame, why: PayingRefused) -> Response {
    let (headline, text) = match why {
        PayingRefused::AlreadyPaid => (
            ("已由他人支付", "Somebody else has paid this"),
            (
                "这笔订单已经支付，不需要再付。如有疑问，请联系商家。",
                "It has been paid already, there is nothing left to pay. If in doubt, ask the merchant.",
            ),
        ),
        PayingRefused::Closed => (
            ("订单已关闭", "This payment was closed"),
            (
                "商家已关闭这笔订单。请回到商家页面，重新发起支付。",
                "The merchant has closed it. Go back to the merchant and pay from there.",
            ),
        ),
        PayingRefused::Expired => (
            ("支付已过期", "This payment has expired"),
            ("请回到商家页面，重新发起支付。", "Go back to the merchant and pay from there."),
        ),
        PayingRefused::AnotherPayer => {
            let headline = ("请由下单的用户支付", "This payment is for somebody else");
            let text = (
                "商家指定了付款人（openid 或付款码），不是你。",
                "The merchant named its payer, by openid or by the pay code it scanned, and it isn't you.",
            );
            let switch = frame.switch_address();
            let notice =
                Notice::new(headline, text).with_link(&switch, ("切换用户", "Switch user"));
            return notice.page(frame, StatusCode::FORBIDDEN);
        }
    };
    notice(frame, StatusCode::GONE, headline, text)
}
