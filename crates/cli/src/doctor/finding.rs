//! What an examination finds.

use serde_json::{Value, json};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// The server works; something may not, or not for long.
    Warning,
    /// The server does not start, or does not do its work.
    Error,
}

impl Level {
    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was examined.
    pub subject: &'static str,
    /// What was found.
    pub found: String,
    /// What to do; empty: nothing.
    pub advice: String,
}

impl Finding {
    pub(super) fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject, found: found.into(), advice: String::new() }
    }

    pub(super) fn warning(
        subject: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Warning, subject, found: found.into(), advice: advice.into() }
    }

    /// A complaint whose text says itself what to do needs no advice.
    pub(super) fn error(
        subject: &'static str,
        found: impl ToString,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Error, subject, found: found.to_string(), advice: advice.into() }
    }

    pub(super) fn line(&self) -> String {
        let Self { level, subject, found, advice } = self;
        let level = level.name();
        match advice.as_str() {
            "" => format!("{level:<8} {subject}: {found}"),
            advice => format!("{level:<8} {subject}: {found}\n         -> {advice}"),
        }
    }

    pub(super) fn json(&self) -> Value {
        let Self { level, subject, found, advice } = self;
        json!({"level": level.name(), "subject": subject, "found": found, "advice": advice})
    }
}
