//! The pay code of a sandbox's user: what a merchant scans for quick pay. No money moves.

use crate::bar_code::BarCode;
use crate::page::{Frame, html};
use crate::pages::Pages;
use crate::payment::cashier::cashier_address;
use crate::qr::QrCode;
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use kaipiao_app::payment::payer_codes;
use kaipiao_app::payment::to_confirm::{self, PaymentToConfirm};
use kaipiao_domain::money::Fen;

pub(crate) const PAY_CODE_PATH: &str = "/pay-code";

/// Seconds after which the page asks again by itself: for the next minute's code, and for a payment that waits.
const LOOKS_EVERY_S: HeaderValue = HeaderValue::from_static("5");

#[derive(Template)]
#[template(path = "pay_code.html")]
struct PayCodePage<'a> {
    frame: &'a Frame,
    /// The digits, in groups that people read out.
    groups: Vec<&'a str>,
    asks: Vec<Ask>,
    bars: BarCode,
    qr: QrCode,
}

/// A payment that waits for the user's yes.
struct Ask {
    payee: String,
    /// Yuan with two places.
    amount: String,
    /// Where it is confirmed.
    address: String,
}

impl From<PaymentToConfirm> for Ask {
    fn from(payment: PaymentToConfirm) -> Self {
        Self {
            payee: payment.payee_name,
            amount: Fen::new(payment.total_fee_fen).to_string(),
            address: cashier_address(&payment.prepay_id),
        }
    }
}

/// `GET /pay-code`
pub(crate) async fn show(State(pages): State<Pages>, request: Request) -> Response {
    let UserVisit { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let to_confirm = match to_confirm::payments_of(&pages.app, &user.id).await {
        Ok(payments) => payments,
        Err(failure) => return unavailable(&frame, &failure),
    };
    let code = payer_codes::shown(&pages.app, &user.id);
    let page = PayCodePage {
        frame: &frame,
        groups: groups(&code),
        asks: to_confirm.into_iter().map(Ask::from).collect(),
        bars: BarCode::of(&code).expect("a pay code is 18 digits"),
        qr: QrCode::of(&code).expect("18 digits fit"),
    };
    let mut response = html(StatusCode::OK, &page);
    response.headers_mut().insert("refresh", LOOKS_EVERY_S);
    response
}

/// Fours, and the two that are left.
fn groups(code: &str) -> Vec<&str> {
    let ends = |start: usize| code.len().min(start + 4);
    (0..code.len()).step_by(4).map(|start| &code[start..ends(start)]).collect()
}
