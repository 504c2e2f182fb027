//! The certificate that is served. It is read again when its files change or a SIGHUP asks for it, and the
//! local authority makes a new one at half its life. What does not serve changes nothing but the log.

use super::authority::{AUTHORITY_FILE, AUTHORITY_KEY_FILE, Authority};
use super::error::TlsError;
use super::life::{DAY_S, Life, Standing};
use super::pem::{certified, read_chain, read_key};
use crate::settings::Settings;
use core::time::Duration;
use kaipiao_ports::clock::{Clock, SystemClock};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

/// What to do about a certificate that is not good yet.
pub(crate) const CLOCK_ADVICE: &str = "look whether the machine's clock is right";
/// How often it is looked at whether the files have changed.
const LOOK: Duration = Duration::from_secs(60);

/// The certificate of a server that speaks HTTPS.
#[derive(Debug)]
pub struct ServedCertificate {
    source: Source,
    current: RwLock<Current>,
    watched: Mutex<Watched>,
    asked: Notify,
}

/// Where the certificate is from.
#[derive(Debug)]
enum Source {
    Files { certificate: PathBuf, key: PathBuf },
    Authority { data: PathBuf, names: Vec<String> },
}

/// What clients are shown.
#[derive(Clone, Debug)]
struct Current {
    pair: Arc<CertifiedKey>,
    life: Life,
    /// When the next one is made without a change of the files; None: never.
    renewed_s: Option<i64>,
}

#[derive(Debug)]
struct Watched {
    /// The files as they were when they were last read.
    marks: [Option<Mark>; 2],
    /// When they are read again although they have not changed; None: never.
    due_s: Option<i64>,
    /// When the log was last told how long it is good.
    told_s: i64,
}

/// What a change of a file changes: time, length and inode.
type Mark = (i64, i64, u64, u64);

impl Source {
    fn of(settings: &Settings, names: impl FnOnce() -> Vec<String>) -> Option<Self> {
        let tls = &settings.tls;
        if tls.has_certificate() {
            let (certificate, key) = (tls.certificate.clone(), tls.key.clone());
            return Some(Self::Files { certificate, key });
        }
        let authority = || Self::Authority { data: settings.data.clone(), names: names() };
        tls.local_authority.then(authority)
    }

    fn read(&self, now_s: i64) -> Result<Current, TlsError> {
        let (pair, authority_life) = match self {
            Self::Files { certificate, key } => {
                let chain = read_chain("tls.certificate", certificate)?;
                let pair = certified(chain, read_key("tls.key", key)?)
                    .map_err(|error| TlsError::Pair(certificate.clone(), key.clone(), error))?;
                (pair, None)
            }
            Self::Authority { data, names } => {
                let authority = Authority::read(data, now_s)?;
                (authority.server_pair(names, now_s)?, Some(authority.life))
            }
        };
        let life = Life::of_der(&pair.cert[0]).map_err(|why| {
            let [path, _] = self.files();
            TlsError::File { setting: "certificate", path, why }
        })?;
        // One that ends with its authority has no longer one after it.
        let is_renewed = authority_life.is_some_and(|authority| life.to_s < authority.to_s);
        let renewed_s = is_renewed.then(|| life.half_s());
        Ok(Current { pair: Arc::new(pair), life, renewed_s })
    }

    /// Certificate and key.
    fn files(&self) -> [PathBuf; 2] {
        match self {
            Self::Files { certificate, key } => [certificate.clone(), key.clone()],
            Self::Authority { data, .. } => {
                [data.join(AUTHORITY_FILE), data.join(AUTHORITY_KEY_FILE)]
            }
        }
    }

    fn marks(&self) -> [Option<Mark>; 2] {
        let mark = |path: &Path| {
            let file = path.metadata().ok()?;
            Some((file.mtime(), file.mtime_nsec(), file.size(), file.ino()))
        };
        self.files().map(|path| mark(&path))
    }

    fn name(&self) -> String {
        let [path, _] = self.files();
        match self {
            Self::Files { .. } => format!("the certificate {}", path.display()),
            Self::Authority { .. } => format!("the certificate signed by {}", path.display()),
        }
    }

    /// What to do about a certificate that ends.
    fn advice(&self) -> String {
        let [certificate, key] = self.files();
        let (certificate, key) = (certificate.display(), key.display());
        match self {
            Self::Files { .. } => format!(
                "put the next certificate into {certificate} and its key into {key}: a running server reads them within a minute, at once on SIGHUP"
            ),
            Self::Authority { .. } => format!(
                "this authority signs no later one: put another authority's certificate into {certificate} and its key into {key}, which a running server reads within a minute, or remove both files, and the next start makes a new authority; clients must trust the new one: kaipiao trust"
            ),
        }
    }
}

