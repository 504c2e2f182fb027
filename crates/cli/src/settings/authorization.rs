//! The authorization page's link.

use super::bounds::{self, Bounded, TEN_YEARS_S};
use serde::Deserialize;

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
    /// Seconds.
    pub life_s: u64,
}

impl Authorization {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        let key_chars = bounds::count(self.custom_key_max_chars);
        bounds::of([
            ("authorization.link_life_s", self.link_life_s, 1..=TEN_YEARS_S),
            ("authorization.life_s", self.life_s, 1..=TEN_YEARS_S),
            ("authorization.custom_key_max_chars", key_chars, 1..=1000),
        ])
    }
}
