//! The reset of one of a sandbox's accounts: what its calls have made goes, and all that followed from it; what operators
//! have set stays (D-275).
//!
//! It is done while nobody else uses the store, before a name space opens, in batches. Each step finds by itself what
//! is left of its work, and the record that says whose turn it is goes last: so whoever opens the store after a crash
//! finishes what has begun.

mod deliveries;
mod owned;
mod payments;
mod scope;
#[cfg(test)]
mod tests;
mod walk;
mod wallets;

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::{get_fresh, put};
use kaipiao_domain::access::account::AppId;
use kaipiao_records::server::AccountReset;
use scope::Scope;
use walk::remove_keys;

/// Decides that an account is reset. Whoever opens the store next finishes it.
pub async fn begin(app: &App, appid: &AppId) -> Result<(), Failure> {
    put(app, AccountReset::key(), &AccountReset { appid: appid.to_string() }).await
}

/// Finishes the reset that has begun, if one has. Nobody else may use the store.
pub async fn finish(app: &App) -> Result<(), Failure> {
    let key = AccountReset::key();
    let Some(AccountReset { appid }) = get_fresh(app, &key).await? else { return Ok(()) };
    let appid = AppId::parse(&appid)
        .ok_or_else(|| Failure::Damaged(format!("{appid} is to be reset and is no appid")))?;
    let scope = Scope::of(app, appid).await?;
    // Pushes and messages are found by the orders and payments that they are about, names by what they name.
    deliveries::remove(&scope).await?;
    wallets::remove(&scope).await?;
    payments::remove(&scope).await?;
    owned::remove(&scope).await?;
    remove_keys(app, vec![key]).await
}
