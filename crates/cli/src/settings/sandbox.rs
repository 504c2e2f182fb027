//! Name spaces, snapshots, and randomness that follows from a seed.

use super::bounds::{self, Bounded};
use super::error::SettingsError;
use kaipiao_domain::Timestamp;
use kaipiao_domain::clock_course::{ClockCourse, ClockRate};
use kaipiao_wire::clock_change::{MOMENT, parse_moment};
use serde::Deserialize;

/// `[sandbox]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxSettings {
    /// Name spaces beside the default one.
    pub namespaces: usize,
    /// Snapshots of each.
    pub snapshots: usize,
    /// Empty: chance.
    pub seed: String,
    /// What the clock of a new store begins with; empty: real time, or with a seed [`SEEDED_NOW`].
    pub now: String,
    /// How it goes; None: with real time, or with a seed not at all.
    #[serde(skip)]
    pub rate: Option<ClockRate>,
}

/// 2026-01-01T09:00:00+08:00
const SEEDED_NOW: Timestamp = Timestamp::from_unix_millis(1_767_229_200_000);

impl SandboxSettings {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        let count = bounds::count;
        bounds::of([
            ("sandbox.namespaces", count(self.namespaces), 0..=256),
            ("sandbox.snapshots", count(self.snapshots), 0..=256),
        ])
    }

    pub(super) fn check(&self, has_database: bool) -> Result<(), SettingsError> {
        let wrong = |text: String| Err(SettingsError::Value(text));
        if !self.now.is_empty() && parse_moment(&self.now).is_none() {
            return wrong(format!("sandbox.now must be {MOMENT}, not {:?}", self.now));
        }
        if self.seed().is_some() && has_database {
            let text = "sandbox.seed needs the embedded store: nodes that share a database would draw the same";
            return wrong(text.to_owned());
        }
        Ok(())
    }

    /// What keys and randomness follow from.
    pub fn seed(&self) -> Option<&str> {
        Some(&*self.seed).filter(|seed| !seed.is_empty())
    }

    /// How the clock of a new store begins; None: it is real time.
    pub(crate) fn first_course(&self, real: Timestamp) -> Option<ClockCourse> {
        let is_seeded = self.seed().is_some();
        let now = parse_moment(&self.now).or(is_seeded.then_some(SEEDED_NOW));
        if now.is_none() && self.rate.is_none() {
            return None;
        }
        let own_rate = if is_seeded { ClockRate::STOPPED } else { ClockRate::REAL };
        let rate = self.rate.unwrap_or(own_rate);
        Some(ClockCourse { shown: now.unwrap_or(real), real, rate })
    }
}
