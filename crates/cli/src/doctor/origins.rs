//! The settings as they count, and where each came from.

use crate::settings::{DEFAULTS, SettingsError};
use kaipiao_domain::access::permissions::Permission;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Value as Toml;

/// Members of accounts and pay merchants that are shown; the others may be secrets.
const SHOWN: [&str; 25] = [
    "appid",
    "role",
    "name",
    "original_id",
    "secret_file",
    "bound_to",
    "s_pappid",
    "callback_url",
    "callback_token_file",
    "callback_aes_key_file",
    "callback_mode",
    "callback_format",
    "callers",
    "code",
    "first",
    "last",
    "nsrsbh",
    "nsrmc",
    "nsrdz",
    "nsrdh",
    "nsrbank",
    "face",
    "mchid",
    "key_file",
    "accounts",
];
const MASK: &str = "***";

/// A setting as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Its name: `push.timeout_ms`.
    pub name: String,
    /// Its value as TOML, secrets masked.
    pub value: String,
    /// "default", "file", "environment" or the flag.
    pub origin: String,
}

impl Effective {
    pub(super) fn line(&self) -> String {
        format!("{} = {}  ({})", self.name, self.value, self.origin)
    }

    pub(super) fn json(&self) -> Value {
        json!({"name": self.name, "value": self.value, "origin": self.origin})
    }
}

/// What a flag of the command line sets.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The setting.
    pub setting: &'static str,
    /// The flag.
    pub flag: &'static str,
    /// The value that it gives.
    pub value: String,
}

/// Every setting. The flags go first, then the file, then the defaults.
pub fn effective(file: Option<&Path>, flags: &[Flag]) -> Result<Vec<Effective>, SettingsError> {
    let defaults: toml::Table = DEFAULTS.parse().expect("kaipiao.toml is well-formed");
    let mut found = BTreeMap::new();
    flatten("", &Toml::Table(defaults), &mut |name, value| {
        let value = shown(&name, value);
        found.insert(name, (value, "default".to_owned()));
    });
    if let Some(path) = file {
        let text = crate::settings::read(path)?;
        // What is malformed was complained about when the settings were loaded.
        let own: toml::Table = text.parse().unwrap_or_default();
        flatten("", &Toml::Table(own), &mut |name, value| {
            // What is no setting may be a secret in a wrong place.
            let is_known = found.contains_key(&name) || is_shown_member(&name);
            let value = if is_known { shown(&name, value) } else { MASK.to_owned() };
            found.insert(name, (value, "file".to_owned()));
        });
    }
    for Flag { setting, flag, value } in flags {
        found.insert((*setting).to_owned(), (value.clone(), (*flag).to_owned()));
    }
    let variable = "KAIPIAO_ADMIN_TOKEN";
    if std::env::var(variable).is_ok_and(|token| !token.trim().is_empty()) {
        found.insert(variable.to_owned(), (MASK.to_owned(), "environment".to_owned()));
    }
    let effective = found.into_iter();
    Ok(effective.map(|(name, (value, origin))| Effective { name, value, origin }).collect())
}

/// A member of an account or a pay merchant that holds no secret.
fn is_shown_member(name: &str) -> bool {
    let is_entry = ["accounts[", "pay_merchants["].iter().any(|list| name.starts_with(list));
    is_entry && name.rsplit_once('.').is_some_and(|(_, member)| is_shown(member))
}

fn is_shown(member: &str) -> bool {
    SHOWN.contains(&member) || Permission::ALL.iter().any(|permission| permission.name() == member)
}

/// Each value that is no table, by its whole name.
fn flatten(name: &str, value: &Toml, tell: &mut impl FnMut(String, &Toml)) {
    match value {
        Toml::Table(table) => {
            for (member, value) in table {
                let dot = if name.is_empty() { "" } else { "." };
                flatten(&format!("{name}{dot}{member}"), value, tell);
            }
        }
        Toml::Array(entries) if entries.iter().any(Toml::is_table) => {
            for (index, entry) in entries.iter().enumerate() {
                flatten(&format!("{name}[{index}]"), entry, tell);
            }
        }
        value => tell(name.to_owned(), value),
    }
}

