//! `kaipiao backup`: a copy of the SQLite store, also beside a running server.

use crate::exchange::{Contents, ExchangeError};
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
    /// The store gets other contents at this moment.
    #[error("{0}")]
    Exchange(#[from] ExchangeError),
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
    /// What else is copied, beside the file.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(ending);
        name.into()
    }
}

/// Copies the store of a data directory, and says what was done. `key` is the server key's file, `files` the folder of uploaded ones; `tell`
/// gets a line of progress now and then. Blocks its thread.
pub fn run(
    data: &Path,
    key: &Path,
    files: &Path,
    ask: &BackupAsk,
    mut tell: impl FnMut(&str),
) -> Result<String, NotBackedUp> {
    let key_file = ask.with_key.then(|| ask.beside(".key"));
    let files_copy = ask.beside(".files");
    for file in [Some(&ask.file), key_file.as_ref(), Some(&files_copy)].into_iter().flatten() {
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
    let (mut told, mut count) = (Instant::now(), 0);
    let bytes = write_new(&ask.file, |part| {
        let progress = |copied: u64, all: u64| {
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                tell(&format!("{copied} of {all} pages copied"));
            }
        };
        let contents = Contents::of(data)?;
        back_up(data, part.path(), progress)?;
        // Behind the store: every file that it names is still there, but for those that nobody has attached in time. A store
        // has its name only once its files have theirs.
        count = copy_files(files, &files_copy)?;
        Ok(contents.check_same()?)
    })?;
    let mut text = format!("{} holds the store ({bytes} bytes)\n", ask.file.display());
    if count > 0 {
        text += &format!("{} holds {count} uploaded files\n", files_copy.display());
    }
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

/// Copies the files beside the store into a folder that gets its name when all of them are in it. Returns how many it
/// were; none: there is no folder.
pub(crate) fn copy_files(from: &Path, to: &Path) -> Result<u64, NotBackedUp> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |error| NotBackedUp::Io(path, error)
    };
    let folders = folders_of(from).map_err(wrong(from))?;
    if folders.is_empty() {
        return Ok(0);
    }
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    let part = tempfile::Builder::new()
        .prefix(".kaipiao-backup-")
        .suffix(".part")
        .tempdir_in(directory.unwrap_or(Path::new(".")))
        .map_err(wrong(to))?;
    let mut count = 0;
    for folder in folders {
        let copy = part.path().join(folder.file_name().unwrap_or_default());
        std::fs::create_dir(&copy).map_err(wrong(&copy))?;
        count += copy_folder(&folder, &copy).map_err(wrong(&folder))?;
    }
    if count == 0 {
        return Ok(0);
    }
    File::open(part.path()).and_then(|folder| folder.sync_all()).map_err(wrong(to))?;
    std::fs::rename(part.path(), to).map_err(wrong(to))?;
    // It is no longer where it would be removed.
    drop(part.keep());
    Ok(count)
}

/// The folders in a folder, which need not be there.
fn folders_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.is_dir());
    Ok(paths)
}

/// Copies a folder's files, each to the disk; what begins with a dot is not whole yet.
fn copy_folder(from: &Path, to: &Path) -> io::Result<u64> {
    let mut count = 0;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let copy = to.join(entry.file_name());
        match std::fs::copy(entry.path(), &copy) {
            Ok(_) => {}
            // It was removed meanwhile, after its record.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        }
        File::open(&copy)?.sync_all()?;
        count += 1;
    }
    File::open(to)?.sync_all()?;
    Ok(count)
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
