//! What the rules look at: the packages and the files of the workspace.

use cargo_metadata::{Metadata, MetadataCommand};
use std::path::{Path, PathBuf};

/// What is built on Linux: other platforms' packages are in the lock file only.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Trees that break rules on purpose, for the tests of the rules.
const FIXTURES: &str = "xtask/tests/fixtures";

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub fn fixture(name: &str) -> PathBuf {
    root().join(FIXTURES).join(name)
}

pub fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--filter-platform".to_owned(), PLATFORM.to_owned()])
        .exec()
        .unwrap()
}

/// A file's name as people write it, from the top of the repository.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The project's own files below a folder whose names end so; builds, hidden folders, the data of
/// a server that was tried here, and fixtures are none.
pub fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if is_ours(&path, &name) {
                found.extend(files(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_ours(folder: &Path, name: &str) -> bool {
    let is_fixture = folder == root().join(FIXTURES);
    name != "target" && !name.starts_with('.') && name != "kaipiao-data" && !is_fixture
}
