//! Who calls the picker: a company's page proves by its ticket whose it is (wire_facts 1.2).

use crate::access::accounts;
use crate::app::App;
use crate::authorization::s01_ticket;
use crate::failure::Failure;
use crate::reimbursement::choose::{self, ChooseError};
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::ticket::TicketType;
pub use kaipiao_wire::reimbursement::card_sign::{CardSign, PageConfig};

/// Why a page is not served.
#[derive(Debug, thiserror::Error)]
pub enum PickerError {
    /// `appid` is no appid, or nobody's.
    #[error("invalid appid: no account has the appid \"{0}\"")]
    UnknownAppid(String),
    /// The account reimburses nobody.
    #[error("{0}")]
    NoCompany(ChooseError),
    /// No ticket of the account that lives makes this signature.
    #[error(
        "invalid signature: it is no SHA-1 of the page's values with a {0} ticket of this account \
         that lives"
    )]
    InvalidSignature(&'static str),
    /// The store is away.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// The company whose page has signed a call of chooseInvoice.
pub async fn company_of(app: &App, sign: &CardSign) -> Result<Account, PickerError> {
    let appid = parse(&sign.appid)?;
    let company = choose::company(app, &appid).await.map_err(|error| match error {
        ChooseError::Failed(failure) => PickerError::Failed(failure),
        error => PickerError::NoCompany(error),
    })?;
    check(app, &company, TicketType::WxCard, |ticket| sign.is_signed_with(ticket))?;
    Ok(company)
}

/// Checks what a page configures itself with.
pub async fn check_config(app: &App, config: &PageConfig) -> Result<(), PickerError> {
    let appid = parse(&config.appid)?;
    let account = accounts::find(app, &appid).await?;
    let account = account.ok_or_else(|| PickerError::UnknownAppid(config.appid.clone()))?;
    check(app, &account, TicketType::JsApi, |ticket| config.is_signed_with(ticket))
}

/// Whether one of the account's tickets has made a signature.
fn check(
    app: &App,
    account: &Account,
    ticket_type: TicketType,
    is_made_with: impl Fn(&str) -> bool,
) -> Result<(), PickerError> {
    match s01_ticket::all_alive(app, account, ticket_type).any(|ticket| is_made_with(&ticket)) {
        true => Ok(()),
        false => Err(PickerError::InvalidSignature(ticket_type.as_str())),
    }
}

fn parse(appid: &str) -> Result<AppId, PickerError> {
    AppId::parse(appid).ok_or_else(|| PickerError::UnknownAppid(appid.to_owned()))
}
