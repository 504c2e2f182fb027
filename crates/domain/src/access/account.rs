//! Accounts: who calls, for whom, and what they may do (wire_facts 0.1, wire_facts 1, D-26, D-94).

use crate::access::address_range::AddressRange;
use crate::access::permissions::{Permission, Permissions};
use crate::refusal::Compared;
use crate::{Refusal, text};
use core::fmt;
use kaipiao_errcode::ErrorCode;
use std::net::IpAddr;

/// An account's appid: `wx` and 16 lower-case hexadecimal digits (wire_facts 0.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(String);

impl AppId {
    /// Reads an appid; None when the shape is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("wx")?;
        let well_formed =
            hex.len() == 16 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An invoicing platform's public name on the wire, `s_pappid`: 68 base64 characters that hold the
/// platform's appid and 32 opaque bytes (wire_facts 0.2). Kept in the URL-safe alphabet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlatformId(String);

impl PlatformId {
    /// Takes a text that the wire layer has made or checked.
    pub fn from_checked(text: String) -> Self {
        Self(text)
    }

    /// The 68 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The role of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// An Official Account of a merchant: owns orders, contact, page fields.
    Merchant,
    /// An invoicing platform.
    Platform,
    /// A company that reimburses its staff.
    Reimburser,
    /// A mini program, bound to a merchant.
    MiniProgram,
    /// A mobile app, bound to a merchant.
    MobileApp,
}

impl Role {
    /// Every role, in the order of the documentation.
    pub const ALL: [Self; 5] =
        [Self::Merchant, Self::Platform, Self::Reimburser, Self::MiniProgram, Self::MobileApp];

    /// The role's name in settings and in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Platform => "platform",
            Self::Reimburser => "reimburser",
            Self::MiniProgram => "mini_program",
            Self::MobileApp => "mobile_app",
        }
    }

    /// The role with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether accounts of this role can have a permission.
    pub const fn can_have(self, permission: Permission) -> bool {
        match permission {
            Permission::Merchant | Permission::Invoicing => {
                matches!(self, Self::Merchant | Self::MiniProgram | Self::MobileApp)
            }
            // A self-built merchant is its own platform.
            Permission::Platform => matches!(self, Self::Merchant | Self::Platform),
            // Also apps (wire_facts 0.1).
            Permission::Reimbursement => !matches!(self, Self::Platform),
        }
    }

    /// Whether accounts of this role have a permission unless the operator says otherwise.
    const fn usually_has(self, permission: Permission) -> bool {
        match permission {
            Permission::Platform => matches!(self, Self::Platform),
            Permission::Reimbursement => matches!(self, Self::Reimburser),
            Permission::Merchant | Permission::Invoicing => self.can_have(permission),
        }
    }

    /// The permissions of an account of this role. `said`: what the operator says of one, if anything.
    pub fn permissions(self, said: impl Fn(Permission) -> Option<bool>) -> Permissions {
        Permissions::those(|permission| {
            let has = said(permission).unwrap_or_else(|| self.usually_has(permission));
            has && self.can_have(permission)
        })
    }

    /// Whether this is an app that acts for a merchant's Official Account.
    pub const fn is_bound_to_a_merchant(self) -> bool {
        matches!(self, Self::MiniProgram | Self::MobileApp)
    }
}

/// A keyed hash (HMAC-SHA-256) of an account's AppSecret; the secret itself is never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretHash(pub [u8; 32]);

/// An account as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its appid.
    pub appid: AppId,
    /// Its role.
    pub role: Role,
    /// Its name, as people see it on pages.
    pub name: String,
    /// Its original id, `gh_…`: ToUserName of its pushes.
    pub original_id: String,
    /// The keyed hash of its AppSecret.
    pub secret: SecretHash,
    /// The merchant's Official Account that a mini program or mobile app is bound to.
    pub bound_to: Option<AppId>,
    /// Its s_pappid, if it issues invoices as a platform (a self-built merchant does too).
    pub platform_id: Option<PlatformId>,
    /// What it may call.
    pub permissions: Permissions,
    /// The addresses that it calls from; none: it may call from anywhere.
    pub callers: Vec<AddressRange>,
}

/// Ranges of addresses that an account lists at most.
pub const MAX_CALLERS: usize = 100;

impl Account {
    /// The merchant whose orders this account works on: the one it is bound to, or itself.
    pub fn merchant(&self) -> &AppId {
        self.bound_to.as_ref().unwrap_or(&self.appid)
    }

    /// Checks that it has a permission: 72015 or 48001, by the permission (D-26).
    pub fn check_has(&self, permission: Permission) -> Result<(), Refusal> {
        if self.permissions.has(permission) {
            return Ok(());
        }
        let (appid, name, role) = (&self.appid, permission.name(), self.role.name());
        let detail = match self.role.can_have(permission) {
            true => format!("the permission {name} of {appid} is switched off"),
            false => {
                format!("{appid} is a {role} account, which cannot have the permission {name}")
            }
        };
        Err(Refusal::new(permission.refusal_code(), detail))
    }

