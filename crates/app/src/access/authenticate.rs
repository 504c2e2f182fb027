//! What every call of the merchant API passes first: whose token is it, and does it still work?

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::signed::{read_token, what_is_no_token};
use crate::store_access::{get, get_fresh};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::permissions::Permission;
use kaipiao_domain::access::token::{TokenFamily, TokenStatus};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::access::account::account_key;
use kaipiao_records::access::token_family::token_family_key;
use std::net::IpAddr;

/// The account behind an access token, wherever it is used. Costs a MAC and two looks into memory.
/// 41001 no token, 40001 unknown or replaced, 42001 its life is over.
async fn authenticate(app: &App, token: &str) -> Result<Account, Failure> {
    if token.is_empty() {
        let detail = "put access_token=… into the query";
        return Err(Refusal::new(ErrorCode::AccessTokenMissing, detail).into());
    }
    let claim = read_token(&app.keys, token).ok_or_else(|| unknown(&what_is_no_token(token)))?;
    let key = token_family_key(&claim.appid, claim.family);
    let family: TokenFamily = get(app, &key).await?.unwrap_or_default();
    let mut status = family.status(claim.token, app.now());
    if status == TokenStatus::Replaced {
        // Another node may have issued it a moment ago.
        let family: TokenFamily = get_fresh(app, &key).await?.unwrap_or_default();
        status = family.status(claim.token, app.now());
    }
    match status {
        TokenStatus::Valid => {}
        TokenStatus::Expired => return Err(Refusal::plain(ErrorCode::AccessTokenExpired).into()),
        TokenStatus::Replaced => return Err(unknown("a newer token has taken its place")),
    }
    let account = accounts::find(app, &claim.appid).await?;
    account.ok_or_else(|| unknown("its account was removed"))
}

fn unknown(detail: &str) -> Failure {
    Refusal::new(ErrorCode::InvalidCredential, detail).into()
}

/// A permission that a call needs, and the code that it is refused with without it.
#[derive(Clone, Copy)]
pub struct Needed {
    /// The permission.
    pub permission: Permission,
    /// 48001 or 72015.
    pub refused_with: ErrorCode,
}

impl From<Permission> for Needed {
    fn from(permission: Permission) -> Self {
        Self { permission, refused_with: permission.refusal_code() }
    }
}

impl Needed {
    fn check(self, account: &Account) -> Result<(), Refusal> {
        let Self { permission, refused_with: code } = self;
        account.check_has(permission).map_err(|refusal| Refusal { code, ..refusal })
    }
}

/// The account behind a token, if it may call from this address (40164), and has the permission that is needed; None:
/// every account may.
pub async fn authenticate_for(
    app: &App,
    token: &str,
    from: Option<IpAddr>,
    needed: Option<Needed>,
) -> Result<Account, Failure> {
    let check = |account: &Account| {
        account.check_calls_from(from)?;
        needed.map_or(Ok(()), |needed| needed.check(account))
    };
    let account = authenticate(app, token).await?;
    if check(&account).is_ok() {
        return Ok(account);
    }
    // Another node may have given the permission, or listed the address, a moment ago.
    let account: Option<Account> = get_fresh(app, &account_key(&account.appid)).await?;
    let account = account.ok_or_else(|| unknown("its account was removed"))?;
    check(&account)?;
    Ok(account)
}

/// Whose token this is, whether it still works or not; None: this server has not made it.
pub fn named_by(app: &App, token: &str) -> Option<AppId> {
    read_token(&app.keys, token).map(|claim| claim.appid)
}
