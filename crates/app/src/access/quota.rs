//! clear_quota: an account has its quotas forgotten (wire_facts 2.2).

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::{Decision, FirstTry, decide};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::token::{Family, TokenFamily};
use kaipiao_records::access::token_family::token_family_key;

/// Forgets what counts against the account's forced refreshes; 48006 when that was done too often in this month.
pub async fn clear(app: &App, appid: &AppId) -> Result<(), Failure> {
    let key = token_family_key(appid, Family::Stable);
    decide(app, key, FirstTry::Reads, |found: Option<TokenFamily>| {
        let next = found.unwrap_or_default().clear_quota(app.now())?;
        Ok::<_, Failure>(Decision::alone(Some(next), ()))
    })
    .await
}
