//! The signed header by which a proxy says who works with the console (single sign-on): a JWT as a user's login is
//! one, with `role`, and a developer's `accounts`.

use crate::people::login_token::{LoginKey, LoginRefused, checked_claims};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::{ConsoleName, ConsoleRole};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a signed header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLogin {
    /// Who it is: `sub`.
    pub name: ConsoleName,
    /// What they may see and change: `role`, and `accounts`.
    pub role: ConsoleRole,
}

/// The reason for which a signed header is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsoleLoginRefused {
    /// As a user's login would be.
    #[error("{0}")]
    Login(#[from] LoginRefused),
    /// `accounts` is no list of appids.
    #[error("the token's accounts must be a list of appids")]
    Accounts,
    /// `role` is missing, or does not go with `accounts`.
    #[error("the token's role and accounts do not fit: {0}")]
    Role(&'static str),
}

/// Checks a signed header. `audience` is what `aud` must name, empty: anything. `now_s` is real time, in unix seconds.
pub fn check(
    keys: &[LoginKey],
    audience: &str,
    token: &str,
    now_s: i64,
) -> Result<ConsoleLogin, ConsoleLoginRefused> {
    let claims = checked_claims(keys, audience, token, now_s)?;
    let name = claims["sub"].as_str().and_then(ConsoleName::parse).ok_or(LoginRefused::NoUser)?;
    let accounts = match &claims["accounts"] {
        Value::Null => Some(BTreeSet::new()),
        Value::Array(all) => {
            all.iter().map(|one| one.as_str().and_then(AppId::parse)).collect::<Option<_>>()
        }
        _ => None,
    };
    let accounts = accounts.ok_or(ConsoleLoginRefused::Accounts)?;
    let role = claims["role"].as_str().unwrap_or("");
    let role = ConsoleRole::of(role, accounts).map_err(ConsoleLoginRefused::Role)?;
    Ok(ConsoleLogin { name, role })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::login_token::signed_for_tests;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn checked(claims: &str) -> Result<ConsoleLogin, ConsoleLoginRefused> {
        let keys = [LoginKey::hs256(SECRET).unwrap()];
        check(&keys, "", &signed_for_tests(SECRET, claims), 999)
    }

    #[test]
    fn a_header_says_who_it_is_and_what_they_may_see() {
        let login = checked(r#"{"sub":"amy","exp":1000,"role":"operator"}"#).unwrap();
        assert_eq!((login.name.as_str(), login.role), ("amy", ConsoleRole::Operator));
        let login = checked(
            r#"{"sub":"bo","exp":1000,"role":"developer","accounts":["wx6b61697069616f31"]}"#,
        );
        let bound = BTreeSet::from([AppId::parse("wx6b61697069616f31").unwrap()]);
        assert_eq!(login.unwrap().role, ConsoleRole::Developer(bound));
    }

    #[test]
    fn a_header_that_says_too_little_or_too_much_is_refused() {
        use ConsoleLoginRefused as Refused;
        for (claims, refused) in [
            (r#"{"sub":"a","exp":900,"role":"operator"}"#, Refused::Login(LoginRefused::Expired)),
            (r#"{"sub":"a","role":"operator"}"#, Refused::Login(LoginRefused::NoEnd)),
            (r#"{"exp":1000,"role":"operator"}"#, Refused::Login(LoginRefused::NoUser)),
            (r#"{"sub":"a","exp":1000,"role":"developer","accounts":"wx"}"#, Refused::Accounts),
            (r#"{"sub":"a","exp":1000,"role":"developer","accounts":[1]}"#, Refused::Accounts),
        ] {
            assert_eq!(checked(claims), Err(refused), "{claims}");
        }
        for claims in [
            r#"{"sub":"a","exp":1000}"#,
            r#"{"sub":"a","exp":1000,"role":"developer"}"#,
            r#"{"sub":"a","exp":1000,"role":"root"}"#,
            r#"{"sub":"a","exp":1000,"role":"operator","accounts":["wx6b61697069616f31"]}"#,
        ] {
            assert!(matches!(checked(claims), Err(Refused::Role(_))), "{claims}");
        }
    }
}
