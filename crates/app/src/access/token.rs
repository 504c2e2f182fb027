//! Siblings `/cgi-bin/token` and `/cgi-bin/stable_token` (facts 2.1).

use crate::{App, Decision, Failure, FirstTry};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::token::{Family, IssuedToken, TokenFamily};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::access::token_family::token_family_key;
use kaipiao_wire::access::token::{TokenAnswer, TokenClaim, TokenRequest, write_token};
use std::hash::{DefaultHasher, Hash, Hasher};
use subtle::ConstantTimeEq;

impl App {
    /// A token of one family. 40013 unknown appid, 40125 wrong secret, 45009 and 45011 for forced
    /// refreshes that are too many or too close.
    pub async fn issue_token(
        &self,
        family: Family,
        request: &TokenRequest,
    ) -> Result<TokenAnswer, Failure> {
        let appid = self.account_by_secret(&request.appid, &request.secret).await?.appid;
        let _turn = self.token_desks[desk(&appid)].lock().await;
        let now = self.now();
        let key = token_family_key(&appid, family);
        let token = self
            .decide(key, FirstTry::Reads, |found: Option<TokenFamily>| {
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
        let expires_in = token.expires_in_s(now);
        let access_token = write_token(&self.keys, &TokenClaim { appid, family, token });
        Ok(TokenAnswer { access_token, expires_in })
    }

    async fn account_by_secret(&self, appid: &str, secret: &str) -> Result<Account, Failure> {
        let unknown = || Refusal::new(ErrorCode::InvalidAppid, "no account has this appid");
        let appid = AppId::parse(appid.trim()).ok_or_else(unknown)?;
        let account = self.account(&appid).await?.ok_or_else(unknown)?;
        if !self.has_secret(&account, secret.trim()) {
            let detail = format!("it is not the secret of {appid}");
            return Err(Refusal::new(ErrorCode::InvalidAppsecret, detail).into());
        }
        Ok(account)
    }

    /// Is that the account's AppSecret? Takes the same time whatever is wrong with it.
    pub fn has_secret(&self, account: &Account, secret: &str) -> bool {
        let hash = self.keys.hash_secret(account.appid.as_str(), secret);
        hash.ct_eq(&account.secret.0).into()
    }
}

fn current(tokens: &TokenFamily) -> IssuedToken {
    tokens.current.expect("a family that was just issued from has a current token")
}

#[expect(clippy::cast_possible_truncation, reason = "only the remainder counts")]
fn desk(appid: &AppId) -> usize {
    let mut hasher = DefaultHasher::new();
    appid.hash(&mut hasher);
    hasher.finish() as usize % crate::TOKEN_DESKS
}
