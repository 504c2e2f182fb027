//! Settings: kaipiao.toml at the repository's root, compiled in as the default, with the
//! operator's file on top of it.

use axum::http::Uri;
use core::ops::RangeInclusive;
use kaipiao_app::access::accounts::AccountSpec;
use kaipiao_app::delivery::callbacks::CallbackSpec;
use kaipiao_app::invoicing::taxpayers::{RangeSpec, TaxpayerSpec};
use kaipiao_app::payment::pay_merchants::PayMerchantSpec;
use kaipiao_app::settings::{LoginSettings, RetentionSettings};
use kaipiao_app::start::Mode;
use kaipiao_issuer::IssuerMarks;
use kaipiao_render::{Categories, FontFile};
use kaipiao_sender::SenderSettings;
use kaipiao_sender::guard::{Guard, Range};
use kaipiao_wire::people::login_token::LoginKey;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The defaults, and the documentation of every setting.
pub const DEFAULTS: &str = include_str!("../../../kaipiao.toml");

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
const TEN_YEARS_S: u64 = 3653 * 86_400;
/// A hundred years.
const MAX_DAYS: u64 = 36_525;
const MAX_RETRIES: usize = 100;
const DNS_PORT: u16 = 53;

/// Every setting; kaipiao.toml says what each means.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// "sandbox" or "production".
    pub mode: ModeName,
    /// Address and port.
    pub listen: SocketAddr,
    /// The store's directory.
    pub data: PathBuf,
    /// Where links point; empty: the address that is listened on.
    pub public_base_url: String,
    /// Lets a sandbox answer beyond loopback.
    pub expose_sandbox: bool,
    /// Host names that are answered besides the server's own.
    pub allowed_hosts: Vec<String>,
    /// Ranges of addresses whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<String>,
    /// The admin token's file; empty: none.
    pub admin_token_file: PathBuf,
    /// The server key's file; empty: in the data directory.
    pub server_key_file: PathBuf,
    /// The database that nodes share.
    pub database: Database,
    /// HTTPS.
    pub tls: Tls,
    /// Logging.
    pub log: Log,
    /// The authorization page's link.
    pub authorization: Authorization,
    /// Who sits before a page.
    pub login: Login,
    /// Limits of size, time and number.
    pub limits: Limits,
    /// How invoices are issued.
    pub issuing: Issuing,
    /// What invoices are printed on.
    pub render: Render,
    /// How pushes are sent.
    pub push: Push,
    /// What is forgotten, and when.
    pub retention: Retention,
    /// Accounts to add or change.
    #[serde(default)]
    pub accounts: Vec<AccountSetting>,
    /// `[[pay_merchants]]`
    #[serde(default)]
    pub pay_merchants: Vec<PayMerchantSetting>,
}

/// See [`Mode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeName {
    /// See [`Mode::Sandbox`].
    Sandbox,
    /// See [`Mode::Production`].
    Production,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Sandbox => Self::Sandbox,
            ModeName::Production => Self::Production,
        }
    }
}

/// `[database]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The address, with its password; empty: none.
    pub url: String,
    /// The address's file; empty: none.
    pub url_file: PathBuf,
    /// The node's name; empty: the first that is free.
    pub node: String,
    /// Connections at most.
    pub connections: usize,
}

impl Database {
    /// The database's address, a secret; None: the store is SQLite's in the data directory. The command line's and the
    /// environment's stand in `url` and `url_file` ([`Self::choose`]).
    pub fn address(&self) -> Result<Option<String>, SettingsError> {
        let address = match (self.url.trim(), self.url_file.as_os_str().is_empty()) {
            ("", true) => return Ok(None),
            ("", false) => read_secret("database.url_file", &self.url_file)?.trim().to_owned(),
            (url, true) => url.to_owned(),
            (_, false) => {
                let text = "database.url and database.url_file are the same setting: give one";
                return Err(SettingsError::Value(text.to_owned()));
            }
        };
        match kaipiao_store_postgres::is_address(&address) {
            true => Ok(Some(address)),
            // It holds a password, so nothing of it is repeated.
            false => Err(SettingsError::Value(ADDRESS.to_owned())),
        }
    }

    /// Whether there is one in place of the embedded store.
    pub fn is_given(&self) -> bool {
        !self.url.trim().is_empty() || !self.url_file.as_os_str().is_empty()
    }

    /// Takes this address, whatever a file says.
    pub fn choose(&mut self, url: String) {
        self.url = url;
        self.url_file = PathBuf::new();
    }

