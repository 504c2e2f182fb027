//! How invoices are issued.

use super::bounds::{self, Bounded, DAY_MS};
use super::error::SettingsError;
use super::files::read_secret;
use super::mode::ModeName;
use core::time::Duration;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::text;
use kaipiao_issuer::IssuerMarks;
use kaipiao_issuer_http::{HttpIssuerSettings, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `[issuing]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuing {
    /// The operator's own issuer; empty: the built-in one.
    pub url: String,
    /// What its questions and answers are signed with; empty: none.
    pub secret_file: PathBuf,
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
    /// Merchants that have an issuer to themselves, by their appids.
    #[serde(default)]
    pub merchants: BTreeMap<String, MerchantIssuer>,
}

/// `[issuing.merchants.<appid>]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantIssuer {
    /// The issuer that is asked for this merchant.
    pub url: String,
    /// What its questions and answers are signed with.
    pub secret_file: PathBuf,
}

/// An issuer of the operator's own, as the settings name it.
pub struct OutsideIssuer {
    /// Whose invoices it makes; None: those of all merchants without one to themselves.
    pub merchant: Option<AppId>,
    /// The table of the settings that names it.
    pub table: String,
    /// How it is asked.
    pub settings: HttpIssuerSettings,
}

/// Where an issuer is, before anything of it is read.
struct Named<'a> {
    table: String,
    merchant: Option<&'a str>,
    url: &'a str,
    secret_file: &'a Path,
}

impl Issuing {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([
            ("issuing.time_limit_ms", self.time_limit_ms, 1..=DAY_MS),
            ("issuing.per_account", bounds::count(self.per_account), 1..=100_000),
            ("issuing.at_once", bounds::count(self.at_once), 1..=100_000),
            ("issuing.block_size", self.block_size, 1..=1_000_000),
        ])
    }

    /// Whether an issuer of the operator's own is asked for all merchants without one to themselves.
    pub fn is_outside(&self) -> bool {
        !self.url.is_empty()
    }

    fn named(&self) -> Vec<Named<'_>> {
        let of_all = self.is_outside().then(|| Named {
            table: "issuing".to_owned(),
            merchant: None,
            url: &self.url,
            secret_file: &self.secret_file,
        });
        let of_merchants = self.merchants.iter().map(|(appid, issuer)| Named {
            table: format!("issuing.merchants.{appid}"),
            merchant: Some(appid),
            url: &issuer.url,
            secret_file: &issuer.secret_file,
        });
        of_all.into_iter().chain(of_merchants).collect()
    }

    /// Whether each issuer's address is one that actions can be appended to, and comes with a secret.
    pub(super) fn check_addresses(&self) -> Result<(), SettingsError> {
        if !self.is_outside() && !self.secret_file.as_os_str().is_empty() {
            let text = "issuing.secret_file needs issuing.url";
            return Err(SettingsError::Value(text.to_owned()));
        }
        self.named().iter().try_for_each(Named::check)
    }

    /// The operator's own issuers, with their secrets read; none: the built-in one issues.
    pub fn outside(&self, mode: ModeName) -> Result<Vec<OutsideIssuer>, SettingsError> {
        let read = |named: Named<'_>| -> Result<_, SettingsError> {
            let IssuerMarks { specimen, machine_number } = self.marks(mode)?;
            Ok(OutsideIssuer {
                merchant: named.merchant()?,
                settings: HttpIssuerSettings {
                    url: named.url.trim_end_matches('/').to_owned(),
                    secret: named.secret()?,
                    time_limit: Duration::from_millis(self.time_limit_ms),
                    specimen,
                    machine_number,
                },
                table: named.table,
            })
        };
        self.named().into_iter().map(read).collect()
    }

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

impl Named<'_> {
    fn check(&self) -> Result<(), SettingsError> {
        let (table, url) = (&self.table, self.url);
        let wrong = |text: String| Err(SettingsError::Value(text));
        if self.secret_file.as_os_str().is_empty() {
            return wrong(format!("{table}.url needs {table}.secret_file"));
        }
        let name = format!("{table}.url");
        let form = text::web_link(&name, url).and_then(|()| text::without_user_name(&name, url));
        if let Err(refusal) = form {
            return wrong(refusal.to_string());
        }
        if url.contains(['?', '#']) {
            return wrong(format!("{name} must end with its path: /issue is appended"));
        }
        self.merchant().map(drop)
    }

    fn merchant(&self) -> Result<Option<AppId>, SettingsError> {
        let wrong = |appid| format!("{}: \"{appid}\" is not the form of an appid", self.table);
        let parse = |appid| AppId::parse(appid).ok_or_else(|| SettingsError::Value(wrong(appid)));
        self.merchant.map(parse).transpose()
    }

    fn secret(&self) -> Result<Secret, SettingsError> {
        let name = format!("{}.secret_file", self.table);
        let secret = read_secret(&name, self.secret_file)?;
        Secret::new(secret.trim()).map_err(|why| {
            SettingsError::Value(format!("{name} {} {why}", self.secret_file.display()))
        })
    }
}