fn shown(name: &str, value: &Toml) -> String {
    let member = name.rsplit('.').next().unwrap_or(name);
    match value {
        Toml::String(url) if member == "callback_url" => {
            // Merchants put keys of their own into it.
            let masked = url.split_once('?').map(|(address, _)| format!("{address}?{MASK}"));
            Toml::String(masked.unwrap_or_else(|| url.clone())).to_string()
        }
        Toml::String(text) if name == "database.url" => shown_address(text),
        Toml::String(text) => Toml::String(without_password(text)).to_string(),
        value => value.to_string(),
    }
}

/// A database's address as TOML, without its password. The `key=value` form, and one whose password stands among
/// its parameters, are not shown.
pub fn shown_address(address: &str) -> String {
    let is_shown =
        address.is_empty() || (address.contains("://") && !address.contains("password="));
    match is_shown {
        true => Toml::String(without_password(address)).to_string(),
        false => MASK.to_owned(),
    }
}

/// An address as it may be shown: `postgres://user:***@host/…`.
fn without_password(text: &str) -> String {
    let masked = text.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (credentials, _) = rest.get(..end)?.rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}://{user}:{MASK}{}", rest.get(credentials.len()..)?))
    });
    masked.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn each_setting_says_where_it_came_from_and_no_secret() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(
            b"data = \"/of/file\"\n[push]\ntimeout_ms = 7\n[[accounts]]\nappid = \"wx1\"\n\
              secret = \"hunter2hunter2\"\ncallback_token = \"hunter2\"\n\
              callback_aes_key = \"hunter2\"\n[accounts.merchant]\nnsrmc = \"n\"\n\
              [[pay_merchants]]\nmchid = \"1234\"\nkey = \"hunter2\"\nkey_file = \"/of/key\"\n",
        )
        .unwrap();
        let flag = Flag { setting: "data", flag: "--data", value: "\"/of/flag\"".into() };
        let all = effective(Some(file.path()), &[flag]).unwrap();
        let of = |name: &str| {
            let found = all.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name}"));
            (&*found.value, &*found.origin)
        };
        assert_eq!(of("data"), ("\"/of/flag\"", "--data"));
        assert_eq!(of("push.timeout_ms"), ("7", "file"));
        assert_eq!(of("listen"), ("\"127.0.0.1:8080\"", "default"));
        assert_eq!(of("accounts[0].secret"), ("***", "file"));
        assert_eq!(of("pay_merchants[0].mchid"), ("\"1234\"", "file"));
        assert_eq!(of("pay_merchants[0].key_file"), ("\"/of/key\"", "file"));
        assert_eq!(of("accounts[0].merchant.nsrmc"), ("\"n\"", "file"));
        assert!(all.iter().all(|one| !one.line().contains("hunter2")));
    }

    #[test]
    fn what_is_no_setting_is_not_shown() {
        for wrong in [
            "secret = \"hunter2\"",
            "[accounts]\nsecret = \"hunter2\"",
            "[pay_merchants]\nkey = \"hunter2\"",
            "[[accounts]]\nmerchant = { key = \"hunter2\" }",
            "[push]\nsecrets = [\"hunter2\"]",
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(wrong.as_bytes()).unwrap();
            let all = effective(Some(file.path()), &[]).unwrap();
            assert!(all.iter().all(|one| !one.line().contains("hunter2")), "{wrong}");
            assert!(all.iter().any(|one| one.value == MASK && one.origin == "file"), "{wrong}");
        }
    }

    #[test]
    fn a_databases_password_is_shown_in_no_form_of_its_address() {
        assert_eq!(shown_address("postgres://k:hunter2@db/k"), "\"postgres://k:***@db/k\"");
        for masked in ["postgres://db/k?user=k&password=hunter2", "host=db password=hunter2"] {
            assert_eq!(shown_address(masked), "***");
        }
        assert_eq!(shown_address(""), "\"\"");
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (text, shown) in [
            (
                "postgres://kaipiao:p@ss:w@db.example/k?x=1@2",
                "postgres://kaipiao:***@db.example/k?x=1@2",
            ),
            ("postgres://kaipiao@db.example/k", "postgres://kaipiao@db.example/k"),
            ("https://shop.example:8443/", "https://shop.example:8443/"),
            ("./kaipiao-data", "./kaipiao-data"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