    /// The node's name, if one was given.
    pub fn node(&self) -> Result<Option<&str>, SettingsError> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match self.node.as_str() {
            "" => Ok(None),
            name if name.len() <= 64 && name.bytes().all(is_part) => Ok(Some(name)),
            name => Err(SettingsError::Value(format!(
                "database.node must be 1 to 64 of A-Z, a-z, 0-9 and - _ . , not {name:?}"
            ))),
        }
    }
}

const ADDRESS: &str = "the database's address (database.url, database.url_file, KAIPIAO_DATABASE_URL or --database-url) cannot be read: write postgres://user:password@host:5432/database, other characters than letters and digits of the password as %XX";

/// `[tls]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those behind it, in PEM; empty: none.
    pub certificate: PathBuf,
    /// Its key, in PEM; empty: none.
    pub key: PathBuf,
    /// Makes the certificate itself where there is none.
    pub local_authority: bool,
}

impl Tls {
    /// Whether HTTPS is spoken instead of HTTP.
    pub fn is_on(&self) -> bool {
        self.has_certificate() || self.local_authority
    }

    /// Whether the operator has given one.
    pub fn has_certificate(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    /// "http" or "https".
    pub fn scheme(&self) -> &'static str {
        if self.is_on() { "https" } else { "http" }
    }
}

/// `[log]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// tracing-subscriber's filter text.
    pub filter: String,
    /// "text" or "json".
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `[authorization]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    /// Seconds.
    pub link_life_s: u64,
    /// getauthurl's appid for source wxa.
    pub wxa_appid: String,
    /// Characters.
    pub custom_key_max_chars: usize,
    /// Seconds.
    pub life_s: u64,
}

/// `[render]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Render {
    /// Paths, each with `#` and the number of a font within it where it is a collection.
    pub fonts: Vec<String>,
    /// A file of short names of tax codes; empty: the built-in ones alone.
    pub categories: PathBuf,
}

impl Render {
    /// The operator's short names of tax codes.
    pub fn category_table(&self) -> Result<Categories, SettingsError> {
        let path = &self.categories;
        if path.as_os_str().is_empty() {
            return Ok(Categories::EMPTY);
        }
        let wrong = |problem| SettingsError::Malformed(path.clone(), problem);
        let table = std::fs::read(path);
        let table = table.map_err(|error| SettingsError::Unreadable(path.clone(), error))?;
        Categories::read(&table).map_err(wrong)
    }

    /// The fonts beside the embedded one.
    pub fn font_files(&self) -> Result<Vec<FontFile>, SettingsError> {
        let file = |text: &String| {
            let (path, number) = text.rsplit_once('#').unwrap_or((text, "0"));
            let wrong = || SettingsError::Value(format!("render.fonts: {text} is no path#number"));
            let face_index = number.parse().map_err(|_| wrong())?;
            Ok(FontFile { path: PathBuf::from(path), face_index })
        };
        self.fonts.iter().map(file).collect()
    }
}

/// `[issuing]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuing {
    /// Whether invoices are samples.
    pub specimen: bool,
    /// 12 digits.
    pub machine_number: String,
    /// Milliseconds.
    pub time_limit_ms: u64,
    /// Requests at once of one merchant.
    pub per_account: usize,
    /// Requests at once of all merchants.
    pub at_once: usize,
    /// Numbers of a block.
    pub block_size: u64,
}

impl Issuing {
    /// What invoices bear in a mode: a sandbox's are samples, always.
    pub fn marks(&self, mode: ModeName) -> Result<IssuerMarks, SettingsError> {
        if !self.specimen && mode == ModeName::Sandbox {
            let text = "issuing.specimen can only be false in production";
            return Err(SettingsError::Value(text.to_owned()));
        }
        let digits = &self.machine_number;
        if digits.len() != 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            let text = format!("issuing.machine_number must be 12 digits, not \"{digits}\"");
            return Err(SettingsError::Value(text));
        }
        Ok(IssuerMarks { specimen: self.specimen, machine_number: digits.clone() })
    }
}

/// `[login]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Seconds of real time.
    pub session_s: u64,
    /// What `aud` must name; empty: nothing.
    pub audience: String,
    /// Empty: none.
    pub hs256_secret_file: PathBuf,
    /// PEM; empty: none.
    pub eddsa_public_key_file: PathBuf,
}

