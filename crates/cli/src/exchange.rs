//! The embedded store and its files get other contents, together or not at all. What comes is written whole into a folder
//! beside them, which then gets its name: that is the moment of the change. Whatever ends the process before leaves the old
//! contents, and whatever ends it after leaves the new ones, which the next start puts in their place.

use crate::settings::FILES;
use kaipiao_store_sqlite::{BackupError, ClosedStore, FILE_NAME, OpenError};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The folder of contents that are being written.
const PART: &str = ".part";
/// The folder of contents that are decided.
const COMING: &str = ".coming";

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
}

/// Gives the closed store in `data` the contents that `write` puts into a database and a folder of files, which are not
/// there yet. Blocks its thread.
pub(crate) fn exchange<E: From<ExchangeError>>(
    data: &Path,
    write: impl FnOnce(&ClosedStore, &Path, &Path) -> Result<(), E>,
) -> Result<(), E> {
    finish(data)?;
    let closed = ClosedStore::hold(data).map_err(ExchangeError::from)?;
    let part = data.join(PART);
    let wrong = |error| ExchangeError::Io(part.clone(), error);
    // One that was broken off may have left it.
    remove(&part).and_then(|()| std::fs::create_dir(&part)).map_err(wrong)?;
    if let Err(error) = write(&closed, &part.join(FILE_NAME), &part.join(FILES)) {
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
const STEPS: [Step; 3] = [place_files, place_store, forget];

fn place_files(data: &Path, _: &ClosedStore) -> Result<(), ExchangeError> {
    let (new, files) = (data.join(COMING).join(FILES), data.join(FILES));
    if !new.exists() {
        return Ok(());
    }
    let placed = remove(&files).and_then(|()| std::fs::rename(&new, &files));
    placed.and_then(|()| sync(data)).map_err(|error| ExchangeError::Io(files, error))
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
    match std::fs::remove_dir_all(folder) {
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

    fn write(folder: &Path, what: &str) {
        std::fs::create_dir_all(folder.join(FILES)).unwrap();
        std::fs::write(folder.join(FILE_NAME), what).unwrap();
        std::fs::write(folder.join(FILES).join("file"), what).unwrap();
    }

    fn read(data: &Path) -> [String; 2] {
        let file = data.join(FILES).join("file");
        [data.join(FILE_NAME), file].map(|path| std::fs::read_to_string(path).unwrap())
    }

    #[test]
    fn contents_that_are_decided_get_to_their_place_from_wherever_it_was_broken_off() {
        for done in 0..=STEPS.len() {
            let data = tempfile::tempdir().unwrap();
            let data = data.path();
            write(data, "old");
            write(&data.join(PART), "new");
            finish(data).unwrap();
            assert_eq!(read(data), ["old", "old"], "nothing is decided");
            decide(data).unwrap();
            let closed = ClosedStore::hold(data).unwrap();
            STEPS.iter().take(done).for_each(|step| step(data, &closed).unwrap());
            drop(closed);
            for _ in 0..2 {
                finish(data).unwrap();
                assert_eq!(read(data), ["new", "new"], "after {done} steps");
            }
            assert!(!data.join(COMING).exists());
        }
    }

    #[test]
    fn contents_that_could_not_be_written_change_nothing() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        write(data, "old");
        let exchanged = exchange(data, |_, store, _| {
            std::fs::write(store, "half").unwrap();
            Err(ExchangeError::Io(store.to_owned(), ErrorKind::StorageFull.into()))
        });
        exchanged.unwrap_err();
        assert_eq!(read(data), ["old", "old"]);
        assert!(!data.join(PART).exists(), "the rest is gone");
    }
}