impl ServedCertificate {
    /// As the settings want it; None: plain HTTP. A certificate of the local authority's is for these names; an
    /// authority that is missing is made.
    pub(crate) fn open(
        settings: &Settings,
        names: impl FnOnce() -> Vec<String>,
    ) -> Result<Option<Arc<Self>>, TlsError> {
        let Some(source) = Source::of(settings, names) else { return Ok(None) };
        let now_s = now_s();
        if let Source::Authority { data, .. } = &source {
            Authority::make_missing(data, now_s)?;
        }
        Self::of(source, now_s).map(|served| Some(Arc::new(served)))
    }

    fn of(source: Source, now_s: i64) -> Result<Self, TlsError> {
        let marks = source.marks();
        let current = source.read(now_s)?;
        let watched = Watched { marks, due_s: current.renewed_s, told_s: i64::MIN };
        let (current, watched) = (RwLock::new(current), Mutex::new(watched));
        Ok(Self { source, current, watched, asked: Notify::new() })
    }

    /// What shakes hands with clients.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn life(&self) -> Life {
        self.current().life
    }

    /// Has the files read again, soon.
    pub fn read_again(&self) {
        self.asked.notify_one();
    }

    /// Looks after the certificate until `stop` resolves.
    pub(crate) async fn follow(self: Arc<Self>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_asked = tokio::select! {
                () = &mut stop => return,
                () = self.asked.notified() => true,
                _ = looks.tick() => false,
            };
            let served = Arc::clone(&self);
            // An error: a panic, which the log has.
            let _ = tokio::task::spawn_blocking(move || served.look(is_asked, now_s())).await;
        }
    }

    fn look(&self, is_asked: bool, now_s: i64) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the files are read: what changes meanwhile is seen by the next look.
        let marks = self.source.marks();
        let is_due = watched.due_s.is_some_and(|due_s| due_s <= now_s);
        if is_asked || is_due || watched.marks != marks {
            watched.marks = marks;
            watched.due_s = self.replace(now_s);
            watched.told_s = i64::MIN;
        }
        if watched.told_s <= now_s - DAY_S {
            watched.told_s = now_s;
            self.tell_life(now_s);
        }
    }

    /// Serves what the files hold now, if it serves. When it is to be tried again.
    fn replace(&self, now_s: i64) -> Option<i64> {
        match self.source.read(now_s) {
            Ok(new) => {
                let (name, said) = (self.source.name(), new.life.said(now_s));
                let renewed_s = new.renewed_s;
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
                tracing::info!("{name} was read again: it {said}");
                renewed_s
            }
            Err(error) => {
                let said = self.life().said(now_s);
                tracing::error!(
                    "no new certificate: {error}; the old one stays, which {said}; mend the files: they are read again when they change, or on SIGHUP"
                );
                Some(now_s + DAY_S)
            }
        }
    }

    /// Warns in the log before the end, and complains after it.
    fn tell_life(&self, now_s: i64) {
        let told = self.life_told(now_s);
        match self.life().standing(now_s) {
            Standing::Good => {}
            Standing::Ending => tracing::warn!("{told}"),
            Standing::Over | Standing::Early => tracing::error!("{told}"),
        }
    }

    /// How long the certificate is good, and what to do about it.
    fn life_told(&self, now_s: i64) -> String {
        let life = self.life();
        let (name, said) = (self.source.name(), life.said(now_s));
        match life.standing(now_s) {
            Standing::Good => format!("{name} {said}"),
            Standing::Ending => format!("{name} {said}; {}", self.advice()),
            Standing::Over => format!("{name} {said}, and clients refuse it; {}", self.advice()),
            Standing::Early => format!("{name} {said}; {CLOCK_ADVICE}"),
        }
    }

    /// What to do about a certificate that ends.
    pub(crate) fn advice(&self) -> String {
        self.source.advice()
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for ServedCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().pair)
    }
}

