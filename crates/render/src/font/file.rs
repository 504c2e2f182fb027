//! Font files of the machine.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use skrifa::{FontRef, Tag};

const CMAP: Tag = Tag::new(b"cmap");

/// The bytes at a file's start within which the directories of its tables lie, a collection's too.
const DIRECTORY_BYTES: u64 = 64 * 1024;

/// A font of the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FontFile {
    /// The path.
    pub path: PathBuf,
    /// Which face of it, from 0; 0 unless the file is a collection.
    pub face_index: u32,
}

impl FontFile {
    /// Why its characters cannot be printed; None: they can.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.read_cmap().err().map(|error| error.to_string())
    }

    /// The table of characters, `cmap`, and nothing else of the file.
    pub(super) fn read_cmap(&self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        let mut start = Vec::new();
        file.by_ref().take(DIRECTORY_BYTES).read_to_end(&mut start)?;
        let font = FontRef::from_index(&start, self.face_index).map_err(io::Error::other)?;
        let records = font.table_directory().table_records();
        let record = records.iter().find(|record| record.tag() == CMAP);
        let record = record.ok_or_else(|| io::Error::other("there is no table of characters"))?;
        file.seek(SeekFrom::Start(record.offset().into()))?;
        let mut table = Vec::new();
        file.take(record.length().into()).read_to_end(&mut table)?;
        Ok(table)
    }
}
