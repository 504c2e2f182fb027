//! Certificates and keys in files of PEM.

use super::error::TlsError;
use crate::settings;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(super) fn read_chain(
    setting: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |why: String| TlsError::File { setting, path: path.to_owned(), why };
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    if is_der(&pem) {
        return Err(wrong(
            "is DER; make PEM of it: openssl x509 -inform der -in … -out …".to_owned(),
        ));
    }
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| wrong(format!("is not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(wrong("holds no certificate in PEM".to_owned()));
    }
    Ok(chain)
}

/// A key is its owner's alone; the log says where it is not.
pub(super) fn read_key(
    setting: &'static str,
    path: &Path,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let wrong = |why: String| TlsError::File { setting, path: path.to_owned(), why };
    settings::warn_of_other_readers(setting, path);
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    if is_der(&pem) {
        return Err(wrong(
            "is DER; make PEM of it: openssl pkey -inform der -in … -out …".to_owned(),
        ));
    }
    if pem.windows(9).any(|word| word == b"ENCRYPTED") {
        return Err(wrong("is encrypted; decrypt it: openssl pkey -in … -out …".to_owned()));
    }
    PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| wrong(format!("holds no private key in PEM: {error}")))
}

/// Whether it begins as a long SEQUENCE of ASN.1 does.
fn is_der(file: &[u8]) -> bool {
    file.starts_with(&[0x30, 0x82]) || file.starts_with(&[0x30, 0x81])
}

/// Refuses a certificate that is another key's.
pub(super) fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, rustls::Error> {
    CertifiedKey::from_der(chain, key, &ring::default_provider())
}

/// Makes a file of this mode. It gets its name when it is whole.
pub(super) fn make_file(path: &Path, mode: u32, text: &str) -> Result<(), TlsError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let make = || {
        std::fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        std::fs::File::open(directory)?.sync_all()
    };
    make().map_err(|error| TlsError::Write(path.to_owned(), error))
}
