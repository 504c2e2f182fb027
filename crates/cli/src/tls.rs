//! HTTPS: the operator's certificate, or one from an authority of the server's own that lies in
//! the data folder and that clients are told to trust (`kaipiao trust`).

use crate::settings::{Settings, Tls};
use core::time::Duration;
use kaipiao_ports::clock::{Clock, SystemClock};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The authority's certificate, in the data folder.
const AUTHORITY_FILE: &str = "tls-authority.pem";
/// The authority's key beside it: whoever has it can pose as any server to who trusts it.
const AUTHORITY_KEY_FILE: &str = "tls-authority.key";

const DAY: Duration = Duration::from_secs(86_400);
const AUTHORITY_LIFE: Duration = DAY.saturating_mul(3653);
/// Clients refuse a server's certificate that is good for more than 825 days.
const SERVER_LIFE: Duration = DAY.saturating_mul(820);
/// Clients' clocks may be behind.
const EARLY: Duration = DAY;

/// Why there is no HTTPS. Each text says what to do.
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
        "{0} is missing beside its certificate; put it back from your copy, or remove {1} too: then a new authority is made, which clients must trust anew"
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

/// What shakes hands with clients, as the settings want it; None: plain HTTP. A certificate of the
/// authority's is for these names.
pub(crate) fn acceptor(
    settings: &Settings,
    names: impl FnOnce() -> Vec<String>,
) -> Result<Option<TlsAcceptor>, TlsError> {
    let Tls { certificate, key, local_authority } = &settings.tls;
    let pair = if settings.tls.has_certificate() {
        let chain = read_chain("tls.certificate", certificate)?;
        certified(chain, read_key("tls.key", key)?)
            .map_err(|error| TlsError::Pair(certificate.clone(), key.clone(), error))?
    } else if *local_authority {
        Authority::open(&settings.data)?.server_pair(names())?
    } else {
        return Ok(None);
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// The file of the authority that a server with these settings has its certificate from; None: it has
/// another, or none.
pub fn own_authority(settings: &Settings) -> Option<PathBuf> {
    let is_used = settings.tls.local_authority && !settings.tls.has_certificate();
    is_used.then(|| settings.data.join(AUTHORITY_FILE))
}

/// What the commands believe of a server: the machine's authorities, and this data folder's own if there
/// is one.
pub(crate) fn client_config(settings: &Settings) -> Result<TlsConfig, TlsError> {
    let mut roots = rustls_native_certs::load_native_certs().certs;
    let own = settings.data.join(AUTHORITY_FILE);
    if own.exists() {
        roots.extend(read_chain("the local authority", &own)?);
    }
    let roots = roots.iter().map(|root| Certificate::from_der(root).to_owned());
    let builder = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots.collect())));
    let provider = Arc::new(ring::default_provider());
    Ok(builder.unversioned_rustls_crypto_provider(provider).build())
}

/// The authority's certificate as PEM, for those who are to trust it.
pub fn authority_pem(settings: &Settings) -> Result<String, TlsError> {
    let setting = "the local authority";
    if settings.tls.has_certificate() {
        let path = settings.tls.certificate.clone();
        let why = "is served, which the local authority has not made: clients need the authority of that one".to_owned();
        return Err(TlsError::File { setting: "tls.certificate", path, why });
    }
    let path = settings.data.join(AUTHORITY_FILE);
    std::fs::read_to_string(&path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("{error}; `kaipiao serve --tls` makes it at its first start")
            }
            _ => error.to_string(),
        };
        TlsError::File { setting, path, why }
    })
}