    /// Checks that it may call from an address: 40164 when it lists others. None: where the call is from is not known,
    /// which no list holds.
    pub fn check_calls_from(&self, address: Option<IpAddr>) -> Result<(), Refusal> {
        let is_listed = |address| self.callers.iter().any(|range| range.holds(address));
        if self.callers.is_empty() || address.is_some_and(is_listed) {
            return Ok(());
        }
        let address =
            address.map_or_else(|| "unknown".to_owned(), |ip| ip.to_canonical().to_string());
        let detail = format!(
            "{address}, not in whitelist: {} calls from other addresses alone, see callers in PUT /admin/v1/accounts/{{appid}}",
            self.appid
        );
        let callers: Vec<_> = self.callers.iter().take(10).map(ToString::to_string).collect();
        let compared = Compared::unlike("the caller's address", callers.join(", "), address);
        Err(Refusal::new(ErrorCode::InvalidIp, detail).comparing([compared]))
    }

    /// Checks that a change leaves the role and the binding alone.
    pub fn check_change_of(&self, before: &Self) -> Result<(), Refusal> {
        let fixed = "stays what it was made as; add a new account instead";
        if self.role != before.role {
            return Err(Refusal::invalid("role", fixed));
        }
        if self.bound_to != before.bound_to {
            return Err(Refusal::invalid("bound_to", fixed));
        }
        Ok(())
    }

    /// Checks what an operator wrote: lengths, and a binding that fits the role.
    pub fn check(&self) -> Result<(), Refusal> {
        text::required("name", &self.name, 64)?;
        text::required("original_id", &self.original_id, 64)?;
        match (self.role.is_bound_to_a_merchant(), &self.bound_to) {
            (true, None) => {
                Err(Refusal::invalid("bound_to", "is empty, name the merchant's appid"))
            }
            (false, Some(_)) => {
                Err(Refusal::invalid("bound_to", "only fits mini_program and mobile_app"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(role: Role) -> Account {
        Account {
            appid: AppId::parse("wx6b61697069616f31").unwrap(),
            role,
            name: "Shop".into(),
            original_id: "gh_1".into(),
            secret: SecretHash([0; 32]),
            bound_to: None,
            platform_id: None,
            permissions: role.permissions(|_| None),
            callers: Vec::new(),
        }
    }

    #[test]
    fn an_appid_is_wx_and_16_lower_hex() {
        for bad in ["", "wx", "wx6b61697069616F31", "wx6b61697069616f3", "xx6b61697069616f31"] {
            assert_eq!(AppId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn who_may_call_what() {
        let code = |role, permission| {
            account(role).check_has(permission).map_err(|refusal| refusal.code.number())
        };
        for role in [Role::Merchant, Role::MiniProgram, Role::MobileApp] {
            assert_eq!(code(role, Permission::Merchant), Ok(()));
            assert_eq!(code(role, Permission::Invoicing), Ok(()));
            assert_eq!(code(role, Permission::Reimbursement), Err(48001));
            assert_eq!(code(role, Permission::Platform), Err(72015));
        }
        for role in [Role::Platform, Role::Reimburser] {
            assert_eq!(code(role, Permission::Merchant), Err(48001));
            assert_eq!(code(role, Permission::Invoicing), Err(72015));
        }
        assert_eq!(code(Role::Platform, Permission::Platform), Ok(()));
        assert_eq!(code(Role::Reimburser, Permission::Reimbursement), Ok(()));
    }

    #[test]
    fn a_role_has_what_is_usual_and_never_what_it_cannot_have() {
        let of = |role: Role, said| {
            let permissions = role.permissions(|_| said);
            Permission::ALL.map(|permission| permissions.has(permission))
        };
        assert_eq!(of(Role::Merchant, None), [true, true, false, false]);
        assert_eq!(of(Role::MiniProgram, None), [true, true, false, false]);
        assert_eq!(of(Role::Platform, None), [false, false, true, false]);
        assert_eq!(of(Role::Reimburser, None), [false, false, false, true]);
        assert_eq!(of(Role::Merchant, Some(true)), [true; 4]);
        assert_eq!(of(Role::MobileApp, Some(true)), [true, true, false, true]);
        assert_eq!(of(Role::Platform, Some(true)), [false, false, true, false]);
        assert_eq!(of(Role::Merchant, Some(false)), [false; 4]);
    }

    #[test]
    fn a_binding_fits_its_role() {
        let merchant = AppId::parse("wx6b61697069616f31");
        assert!(account(Role::MobileApp).check().is_err());
        assert!(Account { bound_to: merchant.clone(), ..account(Role::MobileApp) }.check().is_ok());
        assert!(Account { bound_to: merchant, ..account(Role::Merchant) }.check().is_err());
    }

    #[test]
    fn role_and_binding_stay_what_they_were_made_as() {
        let app =
            |merchant| Account { bound_to: AppId::parse(merchant), ..account(Role::MobileApp) };
        let before = app("wx6b61697069616f31");
        let renamed = Account { name: "Other".into(), ..before.clone() };
        assert!(renamed.check_change_of(&before).is_ok());
        assert!(app("wx6b61697069616f32").check_change_of(&before).is_err());
        assert!(account(Role::Platform).check_change_of(&account(Role::Merchant)).is_err());
    }

    #[test]
    fn role_names_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
    }
}
