//! What pages are run with.

use std::path::{Path, PathBuf};

/// So long a page may take, in seconds.
pub(super) const TIME_LIMIT: &str = "300";

/// What pages are run with.
pub(crate) struct Tools<'a> {
    pub(crate) root: &'a Path,
    /// Where the folders of the pages are made.
    pub(crate) folder: PathBuf,
    /// The program `kaipiao`.
    pub(crate) binary: PathBuf,
    /// A folder with Python's programs, which have wechatpy.
    pub(crate) python: PathBuf,
    /// The address of an empty database.
    pub(crate) database: Option<String>,
}

impl Tools<'_> {
    /// Puts the program `kaipiao` among these programs; a PATH of them, of Python's and of the machine's.
    pub(super) fn path(&self, programs: &Path) -> Result<String, String> {
        let place = programs.join("kaipiao");
        if !place.exists() {
            std::os::unix::fs::symlink(&self.binary, &place)
                .map_err(|error| format!("{}: {error}", self.binary.display()))?;
        }
        let path = std::env::var("PATH").unwrap_or_default();
        Ok(format!("{}:{}:{path}", programs.display(), self.python.display()))
    }
}
