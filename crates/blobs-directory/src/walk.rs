//! The walk through the files of a folder: each of its folders is opened once and read entry by entry, so that a walk
//! costs one look at each file, in pages of whatever length.

use async_trait::async_trait;
use core::time::Duration;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::platform::blobs::{BlobError, BlobWalk, ListedBlob};
use std::fs::{DirEntry, ReadDir};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What a file is called until it is whole; no name of a file begins so.
pub(crate) const PART: &str = ".part-";
/// Nobody writes a file for so long.
const PART_IS_LEFT: Duration = Duration::from_secs(24 * 3600);

/// A walk through the files below a folder.
pub(crate) struct DirectoryWalk {
    root: PathBuf,
    /// None: a page was given up before it was whole.
    place: Option<Place>,
}

/// How far the walk has come.
#[derive(Default)]
struct Place {
    /// The folders that are still to be read; None: they are not known yet.
    folders: Option<std::vec::IntoIter<PathBuf>>,
    /// The folder that is being read.
    open: Option<(PathBuf, ReadDir)>,
    /// Why a folder could not be read.
    unread: Option<io::Error>,
}

impl DirectoryWalk {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, place: Some(Place::default()) }
    }
}

#[async_trait]
impl BlobWalk for DirectoryWalk {
    async fn next(&mut self, limit: usize) -> Result<Vec<ListedBlob>, BlobError> {
        let away = |error: String| BlobError::Away(format!("{}: {error}", self.root.display()));
        let cut_off = || "the walk was cut off".to_owned();
        let mut place = self.place.take().ok_or_else(|| away(cut_off()))?;
        let root = self.root.clone();
        let read = tokio::task::spawn_blocking(move || {
            let page = place.page(&root, limit);
            (place, page)
        });
        let (place, page) = read.await.map_err(|error| away(error.to_string()))?;
        self.place = Some(place);
        page.map_err(|error| away(error.to_string()))
    }
}

impl Place {
    fn page(&mut self, root: &Path, limit: usize) -> io::Result<Vec<ListedBlob>> {
        if self.folders.is_none() {
            self.folders = Some(folders(root)?.into_iter());
        }
        let mut page = Vec::new();
        while page.len() < limit {
            match self.entry() {
                Some(entry) => page.extend(listed(&entry)),
                None => break,
            }
        }
        match self.unread.take_if(|_| page.is_empty()) {
            None => Ok(page),
            Some(error) => Err(error),
        }
    }

    /// The next entry of the folder that is being read, or of the one behind it; None: the last one was read.
    fn entry(&mut self) -> Option<DirEntry> {
        loop {
            let Some((folder, entries)) = &mut self.open else {
                let folder = self.folders.as_mut()?.next()?;
                match std::fs::read_dir(&folder) {
                    Ok(entries) => self.open = Some((folder, entries)),
                    Err(error) => self.pass_over(&folder, error),
                }
                continue;
            };
            match entries.next() {
                Some(Ok(entry)) => return Some(entry),
                Some(Err(error)) => {
                    let folder = folder.clone();
                    self.pass_over(&folder, error);
                }
                None => self.open = None,
            }
        }
    }

    /// A folder that cannot be read does not keep the walk from those behind it.
    fn pass_over(&mut self, folder: &Path, error: io::Error) {
        let folder = folder.display().to_string();
        tracing::warn!(%error, folder, "a folder of files cannot be read");
        (self.open, self.unread) = (None, Some(error));
    }
}

/// Those of the 256 that are there, in order.
fn folders(root: &Path) -> io::Result<Vec<PathBuf>> {
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
    Ok(names.into_iter().map(|name| root.join(name)).collect())
}

/// The file that an entry is; None: it is none, was removed meanwhile, or is another program's. What a crash has left of
/// a file is removed.
fn listed(entry: &DirEntry) -> Option<ListedBlob> {
    let text = entry.file_name().into_string().unwrap_or_default();
    let (bytes, age) = length_and_age(entry).ok().flatten()?;
    if text.starts_with(PART) {
        if age > PART_IS_LEFT {
            // Another node may have removed it first; what stays is tried again by the next walk.
            drop(std::fs::remove_file(entry.path()));
        }
        return None;
    }
    let name = BlobName::parse(&text)?;
    Some(ListedBlob { name, bytes, age })
}

/// None: it is no file.
fn length_and_age(entry: &DirEntry) -> io::Result<Option<(u64, Duration)>> {
    let file = entry.metadata()?;
    let age = file.modified()?.elapsed().unwrap_or_default();
    Ok(file.is_file().then_some((file.len(), age)))
}
