//! Where a name space lies: `namespaces/<name>` in the data directory, with a file that says how it was made.

use crate::settings::{SandboxSettings, Settings};
use core::time::Duration;
use kaipiao_app::name_spaces::{NewNameSpace, SandboxName};
use kaipiao_domain::Timestamp;
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
    #[serde(flatten)]
    pub(super) stay: Stay,
}

/// Since when a name space is there, and for how long, in real time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stay {
    /// None: an earlier kaipiao has made it, or it is the default one.
    made_s: Option<i64>,
    /// None: it stays.
    life_s: Option<u64>,
}

impl Stay {
    pub(super) fn made(self) -> Option<Timestamp> {
        self.made_s.map(|made_s| Timestamp::from_unix_millis(made_s.saturating_mul(1000)))
    }

    pub(super) fn life(self) -> Option<Duration> {
        self.life_s.map(Duration::from_secs)
    }

    pub(super) fn is_over(self, real: Timestamp) -> bool {
        let ends = self.made().zip(self.life()).map(|(made, life)| made + life);
        ends.is_some_and(|ends| ends <= real)
    }
}

impl Description {
    /// Of one that is made at this real moment.
    pub(super) fn of(wanted: &NewNameSpace, real: Timestamp) -> Self {
        Self {
            seed: wanted.seed.clone(),
            now_s: wanted.now.map(|now| now.unix_seconds()),
            rate_thousandths: wanted.rate.map(ClockRate::thousandths),
            stay: Stay {
                made_s: Some(real.unix_seconds()),
                life_s: wanted.life.map(|life| life.as_secs()),
            },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_is_over_when_its_life_is_and_of_an_earlier_kaipiaos_never() {
        let at = |s: i64| Timestamp::from_unix_millis(s * 1000);
        for (text, ends_s) in [
            (r#"{"seed":"7","now_s":null,"rate_thousandths":null}"#, None),
            (r#"{"made_s":1000}"#, None),
            (r#"{"made_s":1000,"life_s":60}"#, Some(1060)),
            (r#"{"made_s":1000,"life_s":31536000}"#, Some(31_537_000)),
        ] {
            let Description { stay, .. } = serde_json::from_str(text).unwrap();
            assert!(!stay.is_over(at(ends_s.unwrap_or(i64::MAX / 1000) - 1)), "{text}");
            assert_eq!(stay.is_over(at(40_000_000)), ends_s.is_some(), "{text}");
            assert!(ends_s.is_none_or(|ends_s| stay.is_over(at(ends_s))), "{text}");
        }
    }
}
