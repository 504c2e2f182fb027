//! `kaipiao backup`: a copy of the SQLite store, also beside a running server.

use core::time::Duration;
use kaipiao_store_sqlite::{BackupError, back_up};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::NamedTempFile;

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Why there is no backup. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotBackedUp {
    /// Something has the name already.
    #[error("{0} is there already; a backup overwrites nothing, name another file")]
    Exists(PathBuf),
    /// A file could not be written or read.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// The copy itself.
    #[error("{0}")]
    Copy(#[from] BackupError),
}

/// What is to be copied where.
#[derive(Clone, Debug)]
pub struct BackupAsk {
    /// The file to make.
    pub file: PathBuf,
    /// Whether the server key is copied beside it.
    pub with_key: bool,
}

impl BackupAsk {
    /// The server key's copy.
    fn key_file(&self) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(".key");
        name.into()
    }
}

/// Copies the store of a data directory, and says what was done. `key` is the server key's file; `tell`
/// gets a line of progress now and then. Blocks its thread.
pub fn run(
    data: &Path,
    key: &Path,
    ask: &BackupAsk,
    mut tell: impl FnMut(&str),
) -> Result<String, NotBackedUp> {
    let key_file = ask.with_key.then(|| ask.key_file());
    for file in [Some(&ask.file), key_file.as_ref()].into_iter().flatten() {
        if file.symlink_metadata().is_ok() {
            return Err(NotBackedUp::Exists(file.clone()));
        }
    }
    // Read before the long part: a key that is missing is said at once.
    let secret = match &key_file {
        Some(_) => {
            Some(std::fs::read(key).map_err(|error| NotBackedUp::Io(key.to_owned(), error))?)
        }
        None => None,
    };
    let mut told = Instant::now();
    let bytes = write_new(&ask.file, |part| {
        let progress = |copied: u64, all: u64| {
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                tell(&format!("{copied} of {all} pages copied"));
            }
        };
        back_up(data, part.path(), progress).map_err(NotBackedUp::from)
    })?;
    let mut text = format!("{} holds the store ({bytes} bytes)\n", ask.file.display());
    match (key_file, secret) {
        (Some(file), Some(secret)) => {
            write_new(&file, |part| {
                part.write_all(&secret).map_err(|error| NotBackedUp::Io(file.clone(), error))
            })?;
            let file = file.display();
            text += &format!("{file} holds the server key: who has both can read every secret");
        }
        _ => {
            text += &format!(
                "it is of no use without the server key, {}: keep a copy of that too, apart from \
                 this one (or say --with-key)",
                key.display()
            );
        }
    }
    Ok(text)
}

/// Makes a file that its owner alone reads; it gets its name when it is whole and on disk. Returns its
/// size in bytes.
fn write_new(
    path: &Path,
    write: impl FnOnce(&mut NamedTempFile) -> Result<(), NotBackedUp>,
) -> Result<u64, NotBackedUp> {
    let wrong = |error| NotBackedUp::Io(path.to_owned(), error);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let mut part = tempfile::Builder::new()
        .prefix(".kaipiao-backup-")
        .suffix(".part")
        .tempfile_in(directory)
        .map_err(wrong)?;
    write(&mut part)?;
    part.as_file().sync_all().map_err(wrong)?;
    let bytes = part.as_file().metadata().map_err(wrong)?.len();
    part.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => NotBackedUp::Exists(path.to_owned()),
        _ => wrong(error.error),
    })?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(wrong)?;
    Ok(bytes)
}