impl Login {
    /// The same with its keys read.
    pub fn settings(&self) -> Result<LoginSettings, SettingsError> {
        let mut keys = Vec::new();
        let wrong = |path: &Path, why| SettingsError::Value(format!("{} {why}", path.display()));
        let path = &self.hs256_secret_file;
        if !path.as_os_str().is_empty() {
            let secret = read_secret("login.hs256_secret_file", path)?;
            keys.push(LoginKey::hs256(&secret).map_err(|why| wrong(path, why))?);
        }
        let path = &self.eddsa_public_key_file;
        if !path.as_os_str().is_empty() {
            keys.push(LoginKey::ed_dsa(&read(path)?).map_err(|why| wrong(path, why))?);
        }
        let session_life = Duration::from_secs(self.session_s);
        Ok(LoginSettings { session_life, keys, audience: self.audience.clone() })
    }
}

/// `[limits]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes.
    pub body_bytes: usize,
    /// Milliseconds.
    pub body_timeout_ms: u64,
    /// Milliseconds.
    pub header_timeout_ms: u64,
    /// Milliseconds without progress.
    pub answer_timeout_ms: u64,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one address.
    pub connections_per_address: usize,
    /// Commits that may wait.
    pub commit_queue: usize,
    /// Reads at once.
    pub store_readers: usize,
    /// Milliseconds.
    pub shutdown_ms: u64,
}

/// `[push]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Milliseconds.
    pub timeout_ms: u64,
    /// Milliseconds, a value for each retry.
    pub retry_after_ms: Vec<u64>,
    /// Attempts at once for one account.
    pub per_account: usize,
    /// Attempts at once of all accounts.
    pub at_once: usize,
    /// PEM; empty: none.
    pub ca_file: PathBuf,
    /// Ranges of addresses.
    pub allow_private: Vec<String>,
    /// Addresses, each with a port or not; empty: the machine's own.
    pub name_servers: Vec<String>,
}

impl Push {
    /// Whom pushes are sent to, and who is believed about where they are.
    pub fn sender(&self, mode: ModeName) -> Result<SenderSettings, SettingsError> {
        let ca_file = Some(self.ca_file.clone()).filter(|path| !path.as_os_str().is_empty());
        let read = |text: &String| {
            let address = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
            address.or_else(|_| text.parse()).map_err(|_| {
                let text = format!("push.name_servers: \"{text}\" is not an address");
                SettingsError::Value(text)
            })
        };
        let name_servers = self.name_servers.iter().map(read).collect::<Result<_, _>>()?;
        Ok(SenderSettings { guard: self.guard(mode)?, ca_file, name_servers })
    }

    /// The addresses that may be sent to: a sandbox's receivers are where its developers are.
    fn guard(&self, mode: ModeName) -> Result<Guard, SettingsError> {
        let allowed = ranges("push.allow_private", &self.allow_private)?;
        Ok(match mode {
            ModeName::Sandbox => Guard::open(),
            ModeName::Production => Guard::public_and(allowed),
        })
    }
}

/// `[retention]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days.
    pub pushes_d: u64,
    /// Days.
    pub failed_jobs_d: u64,
    /// Days.
    pub messages_d: u64,
    /// Days.
    pub unused_orders_d: u64,
}

impl Retention {
    /// The same as durations.
    pub fn settings(&self) -> RetentionSettings {
        let days = |days: u64| Duration::from_secs(days.saturating_mul(86_400));
        RetentionSettings {
            pushes: days(self.pushes_d),
            failed_jobs: days(self.failed_jobs_d),
            messages: days(self.messages_d),
            unused_orders: days(self.unused_orders_d),
        }
    }
}

/// `[[accounts]]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSetting {
    appid: String,
    role: Option<String>,
    name: Option<String>,
    original_id: Option<String>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    bound_to: Option<String>,
    s_pappid: Option<String>,
    callback_url: Option<String>,
    callback_token: Option<String>,
    callback_token_file: Option<PathBuf>,
    callback_aes_key: Option<String>,
    callback_aes_key_file: Option<PathBuf>,
    callback_mode: Option<String>,
    merchant_api: Option<bool>,
    merchant: Option<MerchantSetting>,
}

/// `[[pay_merchants]]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayMerchantSetting {
    mchid: String,
    name: Option<String>,
    key: Option<String>,
    key_file: Option<PathBuf>,
    accounts: Option<Vec<String>>,
    sub_merchants: Option<Vec<String>>,
}

