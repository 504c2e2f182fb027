//! Who works with the console.

use super::bounds::{self, Bounded, TEN_YEARS_S};
use super::error::SettingsError;
use super::login::login_keys;
use axum::http::HeaderName;
use core::time::Duration;
use kaipiao_app::settings::ConsoleSettings;
use serde::Deserialize;
use std::path::PathBuf;

/// `[console]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// Seconds of real time.
    pub session_s: u64,
    /// The header of a single sign-on; empty: none.
    pub sso_header: String,
    /// What `aud` must name; empty: nothing.
    pub audience: String,
    /// Empty: none.
    pub hs256_secret_file: PathBuf,
    /// PEM; empty: none.
    pub eddsa_public_key_file: PathBuf,
}

impl Console {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([("console.session_s", self.session_s, 1..=TEN_YEARS_S)])
    }

    /// Whether the single sign-on is whole.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let has_key = !self.hs256_secret_file.as_os_str().is_empty()
            || !self.eddsa_public_key_file.as_os_str().is_empty();
        let wrong = match (self.sso_header.as_str(), has_key) {
            ("", false) => return Ok(()),
            ("", true) => "console has a key for a single sign-on without console.sso_header",
            (_, false) => {
                "console.sso_header needs console.hs256_secret_file or console.eddsa_public_key_file"
            }
            (name, true) if HeaderName::try_from(name).is_err() => {
                "console.sso_header must be the name of a header, such as X-Console-Token"
            }
            (_, true) => return Ok(()),
        };
        Err(SettingsError::Value(wrong.to_owned()))
    }

    /// The same with its keys read.
    pub fn settings(&self) -> Result<ConsoleSettings, SettingsError> {
        let keys = login_keys("console", &self.hs256_secret_file, &self.eddsa_public_key_file)?;
        Ok(ConsoleSettings {
            session_life: Duration::from_secs(self.session_s),
            sso_header: self.sso_header.to_ascii_lowercase(),
            keys,
            audience: self.audience.clone(),
        })
    }
}
