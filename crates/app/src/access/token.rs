//! Siblings `/cgi-bin/token` and `/cgi-bin/stable_token` (wire_facts 2.1).

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::signed::{TokenClaim, what_is_no_secret, write_token};
use crate::store_access::{Decision, FirstTry, decide, get_fresh};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::token::{Family, IssuedToken, TokenFamily};
use kaipiao_domain::access::token_request::TokenRequest;
use kaipiao_errcode::ErrorCode;
use kaipiao_records::access::account::account_key;
use kaipiao_records::access::token_family::token_family_key;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// An access token as its account gets it.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub text: String,
    /// Seconds that remain.
    pub expires_in_s: u64,
}

/// A token of one family. 40013 unknown appid, 40125 wrong secret, 45009 and 45011 for forced
/// refreshes that are too many or too close, 40164 an address that the account does not list.
pub async fn issue(
    app: &App,
    family: Family,
    request: &TokenRequest,
    from: Option<IpAddr>,
) -> Result<AccessToken, Failure> {
    let appid = account_by_secret(app, &request.appid, &request.secret, from).await?.appid;
    let _turn = app.token_locks[lock_of(app, &appid)].lock().await;
    let now = app.now();
    let key = token_family_key(&appid, family);
    let token = decide(app, key, FirstTry::Reads, |found: Option<TokenFamily>| {
        let tokens = found.unwrap_or_default();
        let next = match (family, request.force_refresh) {
            (Family::Classic, _) => Some(tokens.issue_classic(now)),
            (Family::Stable, true) => Some(tokens.force_stable(now)?),
            (Family::Stable, false) => tokens.issue_stable(now),
        };
        let result = current(next.as_ref().unwrap_or(&tokens));
        Ok::<_, Failure>(Decision::alone(next, result))
    })
    .await?;
    let text = write_token(&app.keys, &TokenClaim { appid, family, token });
    Ok(AccessToken { text, expires_in_s: token.expires_in_s(now) })
}

async fn check_calls_from(
    app: &App,
    account: &Account,
    from: Option<IpAddr>,
) -> Result<(), Failure> {
    let Err(refusal) = account.check_calls_from(from) else { return Ok(()) };
    // Another node may have listed the address a moment ago.
    let account: Option<Account> = get_fresh(app, &account_key(&account.appid)).await?;
    account.ok_or(refusal)?.check_calls_from(from)?;
    Ok(())
}

/// The account of that appid, whose secret was sent from an address that it lists. 40013 unknown appid, 40125 wrong
/// secret, 40164 another address.
pub(crate) async fn account_by_secret(
    app: &App,
    appid: &str,
    secret: &str,
    from: Option<IpAddr>,
) -> Result<Account, Failure> {
    let account = account_that_knows(app, appid, secret).await?;
    check_calls_from(app, &account, from).await?;
    Ok(account)
}

async fn account_that_knows(app: &App, appid: &str, secret: &str) -> Result<Account, Failure> {
    let unknown = || Refusal::new(ErrorCode::InvalidAppid, "no account has this appid");
    let appid = AppId::parse(appid.trim()).ok_or_else(unknown)?;
    let account = accounts::find(app, &appid).await?.ok_or_else(unknown)?;
    if has_secret(app, &account, secret.trim()) {
        return Ok(account);
    }
    // Another node may have changed it a moment ago.
    let account: Account = get_fresh(app, &account_key(&appid)).await?.ok_or_else(unknown)?;
    if !has_secret(app, &account, secret.trim()) {
        let seen = what_is_no_secret(secret);
        let seen = seen.map(|seen| format!(": {seen}")).unwrap_or_default();
        let detail = format!("it is not the secret of {appid}{seen}");
        return Err(Refusal::new(ErrorCode::InvalidAppsecret, detail).into());
    }
    Ok(account)
}

/// Is that the account's AppSecret? Takes the same time whatever is wrong with it.
pub fn has_secret(app: &App, account: &Account, secret: &str) -> bool {
    let hash = app.keys.hash_secret(account.appid.as_str(), secret);
    hash.ct_eq(&account.secret.0).into()
}

fn current(tokens: &TokenFamily) -> IssuedToken {
    tokens.current.expect("a family that was just issued from has a current token")
}

#[expect(clippy::cast_possible_truncation, reason = "only the remainder counts")]
fn lock_of(app: &App, appid: &AppId) -> usize {
    let mut hasher = DefaultHasher::new();
    appid.hash(&mut hasher);
    hasher.finish() as usize % app.token_locks.len()
}