/// Why the settings cannot stand.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// A file that is not as expected; the text says where.
    #[error("{0}: {1}")]
    Malformed(PathBuf, String),
    /// A value that makes no sense.
    #[error("{0}")]
    Value(String),
}

impl Settings {
    /// The defaults with the operator's file on top.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let Some(path) = file else { return Self::merge("", Path::new("kaipiao.toml")) };
        let text = read(path)?;
        Self::merge(&text, path)
    }

    fn merge(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let malformed = |error| SettingsError::Malformed(path.to_owned(), complaint(&error, text));
        let mut table: toml::Table = DEFAULTS.parse().expect("kaipiao.toml is well-formed");
        overlay(&mut table, text.parse().map_err(malformed)?);
        let settings: Self = table.try_into().map_err(malformed)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        self.check_public_base_url()?;
        for (name, value, bounds) in self.bounded() {
            let bound = match value {
                _ if value < *bounds.start() => format!("at least {}", bounds.start()),
                _ if value > *bounds.end() => format!("at most {}", bounds.end()),
                _ => continue,
            };
            let text = format!("{name} must be {bound}, not {value}");
            return Err(SettingsError::Value(text));
        }
        if self.push.retry_after_ms.len() > MAX_RETRIES {
            let text = format!("push.retry_after_ms must name at most {MAX_RETRIES} retries");
            return Err(SettingsError::Value(text));
        }
        self.issuing.marks(self.mode)?;
        self.render.font_files()?;
        self.trusted_proxies()?;
        self.check_allowed_hosts()?;
        self.check_tls()?;
        self.database.node()?;
        if !self.database.url.is_empty() {
            self.database.address()?;
        }
        self.push.sender(self.mode).map(|_| ())
    }

    /// Whose X-Forwarded-For is believed.
    pub fn trusted_proxies(&self) -> Result<Vec<Range>, SettingsError> {
        ranges("trusted_proxies", &self.trusted_proxies)
    }

    fn check_allowed_hosts(&self) -> Result<(), SettingsError> {
        let is_ipv6 = |name: &str| {
            let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
            bare.is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok())
        };
        let is_name = |name: &str| {
            !name.contains([':', '@', '*', ','])
                && name.parse::<axum::http::uri::Authority>().is_ok()
        };
        match self.allowed_hosts.iter().find(|name| !is_name(name) && !is_ipv6(name)) {
            None => Ok(()),
            Some(bad) => Err(SettingsError::Value(format!(
                "allowed_hosts: {bad:?} is not a host name; write it without scheme and port"
            ))),
        }
    }

    /// Whether `[tls]` is whole, and does not contradict `public_base_url`.
    pub(crate) fn check_tls(&self) -> Result<(), SettingsError> {
        if self.tls.has_certificate() == self.tls.key.as_os_str().is_empty() {
            let text = "tls.certificate and tls.key go together: give both files, or neither";
            return Err(SettingsError::Value(text.to_owned()));
        }
        if self.tls.is_on() && self.public_base_url.starts_with("http://") {
            let text = "public_base_url begins with http://, but [tls] or --tls makes this server speak https:// alone: write https://";
            return Err(SettingsError::Value(text.to_owned()));
        }
        Ok(())
    }

    fn check_public_base_url(&self) -> Result<(), SettingsError> {
        let base = &self.public_base_url;
        if base.is_empty() {
            return Ok(());
        }
        let wrong = |problem: &str| {
            Err(SettingsError::Value(format!("public_base_url {problem}, not {base:?}")))
        };
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return wrong("must begin with http:// or https://");
        }
        let Ok(uri) = base.parse::<Uri>() else {
            return wrong("must be a scheme and a host");
        };
        let is_host = |host: &str| !host.is_empty() && !host.contains('@');
        if !uri.authority().is_some_and(|authority| is_host(authority.as_str())) {
            return wrong("must name a host, without a user name");
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") || base.contains('#') {
            return wrong("must be scheme, host and port alone, for pages lie at its root");
        }
        Ok(())
    }

    /// Every number, and between what it must lie: below the server could not work, above it would be a
    /// mistake of the hand.
    fn bounded(&self) -> Vec<(String, u64, RangeInclusive<u64>)> {
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let Self { database, authorization, login, limits, issuing, push, retention, .. } = self;
        let numbers = [
            ("database.connections", count(database.connections), 4..=1000),
            ("authorization.link_life_s", authorization.link_life_s, 1..=TEN_YEARS_S),
            ("authorization.life_s", authorization.life_s, 1..=TEN_YEARS_S),
            (
                "authorization.custom_key_max_chars",
                count(authorization.custom_key_max_chars),
                1..=1000,
            ),
            ("login.session_s", login.session_s, 0..=TEN_YEARS_S),
            ("limits.body_bytes", count(limits.body_bytes), 1..=64 * 1024 * 1024),
            ("limits.body_timeout_ms", limits.body_timeout_ms, 1..=HOUR_MS),
            ("limits.header_timeout_ms", limits.header_timeout_ms, 1..=HOUR_MS),
            ("limits.answer_timeout_ms", limits.answer_timeout_ms, 1..=HOUR_MS),
            ("limits.connections", count(limits.connections), 1..=1_000_000),
            (
                "limits.connections_per_address",
                count(limits.connections_per_address),
                1..=1_000_000,
            ),
            ("limits.commit_queue", count(limits.commit_queue), 1..=1_000_000),
            ("limits.store_readers", count(limits.store_readers), 1..=256),
            ("limits.shutdown_ms", limits.shutdown_ms, 0..=HOUR_MS),
            ("issuing.time_limit_ms", issuing.time_limit_ms, 1..=DAY_MS),
            ("issuing.per_account", count(issuing.per_account), 1..=100_000),
            ("issuing.at_once", count(issuing.at_once), 1..=100_000),
            ("issuing.block_size", issuing.block_size, 1..=1_000_000),
            ("push.timeout_ms", push.timeout_ms, 1..=HOUR_MS),
            ("push.per_account", count(push.per_account), 1..=100_000),
            ("push.at_once", count(push.at_once), 1..=100_000),
            ("retention.pushes_d", retention.pushes_d, 0..=MAX_DAYS),
            ("retention.failed_jobs_d", retention.failed_jobs_d, 0..=MAX_DAYS),
            ("retention.messages_d", retention.messages_d, 0..=MAX_DAYS),
            ("retention.unused_orders_d", retention.unused_orders_d, 0..=MAX_DAYS),
        ];
        let retries = push.retry_after_ms.iter().enumerate();
        let retries =
            retries.map(|(n, ms)| (format!("push.retry_after_ms[{n}]"), *ms, 0..=30 * DAY_MS));
        numbers
            .into_iter()
            .map(|(name, value, bounds)| (name.to_owned(), value, bounds))
            .chain(retries)
            .collect()
    }

    /// The callbacks of the accounts that have one here, with their secrets read.
    pub fn callback_specs(&self) -> Result<Vec<(String, CallbackSpec)>, SettingsError> {
        if let Some(account) = self.accounts.iter().find(|account| account.forgot_its_callback()) {
            let text =
                format!("accounts: {} has callback settings without callback_url", account.appid);
            return Err(SettingsError::Value(text));
        }
        let with_callback = self.accounts.iter().filter(|account| account.callback_url.is_some());
        with_callback.map(|account| Ok((account.appid.clone(), account.callback()?))).collect()
    }

    /// Files that should be their owner's alone, with the setting that names each; not those of the data
    /// directory.
    pub(crate) fn secret_files(&self) -> Vec<(&'static str, &Path)> {
        let own = [
            ("admin_token_file", &self.admin_token_file),
            ("database.url_file", &self.database.url_file),
            ("tls.key", &self.tls.key),
            ("login.hs256_secret_file", &self.login.hs256_secret_file),
        ];
        let own = own.into_iter().filter(|(_, path)| !path.as_os_str().is_empty());
        let own = own.map(|(setting, path)| (setting, path.as_path()));
        let keys = self.pay_merchants.iter().filter_map(|one| one.key_file.as_deref());
        let keys = keys.map(|path| ("pay_merchants: key_file", path));
        own.chain(self.accounts.iter().flat_map(AccountSetting::secret_files)).chain(keys).collect()
    }

    /// The accounts to add or change, with their secrets read.
    pub fn account_specs(&self) -> Result<Vec<AccountSpec>, SettingsError> {
        self.accounts.iter().map(AccountSetting::spec).collect()
    }

    /// The pay merchants to add or change, with their keys read.
    pub fn pay_merchant_specs(&self) -> Result<Vec<PayMerchantSpec>, SettingsError> {
        self.pay_merchants.iter().map(PayMerchantSetting::spec).collect()
    }
}

