//! Why there is no HTTPS, or no other certificate than before.

use std::path::PathBuf;

/// Why a certificate cannot be served. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file with nothing in it that serves.
    #[error("{setting} {path}: {why}")]
    File {
        /// What names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A certificate and a key that do not belong together, or are of no use.
    #[error("{} and {} do not serve together: {why}", .0.display(), .1.display(), why = unpaired(.2))]
    Pair(PathBuf, PathBuf, rustls::Error),
    /// The authority's key is gone.
    #[error(
        "{0} is missing beside its certificate; put it back from your copy, or remove {1} too: then the next start makes a new authority, which clients must trust anew"
    )]
    AuthorityKey(PathBuf, PathBuf),
    /// The authority's files could not be written.
    #[error("{0}: {1}")]
    Write(PathBuf, std::io::Error),
    /// A certificate could not be made.
    #[error("no certificate can be made for {0}: {1}")]
    Make(String, rcgen::Error),
    /// The TLS library does not take the parts.
    #[error("{0}")]
    Library(#[from] rustls::Error),
}

fn unpaired(error: &rustls::Error) -> String {
    use rustls::{Error, InconsistentKeys};
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            "the key is another certificate's; the server's own certificate must be the first in the file".to_owned()
        }
        Error::General(why) => {
            format!("{why}; keys are RSA from 2048 bits, ECDSA P-256 or P-384, or Ed25519")
        }
        other => other.to_string(),
    }
}
