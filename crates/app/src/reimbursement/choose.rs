//! A user chooses invoices for a company: from then on the company can read them (wire_facts 1.2).

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask};
use crate::people::users;
use crate::signed::encrypt_code::{self, EncryptCode};
use crate::store_access::get_fresh;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::permissions::Permission;
use kaipiao_domain::people::card::{CardCode, InvoiceCard};
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::reimbursement::card_status::CardStatus;
use kaipiao_domain::reimbursement::invoice_info::ChosenInvoice;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::PageOrder;
use kaipiao_records::access::account::account_key;

/// Why nothing was chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChooseError {
    /// No such user.
    #[error("no user has the id \"{0}\"")]
    UnknownUser(String),
    /// No such account, or it reimburses nobody.
    #[error("{0} is no account with the permission reimbursement_api")]
    UnknownCompany(AppId),
    /// The user has no card of this code that could be chosen.
    #[error(
        "the user has no card of the code {0} among their newest 100 that is not locked, written off or cancelled"
    )]
    NotThere(CardCode),
    /// The store is away.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// A user's newest cards that are looked at: so many are offered, and chosen, at most.
pub const AT_MOST: usize = 100;

/// Those of a user's newest cards that can be chosen: nobody reimburses them, and they stand.
pub async fn offered(app: &App, user: &UserId) -> Result<Vec<InvoiceCard>, Failure> {
    let (owner, order) = (Some(user.as_str()), PageOrder::Descending);
    let ask = Ask { owner, after: None, order, limit: AT_MOST };
    let cards = listing::list::<InvoiceCard>(app, Kind::Card, ask).await?.items;
    Ok(cards.into_iter().filter(|card| card.status == CardStatus::Init).collect())
}

/// The company that users choose invoices for.
pub async fn company(app: &App, appid: &AppId) -> Result<Account, ChooseError> {
    // Another node may have given the permission a moment ago.
    let account: Option<Account> = get_fresh(app, &account_key(appid)).await?;
    let account = account.filter(|account| account.permissions.has(Permission::Reimbursement));
    account.ok_or_else(|| ChooseError::UnknownCompany(appid.clone()))
}

/// Gives these of the user's cards to a company; none: all that are offered.
pub async fn choose(
    app: &App,
    company: &Account,
    user: &UserId,
    codes: &[CardCode],
) -> Result<Vec<ChosenInvoice>, ChooseError> {
    if users::find(app, user).await?.is_none() {
        return Err(ChooseError::UnknownUser(user.as_str().to_owned()));
    }
    let offered = offered(app, user).await?;
    let is_offered = |code: &CardCode| offered.iter().any(|card| card.code == *code);
    if let Some(code) = codes.iter().find(|code| !is_offered(code)) {
        return Err(ChooseError::NotThere(code.clone()));
    }
    let chosen = offered.iter().filter(|card| codes.is_empty() || codes.contains(&card.code));
    Ok(chosen.map(|card| chosen_for(app, &company.appid, card)).collect())
}

fn chosen_for(app: &App, reader: &AppId, card: &InvoiceCard) -> ChosenInvoice {
    let says = EncryptCode {
        template_owner: card.template_owner().clone(),
        code: card.code.clone(),
        reader: reader.clone(),
    };
    ChosenInvoice {
        card_id: card.card_id.clone(),
        encrypt_code: encrypt_code::write(&app.keys, &says, app.random()),
        appid: card.template_owner().clone(),
    }
}