impl PayMerchantSetting {
    fn spec(&self) -> Result<PayMerchantSpec, SettingsError> {
        let whose = format!("pay_merchants: {}", self.mchid);
        Ok(PayMerchantSpec {
            mchid: self.mchid.clone(),
            name: self.name.clone(),
            key: either(&whose, "key", self.key.as_ref(), self.key_file.as_deref())?,
            accounts: self.accounts.clone(),
            sub_merchants: self.sub_merchants.clone(),
        })
    }
}

/// A secret that stands here or in a file of its own.
fn either(
    whose: &str,
    name: &str,
    here: Option<&String>,
    file: Option<&Path>,
) -> Result<Option<String>, SettingsError> {
    match (here, file) {
        (Some(_), Some(_)) => {
            let text = format!("{whose} has both {name} and {name}_file");
            Err(SettingsError::Value(text))
        }
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, Some(file)) => {
            Ok(Some(read_secret(&format!("{whose}: {name}_file"), file)?.trim().to_owned()))
        }
        (None, None) => Ok(None),
    }
}

impl AccountSetting {
    fn either(
        &self,
        name: &str,
        here: &Option<String>,
        file: &Option<PathBuf>,
    ) -> Result<Option<String>, SettingsError> {
        either(&format!("accounts: {}", self.appid), name, here.as_ref(), file.as_deref())
    }

