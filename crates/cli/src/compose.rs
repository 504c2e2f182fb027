//! Puts the parts together. The port opens only when the store is ready.

use crate::backup::NotBackedUp;
use crate::fault::Fault;
use crate::listen::{self, SocketLimits};
use crate::moving::MoveError;
use crate::settings::{self, ModeName, Render, Settings, SettingsError};
use crate::store::{OpenError, OpenStore};
use crate::tls::{self, ServedCertificate, TlsError};
use axum::Router;
use core::time::Duration;
use kaipiao_app::delivery::dispatch;
use kaipiao_app::invoicing::faults::ScriptedIssuer;
use kaipiao_app::invoicing::issue;
use kaipiao_app::invoicing::taxpayers::TaxpayerError;
use kaipiao_app::maintenance;
use kaipiao_app::sandbox::{DEMO_ADMIN_TOKEN, Sandbox, SandboxClock};
use kaipiao_app::settings::{Concurrency, IssuingSettings, PushSettings, Settings as AppSettings};
use kaipiao_app::start;
use kaipiao_app::start::StartError;
use kaipiao_app::{App, Failure, Parts};
use kaipiao_domain::delivery::push::{PAYMENT_NOTICE_RETRIES, RetrySchedule};
use kaipiao_http::{Api, BodyBudget, HttpSettings, Server};
use kaipiao_issuer::{BuiltInIssuer, Numbers};
use kaipiao_pages::Pages;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::entropy::{Entropy, OsEntropy};
use kaipiao_ports::invoicing::issuer::Issuer;
use kaipiao_ports::store::Store;
use kaipiao_records::record;
use kaipiao_records::server::StoreMetadata;
use kaipiao_render::{FaceRenderer, Fonts};
use kaipiao_sender::HttpSender;
use kaipiao_wire::invoicing::s14_make_out::refuse_taxpayer;
use kaipiao_wire::keys::Keys;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Why the server did not start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The settings.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// The store could not be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The store does not fit.
    #[error("{0}")]
    Start(#[from] StartError),
    /// The address.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The server key.
    #[error("server key {0}: {1}")]
    ServerKey(PathBuf, String),
    /// A sandbox that would be reachable from elsewhere.
    #[error(
        "a sandbox is open to whoever reaches it, so it does not listen on {0}; listen on 127.0.0.1, or say --expose-sandbox on a network that you trust"
    )]
    SandboxExposed(SocketAddr),
    /// A store was not moved.
    #[error("{0}")]
    Move(#[from] MoveError),
    /// HTTPS.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// The sender of pushes.
    #[error("push: {0}")]
    Sender(#[from] kaipiao_sender::BuildError),
    /// Another process has this one's name.
    #[error(
        "another process has taken the name of node \"{0}\", as after 15 s without the database; this one has ended, start it again with a name of its own"
    )]
    NodeLost(String),
    /// What issues, sends, or cleans up has panicked.
    #[error("a part of the server has ended by itself; the log says why. Start it again")]
    WorkerEnded,
    /// A running server was asked something.
    #[error("{0}")]
    Asking(String),
    /// A backup.
    #[error("{0}")]
    Backup(#[from] NotBackedUp),
    /// The operating system refused to watch for signals.
    #[error("cannot watch for signals: {0}")]
    Signals(std::io::Error),
}

impl From<Failure> for ComposeError {
    fn from(failure: Failure) -> Self {
        Self::Start(StartError::Failed(failure))
    }
}

/// A server that listens.
pub struct Listening {
    /// The address that it listens on, with the real port.
    pub address: SocketAddr,
    /// The use cases, for tools in the same process.
    pub app: Arc<App>,
    listener: TcpListener,
    router: Router,
    limits: SocketLimits,
    tls: Option<TlsAcceptor>,
    certificate: Option<Arc<ServedCertificate>>,
    store: OpenStore,
    sandbox: Option<Arc<Sandbox>>,
}

