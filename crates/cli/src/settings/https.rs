//! HTTPS.

use super::error::SettingsError;
use serde::Deserialize;
use std::path::PathBuf;

/// `[tls]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those behind it, in PEM; empty: none.
    pub certificate: PathBuf,
    /// Its key, in PEM; empty: none.
    pub key: PathBuf,
    /// Makes the certificate itself where there is none.
    pub local_authority: bool,
}

impl Tls {
    /// Whether HTTPS is spoken instead of HTTP.
    pub fn is_on(&self) -> bool {
        self.has_certificate() || self.local_authority
    }

    /// Whether the operator has given one.
    pub fn has_certificate(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    /// "http" or "https".
    pub fn scheme(&self) -> &'static str {
        if self.is_on() { "https" } else { "http" }
    }

    /// Whether this section is whole, and does not contradict `public_base_url`.
    pub(super) fn check(&self, public_base_url: &str) -> Result<(), SettingsError> {
        if self.has_certificate() == self.key.as_os_str().is_empty() {
            let text = "tls.certificate and tls.key go together: give both files, or neither";
            return Err(SettingsError::Value(text.to_owned()));
        }
        if self.is_on() && public_base_url.starts_with("http://") {
            let text = "public_base_url begins with http://, but [tls] or --tls makes this server speak https:// alone: write https://";
            return Err(SettingsError::Value(text.to_owned()));
        }
        Ok(())
    }
}
