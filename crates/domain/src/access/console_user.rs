//! Who works with the console: operators, and the developers of single accounts.

use crate::access::account::AppId;
use core::fmt;
use std::collections::BTreeSet;

/// A console user's name, by which they log in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsoleName(String);

impl ConsoleName {
    /// What [`ConsoleName::parse`] takes, for whoever typed something else.
    pub const SHAPE: &str = "must have 1 to 64 characters of A-Za-z0-9_-.@";

    /// Takes a name of 1 to 64 characters from `A-Za-z0-9_-.@`; None for any other text. `.` and `..` are none: a
    /// name is part of addresses.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-.@".contains(&b);
        let well_formed = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        (well_formed && !matches!(text, "." | "..")).then(|| Self(text.to_owned()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConsoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a console user may see and change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleRole {
    /// Everything.
    Operator,
    /// These accounts, and what belongs to them.
    Developer(BTreeSet<AppId>),
}

impl ConsoleRole {
    /// Most accounts of a developer.
    pub const MOST_ACCOUNTS: usize = 100;

    /// The names of all roles.
    pub const NAMES: [&str; 2] = ["operator", "developer"];

    /// The role's name in commands, records and signed logins.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Operator => Self::NAMES[0],
            Self::Developer(_) => Self::NAMES[1],
        }
    }

    /// The role of that name; the accounts are a developer's. Err: what is wrong with the two.
    pub fn of(name: &str, accounts: BTreeSet<AppId>) -> Result<Self, &'static str> {
        match name {
            "operator" if accounts.is_empty() => Ok(Self::Operator),
            "operator" => Err("is operator, who sees every account: name none"),
            "developer" if accounts.is_empty() => {
                Err("is developer, who needs at least one account")
            }
            "developer" if accounts.len() > Self::MOST_ACCOUNTS => {
                Err("is developer, who has at most 100 accounts")
            }
            "developer" => Ok(Self::Developer(accounts)),
            _ => Err("must be operator or developer"),
        }
    }

    /// Whether this user operates the server.
    pub const fn is_operator(&self) -> bool {
        matches!(self, Self::Operator)
    }

    /// Whether this user may see and change an account and what belongs to it.
    pub fn sees(&self, account: &AppId) -> bool {
        match self {
            Self::Operator => true,
            Self::Developer(accounts) => accounts.contains(account),
        }
    }

    /// The accounts that this user is bound to; None: every account.
    pub const fn bound_to(&self) -> Option<&BTreeSet<AppId>> {
        match self {
            Self::Operator => None,
            Self::Developer(accounts) => Some(accounts),
        }
    }
}

/// A hash of a password, as its algorithm writes it (PHC string); the password itself is never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Somebody who may log in to the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleUser {
    /// Their name.
    pub name: ConsoleName,
    /// What they may see and change.
    pub role: ConsoleRole,
    /// What their password is compared with.
    pub password: PasswordHash,
    /// Whether they may not log in for now.
    pub is_disabled: bool,
    /// Counts how often their sessions were ended: a session of an earlier count is over.
    pub sessions: u64,
}

impl ConsoleUser {
    /// The user with another password, role or state: whoever is logged in as them must do so again.
    #[must_use]
    pub fn with_sessions_ended(self) -> Self {
        Self { sessions: self.sessions + 1, ..self }
    }

    /// Whether a session of that count goes on.
    pub const fn has_session(&self, count: u64) -> bool {
        !self.is_disabled && self.sessions == count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appid(last: char) -> AppId {
        AppId::parse(&format!("wx6b61697069616f3{last}")).unwrap()
    }

    #[test]
    fn names_have_their_shape() {
        for good in ["a", "Amy.Li@example.com", "op_1-x"] {
            assert_eq!(ConsoleName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a b", "a/b", "张伟", &"a".repeat(65)] {
            assert_eq!(ConsoleName::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_developer_sees_their_accounts_alone_and_an_operator_all() {
        let developer = ConsoleRole::of("developer", [appid('1')].into()).unwrap();
        assert!(developer.sees(&appid('1')) && !developer.sees(&appid('2')));
        assert!(ConsoleRole::Operator.sees(&appid('2')));
        assert_eq!(ConsoleRole::of("operator", BTreeSet::new()), Ok(ConsoleRole::Operator));
        for (name, accounts) in [
            ("operator", BTreeSet::from([appid('1')])),
            ("developer", BTreeSet::new()),
            ("admin", BTreeSet::new()),
            ("", BTreeSet::from([appid('1')])),
        ] {
            assert!(ConsoleRole::of(name, accounts).is_err(), "{name}");
        }
        for name in ConsoleRole::NAMES {
            let accounts = if name == "developer" { [appid('1')].into() } else { BTreeSet::new() };
            assert_eq!(ConsoleRole::of(name, accounts).unwrap().name(), name);
        }
    }

    #[test]
    fn a_change_ends_every_session_that_was_there() {
        let user = ConsoleUser {
            name: ConsoleName::parse("amy").unwrap(),
            role: ConsoleRole::Operator,
            password: PasswordHash("$argon2id$secret".to_owned()),
            is_disabled: false,
            sessions: 3,
        };
        assert!(user.has_session(3) && !user.has_session(2));
        let changed = user.clone().with_sessions_ended();
        assert!(!changed.has_session(3) && changed.has_session(4));
        assert!(!ConsoleUser { is_disabled: true, ..user.clone() }.has_session(3));
        assert!(!format!("{user:?}").contains("secret"));
    }
}
