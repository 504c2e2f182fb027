//! The local authority: it lies in the data folder, the server has its certificate from it, and clients
//! are told to trust it (`kaipiao trust`). Made at the first start, or put there by the operator.

use super::error::TlsError;
use super::life::{DAY_S, Life, Standing};
use super::pem::{certified, make_file, read_chain, read_key};
use crate::settings::Settings;
use core::time::Duration;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use x509_parser::certificate::X509Certificate;

/// The authority's certificate, in the data folder, and behind it those that it has itself from others.
pub(super) const AUTHORITY_FILE: &str = "tls-authority.pem";
/// The authority's key beside it: whoever has it can pose as any server to who trusts it.
pub(super) const AUTHORITY_KEY_FILE: &str = "tls-authority.key";

pub(super) const AUTHORITY: &str = "the local authority";
const AUTHORITY_KEY: &str = "the local authority's key";

const AUTHORITY_LIFE_S: i64 = 3653 * DAY_S;
/// Clients refuse a server's certificate that is good for more than 825 days.
const SERVER_LIFE_S: i64 = 820 * DAY_S;
/// Clients' clocks may be behind.
const EARLY_S: i64 = DAY_S;

/// The file of the authority that a server with these settings has its certificate from; None: it has
/// another, or none.
pub fn own_authority(settings: &Settings) -> Option<PathBuf> {
    let is_used = settings.tls.local_authority && !settings.tls.has_certificate();
    is_used.then(|| authority_file(&settings.data))
}

/// The file of a data folder's authority, if there is one.
pub fn authority_in(data: &Path) -> Option<PathBuf> {
    Some(authority_file(data)).filter(|path| path.exists())
}

fn authority_file(data: &Path) -> PathBuf {
    let path = data.join(AUTHORITY_FILE);
    // Whoever reads the path may be in another directory.
    std::path::absolute(&path).unwrap_or(path)
}

/// Its key's file.
pub(crate) fn own_authority_key(settings: &Settings) -> Option<PathBuf> {
    own_authority(settings).map(|path| path.with_file_name(AUTHORITY_KEY_FILE))
}

/// The authority's certificate as PEM, for those who are to trust it.
pub fn authority_pem(settings: &Settings) -> Result<String, TlsError> {
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
        TlsError::File { setting: AUTHORITY, path, why }
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

/// Who signs the server's certificate.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) life: Life,
    /// What a client needs besides the server's certificate, if it trusts only who has signed the authority's.
    chain: Vec<CertificateDer<'static>>,
}

impl Authority {
    /// Makes the data folder's authority, if there is none.
    pub(super) fn make_missing(data: &Path, now_s: i64) -> Result<(), TlsError> {
        let (path, key_path) = (data.join(AUTHORITY_FILE), data.join(AUTHORITY_KEY_FILE));
        if path.exists() {
            return Ok(());
        }
        if !key_path.exists() {
            let key = KeyPair::generate().map_err(cannot_make)?;
            make_file(&key_path, 0o600, &key.serialize_pem())?;
        }
        let key = signing_key(&key_path)?;
        let made = authority_params(&key, now_s).self_signed(&key).map_err(cannot_make)?;
        make_file(&path, 0o644, &made.pem())
    }

    /// The data folder's authority.
    pub(super) fn read(data: &Path, now_s: i64) -> Result<Self, TlsError> {
        let (path, key_path) = (data.join(AUTHORITY_FILE), data.join(AUTHORITY_KEY_FILE));
        let wrong = |why: String| TlsError::File { setting: AUTHORITY, path: path.clone(), why };
        let chain = read_chain(AUTHORITY, &path)?;
        if !key_path.exists() {
            return Err(TlsError::AuthorityKey(key_path, path));
        }
        let key = signing_key(&key_path)?;
        certified(chain.clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .map_err(|error| TlsError::Pair(path.clone(), key_path, error))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&chain[0])
            .map_err(|error| wrong(error.to_string()))?;
        let life = may_sign(&parsed, now_s).map_err(wrong)?;
        let is_root = parsed.subject() == parsed.issuer();
        let issuer = Issuer::from_ca_cert_der(&chain[0], key)
            .map_err(|error| wrong(format!("its subject cannot be an issuer's name: {error}")))?;
        let chain = if is_root { Vec::new() } else { chain };
        Ok(Self { issuer, life, chain })
    }

    /// A new key with a certificate for these names, kept nowhere, and good no longer than the authority's.
    pub(super) fn server_pair(
        &self,
        names: &[String],
        now_s: i64,
    ) -> Result<CertifiedKey, TlsError> {
        let cannot = |error| TlsError::Make(names.join(", "), error);
        let key = KeyPair::generate().map_err(cannot)?;
        let life = Life {
            from_s: (now_s - EARLY_S).max(self.life.from_s),
            to_s: (now_s + SERVER_LIFE_S).min(self.life.to_s),
        };
        let made = server_params(names.to_vec(), life)
            .and_then(|params| params.signed_by(&key, &self.issuer))
            .map_err(cannot)?;
        let der = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let chain = [made.der().clone()].into_iter().chain(self.chain.iter().cloned());
        Ok(certified(chain.collect(), der)?)
    }
}

