//! How pushes are sent.

use super::addresses::ranges;
use super::bounds::{self, Bounded, DAY_MS, HOUR_MS};
use super::error::SettingsError;
use kaipiao_sender::SenderSettings;
use kaipiao_sender::guard::Guard;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

const MAX_RETRIES: usize = 100;
const DNS_PORT: u16 = 53;

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
    /// What getcallbackip answers; empty: the machine's own addresses.
    pub addresses: Vec<String>,
    /// Addresses, each with a port or not; empty: the machine's own.
    pub name_servers: Vec<String>,
}

impl Push {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        let retries = self.retry_after_ms.iter().enumerate();
        let retries =
            retries.map(|(n, ms)| (format!("push.retry_after_ms[{n}]"), *ms, 0..=30 * DAY_MS));
        let numbers = bounds::of([
            ("push.timeout_ms", self.timeout_ms, 1..=HOUR_MS),
            ("push.per_account", bounds::count(self.per_account), 1..=100_000),
            ("push.at_once", bounds::count(self.at_once), 1..=100_000),
        ]);
        numbers.into_iter().chain(retries).collect()
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.retry_after_ms.len() > MAX_RETRIES {
            let text = format!("push.retry_after_ms must name at most {MAX_RETRIES} retries");
            return Err(SettingsError::Value(text));
        }
        ranges("push.addresses", &self.addresses)?;
        self.sender(false).map(|_| ())
    }

    /// Whom pushes are sent to, and who is believed about where they are. A closed sandbox sends to whatever address: its
    /// receivers are where its developers are, and nobody else names one.
    pub fn sender(&self, is_closed_sandbox: bool) -> Result<SenderSettings, SettingsError> {
        let allowed = ranges("push.allow_private", &self.allow_private)?;
        let guard = if is_closed_sandbox { Guard::open() } else { Guard::public_and(allowed) };
        Ok(SenderSettings { guard, ..self.open_sender()? })
    }

    /// The same machine's certificates and names for what the operator names himself: whatever its address.
    pub fn open_sender(&self) -> Result<SenderSettings, SettingsError> {
        let ca_file = Some(self.ca_file.clone()).filter(|path| !path.as_os_str().is_empty());
        let read = |text: &String| {
            let address = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
            address.or_else(|_| text.parse()).map_err(|_| {
                let text = format!("push.name_servers: \"{text}\" is not an address");
                SettingsError::Value(text)
            })
        };
        let name_servers = self.name_servers.iter().map(read).collect::<Result<_, _>>()?;
        Ok(SenderSettings { guard: Guard::open(), ca_file, name_servers })
    }
}
