//! The embedded store and its files get other contents, together or not at all. What comes is written whole into a folder
//! beside them, which then gets its name: that is the moment of the change. Whatever ends the process before leaves the old
//! contents, and whatever ends it after leaves the new ones, which the next start puts in their place.

use crate::settings::{FILES, REQUEST_LOG};
use kaipiao_store_sqlite::{BackupError, ClosedStore, FILE_NAME, OpenError};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The folder of contents that are being written.
const PART: &str = ".part";
/// The folder of contents that are decided.
const COMING: &str = ".coming";
/// How the clock of new contents begins, until it has begun so.
pub(crate) const CLOCK: &str = "clock-begins.json";

/// Why the contents were not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The database.
    #[error("{0}")]
    Store(#[from] BackupError),
    /// A process has the store open.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The files, or the folder of what comes.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// A tool has met contents that are decided.
    #[error(
        "a restore or reset of {0} is decided and not yet in its place: try again in a moment if a server runs there; else start \
         `kaipiao serve` on it, which puts it there"
    )]
    Decided(PathBuf),
    /// A tool has read some of what was, and some of what is.
    #[error("a restore or reset has exchanged the contents of {0} meanwhile: try again")]
    Exchanged(PathBuf),
}

/// Contents that are being written.
pub(crate) struct Coming<'a>(&'a Path);

impl Coming<'_> {
    /// Where they are.
    pub(crate) fn folder(&self) -> &Path {
        self.0
    }

    /// The database, which is to be there.
    pub(crate) fn store(&self) -> PathBuf {
        self.0.join(FILE_NAME)
    }

    /// The folder of uploaded files; none: there are none.
    pub(crate) fn files(&self) -> PathBuf {
        self.0.join(FILES)
    }

    /// How the clock begins, which is to be said.
    pub(crate) fn clock(&self) -> PathBuf {
        self.0.join(CLOCK)
    }

    /// The request log, which is to be there.
    pub(crate) fn request_log(&self) -> PathBuf {
        self.0.join(REQUEST_LOG)
    }
}

