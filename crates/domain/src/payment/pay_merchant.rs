//! Sections 11 and 12: pay merchants, and the platform that issues for their payments.

use crate::access::account::{Account, AppId, PlatformId};
use crate::delivery::push::Sealed;
use crate::refusal::Compared;
use crate::{Refusal, text};
use core::fmt;
use kaipiao_errcode::ErrorCode;

/// A pay merchant's id, mchid or mch_id on the wire: 1 to 32 digits (wire_facts 5.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MchId(String);

impl MchId {
    /// Reads an id; None when the shape is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed =
            (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        well_formed.then(|| Self(text.to_owned()))
    }

    /// Reads the id of a member that names it. 72031 for a wrong shape.
    pub fn checked(name: impl fmt::Display, text: &str) -> Result<Self, Refusal> {
        Self::parse(text).ok_or_else(|| {
            let problem = format!("must be 1 to 32 digits, not {}", text::quoted(text));
            Refusal::invalid(name, problem)
        })
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who issues invoices for the payments of a pay merchant (section 11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformLink {
    /// The merchant that linked it, whose orders the payments become.
    pub merchant: AppId,
    /// The platform.
    pub platform: PlatformId,
}

/// What sections 11 and 12 say: a pay merchant, and the platform that issues for its payments, as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayMerchantInfo {
    /// The pay merchant's id.
    pub mchid: String,
    /// The platform's s_pappid.
    pub s_pappid: String,
}

/// A WeChat Pay merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayMerchant {
    /// Its id.
    pub mchid: MchId,
    /// Its name, as payers see it.
    pub name: String,
    /// The key that its requests are signed with.
    pub key: Sealed,
    /// The accounts that are bound to it, and pay through it.
    pub accounts: Vec<AppId>,
    /// The pay merchants that it takes payments for: it is a service provider (the partner form).
    pub sub_merchants: Vec<MchId>,
    /// Who issues for its payments; None: nobody was linked.
    pub link: Option<PlatformLink>,
}

/// Accounts that a pay merchant is bound to, at most.
pub const MAX_ACCOUNTS: usize = 50;
/// Pay merchants that one takes payments for, at most.
pub const MAX_SUB_MERCHANTS: usize = 1000;

impl PayMerchant {
    /// Checks what an operator wrote.
    pub fn check(&self) -> Result<(), Refusal> {
        text::required("name", &self.name, 64)?;
        if self.accounts.len() > MAX_ACCOUNTS {
            return Err(Refusal::invalid("accounts", format!("has more than {MAX_ACCOUNTS}")));
        }
        if self.sub_merchants.len() > MAX_SUB_MERCHANTS {
            let problem = format!("has more than {MAX_SUB_MERCHANTS}");
            return Err(Refusal::invalid("sub_merchants", problem));
        }
        Ok(())
    }

    /// Checks that the caller's merchant may link it (section 11). 72030 names the account that it belongs to, if
    /// that is not the caller's.
    pub fn check_link(&self, caller: &Account) -> Result<(), Refusal> {
        let merchant = caller.merchant();
        let elsewhere = |whose: &dyn fmt::Display| {
            let detail = format!("mchid {} is bound to {whose}, not to {merchant}", self.mchid);
            let account =
                Compared::unlike("the account of mchid", merchant.as_str(), whose.to_string());
            Err(Refusal::new(ErrorCode::InvalidMchid, detail).comparing([account]))
        };
        if let Some(link) = self.link.as_ref().filter(|link| link.merchant != *merchant) {
            return elsewhere(&link.merchant);
        }
        if !self.accounts.contains(merchant) && !self.accounts.contains(&caller.appid) {
            return match self.accounts.first() {
                Some(account) => elsewhere(account),
                None => elsewhere(&"no account"),
            };
        }
        Ok(())
    }

    /// Has this platform issue for its payments, in place of the one before.
    #[must_use]
    pub fn linked(&self, merchant: &AppId, platform: PlatformId) -> Self {
        let link = Some(PlatformLink { merchant: merchant.clone(), platform });
        Self { link, ..self.clone() }
    }

    /// The platform that this merchant has linked; None: it has linked none, another has.
    pub fn platform_of(&self, merchant: &AppId) -> Option<&PlatformId> {
        let link = self.link.as_ref().filter(|link| link.merchant == *merchant);
        link.map(|link| &link.platform)
    }

