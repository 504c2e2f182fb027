//! The files port over a folder.
//!
//! A file lies in one of 256 folders, by the first byte of the SHA-256 of its name, so that none grows too long and a
//! walk goes from one to the next ([`walk`]). It is written under a name of its own that no reader looks for, brought to
//! the disk, linked to its name, and its folder brought to the disk. What a crash leaves of that is removed
//! by the next walk once it is a day old.

mod walk;

use async_trait::async_trait;
use bytes::Bytes;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::platform::blobs::{BlobError, BlobWalk, Blobs};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use walk::{DirectoryWalk, PART};

/// Says whose the files are.
const OWNER: &str = ".owner";

/// Files in a folder, which several processes may share.
#[derive(Clone, Debug)]
pub struct DirectoryBlobs {
    root: PathBuf,
    least_free_bytes: u64,
}

impl DirectoryBlobs {
    /// The files of this folder, which is made with its first file.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), least_free_bytes: 0 }
    }

    /// The same; no file is written that would leave less than so many bytes free on the folder's file system, to
    /// whoever writes it.
    pub fn leaving_free(self, least_free_bytes: u64) -> Self {
        Self { least_free_bytes, ..self }
    }

    /// Where they lie.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a file can be made here, or, where there is no folder yet, in the nearest one above it. Nothing is left
    /// behind.
    pub fn check_writable(&self) -> io::Result<()> {
        tempfile::Builder::new().prefix(PART).tempfile_in(self.existing()).map(drop)
    }

    /// How many bytes are free on the folder's file system, to this process.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(self.existing())?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whose the files are; None: nobody's yet, or there is no folder.
    pub fn owner(&self) -> io::Result<Option<String>> {
        match std::fs::read_to_string(self.root.join(OWNER)) {
            Ok(owner) => Ok(Some(owner.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The folder, or the nearest one above it that is there.
    fn existing(&self) -> &Path {
        self.root.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."))
    }

    fn folder(&self, name: &BlobName) -> PathBuf {
        self.root.join(folder_name(name))
    }

    fn claim(&self, owner: &str) -> io::Result<String> {
        if let Some(claimed) = self.owner()? {
            return Ok(claimed);
        }
        let path = self.root.join(OWNER);
        make_durably(&self.root)?;
        let mut part = tempfile::Builder::new().prefix(PART).tempfile_in(&self.root)?;
        writeln!(part, "{owner}")?;
        part.as_file().sync_all()?;
        match part.persist_noclobber(&path) {
            // Another process was faster.
            Err(error) if error.error.kind() != ErrorKind::AlreadyExists => return Err(error.error),
            Ok(_) | Err(_) => sync_folder(&self.root)?,
        }
        self.owner()?.ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn write(&self, name: &BlobName, bytes: &[u8]) -> io::Result<()> {
        self.check_room(bytes.len())?;
        let folder = self.folder(name);
        make_durably(&folder)?;
        let mut part = tempfile::Builder::new().prefix(PART).tempfile_in(&folder)?;
        part.write_all(bytes)?;
        part.as_file().sync_all()?;
        part.persist_noclobber(folder.join(name.as_str())).map_err(|error| error.error)?;
        sync_folder(&folder)
    }

    fn check_room(&self, bytes: usize) -> io::Result<()> {
        let (free, least) = (self.free_bytes()?, self.least_free_bytes);
        if free >= least.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)) {
            return Ok(());
        }
        let full = format!("{free} bytes are free, and {least} must stay so");
        Err(io::Error::new(ErrorKind::StorageFull, full))
    }

    fn read(&self, name: &BlobName, limit: u64) -> io::Result<Found> {
        let file = match File::open(self.folder(name).join(name.as_str())) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        if length > limit {
            return Ok(Found::TooLong(length));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(Found::Whole(bytes.into()))
    }

    fn length(&self, name: &BlobName) -> io::Result<Option<u64>> {
        match self.folder(name).join(name.as_str()).metadata() {
            Ok(file) => Ok(Some(file.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, name: &BlobName) -> io::Result<()> {
        let folder = self.folder(name);
        match std::fs::remove_file(folder.join(name.as_str())) {
            Ok(()) => sync_folder(&folder),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, io::Error> {
        let own = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&own)).await;
        done.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

enum Found {
    Nothing,
    TooLong(u64),
    Whole(Bytes),
}

/// The folder among the 256.
fn folder_name(name: &BlobName) -> String {
    base16ct::lower::encode_string(&Sha256::digest(name.as_str())[..1])
}

/// Makes a folder that is still there after a crash, and those above it.
fn make_durably(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    make_durably(above)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_folder(above),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

impl DirectoryBlobs {
    fn away(&self, error: &io::Error) -> BlobError {
        BlobError::Away(format!("{}: {error}", self.root.display()))
    }
}

#[async_trait]
impl Blobs for DirectoryBlobs {
    async fn claimed_by(&self, owner: &str) -> Result<String, BlobError> {
        let owner = owner.to_owned();
        let claimed = self.blocking(move |blobs| blobs.claim(&owner)).await;
        claimed.map_err(|error| self.away(&error))
    }

    async fn put(&self, name: &BlobName, bytes: Bytes) -> Result<(), BlobError> {
        let own = name.clone();
        let written = self.blocking(move |blobs| blobs.write(&own, &bytes)).await;
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => BlobError::Exists(name.clone()),
            _ => self.away(&error),
        })
    }

    async fn get(&self, name: &BlobName, limit: u64) -> Result<Option<Bytes>, BlobError> {
        let own = name.clone();
        let found = self.blocking(move |blobs| blobs.read(&own, limit)).await;
        match found.map_err(|error| self.away(&error))? {
            Found::Nothing => Ok(None),
            Found::Whole(bytes) => Ok(Some(bytes)),
            Found::TooLong(bytes) => Err(BlobError::TooLong { name: name.clone(), bytes, limit }),
        }
    }

    async fn length(&self, name: &BlobName) -> Result<Option<u64>, BlobError> {
        let name = name.clone();
        let length = self.blocking(move |blobs| blobs.length(&name)).await;
        length.map_err(|error| self.away(&error))
    }

    async fn remove(&self, name: &BlobName) -> Result<(), BlobError> {
        let name = name.clone();
        let removed = self.blocking(move |blobs| blobs.remove(&name)).await;
        removed.map_err(|error| self.away(&error))
    }

    fn walk(&self) -> Box<dyn BlobWalk> {
        Box::new(DirectoryWalk::new(self.root.clone()))
    }
}
