//! The reset of one of a sandbox's accounts: what its calls have made goes, and all that followed from it; what operators
//! have set stays (D-268).
//!
//! It is done while nobody else uses the store, before a name space opens, in batches. Each step finds by itself what
//! is left of its work, and that it is under way is taken back last: so whoever opens the store after a crash
//! finishes what has begun.

mod deliveries;
mod owned;
mod payments;
mod scope;
#[cfg(test)]
mod tests;
mod walk;
mod wallets;

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::name_spaces::NotDone;
use crate::store_access::{get_fresh, put};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::text;
use kaipiao_records::server::AccountResets;
use scope::Scope;

/// Accounts that are named at most where there is none of an appid.
const MOST_NAMED: usize = 20;

/// The account that is to be reset, or who there is in its place.
pub async fn whose(app: &App, asked: &str) -> Result<Result<AppId, NotDone>, Failure> {
    if let Some(appid) = AppId::parse(asked)
        && accounts::find(app, &appid).await?.is_some()
    {
        return Ok(Ok(appid));
    }
    let listed = accounts::list(app, None, MOST_NAMED).await?;
    let names: Vec<_> = listed.items.iter().map(|account| account.appid.as_str()).collect();
    let more = if listed.next.is_some() { " and more" } else { "" };
    let (asked, names) = (text::quoted(asked), names.join(", "));
    Ok(Err(NotDone::Unknown(format!("there is no account {asked}; there are {names}{more}"))))
}

/// Decides that an account is reset. Whoever opens the store next finishes it.
pub async fn begin(app: &App, appid: &AppId) -> Result<(), Failure> {
    let before = known(app).await?;
    let next = AccountResets { under_way: Some(appid.to_string()), count: before.count + 1 };
    put(app, AccountResets::key(), &next).await
}

/// Finishes the reset that has begun, if one has. Nobody else may use the store.
pub async fn finish(app: &App) -> Result<(), Failure> {
    let begun = known(app).await?;
    let Some(appid) = &begun.under_way else { return Ok(()) };
    let appid = AppId::parse(appid)
        .ok_or_else(|| Failure::Damaged(format!("{appid} is to be reset and is no appid")))?;
    let scope = Scope::of(app, appid).await?;
    // Pushes and messages are found by the orders and payments that they are about, names by what they name.
    deliveries::remove(&scope).await?;
    wallets::remove(&scope).await?;
    payments::remove(&scope).await?;
    owned::remove(&scope).await?;
    put(app, AccountResets::key(), &AccountResets { under_way: None, ..begun }).await
}

async fn known(app: &App) -> Result<AccountResets, Failure> {
    Ok(get_fresh(app, &AccountResets::key()).await?.unwrap_or_default())
}
