//! What is set on an account's page: its secret, its contact, its pay link.

use crate::accounts::account::{After, ContactForm, PayForm, page, saved_address};
use crate::console::Console;
use crate::parts::{Flash, Tone};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::accounts;
use kaipiao_app::authorization::s17_set_contact;
use kaipiao_app::invoicing::taxpayers::TaxpayerError;
use kaipiao_app::payment::s11_set_pay_merchant;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, Role};
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::payment::pay_merchant::PayMerchantInfo;
use kaipiao_pages::{refused, see_other};

/// `POST /console/accounts/{appid}/secret`: a new AppSecret, shown once.
pub(crate) async fn renew_secret(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = seat.account(&console, &appid).await?;
    let renewed = accounts::renew_secret(&console.app, &account.appid).await;
    let secret = renewed.map_err(|error| match error {
        TaxpayerError::Failed(failure) => seat.failed(&failure),
        TaxpayerError::Content(_) => seat.frame.not_found(),
    })?;
    tracing::info!(appid = %account.appid, by = seat.name(), "a new AppSecret was made in the console");
    page(&console, &seat, &account, StatusCode::OK, After { secret, ..After::default() }).await
}

/// `POST /console/accounts/{appid}/contact {phone, time_out}`
pub(crate) async fn set_contact(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = merchant(&console, &seat, &appid).await?;
    let (phone, time_out) = (seat.form.get("phone").trim(), seat.form.get("time_out").trim());
    let set = async {
        let not_whole = || Refusal::invalid("contact.time_out", "must be a whole number");
        let asked = if time_out.is_empty() { Ok(0) } else { time_out.parse() };
        let contact =
            Contact { phone: phone.to_owned(), time_out: asked.map_err(|_| not_whole())? };
        contact.check()?;
        s17_set_contact::set_contact(&console.app, &account, &contact).await
    };
    let typed = ContactForm { phone: phone.to_owned(), time_out: time_out.to_owned() };
    let after = After { contact: Some(typed), ..After::default() };
    ended(&console, &seat, &account, set.await, "contact", after).await
}

/// `POST /console/accounts/{appid}/pay {mchid, s_pappid}`
pub(crate) async fn set_pay_link(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = merchant(&console, &seat, &appid).await?;
    let of = |name: &str| seat.form.get(name).trim().to_owned();
    let (mchid, s_pappid) = (of("mchid"), of("s_pappid"));
    let asked = PayMerchantInfo { mchid: mchid.clone(), s_pappid: s_pappid.clone() };
    let set = s11_set_pay_merchant::set_pay_merchant(&console.app, &account, &asked).await;
    let after = After { pay: Some(PayForm { mchid, s_pappid }), ..After::default() };
    ended(&console, &seat, &account, set, "pay", after).await
}

/// The account, if it has settings of its own; an app has its merchant's.
pub(crate) async fn merchant(
    console: &Console,
    seat: &Seat,
    appid: &str,
) -> Result<Account, Response> {
    let account = seat.account(console, appid).await?;
    if account.role == Role::Merchant { Ok(account) } else { Err(seat.frame.not_found()) }
}

/// On to the page by GET; or the page again with what was typed, and what is wrong with it.
pub(crate) async fn ended(
    console: &Console,
    seat: &Seat,
    account: &Account,
    set: Result<(), Failure>,
    what: &str,
    after: After,
) -> Result<Response, Response> {
    match set {
        Ok(()) => {
            tracing::info!(appid = %account.appid, what, by = seat.name(), "an account was changed in the console");
            Ok(see_other(&saved_address(account, what)))
        }
        Err(Failure::Refused(refusal)) => {
            again(console, seat, account, refused(seat.frame.lang, &refusal), after).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

/// The page again with what was typed, and what is wrong with it.
pub(crate) async fn again(
    console: &Console,
    seat: &Seat,
    account: &Account,
    why: String,
    after: After,
) -> Result<Response, Response> {
    let flash = Some(Flash::new(Tone::Bad, why));
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    page(console, seat, account, status, After { flash, ..after }).await
}
