//! In a sandbox an operator pays as a user, through the use case of the payment's page.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Facts, Flash, Tone};
use crate::payments::address::{PATH, pay_address, payment_address};
use crate::payments::words::can_be_paid;
use crate::people::{ActsAs, acts_as};
use crate::seat::Seat;
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::App;
use kaipiao_app::payment::paying::{self, PayingError};
use kaipiao_app::payment::payments;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::people::user::UserId;
use kaipiao_pages::{see_other, told};

#[derive(Template)]
#[template(path = "pay.html")]
struct PayPage<'a> {
    frame: &'a Frame,
    back: String,
    here: String,
    flash: Option<Flash>,
    facts: Facts<'a>,
    acts_as: ActsAs<'a>,
}

/// `GET /console/payments/pay?mchid=&out_trade_no=`
pub(crate) async fn ask(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let payment = named(&console, &seat).await?;
    if !can_be_paid(&payment) {
        return Ok(see_other(&payment_address(&payment)));
    }
    page(&console, &seat, &payment, StatusCode::OK, None).await
}

/// `POST /console/payments/pay?mchid=&out_trade_no= {user}`
pub(crate) async fn pay(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let payment = named(&console, &seat).await?;
    let user = seat.form.get("user").trim();
    match paid(&console.app, &payment, user).await {
        Ok(_) => {
            let (mchid, number) = (&payment.mchid, payment.out_trade_no.as_str());
            tracing::info!(%mchid, number, user, by = seat.name(), "a payment was made by the console");
            Ok(see_other(&format!("{}&said=paid", listing(&payment))))
        }
        Err(PayingError::Failed(failure)) => Err(seat.failed(&failure)),
        Err(why) => {
            let flash = Some(Flash::new(Tone::Bad, told(seat.frame.lang, &why.to_string())));
            page(&console, &seat, &payment, StatusCode::CONFLICT, flash).await
        }
    }
}

async fn paid(app: &App, payment: &Payment, user: &str) -> Result<Payment, PayingError> {
    let prepay = payment.prepay.as_ref().ok_or(PayingError::UnknownPrepayId)?;
    let user = UserId::parse(user).ok_or_else(|| PayingError::UnknownUser(user.to_owned()))?;
    paying::pay(app, &prepay.id, &user).await
}

fn listing(payment: &Payment) -> String {
    format!("{PATH}?mchid={}", payment.mchid)
}

/// The payment that the address names.
async fn named(console: &Console, seat: &Seat) -> Result<Payment, Response> {
    seat.sandbox(console)?;
    let nothing = || seat.frame.not_found();
    let mchid = MchId::parse(seat.query.get("mchid")).ok_or_else(nothing)?;
    let number = OutTradeNo::parse(seat.query.get("out_trade_no")).map_err(|_| nothing())?;
    let found = payments::find(&console.app, &mchid, &number).await;
    found.map_err(|failure| seat.failed(&failure))?.ok_or_else(nothing)
}

async fn page(
    console: &Console,
    seat: &Seat,
    payment: &Payment,
    status: StatusCode,
    flash: Option<Flash>,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let rows = vec![
        ("out_trade_no", Cell::code(payment.out_trade_no.as_str())),
        (frame.t("支付商户", "Pay merchant"), Cell::code(payment.mchid.to_string())),
        (frame.t("金额", "Amount"), Cell::text(words::yuan(payment.request.total_fee_fen))),
    ];
    let page = PayPage {
        frame,
        back: listing(payment),
        here: pay_address(payment),
        flash,
        facts: Facts { rows },
        acts_as: acts_as(console, seat).await?,
    };
    Ok(html(status, &page))
}
