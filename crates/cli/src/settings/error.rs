//! Why settings cannot stand.

use std::path::PathBuf;

/// Why the settings cannot stand.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// A file that is not as expected; the text says where.
    #[error("{0}: {1}")]
    Malformed(PathBuf, String),
    /// A value that makes no sense.
    #[error("{0}")]
    Value(String),
}