impl Listening {
    /// Where a browser on this machine finds the home page.
    pub fn home_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/", on_this_machine(self.address))
    }

    /// What is shown to clients of HTTPS; None: plain HTTP.
    pub fn certificate(&self) -> Option<Arc<ServedCertificate>> {
        self.certificate.clone()
    }

    /// Serves, issues, and sends pushes, until `stop` resolves. Issuing and pushes go on until the
    /// last request has its answer; what is not completed in time is offered again at the next start. An error: the node has
    /// lost its name, or one of its workers has ended, and it has stopped by itself.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ComposeError> {
        let (last_answer, answered) = tokio::sync::watch::channel(());
        let until = |mut answered: tokio::sync::watch::Receiver<()>| async move {
            // An error: the sender is gone, which is what is waited for.
            while answered.changed().await.is_ok() {}
        };
        let mut workers = tokio::task::JoinSet::new();
        workers.spawn(issue::run(Arc::clone(&self.app), until(answered.clone())));
        workers.spawn(dispatch::run(Arc::clone(&self.app), until(answered.clone())));
        let app = self.app;
        if let Some(sandbox) = self.sandbox {
            let (app, until) = (Arc::clone(&app), until(answered.clone()));
            workers.spawn(async move { sandbox.clock.follow(&app, until).await });
        }
        if let Some(certificate) = self.certificate {
            workers.spawn(certificate.follow(until(answered.clone())));
        }
        workers.spawn(async move { maintenance::run(&app, until(answered)).await });
        let shutdown = self.limits.shutdown;
        let node_lost = self.store.node_lost();
        let mut failed = None;
        let ending = async {
            tokio::select! {
                () = stop => {}
                () = node_lost => failed = Some(ComposeError::NodeLost(self.store.node.clone())),
                // Requests would be taken, and nothing become of them.
                _ = workers.join_next() => failed = Some(ComposeError::WorkerEnded),
            }
        };
        listen::serve(self.listener, self.tls, self.router, self.limits, ending).await;
        drop(last_answer);
        let finish = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(shutdown, finish).await.is_err() {
            tracing::warn!("work was still under way at the end of limits.shutdown_ms");
        }
        if let Some(failed @ ComposeError::NodeLost(_)) = failed {
            return Err(failed);
        }
        self.store.close().await;
        failed.map_or(Ok(()), Err)
    }
}

/// Opens the store, checks its metadata, seeds it, and only then listens.
pub async fn listen(settings: &Settings, fault: Option<&Fault>) -> Result<Listening, ComposeError> {
    refuse_exposed_sandbox(settings)?;
    // Again: --tls came after the file was checked.
    settings.check_tls()?;
    let store = OpenStore::open(settings, fault).await?;
    let listening = listen_over(settings, store.clone()).await;
    if listening.is_err() {
        store.close().await;
    }
    listening
}

async fn listen_over(settings: &Settings, store: OpenStore) -> Result<Listening, ComposeError> {
    let keys = keys_of(settings, &*store.store).await?;
    let socket_error = |error| ComposeError::Listen(settings.listen, error);
    // Bound here for its port, which links need; it does not listen before the store is ready.
    let socket = listen::bind(settings.listen).map_err(socket_error)?;
    let address = socket.local_addr().map_err(socket_error)?;
    if let Some(warning) = unreachable_links(settings, address) {
        tracing::warn!("{warning}");
    }
    let certificate = ServedCertificate::open(settings, || certificate_names(settings, address))?;
    let tls = certificate.as_ref().map(ServedCertificate::acceptor).transpose()?;

    let clock = Arc::new(SystemClock::default());
    let (app, issuer) = app(settings, address, &store, Arc::clone(&clock), keys)?;
    let app = Arc::new(app);
    let clock = prepare(&app, settings, clock).await?;
    let sandbox = clock.map(|clock| Arc::new(Sandbox { clock, issuer }));
    let server = Server {
        app: Arc::clone(&app),
        settings: Arc::new(http_settings(settings, address)?),
        bodies: Arc::new(BodyBudget::new(settings.limits.body_bytes)),
        sandbox: sandbox.clone(),
        no_invoice_page: kaipiao_pages::no_invoice,
    };
    let has_admin = server.settings.admin_token.is_some();
    let base_url = public_base_url(settings, address);
    let (scheme, rest) = base_url.split_once("://").unwrap_or_default();
    let pages = Pages {
        app: Arc::clone(&app),
        is_sandbox: settings.mode == ModeName::Sandbox,
        is_https: scheme == "https",
        public_host: as_browsers_write(scheme, rest.split('/').next().unwrap_or_default()),
    };
    let pages = kaipiao_pages::router(&home(settings, address, has_admin), pages);
    let limits = SocketLimits {
        header_timeout: Duration::from_millis(settings.limits.header_timeout_ms),
        answer_timeout: Duration::from_millis(settings.limits.answer_timeout_ms),
        body_timeout: Duration::from_millis(settings.limits.body_timeout_ms),
        connections: settings.limits.connections,
        connections_per_address: settings.limits.connections_per_address,
        trusted_proxies: settings.trusted_proxies()?,
        shutdown: Duration::from_millis(settings.limits.shutdown_ms),
    };
    let listener = socket.listen(listen::BACKLOG).map_err(socket_error)?;
    let router = kaipiao_http::router(server, pages);
    Ok(Listening { address, app, listener, router, limits, tls, certificate, store, sandbox })
}

