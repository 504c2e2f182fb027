//! A pay merchant is added by an operator.

use crate::accounts::words::address_of as account_address;
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::payments::address::PATH;
use crate::payments::list::page;
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::payment::pay_merchants::{self, PayMerchantSpec};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::pay_merchant::PayMerchant;

#[derive(Template)]
#[template(path = "pay_merchant.html")]
struct Added<'a> {
    frame: &'a Frame,
    path: &'static str,
    merchant: &'a PayMerchant,
    /// Shown this once.
    key: String,
    /// The accounts that are bound to it, each with its page.
    accounts: Vec<(String, String)>,
}

/// `POST /console/pay-merchants {mchid, name, accounts}`: a new pay merchant, whose key is made and shown once.
pub(crate) async fn add(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    seat.operators_alone()?;
    let (mchid, name) = (seat.form.get("mchid").trim(), seat.form.get("name").trim());
    let spec = PayMerchantSpec {
        mchid: mchid.to_owned(),
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        accounts: Some(seat.form.words("accounts")),
        ..PayMerchantSpec::default()
    };
    match pay_merchants::add(&console.app, &spec).await {
        Ok(saved) => {
            tracing::info!(mchid, by = seat.name(), "a pay merchant was added in the console");
            let (frame, merchant) = (&seat.frame, &saved.pay_merchant);
            let key = saved.new_key.unwrap_or_default();
            let account = |appid: &AppId| (appid.to_string(), account_address(appid));
            let accounts = merchant.accounts.iter().map(account).collect();
            let page = Added { frame, path: PATH, merchant, key, accounts };
            Ok(html(StatusCode::CREATED, &page))
        }
        Err(Failure::Refused(refusal)) => {
            page(&console, &seat, StatusCode::UNPROCESSABLE_ENTITY, Some(&refusal)).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}
