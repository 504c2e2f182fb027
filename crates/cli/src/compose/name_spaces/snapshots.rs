//! Snapshots: `snapshots/<name>` in a name space's data directory, with a copy of its store, of its files, and what its
//! clock showed.

use crate::backup::copy_files;
use crate::clock_begins::{self, ClockBegins};
use crate::exchange::{Coming, ExchangeError, exchange};
use crate::settings::{FILES, Settings};
use kaipiao_app::name_spaces::{SandboxName, Snapshot};
use kaipiao_app::sandbox_clock::ClockFace;
use kaipiao_domain::Timestamp;
use kaipiao_store_sqlite::{FILE_NAME, back_up};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const FOLDER: &str = "snapshots";
const DESCRIPTION: &str = "snapshot.json";

/// Why a snapshot was not saved or restored.
#[derive(Debug, thiserror::Error)]
pub(super) enum SnapshotError {
    #[error("{0}")]
    Store(#[from] kaipiao_store_sqlite::BackupError),
    #[error("{0}")]
    Files(#[from] crate::backup::NotBackedUp),
    #[error("{0}")]
    Exchange(#[from] ExchangeError),
    #[error("{0}")]
    Io(#[from] io::Error),
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

/// All of a name space, by name.
pub(super) fn all(settings: &Settings) -> io::Result<Vec<Saved>> {
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
    names.iter().map(|name| find(settings, name)).filter_map(Result::transpose).collect()
}

/// The snapshot of this name.
pub(super) fn find(settings: &Settings, name: &SandboxName) -> io::Result<Option<Saved>> {
    let text = match std::fs::read(folder(settings, name).join(DESCRIPTION)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let read: Description = serde_json::from_slice(&text)?;
    let snapshot = Snapshot {
        name: name.to_string(),
        taken: Timestamp::from_unix_millis(read.taken_ms),
        shown: read.clock.shown(),
    };
    Ok(Some(Saved { snapshot, clock: read.clock }))
}

/// Saves a name space beside its running server. It gets its name when it is whole.
pub(super) fn save(
    settings: &Settings,
    name: &SandboxName,
    taken: Timestamp,
    face: ClockFace,
) -> Result<Snapshot, SnapshotError> {
    let (all, own) = (settings.data.join(FOLDER), folder(settings, name));
    std::fs::create_dir_all(&all)?;
    let part = tempfile::Builder::new().prefix(".part-").tempdir_in(&all)?;
    let store = part.path().join(FILE_NAME);
    // Its owner's alone, like the store.
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(&store)?;
    back_up(&settings.data, &store, |_, _| {})?;
    copy_files(&settings.files_directory(), &part.path().join(FILES))?;
    let clock = ClockBegins::of(face);
    let description = Description { taken_ms: taken.unix_millis(), clock };
    let text = serde_json::to_vec(&description).map_err(io::Error::from)?;
    std::fs::write(part.path().join(DESCRIPTION), text)?;
    forget(settings, name)?;
    std::fs::rename(part.path(), &own)?;
    // It is no longer where it would be removed.
    drop(part.keep());
    File::open(&all)?.sync_all()?;
    Ok(Snapshot { name: name.to_string(), taken, shown: face.now })
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
        copy_files(&from.join(FILES), &coming.files())?;
        begin_request_log(coming)?;
        Ok(clock_begins::write(&coming.clock(), Some(saved.clock))?)
    })
}

/// Empties a store that is closed, and its files, and begins a new request log.
pub(super) fn reset(settings: &Settings) -> Result<(), SnapshotError> {
    exchange(&settings.data, |closed, coming| {
        closed.write_empty(&coming.store())?;
        clock_begins::write(&coming.clock(), None)?;
        Ok(begin_request_log(coming)?)
    })
}

/// An empty file is an empty database. Its owner's alone, like the store.
fn begin_request_log(coming: &Coming<'_>) -> io::Result<()> {
    let mut owners = OpenOptions::new();
    owners.create_new(true).write(true).mode(0o600).open(coming.request_log()).map(drop)
}

/// Removes a snapshot; none is there: nothing.
pub(super) fn forget(settings: &Settings, name: &SandboxName) -> io::Result<()> {
    remove(&folder(settings, name))
}

fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
