//! Font files that documents are being drawn with, or were lately.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

/// How long a file stays in memory after it was read, in real time; as long as a document is drawn
/// with it in any case.
const KEPT: Duration = Duration::from_secs(60);

/// One reading for all renderers of the process.
static FILES: Mutex<BTreeMap<PathBuf, Weak<Vec<u8>>>> = Mutex::new(BTreeMap::new());

/// The bytes of a file: those in memory, or read now. Takes some hundredths of a second, or tenths
/// from a slow disk.
pub(super) fn read(path: &Path) -> Option<Arc<Vec<u8>>> {
    // Whoever needs a file that is just being read waits for it, instead of reading it again.
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = files.get(path).and_then(Weak::upgrade) {
        return Some(bytes);
    }
    match fs::read(path) {
        Ok(bytes) => {
            let bytes = Arc::new(bytes);
            files.insert(path.to_owned(), Arc::downgrade(&bytes));
            keep(Arc::clone(&bytes));
            Some(bytes)
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a font that was there cannot be read");
            None
        }
    }
}

/// Holds bytes for a while. Where no thread can be had they are dropped at once, and read again.
fn keep(bytes: Arc<Vec<u8>>) {
    let hold = move || {
        #[expect(clippy::disallowed_methods, reason = "memory is given back in real time")]
        thread::sleep(KEPT);
        drop(bytes);
    };
    let _ = thread::Builder::new().name("font".to_owned()).spawn(hold);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_memory_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("font");
        assert!(read(&path).is_none());
        fs::write(&path, "a font").unwrap();
        let (one, other) = (read(&path).unwrap(), read(&path).unwrap());
        assert!(Arc::ptr_eq(&one, &other));
    }
}
