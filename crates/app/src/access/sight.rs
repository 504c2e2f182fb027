//! What somebody who works with the console may see of whoever calls and receives: an account, or a pay merchant.

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::payment::pay_merchants::{self, Found};
use kaipiao_domain::access::account::{AppId, Role};
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};

/// Whether somebody may see what an account or a pay merchant has called and received, by its appid or mchid. Of an
/// account also whoever sees the merchant that it is bound to.
pub async fn sees(app: &App, role: &ConsoleRole, name: &str) -> Result<bool, Failure> {
    if role.is_operator() {
        return Ok(true);
    }
    if let Some(appid) = AppId::parse(name) {
        if role.sees(&appid) {
            return Ok(true);
        }
        let found = accounts::find(app, &appid).await?;
        return Ok(found.and_then(|account| account.bound_to).is_some_and(|to| role.sees(&to)));
    }
    let Some(mchid) = MchId::parse(name) else { return Ok(false) };
    let found = pay_merchants::find(app, &mchid).await?;
    Ok(found.is_some_and(|one| sees_pay_merchant(role, &one)))
}

/// Whether somebody may see a pay merchant's payments: a developer those of one that has only their accounts.
pub fn sees_pay_merchant(role: &ConsoleRole, one: &PayMerchant) -> bool {
    let all_theirs = one.accounts.iter().all(|account| role.sees(account));
    role.is_operator() || (!one.accounts.is_empty() && all_theirs)
}

/// Pay merchants that are offered at most.
const MOST_OFFERED: usize = 100;

/// The pay merchants whose payments somebody may see.
pub async fn pay_merchants_seen(app: &App, role: &ConsoleRole) -> Result<Found, Failure> {
    pay_merchants::find_all(app, MOST_OFFERED, |one| sees_pay_merchant(role, one)).await
}

/// The merchant whose orders an account speaks of, if somebody may see it. None: the orders of platforms and pay merchants
/// are of whatever merchant.
pub async fn merchant_of(
    app: &App,
    role: &ConsoleRole,
    name: &str,
) -> Result<Option<AppId>, Failure> {
    let Some(appid) = AppId::parse(name) else { return Ok(None) };
    let found = accounts::find(app, &appid).await?;
    let merchant = found.and_then(|account| match account.role {
        Role::Merchant => Some(account.appid),
        _ => account.bound_to,
    });
    Ok(merchant.filter(|merchant| role.sees(merchant)))
}
