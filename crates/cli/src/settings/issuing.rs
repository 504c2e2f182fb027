//! How invoices are issued.

use super::bounds::{self, Bounded, DAY_MS};
use super::error::SettingsError;
use super::mode::ModeName;
use kaipiao_issuer::IssuerMarks;
use serde::Deserialize;

/// `[issuing]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuing {
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
