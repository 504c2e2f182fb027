//! What every call of the merchant API passes first: whose token is it, and does it still work?

use crate::{App, Failure};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::token::{Standing, TokenFamily};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::access::account::account_key;
use kaipiao_records::access::token_family::token_family_key;
use kaipiao_wire::access::token::read_token;

impl App {
    /// The account behind an access token. Costs a MAC and two looks into memory.
    /// 41001 no token, 40001 unknown or replaced, 42001 its life is over.
    pub async fn authenticate(&self, token: &str) -> Result<Account, Failure> {
        if token.is_empty() {
            let detail = "put access_token=… into the query";
            return Err(Refusal::new(ErrorCode::AccessTokenMissing, detail).into());
        }
        let unknown = |detail| Failure::from(Refusal::new(ErrorCode::InvalidCredential, detail));
        let claim =
            read_token(&self.keys, token).ok_or_else(|| unknown("this server did not issue it"))?;
        let key = token_family_key(&claim.appid, claim.family);
        let family: TokenFamily = self.get(&key).await?.unwrap_or_default();
        match family.standing(claim.token, self.now()) {
            Standing::Valid => {}
            Standing::Expired => return Err(Refusal::plain(ErrorCode::AccessTokenExpired).into()),
            Standing::Replaced => return Err(unknown("a newer token has taken its place")),
        }
        let account = self.account(&claim.appid).await?;
        account.ok_or_else(|| unknown("its account was removed"))
    }

    /// The account behind a token, if it may call the merchant's endpoints (48001, 72015).
    pub async fn authenticate_merchant(&self, token: &str) -> Result<Account, Failure> {
        let account = self.authenticate(token).await?;
        account.check_merchant_api()?;
        Ok(account)
    }

    /// The account with that appid.
    pub async fn account(&self, appid: &AppId) -> Result<Option<Account>, Failure> {
        self.get(&account_key(appid)).await
    }
}
