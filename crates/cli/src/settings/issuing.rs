//! How invoices are issued.

use super::bounds::{self, Bounded, DAY_MS};
use super::error::SettingsError;
use super::files::read_secret;
use super::mode::ModeName;
use core::time::Duration;
use kaipiao_domain::text;
use kaipiao_issuer::IssuerMarks;
use kaipiao_issuer_http::{HttpIssuerSettings, Secret};
use serde::Deserialize;
use std::path::PathBuf;

/// `[issuing]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuing {
    /// The operator's own issuer; empty: the built-in one.
    pub url: String,
    /// What its questions and answers are signed with; empty: none.
    pub secret_file: PathBuf,
    /// Whether invoices are samples.
    pub specimen: bool,
    /// 12 digits.
    pub machine_number: String,
    /// Milliseconds.
    pub time_limit_ms: u64,
    /// Requests at once of one merchant.
    pub per_account: usize,
    /// Requests at once of all merchants.
    pub at_once: usize,
    /// Numbers of a block.
    pub block_size: u64,
}

impl Issuing {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([
            ("issuing.time_limit_ms", self.time_limit_ms, 1..=DAY_MS),
            ("issuing.per_account", bounds::count(self.per_account), 1..=100_000),
            ("issuing.at_once", bounds::count(self.at_once), 1..=100_000),
            ("issuing.block_size", self.block_size, 1..=1_000_000),
        ])
    }

    /// Whether the operator's own issuer is asked.
    pub fn is_outside(&self) -> bool {
        !self.url.is_empty()
    }

    /// Whether the issuer's address is one that actions can be appended to, and comes with a secret.
    pub(super) fn check_url(&self) -> Result<(), SettingsError> {
        let wrong = |text: String| Err(SettingsError::Value(text));
        let has_secret = !self.secret_file.as_os_str().is_empty();
        match (self.is_outside(), has_secret) {
            (false, false) => return Ok(()),
            (true, true) => {}
            (true, false) => return wrong("issuing.url needs issuing.secret_file".to_owned()),
            (false, true) => return wrong("issuing.secret_file needs issuing.url".to_owned()),
        }
        let form = text::web_link("issuing.url", &self.url)
            .and_then(|()| text::without_user_name("issuing.url", &self.url));
        if let Err(refusal) = form {
            return wrong(refusal.to_string());
        }
        if self.url.contains(['?', '#']) {
            return wrong("issuing.url must end with its path: /issue is appended".to_owned());
        }
        Ok(())
    }

    /// The operator's own issuer, with its secret read; None: the built-in one issues.
    pub fn outside(&self, mode: ModeName) -> Result<Option<HttpIssuerSettings>, SettingsError> {
        if !self.is_outside() {
            return Ok(None);
        }
        let IssuerMarks { specimen, machine_number } = self.marks(mode)?;
        let secret = read_secret("issuing.secret_file", &self.secret_file)?;
        let secret = Secret::new(secret.trim()).map_err(|why| {
            SettingsError::Value(format!(
                "issuing.secret_file {} {why}",
                self.secret_file.display()
            ))
        })?;
        Ok(Some(HttpIssuerSettings {
            url: self.url.trim_end_matches('/').to_owned(),
            secret,
            time_limit: Duration::from_millis(self.time_limit_ms),
            specimen,
            machine_number,
        }))
    }

    /// What invoices bear in a mode: a sandbox's are samples, always.
    pub fn marks(&self, mode: ModeName) -> Result<IssuerMarks, SettingsError> {
        if !self.specimen && mode == ModeName::Sandbox {
            let text = "issuing.specimen can only be false in production";
            return Err(SettingsError::Value(text.to_owned()));
        }
        let digits = &self.machine_number;
        if digits.len() != 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            let text = format!("issuing.machine_number must be 12 digits, not \"{digits}\"");
            return Err(SettingsError::Value(text));
        }
        Ok(IssuerMarks { specimen: self.specimen, machine_number: digits.clone() })
    }
}
