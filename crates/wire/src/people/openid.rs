//! openids: 28 characters that begin with `o`, one per user and account (wire_facts 0.2).

use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::user::{OpenId, UserId};

/// The user's openid under an account: the same for ever, for one server key, and no key to the
/// user's id for anyone without it.
pub fn make(keys: &Keys, appid: &AppId, user: &UserId) -> OpenId {
    let mac = keys.openid_mac(appid.as_str(), user.as_str());
    let text = URL_SAFE_NO_PAD.encode(mac);
    OpenId::from_checked(format!("o{}", &text[..27]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    #[test]
    fn an_openid_has_28_characters_and_differs_per_account() {
        let user = UserId::parse("amy").unwrap();
        let under = |appid| make(&test_keys(), &AppId::parse(appid).unwrap(), &user);
        let (first, second) = (under("wx6b61697069616f31"), under("wx6b61697069616f34"));
        assert_eq!(first.as_str().len(), 28);
        assert!(first.as_str().starts_with('o'));
        assert_ne!(first, second);
    }
}