/// The use cases over a store, as the settings want them, and the issuer that they ask in the
/// sandbox; in production they ask the built-in one behind it.
pub fn app(
    settings: &Settings,
    address: SocketAddr,
    OpenStore { store, node, .. }: &OpenStore,
    clock: Arc<SystemClock>,
    keys: Keys,
) -> Result<(App, Arc<ScriptedIssuer>), ComposeError> {
    let push = &settings.push;
    let sender = HttpSender::new(push.sender(settings.mode)?)?;
    let app_settings = AppSettings {
        public_base_url: public_base_url(settings, address),
        link_life: Duration::from_secs(settings.authorization.link_life_s),
        wxa_appid: settings.authorization.wxa_appid.clone(),
        custom_key_max_chars: settings.authorization.custom_key_max_chars,
        login: settings.login.settings()?,
        push: PushSettings {
            concurrency: Concurrency {
                time_limit: Duration::from_millis(push.timeout_ms),
                per_account: push.per_account,
                at_once: push.at_once,
            },
            retries: RetrySchedule {
                event: push.retry_after_ms.iter().map(|ms| Duration::from_millis(*ms)).collect(),
                payment_notice: PAYMENT_NOTICE_RETRIES.to_vec(),
            },
        },
        issuing: IssuingSettings {
            concurrency: Concurrency {
                time_limit: Duration::from_millis(settings.issuing.time_limit_ms),
                per_account: settings.issuing.per_account,
                at_once: settings.issuing.at_once,
            },
            authorization_life: Duration::from_secs(settings.authorization.life_s),
            allots_numbers: settings.mode == ModeName::Sandbox,
        },
        retention: settings.retention.settings(),
    };
    let numbers = Numbers::new(Arc::clone(store), node, settings.issuing.block_size);
    let built_in = Arc::new(BuiltInIssuer::new(
        numbers,
        keys.check_code_key(),
        settings.issuing.marks(settings.mode)?,
    ));
    let scripted = Arc::new(ScriptedIssuer::new(Arc::clone(&built_in) as Arc<dyn Issuer>));
    let parts = Parts {
        node: node.clone(),
        store: Arc::clone(store),
        clock,
        entropy: Arc::new(OsEntropy),
        sender: Arc::new(sender),
        issuer: match settings.mode {
            ModeName::Sandbox => Arc::clone(&scripted) as Arc<dyn Issuer>,
            ModeName::Production => built_in,
        },
        renderer: Arc::new(renderer(&settings.render)?),
    };
    Ok((App::new(parts, keys, app_settings), scripted))
}

fn renderer(render: &Render) -> Result<FaceRenderer, SettingsError> {
    let renderer = FaceRenderer::new(Fonts::new(render.font_files()?));
    let unprintable = |problem| SettingsError::Malformed(render.categories.clone(), problem);
    renderer.with_categories(render.category_table()?).map_err(unprintable)
}

/// Checks the store's metadata and seeds it; in the sandbox also resumes its clock.
pub async fn prepare(
    app: &App,
    settings: &Settings,
    clock: Arc<SystemClock>,
) -> Result<Option<SandboxClock>, ComposeError> {
    start::check_store_metadata(app, settings.mode.into()).await?;
    let sandbox = match settings.mode {
        ModeName::Production => None,
        ModeName::Sandbox => {
            start::seed_sandbox(app).await?;
            Some(SandboxClock::resume(app, clock).await?)
        }
    };
    let (accounts, callbacks) = (settings.account_specs()?, settings.callback_specs()?);
    let pay_merchants = settings.pay_merchant_specs()?;
    start::apply_config(app, &accounts, &callbacks, &pay_merchants).await.map_err(with_member)?;
    Ok(sandbox)
}

/// A taxpayer's problem names its member as the config file does.
fn with_member(error: StartError) -> StartError {
    match error {
        StartError::Account { index, error: TaxpayerError::Content(problem) } => {
            StartError::Account { index, error: refuse_taxpayer(&problem).into() }
        }
        other => other,
    }
}

fn public_base_url(settings: &Settings, address: SocketAddr) -> String {
    match settings.public_base_url.as_str() {
        "" => format!("{}://{}", settings.tls.scheme(), on_this_machine(address)),
        url => url.trim_end_matches('/').to_owned(),
    }
}

