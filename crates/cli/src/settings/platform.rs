//! Invoicing platforms.

use super::bounds::{self, Bounded, TEN_YEARS_S};
use super::mode::ModeName;
use core::time::Duration;
use serde::Deserialize;

/// `[platform]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Seconds; left out: none in the sandbox, [`CARD_AGE_S`] in production.
    pub card_age_s: Option<u64>,
}

/// The age that a card template has in production before it is used.
const CARD_AGE_S: u64 = 60;

impl Platform {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        let age_s = self.card_age_s.unwrap_or_default();
        bounds::of([("platform.card_age_s", age_s, 0..=TEN_YEARS_S)])
    }

    /// How old a card template is before invoices are inserted with it.
    pub fn card_age(&self, mode: ModeName) -> Duration {
        let usual_s = match mode {
            ModeName::Sandbox => 0,
            ModeName::Production => CARD_AGE_S,
        };
        Duration::from_secs(self.card_age_s.unwrap_or(usual_s))
    }
}