fn now_s() -> i64 {
    SystemClock::default().real_now().unix_seconds()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;

    const NOW_S: i64 = 1_800_000_000;

    fn shown(served: &ServedCertificate) -> CertificateDer<'static> {
        served.current().pair.cert[0].clone()
    }

    /// A new pair in the files of a folder.
    fn put(folder: &Path) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("c.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("k.pem"), made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    #[test]
    fn changed_files_are_served_at_the_next_look_and_broken_ones_never() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let first = put(folder.path());
        let source = Source::Files { certificate: certificate.clone(), key };
        let served = ServedCertificate::of(source, NOW_S).unwrap();
        served.look(false, NOW_S);
        assert_eq!(shown(&served), first);
        let second = put(folder.path());
        assert_eq!(shown(&served), first, "nobody has looked");
        served.look(false, NOW_S);
        assert_eq!(shown(&served), second);
        for broken in ["", "nonsense"] {
            std::fs::write(&certificate, broken).unwrap();
            served.look(false, NOW_S);
            served.look(true, NOW_S);
            assert_eq!(shown(&served), second);
        }
        std::fs::remove_file(&certificate).unwrap();
        served.look(false, NOW_S);
        assert_eq!(shown(&served), second);
        let third = put(folder.path());
        served.look(false, NOW_S);
        assert_eq!(shown(&served), third);
    }

    #[test]
    fn the_authoritys_certificate_is_made_anew_at_half_its_life_and_never_the_authority() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().to_owned();
        Authority::make_missing(&path, NOW_S).unwrap();
        let source = Source::Authority { data: path, names: vec!["localhost".to_owned()] };
        let served = ServedCertificate::of(source, NOW_S).unwrap();
        let first = shown(&served);
        let half_s = served.life().half_s();
        served.look(false, half_s - 1);
        assert_eq!(shown(&served), first);
        served.look(false, half_s);
        let second = shown(&served);
        assert_ne!(second, first);
        assert!(served.life().to_s > half_s + 800 * DAY_S);
        served.look(false, half_s + DAY_S);
        assert_eq!(shown(&served), second, "a new one has its own half");
        for file in [AUTHORITY_FILE, AUTHORITY_KEY_FILE] {
            std::fs::remove_file(data.path().join(file)).unwrap();
        }
        served.look(true, half_s + DAY_S);
        assert_eq!(shown(&served), second);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_that_ends_with_its_authority_is_not_made_again_and_again() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().to_owned();
        Authority::make_missing(&path, NOW_S).unwrap();
        let source = Source::Authority { data: path, names: vec!["localhost".to_owned()] };
        let late_s = NOW_S + 3600 * DAY_S;
        let served = ServedCertificate::of(source, late_s).unwrap();
        let first = shown(&served);
        served.look(false, served.life().to_s - 1);
        assert_eq!(shown(&served), first);
        served.look(false, served.life().to_s + 30 * DAY_S);
        assert_eq!(shown(&served), first);
    }

    #[test]
    fn the_log_says_which_certificate_ends_when_and_what_to_do_with_which_files() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2027, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 20);
        let pair = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
        std::fs::write(&key, pair.serialize_pem()).unwrap();
        let source = Source::Files { certificate: certificate.clone(), key: key.clone() };
        let served = ServedCertificate::of(source, NOW_S).unwrap();
        let (c, k) = (certificate.display(), key.display());
        let advice = format!(
            "put the next certificate into {c} and its key into {k}: a running server reads them within a minute, at once on SIGHUP"
        );
        let told = |days: i64| served.life_told(NOW_S + days * DAY_S);
        let ending = "is good for 4 days, until 2027-01-20";
        assert_eq!(told(0), format!("the certificate {c} {ending}; {advice}"));
        let over = "is good no more, since 2027-01-20, and clients refuse it";
        assert_eq!(told(7), format!("the certificate {c} {over}; {advice}"));
        let early = "is not good before 2027-01-01; look whether the machine's clock is right";
        assert_eq!(told(-30), format!("the certificate {c} {early}"));
    }

    #[test]
    fn the_log_says_which_files_of_the_authoritys_to_replace() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().to_owned();
        Authority::make_missing(&path, NOW_S).unwrap();
        let source = Source::Authority { data: path.clone(), names: vec!["localhost".to_owned()] };
        let served = ServedCertificate::of(source, NOW_S + 3600 * DAY_S).unwrap();
        let (c, k) = (path.join(AUTHORITY_FILE), path.join(AUTHORITY_KEY_FILE));
        let told = served.life_told(served.life().to_s - DAY_S);
        let begin = format!("the certificate signed by {} is good for 1 day, ", c.display());
        assert!(told.starts_with(&begin), "{told}");
        let what = format!("certificate into {} and its key into {}", c.display(), k.display());
        assert!(told.contains(&what) && told.contains("or remove both files"), "{told}");
        assert!(told.ends_with("clients must trust the new one: kaipiao trust"), "{told}");
    }
}