/// What is wrong with links that name this machine alone, where others may reach it.
fn unreachable_links(settings: &Settings, address: SocketAddr) -> Option<String> {
    let is_wrong = settings.public_base_url.is_empty() && address.ip().is_unspecified();
    is_wrong.then(|| {
        let begin = public_base_url(settings, address);
        format!("links begin with {begin}, which other machines cannot open: set public_base_url")
    })
}

/// Host and port as a browser names an origin: lower case, and without the scheme's own port.
fn as_browsers_write(scheme: &str, authority: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    authority.strip_suffix(own_port).map(str::to_owned).unwrap_or(authority)
}

/// The server that a command asks: this one, or else where the settings listen.
pub(crate) fn server_address(settings: &Settings, server: Option<&str>) -> String {
    let own = || format!("{}://{}", settings.tls.scheme(), on_this_machine(settings.listen));
    server.map_or_else(own, |server| server.trim_end_matches('/').to_owned())
}

/// An address that listens on every interface, as this machine itself reaches it.
pub(crate) fn on_this_machine(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = match address.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        address.set_ip(loopback);
    }
    address
}

pub(crate) fn refuse_exposed_sandbox(settings: &Settings) -> Result<(), ComposeError> {
    let is_open = settings.mode == ModeName::Sandbox && !settings.expose_sandbox;
    if is_open && !settings.listen.ip().is_loopback() {
        return Err(ComposeError::SandboxExposed(settings.listen));
    }
    Ok(())
}

fn http_settings(settings: &Settings, address: SocketAddr) -> Result<HttpSettings, ComposeError> {
    let is_closed = settings.mode == ModeName::Sandbox && !settings.expose_sandbox;
    let guards_host = is_closed || !settings.allowed_hosts.is_empty();
    Ok(HttpSettings {
        body_limit_bytes: settings.limits.body_bytes,
        body_timeout: Duration::from_millis(settings.limits.body_timeout_ms),
        admin_token: admin_token(settings)?,
        allowed_hosts: guards_host.then(|| own_names(settings, address)),
    })
}

/// The names that are answered: loopback's, the one the server says it has, and the operator's.
fn own_names(settings: &Settings, address: SocketAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    // Nobody reaches a server by "every address".
    if !address.ip().is_unspecified() {
        names.push(ip);
    }
    if let Some((_, rest)) = settings.public_base_url.split_once("://") {
        let authority = rest.split('/').next().unwrap_or(rest);
        let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if is_port(port) => name,
            _ => authority,
        };
        names.push(name.to_owned());
    }
    names.extend_from_slice(&settings.allowed_hosts);
    let mut listed = std::collections::HashSet::new();
    names.retain(|name| listed.insert(name.clone()));
    names
}

/// [`own_names`] as a certificate has them: an address of IPv6 without its brackets.
fn certificate_names(settings: &Settings, address: SocketAddr) -> Vec<String> {
    let bare = |name: String| match name.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')) {
        Some(ip) => ip.to_owned(),
        None => name.to_ascii_lowercase(),
    };
    own_names(settings, address).into_iter().map(bare).collect()
}

pub(crate) fn admin_token(settings: &Settings) -> Result<Option<String>, SettingsError> {
    let own = match std::env::var("KAIPIAO_ADMIN_TOKEN") {
        Ok(token) if !token.trim().is_empty() => Some(("KAIPIAO_ADMIN_TOKEN", token)),
        _ if settings.admin_token_file.as_os_str().is_empty() => None,
        _ => Some((
            "admin_token_file",
            settings::read_secret("admin_token_file", &settings.admin_token_file)?,
        )),
    };
    if let Some((name, token)) = own {
        let token = token.trim().to_owned();
        if token.len() < 16 {
            return Err(SettingsError::Value(format!("{name} holds fewer than 16 characters")));
        }
        return Ok(Some(token));
    }
    Ok((settings.mode == ModeName::Sandbox).then(|| DEMO_ADMIN_TOKEN.to_owned()))
}

/// The server key's file.
pub fn key_path(settings: &Settings) -> PathBuf {
    if settings.server_key_file.as_os_str().is_empty() {
        settings.data.join("server.key")
    } else {
        settings.server_key_file.clone()
    }
}