    /// Lets go of the link of this merchant, which has linked another pay merchant.
    #[must_use]
    pub fn without_link_of(&self, merchant: &AppId) -> Self {
        let link = self.link.clone().filter(|link| link.merchant != *merchant);
        Self { link, ..self.clone() }
    }
}

/// 72030 for an mchid that no pay merchant has.
pub fn unknown_mchid(mchid: &str) -> Refusal {
    let detail = format!(
        "no pay merchant has mchid {}, an operator adds one with PUT /admin/v1/pay-merchants/{{mchid}}",
        text::quoted(mchid)
    );
    Refusal::new(ErrorCode::InvalidMchid, detail)
}

/// The pay merchant that a merchant has linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedPayMerchant(pub MchId);

/// Checks a pay merchant's key: 32 letters and digits (wire_facts 5.1).
pub fn check_key(key: &str) -> Result<(), Refusal> {
    if key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Refusal::invalid("key", "must be 32 letters and digits"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::account::{Role, SecretHash};

    const SHOP: &str = "wx6b61697069616f31";
    const OTHER: &str = "wx6b61697069616f32";

    fn caller(appid: &str) -> Account {
        Account {
            appid: AppId::parse(appid).unwrap(),
            role: Role::Merchant,
            name: "Shop".into(),
            original_id: "gh_1".into(),
            secret: SecretHash([0; 32]),
            bound_to: None,
            platform_id: None,
            permissions: Role::Merchant.permissions(|_| None),
            callers: Vec::new(),
        }
    }

    fn bound_to(accounts: &[&str]) -> PayMerchant {
        PayMerchant {
            mchid: MchId::parse("1900000109").unwrap(),
            name: "Shop".into(),
            key: Sealed(String::new()),
            accounts: accounts.iter().map(|appid| AppId::parse(appid).unwrap()).collect(),
            sub_merchants: Vec::new(),
            link: None,
        }
    }

    fn platform(text: &str) -> PlatformId {
        PlatformId::from_checked(text.into())
    }

    #[test]
    fn an_mchid_is_1_to_32_digits() {
        assert!(["1", "1900000109", &"1".repeat(32)].iter().all(|id| MchId::parse(id).is_some()));
        for bad in ["", " 1", "1a", "１", &"1".repeat(33)] {
            assert_eq!(MchId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_link_replaces_the_merchants_own_and_never_anothers() {
        let (shop, pay_merchant) = (AppId::parse(SHOP).unwrap(), bound_to(&[SHOP, OTHER]));
        assert_eq!(pay_merchant.check_link(&caller(SHOP)), Ok(()));
        let first = pay_merchant.linked(&shop, platform("a"));
        assert_eq!(first.platform_of(&shop), Some(&platform("a")));
        assert_eq!(first.check_link(&caller(SHOP)), Ok(()));
        let second = first.linked(&shop, platform("b"));
        assert_eq!(second.platform_of(&shop), Some(&platform("b")));
        let refusal = second.check_link(&caller(OTHER)).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidMchid);
        assert!(refusal.detail.contains(SHOP), "{}", refusal.detail);
        assert_eq!(second.without_link_of(&shop).link, None);
    }

    #[test]
    fn who_is_not_bound_cannot_link() {
        let refused =
            |accounts: &[&str]| bound_to(accounts).check_link(&caller(SHOP)).unwrap_err().detail;
        assert!(refused(&[OTHER]).contains(&format!("bound to {OTHER}")));
        assert!(refused(&[]).contains("bound to no account"));
    }

    #[test]
    fn an_app_bound_to_the_pay_merchant_links_for_its_merchant() {
        let app = Account {
            bound_to: AppId::parse(SHOP),
            role: Role::MiniProgram,
            ..caller("wx6b61697069616f34")
        };
        assert_eq!(bound_to(&["wx6b61697069616f34"]).check_link(&app), Ok(()));
    }

    #[test]
    fn its_lists_have_their_limits() {
        let account = AppId::parse(SHOP).unwrap();
        let with = |accounts, sub_merchants| PayMerchant {
            accounts: vec![account.clone(); accounts],
            sub_merchants: vec![MchId::parse("1").unwrap(); sub_merchants],
            ..bound_to(&[])
        };
        assert!(with(50, 1000).check().is_ok());
        assert!(with(51, 0).check().unwrap_err().detail.starts_with("accounts"));
        assert!(with(0, 1001).check().unwrap_err().detail.starts_with("sub_merchants"));
    }

    #[test]
    fn a_key_has_32_letters_and_digits() {
        assert!(check_key("192006250b4c09247ec02edce69f6a2d").is_ok());
        for bad in ["", "192006250b4c09247ec02edce69f6a2", "192006250b4c09247ec02edce69f6a2-"] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
    }
}
