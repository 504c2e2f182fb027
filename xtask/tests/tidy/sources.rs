//! What belongs into the repository at all.

use crate::workspace::{files, root, shown};

/// Files that are large for a reason.
const LARGE: &[&str] = &["fp-song.otf"];

#[test]
fn no_large_file_came_in_by_mistake() {
    for path in files(root(), "") {
        let name = shown(&path);
        // A server that was tried here leaves its data.
        if name.starts_with("kaipiao-data") || LARGE.iter().any(|large| name.ends_with(large)) {
            continue;
        }
        let bytes = std::fs::metadata(&path).unwrap().len();
        assert!(bytes < 300_000, "{name} has {bytes} bytes");
    }
}