    fn secret_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let files = [
            ("accounts: secret_file", &self.secret_file),
            ("accounts: callback_token_file", &self.callback_token_file),
            ("accounts: callback_aes_key_file", &self.callback_aes_key_file),
        ];
        files.into_iter().filter_map(|(setting, path)| Some((setting, path.as_deref()?)))
    }

    fn forgot_its_callback(&self) -> bool {
        let others = [&self.callback_token, &self.callback_aes_key, &self.callback_mode];
        let files = [&self.callback_token_file, &self.callback_aes_key_file];
        self.callback_url.is_none()
            && (others.iter().any(|o| o.is_some()) || files.iter().any(|o| o.is_some()))
    }

    fn callback(&self) -> Result<CallbackSpec, SettingsError> {
        let (token, token_file) = (&self.callback_token, &self.callback_token_file);
        let (aes_key, aes_key_file) = (&self.callback_aes_key, &self.callback_aes_key_file);
        Ok(CallbackSpec {
            url: self.callback_url.clone().unwrap_or_default(),
            token: self.either("callback_token", token, token_file)?.unwrap_or_default(),
            encoding_aes_key: self
                .either("callback_aes_key", aes_key, aes_key_file)?
                .unwrap_or_default(),
            mode: self.callback_mode.clone().unwrap_or_default(),
        })
    }

    fn spec(&self) -> Result<AccountSpec, SettingsError> {
        Ok(AccountSpec {
            appid: self.appid.clone(),
            role: self.role.clone(),
            name: self.name.clone(),
            original_id: self.original_id.clone(),
            secret: self.either("secret", &self.secret, &self.secret_file)?,
            bound_to: self.bound_to.clone(),
            s_pappid: self.s_pappid.clone(),
            merchant_api: self.merchant_api,
            merchant: self.merchant.as_ref().map(MerchantSetting::spec),
        })
    }
}

/// `merchant` of `[[accounts]]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MerchantSetting {
    code: Option<String>,
    nsrsbh: Option<String>,
    nsrmc: Option<String>,
    nsrdz: Option<String>,
    nsrdh: Option<String>,
    nsrbank: Option<String>,
    nsrbankid: Option<String>,
    face: Option<String>,
    #[serde(default)]
    numbers: Vec<RangeSetting>,
}

/// A range of invoice numbers.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeSetting {
    code: String,
    first: i64,
    last: i64,
}

impl MerchantSetting {
    fn spec(&self) -> TaxpayerSpec {
        let range = |range: &RangeSetting| RangeSpec {
            code: range.code.clone(),
            first: range.first,
            last: range.last,
        };
        TaxpayerSpec {
            code: self.code.clone(),
            tax_id: self.nsrsbh.clone(),
            name: self.nsrmc.clone(),
            address: self.nsrdz.clone(),
            phone: self.nsrdh.clone(),
            bank: self.nsrbank.clone(),
            bank_account: self.nsrbankid.clone(),
            face: self.face.clone(),
            numbers: self.numbers.iter().map(range).collect(),
        }
    }
}

