//! An account is added by an operator.

use crate::accounts::account::{self, After};
use crate::accounts::list::page;
use crate::console::Console;
use crate::seat::Seat;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::accounts::{self, AccountSpec};
use kaipiao_app::invoicing::taxpayers::{TaxpayerError, TaxpayerSpec};
use kaipiao_domain::Refusal;
use kaipiao_domain::invoicing::content::ContentField;
use kaipiao_domain::invoicing::party::PartyField;
use kaipiao_pages::Form;

/// `POST /console/accounts {appid, name, role, bound_to, taxpayer, tax_id}`: a new account, whose AppSecret is made and
/// shown once.
pub(crate) async fn add(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    seat.operators_alone()?;
    match accounts::add(&console.app, &spec(&seat.form)).await {
        Ok(saved) => {
            let account = saved.account;
            tracing::info!(appid = %account.appid, by = seat.name(), "an account was added in the console");
            let secret = saved.new_secret.unwrap_or_default();
            let after = After { secret, is_new: true, ..After::default() };
            account::page(&console, &seat, &account, StatusCode::CREATED, after).await
        }
        Err(error) => {
            let refusal = refusal_of(&seat, error)?;
            page(&console, &seat, StatusCode::UNPROCESSABLE_ENTITY, Some(&refusal)).await
        }
    }
}

fn spec(form: &Form) -> AccountSpec {
    AccountSpec {
        appid: form.get("appid").trim().to_owned(),
        role: given(form, "role"),
        name: given(form, "name"),
        bound_to: given(form, "bound_to"),
        merchant: taxpayer(form),
        ..AccountSpec::default()
    }
}

/// The taxpayer that a form names; None: it names none.
pub(crate) fn taxpayer(form: &Form) -> Option<TaxpayerSpec> {
    let (name, tax_id) = (given(form, "taxpayer"), given(form, "tax_id"));
    let is_named = name.is_some() || tax_id.is_some();
    is_named.then(|| TaxpayerSpec { name, tax_id, ..TaxpayerSpec::default() })
}

fn given(form: &Form, name: &str) -> Option<String> {
    Some(form.get(name).trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What is wrong with what was typed; the page for everything else.
pub(crate) fn refusal_of(seat: &Seat, error: TaxpayerError) -> Result<Refusal, Response> {
    match error {
        TaxpayerError::Content(problem) => {
            let is_name = problem.field == ContentField::Seller(PartyField::Name);
            let field = if is_name { "taxpayer" } else { "tax_id" };
            Ok(Refusal::invalid(field, &problem.problem))
        }
        TaxpayerError::Failed(Failure::Refused(refusal)) => Ok(refusal),
        TaxpayerError::Failed(failure) => Err(seat.failed(&failure)),
    }
}