/// What to do with [`authority_pem`].
pub fn trust_help(settings: &Settings) -> String {
    let url = match settings.public_base_url.as_str() {
        "" => format!("https://localhost:{}", settings.listen.port()),
        url => url.trim_end_matches('/').to_owned(),
    };
    format!(
        "\
The certificate of this server's own authority. Save it (kaipiao trust > kaipiao-ca.pem), then:
  curl        curl --cacert kaipiao-ca.pem {url}/healthz
  Debian      cp kaipiao-ca.pem /usr/local/share/ca-certificates/kaipiao-ca.crt && update-ca-certificates
  RHEL        cp kaipiao-ca.pem /etc/pki/ca-trust/source/anchors/ && update-ca-trust
  macOS       sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain kaipiao-ca.pem
  Java        keytool -importcert -noprompt -cacerts -storepass changeit -alias kaipiao -file kaipiao-ca.pem
  Node.js     NODE_EXTRA_CA_CERTS=kaipiao-ca.pem
  Go          SSL_CERT_FILE=kaipiao-ca.pem
  PHP         php -d curl.cainfo=/path/to/kaipiao-ca.pem; Guzzle: 'verify' => '/path/to/kaipiao-ca.pem'
  Python      cat \"$(python3 -m certifi)\" kaipiao-ca.pem > all.pem; REQUESTS_CA_BUNDLE=all.pem
Who trusts it trusts every certificate made with tls-authority.key: for test machines only.
"
    )
}

/// An authority of the server's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The data folder's authority, made if there is none.
    fn open(data: &Path) -> Result<Self, TlsError> {
        let (path, key_path) = (data.join(AUTHORITY_FILE), data.join(AUTHORITY_KEY_FILE));
        if !key_path.exists() {
            if path.exists() {
                return Err(TlsError::AuthorityKey(key_path, path));
            }
            make_file(&key_path, 0o600, &generate()?.serialize_pem())?;
        }
        let wrong = |why: String| {
            let setting = "the local authority's key";
            TlsError::File { setting, path: key_path.clone(), why }
        };
        let text = std::fs::read_to_string(&key_path).map_err(|error| wrong(error.to_string()))?;
        let key = KeyPair::from_pem(&text).map_err(|error| wrong(error.to_string()))?;
        if !path.exists() {
            let made = authority_params(&key).self_signed(&key).map_err(cannot_make)?;
            make_file(&path, 0o644, &made.pem())?;
        }
        let chain = read_chain("the local authority", &path)?;
        certified(chain, read_key("the local authority's key", &key_path)?)
            .map_err(|error| TlsError::Pair(path, key_path, error))?;
        Ok(Self { issuer: Issuer::new(authority_params(&key), key) })
    }

    /// A new key with a certificate for these names, kept nowhere.
    fn server_pair(&self, names: Vec<String>) -> Result<CertifiedKey, TlsError> {
        let listed = names.join(", ");
        let key = generate()?;
        let made = server_params(names).and_then(|params| params.signed_by(&key, &self.issuer));
        let made = made.map_err(|error| TlsError::Make(listed, error))?;
        let der = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Ok(certified(vec![made.der().clone()], der)?)
    }
}

fn generate() -> Result<KeyPair, TlsError> {
    KeyPair::generate().map_err(cannot_make)
}

fn cannot_make(error: rcgen::Error) -> TlsError {
    TlsError::Make("the local authority".to_owned(), error)
}

/// The same for the same key, but for the time: its name has the key's beginning in it, so that
/// machines which trust several authorities tell them apart.
fn authority_params(key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    let id = base16ct::lower::encode_string(&params.key_identifier(key)[..4]);
    params.distinguished_name = named(&format!("Kaipiao local authority {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_life(&mut params, AUTHORITY_LIFE);
    params
}

fn server_params(names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named("Kaipiao");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_life(&mut params, SERVER_LIFE);
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

fn set_life(params: &mut CertificateParams, life: Duration) {
    let now_ms = SystemClock::default().real_now().unix_millis();
    let now = Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(EARLY);
    params.not_after = epoch + now + life;
}

fn read_chain(
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

fn read_key(setting: &'static str, path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let wrong = |why: String| TlsError::File { setting, path: path.to_owned(), why };
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
fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, rustls::Error> {
    CertifiedKey::from_der(chain, key, &ring::default_provider())
}

/// Makes a file of this mode. It gets its name when it is whole.
fn make_file(path: &Path, mode: u32, text: &str) -> Result<(), TlsError> {
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