/// The keys of an open store. For a new one a server key is made, if there is none yet; beside others no key but
/// their own is of use.
async fn keys_of(settings: &Settings, store: &dyn Store) -> Result<Keys, ComposeError> {
    let path = key_path(settings);
    if path.exists() {
        return load_keys(settings);
    }
    let wrong = |why: String| ComposeError::ServerKey(path.clone(), why);
    let read = record::get_fresh::<StoreMetadata>(store, &StoreMetadata::key()).await;
    if read.map_err(Failure::from)?.is_some() {
        let data = match settings.database.address()? {
            None => settings.data.join(kaipiao_store_sqlite::FILE_NAME).display().to_string(),
            Some(_) => "the database".to_owned(),
        };
        return Err(wrong(format!(
            "is missing, and {data} depends on it: tokens, links, openids and sealed secrets; put the key back from your copy or from another node, or begin anew with another --data or database"
        )));
    }
    let made = std::fs::create_dir_all(&settings.data).and_then(|()| make_key_file(&path));
    match made {
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => made.map_err(|error| wrong(error.to_string()))?,
    }
    load_keys(settings)
}

/// The server's keys.
pub fn load_keys(settings: &Settings) -> Result<Keys, ComposeError> {
    let path = key_path(settings);
    let wrong = |why: String| ComposeError::ServerKey(path.clone(), why);
    let text =
        settings::read_secret("server key", &path).map_err(|error| wrong(error.to_string()))?;
    let key = read_key(text.trim()).ok_or_else(|| wrong("must be 64 hexadecimal digits".into()))?;
    Ok(match settings.mode {
        ModeName::Sandbox => Keys::derive_sandbox(&key),
        ModeName::Production => Keys::derive(&key),
    })
}

fn read_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let is_whole = base16ct::mixed::decode(text, &mut key).ok()?.len() == key.len();
    is_whole.then_some(key)
}

/// Makes a new key, readable by its owner only, and on disk before anything depends on it. It gets
/// its name when it is whole: a crash leaves no half of a key.
fn make_key_file(path: &Path) -> std::io::Result<()> {
    let mut key = [0; 32];
    OsEntropy.fill(&mut key);
    let text = base16ct::lower::encode_string(&key);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    // A temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    std::fs::File::open(directory)?.sync_all()
}

fn home(settings: &Settings, address: SocketAddr, has_admin: bool) -> kaipiao_pages::Home {
    let is_sandbox = settings.mode == ModeName::Sandbox;
    let to_row = |route: &kaipiao_http::Route| kaipiao_pages::RouteRow {
        methods: route.methods,
        path: route.path,
        section: route.section,
        what: route.what,
        what_zh: route.what_zh,
    };
    let is_served = |route: &&kaipiao_http::Route| match route.api() {
        Api::Merchant => true,
        // What a production's operator may do is nobody else's to read.
        Api::Admin => is_sandbox && has_admin,
        Api::Sandbox => is_sandbox,
    };
    kaipiao_pages::Home {
        version: env!("CARGO_PKG_VERSION"),
        base_url: public_base_url(settings, address),
        is_sandbox,
        routes: kaipiao_http::ROUTES
            .iter()
            .filter(is_served)
            .map(to_row)
            .chain(kaipiao_pages::PAGE_ROUTES.iter().copied())
            .collect(),
        authority: tls::own_authority(settings),
        accounts: if is_sandbox { kaipiao_app::sandbox::DEMO_ACCOUNTS } else { &[] },
        users: if is_sandbox { kaipiao_app::sandbox::DEMO_USERS } else { &[] },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_every_address_is_not_named_after_that() {
        let settings = Settings::load(None).unwrap();
        let names = |address: &str| own_names(&settings, address.parse().unwrap());
        assert_eq!(names("0.0.0.0:1"), ["localhost", "127.0.0.1", "[::1]"]);
        assert_eq!(names("[::]:1"), names("0.0.0.0:1"));
        assert!(names("192.0.2.7:1").contains(&"192.0.2.7".to_owned()));
    }

    #[test]
    fn links_that_other_machines_cannot_open_are_warned_of() {
        let mut settings = Settings::load(None).unwrap();
        let warning = |settings: &Settings, address: &str| {
            unreachable_links(settings, address.parse().unwrap())
        };
        let warned = warning(&settings, "0.0.0.0:8080").unwrap();
        assert!(warned.starts_with("links begin with http://127.0.0.1:8080, "), "{warned}");
        assert!(warning(&settings, "[::]:8080").is_some());
        assert_eq!(warning(&settings, "127.0.0.1:8080"), None);
        assert_eq!(warning(&settings, "192.0.2.7:8080"), None);
        settings.public_base_url = "https://kaipiao:8080".to_owned();
        assert_eq!(warning(&settings, "0.0.0.0:8080"), None);
    }
}
