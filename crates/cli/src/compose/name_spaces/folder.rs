//! Where a name space lies: `namespaces/<name>` in the data directory, with a file that says how it was made.

use crate::settings::{SandboxSettings, Settings};
use kaipiao_app::name_spaces::{NewNameSpace, SandboxName};
use kaipiao_domain::clock_course::ClockRate;
use serde::{Deserialize, Serialize};
use std::fs::{DirEntry, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FOLDER: &str = "namespaces";
const DESCRIPTION: &str = "namespace.json";
/// What is being removed: no name of a name space begins so.
const GONE: &str = ".gone-";

/// How a name space was made: a reset makes it so again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    seed: Option<String>,
    now_s: Option<i64>,
    rate_thousandths: Option<u32>,
}

impl Description {
    pub(super) fn of(wanted: &NewNameSpace) -> Self {
        Self {
            seed: wanted.seed.clone(),
            now_s: wanted.now.map(|now| now.unix_seconds()),
            rate_thousandths: wanted.rate.map(ClockRate::thousandths),
        }
    }

    pub(super) fn change(&self, settings: &mut SandboxSettings) {
        settings.seed = self.seed.clone().unwrap_or_default();
        settings.now = self.now_s.map_or_else(String::new, |now_s| now_s.to_string());
        settings.rate = self.rate_thousandths.and_then(ClockRate::from_thousandths);
    }
}

/// The folder of a name space.
pub(super) fn of(settings: &Settings, name: &SandboxName) -> PathBuf {
    settings.data.join(FOLDER).join(name.as_str())
}

/// Those that were made, by name.
pub(super) fn all(settings: &Settings) -> Vec<(SandboxName, Description)> {
    let Ok(entries) = std::fs::read_dir(settings.data.join(FOLDER)) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter_map(|name| SandboxName::parse(&name)).collect();
    names.sort();
    let described = |name: SandboxName| match read(&of(settings, &name)) {
        Ok(description) => Some((name, description)),
        Err(error) => {
            tracing::warn!(name_space = %name, %error, "a folder of name spaces has none");
            None
        }
    };
    names.into_iter().filter_map(described).collect()
}

fn read(folder: &Path) -> io::Result<Description> {
    let text = std::fs::read(folder.join(DESCRIPTION))?;
    serde_json::from_slice(&text).map_err(io::Error::from)
}

/// Makes the folder; what a making that was broken off has left there goes.
pub(super) fn make(folder: &Path, description: &Description) -> io::Result<()> {
    remove(folder)?;
    std::fs::create_dir_all(folder)?;
    let mut file = File::create(folder.join(DESCRIPTION))?;
    file.write_all(&serde_json::to_vec(description)?)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

/// Removes a folder with all that is in it: it loses its name at once, and so is no name space, however much of it is left.
/// An error: nothing is removed.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let Some(all) = folder.parent().filter(|_| folder.exists()) else { return Ok(()) };
    let gone = tempfile::Builder::new().prefix(GONE).tempdir_in(all)?;
    std::fs::rename(folder, gone.path().join("rest"))?;
    File::open(all)?.sync_all()?;
    if let Err(error) = gone.close() {
        tracing::warn!(%error, "the next start removes the rest of a name space");
    }
    Ok(())
}

/// Removes what removals have left that were broken off.
pub(super) fn sweep(settings: &Settings) {
    let Ok(entries) = std::fs::read_dir(settings.data.join(FOLDER)) else { return };
    let is_gone =
        |entry: &DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with(GONE));
    for entry in entries.filter_map(Result::ok).filter(is_gone) {
        if let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::warn!(%error, "the rest of a name space cannot be removed");
        }
    }
}
