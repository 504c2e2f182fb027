//! Settings: kaipiao.toml at the repository's root, compiled in as the default, with the
//! operator's file on top of it.

use kaipiao_app::accounts::AccountSpec;
use kaipiao_app::start::Mode;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The defaults, and the documentation of every setting.
pub const DEFAULTS: &str = include_str!("../../../kaipiao.toml");

/// Every setting; kaipiao.toml says what each means.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// "sandbox" or "production".
    pub mode: ModeName,
    /// Address and port.
    pub listen: SocketAddr,
    /// The store's directory.
    pub data: PathBuf,
    /// Where links point; empty: the address that is listened on.
    pub public_base_url: String,
    /// Lets a sandbox answer beyond loopback.
    pub expose_sandbox: bool,
    /// The admin token's file; empty: none.
    pub admin_token_file: PathBuf,
    /// The server key's file; empty: in the data directory.
    pub server_key_file: PathBuf,
    /// Logging.
    pub log: Log,
    /// The authorization page's link.
    pub authorization: Authorization,
    /// Limits of size, time and number.
    pub limits: Limits,
    /// Accounts to add or change.
    #[serde(default)]
    pub accounts: Vec<AccountSetting>,
}

/// See [`Mode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeName {
    /// See [`Mode::Sandbox`].
    Sandbox,
    /// See [`Mode::Production`].
    Production,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Sandbox => Self::Sandbox,
            ModeName::Production => Self::Production,
        }
    }
}

/// `[log]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// tracing-subscriber's filter text.
    pub filter: String,
    /// "text" or "json".
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `[authorization]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    /// Seconds.
    pub link_life_s: u64,
    /// getauthurl's appid for source wxa.
    pub wxa_appid: String,
    /// Characters.
    pub custom_key_max_chars: usize,
}

/// `[limits]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes.
    pub body_bytes: usize,
    /// Milliseconds.
    pub body_timeout_ms: u64,
    /// Milliseconds.
    pub header_timeout_ms: u64,
    /// How many at once.
    pub connections: usize,
    /// How many may wait.
    pub commit_queue: usize,
    /// How many at once.
    pub store_readers: usize,
    /// Milliseconds.
    pub shutdown_ms: u64,
}

/// `[[accounts]]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSetting {
    appid: String,
    role: String,
    name: Option<String>,
    original_id: Option<String>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    bound_to: Option<String>,
    s_pappid: Option<String>,
    merchant_api: Option<bool>,
}

/// Why the settings cannot stand.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// A file that is not as expected; the text says where.
    #[error("{0}: {1}")]
    Malformed(PathBuf, String),
    /// A value that makes no sense.
    #[error("{0}")]
    Value(String),
}

impl Settings {
    /// The defaults with the operator's file on top.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let Some(path) = file else { return Self::merge("", Path::new("kaipiao.toml")) };
        let text = read(path)?;
        Self::merge(&text, path)
    }

    fn merge(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let malformed = |error| SettingsError::Malformed(path.to_owned(), complaint(&error, text));
        let mut table: toml::Table = DEFAULTS.parse().expect("kaipiao.toml is well-formed");
        overlay(&mut table, text.parse().map_err(malformed)?);
        let settings: Self = table.try_into().map_err(malformed)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let base = &self.public_base_url;
        if !base.is_empty() && !base.starts_with("http://") && !base.starts_with("https://") {
            let text =
                format!("public_base_url must begin with http:// or https://, not \"{base}\"");
            return Err(SettingsError::Value(text));
        }
        if self.limits.connections == 0 || self.limits.store_readers == 0 {
            let text = "limits.connections and limits.store_readers must be at least 1";
            return Err(SettingsError::Value(text.to_owned()));
        }
        Ok(())
    }

    /// The accounts to add or change, with their secrets read.
    pub fn account_specs(&self) -> Result<Vec<AccountSpec>, SettingsError> {
        self.accounts.iter().map(AccountSetting::spec).collect()
    }
}

impl AccountSetting {
    fn spec(&self) -> Result<AccountSpec, SettingsError> {
        let secret = match (&self.secret, &self.secret_file) {
            (Some(_), Some(_)) => {
                let text = format!("accounts: {} has both secret and secret_file", self.appid);
                return Err(SettingsError::Value(text));
            }
            (Some(secret), None) => secret.clone(),
            (None, Some(file)) => read(file)?.trim().to_owned(),
            (None, None) => {
                let text = format!("accounts: {} has neither secret nor secret_file", self.appid);
                return Err(SettingsError::Value(text));
            }
        };
        Ok(AccountSpec {
            appid: self.appid.clone(),
            role: Some(self.role.clone()),
            name: self.name.clone(),
            original_id: self.original_id.clone(),
            secret: Some(secret),
            bound_to: self.bound_to.clone(),
            s_pappid: self.s_pappid.clone(),
            merchant_api: self.merchant_api,
        })
    }
}

/// Where and what is wrong, without quoting the line: it may hold a secret.
fn complaint(error: &toml::de::Error, text: &str) -> String {
    let what = error.message().trim_end();
    match error.span().and_then(|span| text.get(..span.start)) {
        None => what.to_owned(),
        Some(before) => format!("line {}: {what}", before.matches('\n').count() + 1),
    }
}

/// Reads a text file, naming it when that fails.
pub(crate) fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|error| SettingsError::Unreadable(path.to_owned(), error))
}

/// Lays the operator's values over the defaults, table by table.
fn overlay(base: &mut toml::Table, over: toml::Table) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => overlay(base, over),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(text: &str) -> Result<Settings, SettingsError> {
        Settings::merge(text, Path::new("test.toml"))
    }

    #[test]
    fn the_defaults_stand_alone_and_a_file_changes_only_what_it_names() {
        let defaults = merged("").unwrap();
        assert_eq!(defaults.mode, ModeName::Sandbox);
        let changed = merged("mode = \"production\"\n[limits]\nbody_bytes = 7").unwrap();
        assert_eq!(changed.mode, ModeName::Production);
        assert_eq!(changed.limits.body_bytes, 7);
        assert_eq!(changed.limits.connections, defaults.limits.connections);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_named() {
        let error = merged("[limits]\nbody_byte = 7").err().unwrap().to_string();
        assert!(error.contains("test.toml") && error.contains("body_byte"), "{error}");
        assert!(merged("public_base_url = \"shop.example\"").is_err());
        assert!(merged("mode = \"test\"").is_err());
    }

    #[test]
    fn a_malformed_file_is_complained_about_without_its_secrets() {
        let error = merged("mode = \"sandbox\"\n[[accounts]]\nsecret = \"hunter2hunter2hunter2\n");
        let text = error.err().unwrap().to_string();
        assert!(text.starts_with("test.toml: line 3: "), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