/// How long yet a certificate may sign others; an error: it may not.
fn may_sign(certificate: &X509Certificate<'_>, now_s: i64) -> Result<Life, String> {
    let key_usage = certificate.key_usage().map_err(|error| error.to_string())?;
    if !certificate.is_ca() || key_usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err("is no authority's certificate: it needs basicConstraints CA:TRUE and, if any, keyUsage keyCertSign".to_owned());
    }
    let life = Life::of(certificate);
    match life.standing(now_s) {
        Standing::Over => Err(format!(
            "{}; put a new one and its key there, or remove both: then the next start makes a new authority; clients must trust it anew",
            life.said(now_s)
        )),
        _ => Ok(life),
    }
}

fn signing_key(path: &Path) -> Result<KeyPair, TlsError> {
    let key = read_key(AUTHORITY_KEY, path)?;
    KeyPair::try_from(&key).map_err(|error| {
        let why =
            format!("{error}; a key in PKCS #8 signs: openssl pkcs8 -topk8 -nocrypt -in … -out …");
        TlsError::File { setting: AUTHORITY_KEY, path: path.to_owned(), why }
    })
}

fn cannot_make(error: rcgen::Error) -> TlsError {
    TlsError::Make(AUTHORITY.to_owned(), error)
}

/// Its name has the key's beginning in it, so that machines which trust several authorities tell them
/// apart.
fn authority_params(key: &KeyPair, now_s: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    let id = base16ct::lower::encode_string(&params.key_identifier(key)[..4]);
    params.distinguished_name = named(&format!("Kaipiao local authority {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_life(&mut params, Life { from_s: now_s - EARLY_S, to_s: now_s + AUTHORITY_LIFE_S });
    params
}

fn server_params(names: Vec<String>, life: Life) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named("Kaipiao");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_life(&mut params, life);
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

fn set_life(params: &mut CertificateParams, life: Life) {
    let since_1970 = |at_s: i64| Duration::from_secs(u64::try_from(at_s).unwrap_or(0));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_1970(life.from_s);
    params.not_after = epoch + since_1970(life.to_s);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_800_000_000;

    fn life(pair: &CertifiedKey) -> Life {
        Life::of_der(&pair.cert[0]).unwrap()
    }

    /// An authority of the operator's.
    fn put(data: &Path, life: Life, is_ca: IsCa) {
        let key = KeyPair::generate().unwrap();
        let mut params = authority_params(&key, 0);
        params.distinguished_name = named("Shop Root");
        params.is_ca = is_ca;
        set_life(&mut params, life);
        let made = params.self_signed(&key).unwrap();
        std::fs::write(data.join(AUTHORITY_FILE), made.pem()).unwrap();
        std::fs::write(data.join(AUTHORITY_KEY_FILE), key.serialize_pem()).unwrap();
    }

    #[test]
    fn a_certificate_is_good_for_820_days_but_no_longer_than_its_authoritys() {
        let data = tempfile::tempdir().unwrap();
        let made = || {
            let authority = Authority::read(data.path(), NOW_S).unwrap();
            life(&authority.server_pair(&["localhost".to_owned()], NOW_S).unwrap())
        };
        Authority::make_missing(data.path(), NOW_S).unwrap();
        let own = Life { from_s: NOW_S - EARLY_S, to_s: NOW_S + SERVER_LIFE_S };
        assert_eq!(made(), own);
        let short = Life { from_s: NOW_S - 7, to_s: NOW_S + 7 };
        put(data.path(), short, IsCa::Ca(BasicConstraints::Unconstrained));
        assert_eq!(made(), short);
    }

    #[test]
    fn an_authority_that_is_over_or_is_none_is_refused_in_words() {
        let data = tempfile::tempdir().unwrap();
        let refused = || Authority::read(data.path(), NOW_S).err().unwrap().to_string();
        let ca = || IsCa::Ca(BasicConstraints::Unconstrained);
        put(data.path(), Life { from_s: 0, to_s: NOW_S }, ca());
        assert!(refused().contains("tls-authority.pem: is good no more, since 2027-01-15; put"));
        put(data.path(), Life { from_s: 0, to_s: NOW_S + 1 }, IsCa::ExplicitNoCa);
        assert!(refused().contains("is no authority's certificate"), "{}", refused());
        std::fs::remove_file(data.path().join(AUTHORITY_KEY_FILE)).unwrap();
        assert!(refused().contains("tls-authority.key is missing"), "{}", refused());
    }
}
