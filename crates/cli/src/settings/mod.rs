//! Settings: kaipiao.toml at the repository's root, compiled in as the default, with the
//! operator's file on top of it. A section is a file, with the bounds of its numbers.

mod accounts;
mod addresses;
mod authorization;
mod bounds;
mod console;
mod database;
mod error;
mod files;
mod https;
mod issuing;
mod limits;
mod log;
mod login;
mod metrics;
mod mode;
mod pay_merchants;
mod platform;
mod push;
mod render;
mod request_log;
mod retention;
mod sandbox;
#[cfg(test)]
mod tests;

pub use accounts::AccountSetting;
pub use authorization::Authorization;
pub use console::Console;
pub use database::Database;
pub use error::SettingsError;
pub(crate) use files::{open_to_others, read, read_secret, warn_of_other_readers};
pub use https::Tls;
pub use issuing::{Issuing, OutsideIssuer};
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use login::Login;
pub use metrics::{Metrics, Telemetry};
pub use mode::ModeName;
pub use pay_merchants::PayMerchantSetting;
pub(crate) use platform::FILES;
pub use platform::{Files, Platform};
pub use push::Push;
pub use render::Render;
pub(crate) use request_log::FILE_NAME as REQUEST_LOG;
pub use request_log::RequestLogSettings;
pub use retention::Retention;
pub use sandbox::SandboxSettings;

use bounds::Bounded;
use kaipiao_app::access::accounts::AccountSpec;
use kaipiao_app::delivery::callbacks::CallbackSpec;
use kaipiao_app::payment::pay_merchants::PayMerchantSpec;
use kaipiao_domain::access::address_range::AddressRange;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The defaults, and the documentation of every setting.
pub const DEFAULTS: &str = include_str!("../../../../kaipiao.toml");

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
    /// What get_api_domain_ip answers; empty: the address that is listened on.
    pub api_addresses: Vec<String>,
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
    /// What was asked and answered.
    pub request_log: RequestLogSettings,
    /// Where metrics are read.
    pub metrics: Metrics,
    /// Where traces go.
    pub telemetry: Telemetry,
    /// The authorization page's link.
    pub authorization: Authorization,
    /// Who sits before a page.
    pub login: Login,
    /// Who works with the console.
    pub console: Console,
    /// Limits of size, time and number.
    pub limits: Limits,
    /// How invoices are issued.
    pub issuing: Issuing,
    /// What invoices are printed on.
    pub render: Render,
    /// Files beside the store.
    pub files: Files,
    /// What platforms insert.
    pub platform: Platform,
    /// How pushes are sent.
    pub push: Push,
    /// What is forgotten, and when.
    pub retention: Retention,
    /// Name spaces, snapshots, and a seed.
    pub sandbox: SandboxSettings,
    /// Accounts to add or change.
    #[serde(default)]
    pub accounts: Vec<AccountSetting>,
    /// `[[pay_merchants]]`
    #[serde(default)]
    pub pay_merchants: Vec<PayMerchantSetting>,
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
        addresses::check_public_base_url(&self.public_base_url)?;
        bounds::check(self.bounded())?;
        self.issuing.marks(self.mode)?;
        self.issuing.check_addresses()?;
        self.render.font_files()?;
        self.trusted_proxies()?;
        addresses::ranges("api_addresses", &self.api_addresses)?;
        addresses::check_allowed_hosts(&self.allowed_hosts)?;
        self.check_tls()?;
        self.console.check()?;
        self.metrics.address()?;
        self.telemetry.traces_url()?;
        self.database.node()?;
        if !self.database.url.is_empty() {
            self.database.address()?;
        }
        self.sandbox.check(self.database.is_given())?;
        self.push.check()
    }

    /// Every number.
    fn bounded(&self) -> Vec<Bounded> {
        [
            self.database.bounded(),
            self.request_log.bounded(),
            self.authorization.bounded(),
            self.login.bounded(),
            self.console.bounded(),
            self.telemetry.bounded(),
            self.limits.bounded(),
            self.issuing.bounded(),
            self.platform.bounded(),
            self.push.bounded(),
            self.retention.bounded(),
            self.files.bounded(),
            self.sandbox.bounded(),
        ]
        .concat()
    }

    /// Whether this is a sandbox that only its own machine reaches.
    pub fn is_closed_sandbox(&self) -> bool {
        self.mode == ModeName::Sandbox && !self.expose_sandbox
    }

    /// Whether `[tls]` is whole, and does not contradict `public_base_url`.
    pub(crate) fn check_tls(&self) -> Result<(), SettingsError> {
        self.tls.check(&self.public_base_url)
    }

    /// Whose X-Forwarded-For is believed.
    pub fn trusted_proxies(&self) -> Result<Vec<AddressRange>, SettingsError> {
        addresses::ranges("trusted_proxies", &self.trusted_proxies)
    }

    /// Where the files beside the store lie.
    pub fn files_directory(&self) -> PathBuf {
        match &self.files.directory {
            none if none.as_os_str().is_empty() => self.data.join(FILES),
            directory => directory.clone(),
        }
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
            ("console.hs256_secret_file", &self.console.hs256_secret_file),
            ("issuing.secret_file", &self.issuing.secret_file),
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

/// Where and what is wrong, without quoting the line: it may hold a secret.
fn complaint(error: &toml::de::Error, text: &str) -> String {
    let what = error.message().trim_end();
    match error.span().and_then(|span| text.get(..span.start)) {
        None => what.to_owned(),
        Some(before) => format!("line {}: {what}", before.matches('\n').count() + 1),
    }
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
