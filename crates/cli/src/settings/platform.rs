//! Invoicing platforms: what they upload, where it lies, and their card templates.

use super::bounds::{self, Bounded, TEN_YEARS_S};
use super::mode::ModeName;
use core::time::Duration;
use kaipiao_app::platform::pdfs;
use kaipiao_app::settings::PlatformSettings;
use kaipiao_domain::invoicing::invoice_document::DocumentKind;
use kaipiao_ports::invoicing::issuer::DOCUMENT_TIME_LIMIT;
use serde::Deserialize;
use std::path::PathBuf;

/// The folder of the files in the data directory, where none is named.
pub(crate) const FILES: &str = "files";

/// `[files]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Empty: `files` in the data directory.
    pub directory: PathBuf,
    /// Seconds.
    pub collect_after_s: u64,
    /// Bytes of an account's uploads that no invoice has.
    pub unattached_bytes: u64,
    /// Bytes that stay free on the folder's file system.
    pub least_free_bytes: u64,
    /// What reads PDFs in place of this program: a test's own process is not `kaipiao`.
    #[serde(skip)]
    pub reader: Option<PathBuf>,
}

impl Files {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        let bounds = LEAST_COLLECT_AFTER_S..=TEN_YEARS_S;
        bounds::of([
            ("files.collect_after_s", self.collect_after_s, bounds),
            ("files.unattached_bytes", self.unattached_bytes, LONGEST_BYTES..=MOST_BYTES),
            ("files.least_free_bytes", self.least_free_bytes, 0..=MOST_BYTES),
        ])
    }
}

/// A file's age is told by its server's clock. Until the commit that names it an invoice's first document waits for its
/// others, and a commit may take a minute.
const LEAST_COLLECT_AFTER_S: u64 = 600;
const _: () = assert!(
    LEAST_COLLECT_AFTER_S > DocumentKind::ALL.len() as u64 * DOCUMENT_TIME_LIMIT.as_secs() + 60
);

/// So that any PDF that is taken can be uploaded.
const LONGEST_BYTES: u64 = pdfs::MOST_BYTES as u64;
/// An exbibyte.
const MOST_BYTES: u64 = 1 << 60;

/// `[platform]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Left out: in production.
    pub checks_faces: Option<bool>,
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

    /// What the use cases want to know.
    pub fn settings(&self, files: &Files, mode: ModeName) -> PlatformSettings {
        let usual_age_s = match mode {
            ModeName::Sandbox => 0,
            ModeName::Production => CARD_AGE_S,
        };
        PlatformSettings {
            checks_faces: self.checks_faces.unwrap_or(mode == ModeName::Production),
            card_age: Duration::from_secs(self.card_age_s.unwrap_or(usual_age_s)),
            collects_after: Duration::from_secs(files.collect_after_s),
            unattached_bytes: files.unattached_bytes,
        }
    }
}
