//! Who sits before a page.

use super::bounds::{self, Bounded, TEN_YEARS_S};
use super::error::SettingsError;
use super::files::{read, read_secret};
use core::time::Duration;
use kaipiao_app::settings::LoginSettings;
use kaipiao_wire::people::login_token::LoginKey;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// `[login]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Seconds of real time.
    pub session_s: u64,
    /// What `aud` must name; empty: nothing.
    pub audience: String,
    /// Empty: none.
    pub hs256_secret_file: PathBuf,
    /// PEM; empty: none.
    pub eddsa_public_key_file: PathBuf,
}

impl Login {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([("login.session_s", self.session_s, 0..=TEN_YEARS_S)])
    }

    /// The same with its keys read.
    pub fn settings(&self) -> Result<LoginSettings, SettingsError> {
        let keys = login_keys("login", &self.hs256_secret_file, &self.eddsa_public_key_file)?;
        let session_life = Duration::from_secs(self.session_s);
        Ok(LoginSettings { session_life, keys, audience: self.audience.clone() })
    }
}

/// The keys that signed logins of a section are checked with. An empty path: no such key.
pub(super) fn login_keys(
    section: &str,
    hs256_secret: &Path,
    eddsa_public_key: &Path,
) -> Result<Vec<LoginKey>, SettingsError> {
    let mut keys = Vec::new();
    let wrong = |path: &Path, why| SettingsError::Value(format!("{} {why}", path.display()));
    if !hs256_secret.as_os_str().is_empty() {
        let secret = read_secret(&format!("{section}.hs256_secret_file"), hs256_secret)?;
        keys.push(LoginKey::hs256(&secret).map_err(|why| wrong(hs256_secret, why))?);
    }
    if !eddsa_public_key.as_os_str().is_empty() {
        let key = LoginKey::ed_dsa(&read(eddsa_public_key)?);
        keys.push(key.map_err(|why| wrong(eddsa_public_key, why))?);
    }
    Ok(keys)
}
