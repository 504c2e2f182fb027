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
        let mut keys = Vec::new();
        let wrong = |path: &Path, why| SettingsError::Value(format!("{} {why}", path.display()));
        let path = &self.hs256_secret_file;
        if !path.as_os_str().is_empty() {
            let secret = read_secret("login.hs256_secret_file", path)?;
            keys.push(LoginKey::hs256(&secret).map_err(|why| wrong(path, why))?);
        }
        let path = &self.eddsa_public_key_file;
        if !path.as_os_str().is_empty() {
            keys.push(LoginKey::ed_dsa(&read(path)?).map_err(|why| wrong(path, why))?);
        }
        let session_life = Duration::from_secs(self.session_s);
        Ok(LoginSettings { session_life, keys, audience: self.audience.clone() })
    }
}
