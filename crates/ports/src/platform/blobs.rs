//! The files port: bytes by name, beside the store. A folder, or an object store.
//!
//! A file is written before the commit that names it and never changes. One that no record names is removed
//! once it is older than any commit can take: so a crash between the two leaves nothing for ever, and a
//! record that is there has its file.

use async_trait::async_trait;
use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::platform::blob_name::BlobName;

/// Why a file was not written, read or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// Another file has the name already; it was left as it is.
    #[error("a file {0} is there already")]
    Exists(BlobName),
    /// The file is longer than its reader takes.
    #[error("the file {name} has {bytes} bytes, more than {limit} are not read")]
    TooLong {
        /// The file.
        name: BlobName,
        /// Its length in bytes.
        bytes: u64,
        /// What was to be read at most.
        limit: u64,
    },
    /// The files are away; what was asked for may be done or not.
    #[error("the files are unavailable: {0}")]
    Away(String),
}

/// A file in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedBlob {
    /// Its name.
    pub name: BlobName,
    /// Its length in bytes.
    pub bytes: u64,
    /// How long ago it was written, in real time; a clock that stepped back makes it 0.
    pub age: Duration,
}

/// Durable files.
#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Whose the files are: of the owner who asked first, for good. A store asks before it writes or removes, since it
    /// would take another's files for left ones.
    async fn claimed_by(&self, owner: &str) -> Result<String, BlobError>;

    /// Writes a new file. Ok means: on disk, whole, under its name; a reader never sees a part of it.
    async fn put(&self, name: &BlobName, bytes: Bytes) -> Result<(), BlobError>;

    /// Reads a file of at most so many bytes; None: there is none.
    async fn get(&self, name: &BlobName, limit: u64) -> Result<Option<Bytes>, BlobError>;

    /// A file's length in bytes; None: there is none.
    async fn length(&self, name: &BlobName) -> Result<Option<u64>, BlobError>;

    /// Removes a file; one that is not there is no error.
    async fn remove(&self, name: &BlobName) -> Result<(), BlobError>;

    /// A walk through all files, from the beginning.
    fn walk(&self) -> Box<dyn BlobWalk>;
}

/// A walk through all files. It costs one look at each of them, however short its pages are.
#[async_trait]
pub trait BlobWalk: Send {
    /// The next files, in no order, `limit` of them at most. An empty page is the end. Each file that is there from the
    /// walk's beginning to its end comes once; one that was written or removed meanwhile may come or not. A part of the
    /// files that cannot be read is passed over, and told of as the error in place of the end.
    async fn next(&mut self, limit: usize) -> Result<Vec<ListedBlob>, BlobError>;
}
