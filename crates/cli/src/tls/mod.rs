//! HTTPS: the operator's certificate, or one from the local authority.

mod authority;
mod error;
mod life;
mod pem;
mod served;

pub(crate) use authority::own_authority_key;
pub use authority::{authority_in, authority_pem, own_authority, trust_help};
pub use error::TlsError;
pub(crate) use life::{Life, Standing};
pub(crate) use served::CLOCK_ADVICE;
pub use served::ServedCertificate;

use crate::settings::Settings;
use authority::{AUTHORITY, AUTHORITY_FILE};
use rustls::crypto::ring;
use std::path::Path;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// What the commands believe of a server: the machine's authorities, and this data folder's own if there
/// is one.
pub(crate) fn client_config(settings: &Settings) -> Result<TlsConfig, TlsError> {
    let mut roots = rustls_native_certs::load_native_certs().certs;
    let own = settings.data.join(AUTHORITY_FILE);
    if own.exists() {
        roots.extend(pem::read_chain(AUTHORITY, &own)?);
    }
    let roots = roots.iter().map(|root| Certificate::from_der(root).to_owned());
    let builder = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots.collect())));
    let provider = Arc::new(ring::default_provider());
    Ok(builder.unversioned_rustls_crypto_provider(provider).build())
}

/// Believes every server: for a question that holds no secret, whose answer is no secret either.
pub(crate) fn unverified() -> TlsConfig {
    let provider = Arc::new(ring::default_provider());
    let builder = TlsConfig::builder().disable_verification(true);
    builder.unversioned_rustls_crypto_provider(provider).build()
}

/// How long the first certificate of a file is good.
pub(crate) fn life(path: &Path) -> Result<Life, TlsError> {
    let setting = "certificate";
    let chain = pem::read_chain(setting, path)?;
    let wrong = |why| TlsError::File { setting, path: path.to_owned(), why };
    Life::of_der(&chain[0]).map_err(wrong)
}