/// Gives the closed store in `data` the contents that `write` puts where nothing is yet. Blocks its thread.
pub(crate) fn exchange<E: From<ExchangeError>>(
    data: &Path,
    write: impl FnOnce(&ClosedStore, &Coming<'_>) -> Result<(), E>,
) -> Result<(), E> {
    finish(data)?;
    let closed = ClosedStore::hold(data).map_err(ExchangeError::from)?;
    let part = data.join(PART);
    let wrong = |error| ExchangeError::Io(part.clone(), error);
    // One that was broken off may have left it.
    remove(&part).and_then(|()| std::fs::create_dir(&part)).map_err(wrong)?;
    if let Err(error) = write(&closed, &Coming(&part)) {
        remove(&part).map_err(wrong)?;
        return Err(error);
    }
    decide(data).map_err(wrong)?;
    Ok(place(data, &closed)?)
}

/// From here on the new contents count.
fn decide(data: &Path) -> io::Result<()> {
    let part = &data.join(PART);
    // None: the name space has no files then.
    std::fs::create_dir_all(part.join(FILES))?;
    sync(part)?;
    std::fs::rename(part, data.join(COMING))?;
    sync(data)
}

/// Removes what an exchange has left that was broken off before it was decided. Nobody else exchanges meanwhile.
pub(crate) fn sweep(data: &Path) -> io::Result<()> {
    remove(&data.join(PART))
}

/// Puts contents that are decided in their place; none are: nothing. Each step can be done again.
pub(crate) fn finish(data: &Path) -> Result<(), ExchangeError> {
    if !data.join(COMING).exists() {
        return Ok(());
    }
    let closed = ClosedStore::hold(data)?;
    place(data, &closed)
}

fn place(data: &Path, closed: &ClosedStore) -> Result<(), ExchangeError> {
    STEPS.iter().try_for_each(|step| step(data, closed))
}

type Step = fn(&Path, &ClosedStore) -> Result<(), ExchangeError>;

/// What follows once contents are decided, in this order.
const STEPS: [Step; 5] = [place_files, place_clock, place_request_log, place_store, forget];

fn place_files(data: &Path, _: &ClosedStore) -> Result<(), ExchangeError> {
    let (new, files) = (data.join(COMING).join(FILES), data.join(FILES));
    if !new.exists() {
        return Ok(());
    }
    let placed = remove(&files).and_then(|()| std::fs::rename(&new, &files));
    placed.and_then(|()| sync(data)).map_err(|error| ExchangeError::Io(files, error))
}

fn place_clock(data: &Path, _: &ClosedStore) -> Result<(), ExchangeError> {
    place_file(data, CLOCK)
}

fn place_request_log(data: &Path, _: &ClosedStore) -> Result<(), ExchangeError> {
    if data.join(COMING).join(REQUEST_LOG).exists() {
        // They would be taken for the new one's.
        for ending in ["-wal", "-shm"] {
            let companion = data.join(format!("{REQUEST_LOG}{ending}"));
            gone(std::fs::remove_file(&companion))
                .map_err(|error| ExchangeError::Io(companion, error))?;
        }
    }
    place_file(data, REQUEST_LOG)
}

fn place_file(data: &Path, name: &str) -> Result<(), ExchangeError> {
    let (new, old) = (data.join(COMING).join(name), data.join(name));
    let placed = gone(std::fs::rename(new, &old)).and_then(|()| sync(data));
    placed.map_err(|error| ExchangeError::Io(old, error))
}

fn place_store(data: &Path, closed: &ClosedStore) -> Result<(), ExchangeError> {
    let new = data.join(COMING).join(FILE_NAME);
    if new.exists() {
        closed.replace(&new)?;
    }
    Ok(())
}

fn forget(data: &Path, _: &ClosedStore) -> Result<(), ExchangeError> {
    let coming = data.join(COMING);
    let forgotten = remove(&coming).and_then(|()| sync(data));
    forgotten.map_err(|error| ExchangeError::Io(coming, error))
}

fn remove(folder: &Path) -> io::Result<()> {
    gone(std::fs::remove_dir_all(folder))
}

/// What was done before is done.
fn gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// What tells a file from every other, also from one that takes its name.
type FileMark = (u64, u64, Option<SystemTime>);

/// The contents that a tool reads, perhaps beside a server that exchanges them.
pub(crate) struct Contents {
    data: PathBuf,
    store: Option<FileMark>,
}

impl Contents {
    /// Those in `data`, which are whole.
    pub(crate) fn of(data: &Path) -> Result<Self, ExchangeError> {
        if data.join(COMING).exists() {
            return Err(ExchangeError::Decided(data.to_owned()));
        }
        Ok(Self { data: data.to_owned(), store: mark_of_store(data) })
    }

    /// An error: what was read since may be of two states.
    pub(crate) fn check_same(&self) -> Result<(), ExchangeError> {
        if Self::of(&self.data)?.store != self.store {
            return Err(ExchangeError::Exchanged(self.data.clone()));
        }
        Ok(())
    }
}

fn mark_of_store(data: &Path) -> Option<FileMark> {
    let metadata = data.join(FILE_NAME).metadata().ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.created().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = [FILE_NAME, "files/file", CLOCK, REQUEST_LOG];

    fn write(folder: &Path, what: &str) {
        std::fs::create_dir_all(folder.join(FILES)).unwrap();
        NAMES.iter().for_each(|name| std::fs::write(folder.join(name), what).unwrap());
    }

    fn read(data: &Path) -> [String; 4] {
        NAMES.map(|name| std::fs::read_to_string(data.join(name)).unwrap())
    }

    #[test]
    fn contents_that_are_decided_get_to_their_place_from_wherever_it_was_broken_off() {
        for done in 0..=STEPS.len() {
            let data = tempfile::tempdir().unwrap();
            let data = data.path();
            write(data, "old");
            write(&data.join(PART), "new");
            finish(data).unwrap();
            assert_eq!(read(data), ["old"; 4], "nothing is decided");
            std::fs::write(data.join("requests.sqlite3-wal"), "old").unwrap();
            decide(data).unwrap();
            let closed = ClosedStore::hold(data).unwrap();
            STEPS.iter().take(done).for_each(|step| step(data, &closed).unwrap());
            drop(closed);
            for _ in 0..2 {
                finish(data).unwrap();
                assert_eq!(read(data), ["new"; 4], "after {done} steps");
            }
            assert!(!data.join(COMING).exists());
            assert!(!data.join("requests.sqlite3-wal").exists(), "the new log would read it");
        }
    }

    #[test]
    fn contents_that_could_not_be_written_change_nothing() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        write(data, "old");
        let exchanged = exchange(data, |_, coming| {
            std::fs::write(coming.store(), "half").unwrap();
            Err(ExchangeError::Io(coming.store(), ErrorKind::StorageFull.into()))
        });
        exchanged.unwrap_err();
        assert_eq!(read(data), ["old"; 4]);
        assert!(!data.join(PART).exists(), "the rest is gone");
    }

    #[test]
    fn a_tool_is_told_of_contents_that_are_exchanged_meanwhile() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        write(data, "old");
        let read = Contents::of(data).unwrap();
        read.check_same().unwrap();
        write(&data.join(PART), "new");
        read.check_same().unwrap();
        decide(data).unwrap();
        assert!(matches!(read.check_same(), Err(ExchangeError::Decided(_))));
        assert!(matches!(Contents::of(data), Err(ExchangeError::Decided(_))));
        finish(data).unwrap();
        assert!(matches!(read.check_same(), Err(ExchangeError::Exchanged(_))));
        Contents::of(data).unwrap().check_same().unwrap();
    }
}