/// Where and what is wrong, without quoting the line: it may hold a secret.
fn complaint(error: &toml::de::Error, text: &str) -> String {
    let what = error.message().trim_end();
    match error.span().and_then(|span| text.get(..span.start)) {
        None => what.to_owned(),
        Some(before) => format!("line {}: {what}", before.matches('\n').count() + 1),
    }
}

/// Reads ranges of addresses.
fn ranges(name: &str, texts: &[String]) -> Result<Vec<Range>, SettingsError> {
    let read = |text: &String| {
        let complaint = || format!("{name}: \"{text}\" is not a range of addresses");
        Range::parse(text).ok_or_else(|| SettingsError::Value(complaint()))
    };
    texts.iter().map(read).collect()
}

/// Reads a text file, naming it when that fails.
pub(crate) fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|error| SettingsError::Unreadable(path.to_owned(), error))
}

/// [`read`] a file that should be its owner's alone; the log says where it is not.
pub(crate) fn read_secret(setting: &str, path: &Path) -> Result<String, SettingsError> {
    warn_of_other_readers(setting, path);
    read(path)
}

/// Says in the log that others than its owner may read a secret file.
pub(crate) fn warn_of_other_readers(setting: &str, path: &Path) {
    if let Some(mode) = open_to_others(path) {
        let path = path.display();
        tracing::warn!("{setting} {path} is readable by others ({mode:04o}): chmod 600");
    }
}

