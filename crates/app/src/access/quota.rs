//! clear_quota, its v2 and openapi/quota/clear: an account has its quotas forgotten (wire_facts 2.2).

use crate::access::token::account_by_secret;
use crate::app::App;
use crate::failure::Failure;
use crate::store_access::{Decision, FirstTry, decide};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::token::{Family, TokenFamily};
use kaipiao_domain::access::token_request::SecretClaim;
use kaipiao_records::access::token_family::token_family_key;
use std::net::IpAddr;

/// The call that forces refreshes.
const STABLE_TOKEN_PATH: &str = "/cgi-bin/stable_token";

/// Forgets what counts against the account's forced refreshes; 48006 when that was done too often in this month.
pub async fn clear(app: &App, appid: &AppId) -> Result<(), Failure> {
    let key = token_family_key(appid, Family::Stable);
    decide(app, key, FirstTry::Reads, |found: Option<TokenFamily>| {
        let next = found.unwrap_or_default().clear_quota(app.now())?;
        Ok::<_, Failure>(Decision::alone(Some(next), ()))
    })
    .await
}

/// The same for whoever knows the account's secret: its tokens may be what is used up. 40013 unknown appid, 40125 wrong
/// secret, 40164 an address that the account does not list.
pub async fn clear_by_secret(
    app: &App,
    SecretClaim { appid, secret }: &SecretClaim,
    from: Option<IpAddr>,
) -> Result<AppId, Failure> {
    let appid = account_by_secret(app, appid, secret, from).await?.appid;
    clear(app, &appid).await?;
    Ok(appid)
}

/// Notes that the account has the quota of a path forgotten, today's forced refreshes where it is theirs; 48006 when that
/// was done too often in this month.
pub async fn clear_path(app: &App, appid: &AppId, path: &str) -> Result<(), Failure> {
    let key = token_family_key(appid, Family::Stable);
    decide(app, key, FirstTry::Reads, |found: Option<TokenFamily>| {
        let family = found.unwrap_or_default();
        let next = family.clear_path_quota(path == STABLE_TOKEN_PATH, app.now())?;
        Ok::<_, Failure>(Decision::alone(Some(next), ()))
    })
    .await
}
