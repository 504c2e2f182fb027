//! What platforms upload, and where it lies.

use super::bounds::{self, Bounded};
use super::mode::ModeName;
use core::time::Duration;
use kaipiao_app::settings::PlatformSettings;
use serde::Deserialize;
use std::path::PathBuf;

/// `[files]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Empty: `files` in the data directory.
    pub directory: PathBuf,
    /// Seconds.
    pub collect_after_s: u64,
    /// What reads PDFs in place of this program: a test's own process is not `kaipiao`.
    #[serde(skip)]
    pub reader: Option<PathBuf>,
}

impl Files {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        // A file's age is told by its server's clock, and a commit may take a minute.
        let bounds = 600..=bounds::TEN_YEARS_S;
        bounds::of([("files.collect_after_s", self.collect_after_s, bounds)])
    }
}

/// `[platform]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Left out: in production.
    pub checks_faces: Option<bool>,
}

impl Platform {
    /// What the use cases want to know.
    pub fn settings(&self, files: &Files, mode: ModeName) -> PlatformSettings {
        PlatformSettings {
            checks_faces: self.checks_faces.unwrap_or(mode == ModeName::Production),
            collects_after: Duration::from_secs(files.collect_after_s),
        }
    }
}
