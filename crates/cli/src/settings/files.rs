//! Files that settings name, and secrets in files of their own.

use super::error::SettingsError;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A secret that stands here or in a file of its own.
pub(super) fn either(
    whose: &str,
    name: &str,
    here: Option<&String>,
    file: Option<&Path>,
) -> Result<Option<String>, SettingsError> {
    match (here, file) {
        (Some(_), Some(_)) => {
            let text = format!("{whose} has both {name} and {name}_file");
            Err(SettingsError::Value(text))
        }
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, Some(file)) => {
            Ok(Some(read_secret(&format!("{whose}: {name}_file"), file)?.trim().to_owned()))
        }
        (None, None) => Ok(None),
    }
}

/// Reads a text file, naming it when that fails.
pub(crate) fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|error| SettingsError::Unreadable(path.to_owned(), error))
}

/// [`read`] a file that should be its owner's alone; the log says where it is not.
pub(crate) fn read_secret(setting: &str, path: &Path) -> Result<String, SettingsError> {
    warn_of_other_readers(setting, path);
    read(path)
}

/// Says in the log that others than its owner may read a secret file.
pub(crate) fn warn_of_other_readers(setting: &str, path: &Path) {
    if let Some(mode) = open_to_others(path) {
        let path = path.display();
        tracing::warn!("{setting} {path} is readable by others ({mode:04o}): chmod 600");
    }
}

/// A file's mode where others than its owner may read it.
pub(crate) fn open_to_others(path: &Path) -> Option<u32> {
    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}
