//! The files port over a folder.
//!
//! A file lies in one of 256 folders, by the first byte of the SHA-256 of its name, so that none grows too long and a
//! walk goes from one to the next. It is written under a name of its own that no reader looks for, brought to
//! the disk, linked to its name, and its folder brought to the disk. What a crash leaves of that is removed
//! by the next walk once it is a day old.

use async_trait::async_trait;
use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::platform::blobs::{BlobError, Blobs, ListedBlob};
use sha2::{Digest, Sha256};
use std::fs::{DirEntry, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// What a file is called until it is whole; no name of a file begins so.
const PART: &str = ".part-";
/// Says whose the files are.
const OWNER: &str = ".owner";
/// Nobody writes a file for so long.
const PART_IS_LEFT: Duration = Duration::from_secs(24 * 3600);

/// Files in a folder, which several processes may share.
#[derive(Clone, Debug)]
pub struct DirectoryBlobs {
    root: PathBuf,
}

impl DirectoryBlobs {
    /// The files of this folder, which is made with its first file.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where they lie.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a file can be made here, or, where there is no folder yet, in the nearest one above it. Nothing is left
    /// behind.
    pub fn check_writable(&self) -> io::Result<()> {
        let existing = self.root.ancestors().find(|path| path.is_dir());
        tempfile::Builder::new()
            .prefix(PART)
            .tempfile_in(existing.unwrap_or(Path::new(".")))
            .map(drop)
    }

    fn folder(&self, name: &BlobName) -> PathBuf {
        self.root.join(folder_name(name))
    }

    fn claim(&self, owner: &str) -> io::Result<String> {
        let path = self.root.join(OWNER);
        match std::fs::read_to_string(&path) {
            Ok(claimed) => return Ok(claimed.trim().to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        make_durably(&self.root)?;
        let mut part = tempfile::Builder::new().prefix(PART).tempfile_in(&self.root)?;
        writeln!(part, "{owner}")?;
        part.as_file().sync_all()?;
        match part.persist_noclobber(&path) {
            // Another process was faster.
            Err(error) if error.error.kind() != ErrorKind::AlreadyExists => return Err(error.error),
            Ok(_) | Err(_) => sync_folder(&self.root)?,
        }
        Ok(std::fs::read_to_string(&path)?.trim().to_owned())
    }

    fn write(&self, name: &BlobName, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder(name);
        make_durably(&folder)?;
        let mut part = tempfile::Builder::new().prefix(PART).tempfile_in(&folder)?;
        part.write_all(bytes)?;
        part.as_file().sync_all()?;
        part.persist_noclobber(folder.join(name.as_str())).map_err(|error| error.error)?;
        sync_folder(&folder)
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

    /// Goes on in the folder of `after`; a page ends in one folder, so that none is read twice for two pages. A folder
    /// that cannot be read is passed over, so that it does not keep the walk from those behind it; it is an error where
    /// nothing follows.
    fn page(&self, after: Option<&BlobName>, limit: usize) -> io::Result<Vec<ListedBlob>> {
        let first = after.map(folder_name);
        let mut unread = Ok(Vec::new());
        for folder in folders(&self.root)?.into_iter().filter(|name| Some(name) >= first.as_ref()) {
            let mut listed = match list_folder(&self.root.join(&folder)) {
                Ok(listed) => listed,
                Err(error) => {
                    let folder = self.root.join(&folder).display().to_string();
                    tracing::warn!(%error, folder, "a folder of files cannot be read");
                    unread = Err(error);
                    continue;
                }
            };
            if Some(&folder) == first.as_ref() {
                listed.retain(|listed| Some(&listed.name) > after);
            }
            listed.sort_by(|a, b| a.name.cmp(&b.name));
            listed.truncate(limit);
            if !listed.is_empty() {
                return Ok(listed);
            }
        }
        unread
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

/// Those of the 256 that are there, in order.
fn folders(root: &Path) -> io::Result<Vec<String>> {
    let is_one = |name: &String| name.len() == 2 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.retain(is_one);
    names.sort();
    Ok(names)
}

fn list_folder(folder: &Path) -> io::Result<Vec<ListedBlob>> {
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let text = entry.file_name().into_string().unwrap_or_default();
        // What was removed since then is none.
        let Ok(Some((bytes, age))) = length_and_age(&entry) else { continue };
        if text.starts_with(PART) {
            if age > PART_IS_LEFT {
                // Another node may have removed it first; what stays is tried again by the next walk.
                drop(std::fs::remove_file(entry.path()));
            }
            continue;
        }
        // Another program's file is nobody's business here.
        if let Some(name) = BlobName::parse(&text) {
            listed.push(ListedBlob { name, bytes, age });
        }
    }
    Ok(listed)
}

/// None: it is no file.
fn length_and_age(entry: &DirEntry) -> io::Result<Option<(u64, Duration)>> {
    let file = entry.metadata()?;
    let age = file.modified()?.elapsed().unwrap_or_default();
    Ok(file.is_file().then_some((file.len(), age)))
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

    async fn list(
        &self,
        after: Option<&BlobName>,
        limit: usize,
    ) -> Result<Vec<ListedBlob>, BlobError> {
        let after = after.cloned();
        let page = self.blocking(move |blobs| blobs.page(after.as_ref(), limit)).await;
        page.map_err(|error| self.away(&error))
    }
}
