//! Snapshots: `snapshots/<name>` in a name space's data directory, with a copy of its store, of its files, and what its
//! clock showed.

use super::super::keys::{key_path, load_keys};
use crate::backup::copy_files;
use crate::clock_begins::{self, ClockBegins};
use crate::exchange::{Coming, ExchangeError, exchange};
use crate::settings::{FILES, Settings};
use kaipiao_app::name_spaces::{SandboxName, Snapshot};
use kaipiao_app::sandbox_clock::ClockFace;
use kaipiao_app::start::Mode;
use kaipiao_domain::Timestamp;
use kaipiao_records::record;
use kaipiao_records::server::StoreMetadata;
use kaipiao_store_sqlite::{BackupError, FILE_NAME, SqliteStore, back_up};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

const FOLDER: &str = "snapshots";
const DESCRIPTION: &str = "snapshot.json";
/// What is being saved, and what had the name until then: no name of a snapshot begins so.
const PART: &str = ".part-";
const OLD: &str = ".old-";

/// Why a snapshot was not saved or restored.
#[derive(Debug, thiserror::Error)]
pub(super) enum SnapshotError {
    #[error("{0}")]
    Store(#[from] BackupError),
    #[error("{0}")]
    Files(#[from] crate::backup::NotBackedUp),
    #[error("{0}")]
    Exchange(#[from] ExchangeError),
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It cannot become this name space.
    #[error("{0}")]
    Foreign(String),
}

#[derive(Serialize, Deserialize)]
struct Description {
    taken_ms: i64,
    clock: ClockBegins,
}

/// A snapshot with how its clock went.
pub(super) struct Saved {
    pub(super) snapshot: Snapshot,
    clock: ClockBegins,
}

fn folder(settings: &Settings, name: &SandboxName) -> PathBuf {
    settings.data.join(FOLDER).join(name.as_str())
}

/// All of a name space, by name, damaged ones too.
pub(super) fn all(settings: &Settings) -> io::Result<Vec<Snapshot>> {
    let entries = match std::fs::read_dir(settings.data.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().into_string().unwrap_or_default();
        names.extend(SandboxName::parse(&name));
    }
    names.sort();
    let told = |name: &SandboxName| match find(settings, name) {
        Ok(saved) => saved.map(|saved| saved.snapshot),
        Err(error) => Some(damaged(name, &error)),
    };
    Ok(names.iter().filter_map(told).collect())
}

fn damaged(name: &SandboxName, error: &io::Error) -> Snapshot {
    Snapshot {
        name: name.to_string(),
        taken: Timestamp::default(),
        shown: Timestamp::default(),
        problem: Some(format!("{DESCRIPTION} cannot be read: {error}; DELETE removes it")),
    }
}

/// Whether there is one of this name, damaged or not.
pub(super) fn is_there(settings: &Settings, name: &SandboxName) -> bool {
    folder(settings, name).exists()
}

/// The snapshot of this name; an error: it is damaged.
pub(super) fn find(settings: &Settings, name: &SandboxName) -> io::Result<Option<Saved>> {
    if !is_there(settings, name) {
        return Ok(None);
    }
    let text = std::fs::read(folder(settings, name).join(DESCRIPTION))?;
    let read: Description = serde_json::from_slice(&text)?;
    let snapshot = Snapshot {
        name: name.to_string(),
        taken: Timestamp::from_unix_millis(read.taken_ms),
        shown: read.clock.shown(),
        problem: None,
    };
    Ok(Some(Saved { snapshot, clock: read.clock }))
}

/// Saves a name space beside its running server. It gets its name when it is whole, and what had the name stays until
/// then. The clock is read when the copy has its contents: what they know of time is not after what it shows.
pub(super) fn save(
    settings: &Settings,
    name: &SandboxName,
    taken: Timestamp,
    face: impl FnOnce() -> ClockFace,
) -> Result<Snapshot, SnapshotError> {
    let all = settings.data.join(FOLDER);
    std::fs::create_dir_all(&all)?;
    let part = tempfile::Builder::new().prefix(PART).tempdir_in(&all)?;
    let store = part.path().join(FILE_NAME);
    // Its owner's alone, like the store.
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(&store)?;
    back_up(&settings.data, &store, |_, _| {})?;
    let face = face();
    copy_files(&settings.files_directory(), &part.path().join(FILES))?;
    let description = Description { taken_ms: taken.unix_millis(), clock: ClockBegins::of(face) };
    let mut file = File::create(part.path().join(DESCRIPTION))?;
    file.write_all(&serde_json::to_vec(&description).map_err(io::Error::from)?)?;
    file.sync_all()?;
    sync(part.path())?;
    replace(&all, name, part.path())?;
    // It is no longer where it would be removed.
    drop(part.keep());
    Ok(Snapshot { name: name.to_string(), taken, shown: face.now, problem: None })
}

/// Gives a snapshot that is whole its name. [`sweep`] gives it back to the one before where this is broken off in between.
fn replace(all: &Path, name: &SandboxName, part: &Path) -> io::Result<()> {
    let (own, old) = (all.join(name.as_str()), all.join(format!("{OLD}{name}")));
    remove(&old)?;
    gone(std::fs::rename(&own, &old))?;
    if let Err(error) = std::fs::rename(part, &own) {
        gone(std::fs::rename(&old, &own))?;
        return Err(error);
    }
    sync(all)?;
    remove(&old)
}

/// Puts right what a save has left that was broken off.
pub(super) fn sweep(data: &Path) -> io::Result<()> {
    let all = data.join(FOLDER);
    let entries = match std::fs::read_dir(&all) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        match name.strip_prefix(OLD) {
            Some(own) if !all.join(own).exists() => std::fs::rename(&path, all.join(own))?,
            Some(_) => remove(&path)?,
            None if name.starts_with(PART) => remove(&path)?,
            None => {}
        }
    }
    sync(&all)
}

/// Puts a snapshot in the place of a store that is closed, and of its files.
/// Its clock goes on from what it showed, and its request log begins anew: what the old one has of orders that are gone is of
/// another past, whose order numbers, moments and rids come again.
pub(super) fn restore(
    settings: &Settings,
    name: &SandboxName,
    saved: &Saved,
) -> Result<(), SnapshotError> {
    let from = folder(settings, name);
    exchange(&settings.data, |closed, coming| {
        closed.write_restored(&from.join(FILE_NAME), &coming.store())?;
        check_own(settings, coming.folder())?;
        copy_files(&from.join(FILES), &coming.files())?;
        begin_request_log(coming)?;
        Ok(clock_begins::write(&coming.clock(), Some(saved.clock))?)
    })
}

/// Whether a name space with its key and in its mode can work with the store in this folder: it could not be opened
/// otherwise, and what it had would be gone.
fn check_own(settings: &Settings, folder: &Path) -> Result<(), SnapshotError> {
    let store = SqliteStore::open_read_only(folder).map_err(BackupError::from)?;
    let Some(store) = store else { return Ok(()) };
    let key = StoreMetadata::key();
    let reading = record::get_fresh::<StoreMetadata>(&store, &key);
    let read = Handle::current().block_on(reading).map_err(io::Error::other)?;
    let Some(found) = read.map(|read| read.value) else { return Ok(()) };
    let unread = |error| {
        SnapshotError::Foreign(format!(
            "{error}; put the server key back, or reset the name space, which then gets a new one"
        ))
    };
    let keys = load_keys(settings).map_err(unread)?;
    if found.key_fingerprint != keys.fingerprint() {
        let (found, own) = (found.key_fingerprint, keys.fingerprint());
        return Err(SnapshotError::Foreign(format!(
            "the snapshot was taken with another server key (fingerprint {found}, this name space has {own}): start with that key"
        )));
    }
    let mode = Mode::from(settings.mode).name();
    if found.mode != mode {
        let found = found.mode;
        return Err(SnapshotError::Foreign(format!(
            "the snapshot was taken in {found} mode, and this is {mode} mode"
        )));
    }
    Ok(())
}

/// Empties a store that is closed, and its files, and begins a new request log.
pub(super) fn reset(settings: &Settings) -> Result<(), SnapshotError> {
    exchange(&settings.data, |closed, coming| {
        closed.write_empty(&coming.store())?;
        clock_begins::write(&coming.clock(), None)?;
        Ok(begin_request_log(coming)?)
    })
    .and_then(|()| Ok(put_damaged_key_aside(settings)?))
}

/// A server key that cannot be read makes way for a new one, once nothing depends on it but snapshots. An operator's own
/// stays.
fn put_damaged_key_aside(settings: &Settings) -> io::Result<()> {
    if !settings.server_key_file.as_os_str().is_empty() || load_keys(settings).is_ok() {
        return Ok(());
    }
    let key = key_path(settings);
    gone(std::fs::rename(&key, key.with_extension("key.damaged")))
}

/// An empty file is an empty database. Its owner's alone, like the store.
fn begin_request_log(coming: &Coming<'_>) -> io::Result<()> {
    let mut owners = OpenOptions::new();
    owners.create_new(true).write(true).mode(0o600).open(coming.request_log()).map(drop)
}

/// Removes a snapshot, damaged or not; none is there: nothing.
pub(super) fn forget(settings: &Settings, name: &SandboxName) -> io::Result<()> {
    // First: it would come back in its place.
    remove(&settings.data.join(FOLDER).join(format!("{OLD}{name}")))?;
    remove(&folder(settings, name))
}

fn remove(folder: &Path) -> io::Result<()> {
    gone(std::fs::remove_dir_all(folder))
}

fn gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kill between two steps of a replacement leaves the old snapshot or the new one, and nothing else.
    #[test]
    fn a_replacement_that_is_broken_off_leaves_one_of_both() {
        for (left, expected) in [
            (&["base", ".part-1"][..], "base"),
            (&[".old-base", ".part-1"], ".old-base"),
            (&["base", ".old-base"], "base"),
        ] {
            let data = tempfile::tempdir().unwrap();
            let all = data.path().join(FOLDER);
            for folder in left {
                std::fs::create_dir_all(all.join(folder)).unwrap();
                std::fs::write(all.join(folder).join("whose"), folder).unwrap();
            }
            sweep(data.path()).unwrap();
            let names: Vec<_> =
                std::fs::read_dir(&all).unwrap().map(|one| one.unwrap().file_name()).collect();
            assert_eq!(names, ["base"], "{left:?}");
            let whose = std::fs::read_to_string(all.join("base/whose")).unwrap();
            assert_eq!(whose, expected, "{left:?}");
        }
    }

    #[test]
    fn a_snapshot_that_has_the_name_of_another_takes_its_place() {
        let data = tempfile::tempdir().unwrap();
        let (all, name) = (data.path(), SandboxName::parse("base").unwrap());
        for whose in ["first", "second"] {
            let part = all.join(".part-1");
            std::fs::create_dir(&part).unwrap();
            std::fs::write(part.join("whose"), whose).unwrap();
            replace(all, &name, &part).unwrap();
            assert_eq!(std::fs::read_to_string(all.join("base/whose")).unwrap(), whose);
            assert_eq!(std::fs::read_dir(all).unwrap().count(), 1, "{whose}");
        }
    }
}