/// A file's mode where others than its owner may read it.
pub(crate) fn open_to_others(path: &Path) -> Option<u32> {
    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Lays the operator's values over the defaults, table by table.
fn overlay(base: &mut toml::Table, over: toml::Table) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => overlay(base, over),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(text: &str) -> Result<Settings, SettingsError> {
        Settings::merge(text, Path::new("test.toml"))
    }

    #[test]
    fn the_defaults_stand_alone_and_a_file_changes_only_what_it_names() {
        let defaults = merged("").unwrap();
        assert_eq!(defaults.mode, ModeName::Sandbox);
        let changed = merged("mode = \"production\"\n[limits]\nbody_bytes = 7").unwrap();
        assert_eq!(changed.mode, ModeName::Production);
        assert_eq!(changed.limits.body_bytes, 7);
        assert_eq!(changed.limits.connections, defaults.limits.connections);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_named() {
        let error = merged("[limits]\nbody_byte = 7").err().unwrap().to_string();
        assert!(error.contains("test.toml") && error.contains("body_byte"), "{error}");
        assert!(merged("public_base_url = \"shop.example\"").is_err());
        assert!(merged("public_base_url = \"https://shop.example/pay\"").is_err());
        assert!(merged("public_base_url = \"https://shop.example/\"").is_ok());
        assert!(merged("mode = \"test\"").is_err());
    }

    #[test]
    fn a_number_out_of_bounds_is_refused_at_both_ends() {
        let settings = merged("").unwrap();
        for (name, _, bounds) in settings.bounded() {
            let (Some((section, key)), false) = (name.split_once('.'), name.contains('[')) else {
                continue;
            };
            let below = bounds.start().checked_sub(1);
            for bad in below.into_iter().chain([bounds.end() + 1, i64::MAX as u64]) {
                let error = merged(&format!("[{section}]\n{key} = {bad}")).err().expect(&name);
                let bound = if bad < *bounds.start() { bounds.start() } else { bounds.end() };
                let error = error.to_string();
                assert!(error.contains(&name) && error.contains(&bound.to_string()), "{error}");
            }
            for good in [bounds.start(), bounds.end()] {
                assert!(merged(&format!("[{section}]\n{key} = {good}")).is_ok(), "{name} {good}");
            }
        }
        for bad in ["http://kaipiao", "kaipiao:8080", "", "*"] {
            assert!(merged(&format!("allowed_hosts = [\"{bad}\"]")).is_err(), "{bad}");
        }
        assert!(merged("allowed_hosts = [\"[fd00::1]\"]").is_ok());
        assert!(merged("allowed_hosts = [\"[fd00::1]:80\"]").is_err());
        assert!(merged("trusted_proxies = [\"10.0.0.0/33\"]").is_err());
        assert!(merged("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]").is_ok());
        assert!(merged("[push]\nname_servers = [\"ns.example\"]").is_err());
        assert!(merged("[push]\nname_servers = [\"10.0.0.53\", \"[::1]:5353\"]").is_ok());
        assert!(merged("[push]\nretry_after_ms = [9223372036854775807]").is_err());
        assert!(merged(&format!("[push]\nretry_after_ms = {:?}", [0; 101])).is_err());
    }

    #[test]
    fn a_public_base_url_names_a_host_and_nothing_else() {
        for bad in
            ["http://", "https:///", "https://a\\nb", "https://u@shop.example", "https://a b"]
        {
            let error = merged(&format!("public_base_url = \"{bad}\"")).err().expect(bad);
            assert!(error.to_string().contains("public_base_url"), "{error}");
        }
        for good in ["http://127.0.0.1:8080", "https://[::1]:8443/", "https://shop.example:9"] {
            assert!(merged(&format!("public_base_url = \"{good}\"")).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_databases_address_is_given_once_and_never_repeated() {
        let address = |text: &str| merged(text).and_then(|settings| settings.database.address());
        let url = "postgres://till:hunter2@db/kaipiao";
        assert_eq!(address("").unwrap(), None);
        assert_eq!(address(&format!("[database]\nurl = \"{url}\"")).unwrap().unwrap(), url);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{url}\n")).unwrap();
        let in_file = format!("[database]\nurl_file = {:?}", file.path());
        assert_eq!(address(&in_file).unwrap().unwrap(), url);
        let mut settings = merged(&in_file).unwrap();
        settings.database.choose("host=/run/postgresql".to_owned());
        assert_eq!(settings.database.address().unwrap().unwrap(), "host=/run/postgresql");
        for (wrong, words) in [
            (format!("{in_file}\nurl = \"{url}\""), "give one"),
            ("[database]\nurl = \"mysql://till:hunter2@db/x\"".to_owned(), "postgres://user"),
            ("[database]\nurl = \"user=till password=hunter2\"".to_owned(), "postgres://user"),
            ("[database]\nconnections = 3".to_owned(), "database.connections must be at least 4"),
            ("[database]\nnode = \"till 1\"".to_owned(), "database.node must be"),
        ] {
            let error = address(&wrong).err().unwrap().to_string();
            assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_production_issues_without_the_specimens_mark() {
        let specimen = |text: &str| {
            merged(text).map(|settings| settings.issuing.marks(settings.mode).unwrap().specimen)
        };
        assert!(specimen("").unwrap() && specimen("mode = \"production\"").unwrap());
        let error = specimen("[issuing]\nspecimen = false").err().unwrap().to_string();
        assert!(error.contains("only be false in production"), "{error}");
        assert!(!specimen("mode = \"production\"\n[issuing]\nspecimen = false").unwrap());
        for bad in ["[issuing]\nmachine_number = \"12\"", "[render]\nfonts = [\"a#b\"]"] {
            assert!(merged(bad).is_err(), "{bad}");
        }
        let fonts =
            merged("[render]\nfonts = [\"/a.otf\", \"/b.ttc#3\"]").unwrap().render.font_files();
        let fonts: Vec<_> = fonts.unwrap().into_iter().map(|file| file.face_index).collect();
        assert_eq!(fonts, [0, 3]);
    }

    #[test]
    fn a_table_of_categories_is_read_and_its_mistakes_are_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let settings = format!("[render]\ncategories = {:?}", file.path());
        let table = || merged(&settings).unwrap().render.category_table();
        std::fs::write(file.path(), "30101,运输服务").unwrap();
        assert_eq!(table().unwrap().short_name("3010101"), Some("运输服务"));
        std::fs::write(file.path(), "30101;运输服务").unwrap();
        let error = table().unwrap_err().to_string();
        assert!(error.ends_with("line 1: expected a code, a comma and a short name"), "{error}");
        // 运输服务 in GBK, as spreadsheets save it.
        std::fs::write(file.path(), b"1,a\n30101,\xd4\xcb\xca\xe4\xb7\xfe\xce\xf1").unwrap();
        let error = table().unwrap_err().to_string();
        let place = format!("{}: line 2: expected UTF-8, and byte 11", file.path().display());
        assert!(error.contains(&place), "{error}");
        let built_in = merged("").unwrap().render.category_table().unwrap();
        assert_eq!(built_in.short_name("1030204"), Some("乳制品"));
    }

    #[test]
    fn a_malformed_file_is_complained_about_without_its_secrets() {
        let error = merged("mode = \"sandbox\"\n[[accounts]]\nsecret = \"hunter2hunter2hunter2\n");
        let text = error.err().unwrap().to_string();
        assert!(text.starts_with("test.toml: line 3: "), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
