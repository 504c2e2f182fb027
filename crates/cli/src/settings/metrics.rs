//! Where metrics are read, and where traces go.

use super::bounds::{self, Bounded};
use super::error::SettingsError;
use serde::Deserialize;
use std::net::SocketAddr;

/// `[metrics]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address and port of metrics and probes alone; empty: they are only where everything is.
    pub listen: String,
}

impl Metrics {
    /// The address; None: there is none of its own.
    pub fn address(&self) -> Result<Option<SocketAddr>, SettingsError> {
        if self.listen.is_empty() {
            return Ok(None);
        }
        let problem = || {
            let text = "metrics.listen must be an address and a port, such as \"127.0.0.1:9090\"";
            SettingsError::Value(text.to_owned())
        };
        self.listen.parse().map(Some).map_err(|_| problem())
    }
}

/// `[telemetry]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Base address of an OpenTelemetry collector; empty: nothing is exported.
    pub otlp_endpoint: String,
    /// How many of a hundred requests are exported.
    pub sample_percent: u64,
}

impl Telemetry {
    /// Where spans are sent; None: nowhere.
    pub fn traces_url(&self) -> Result<Option<String>, SettingsError> {
        if self.otlp_endpoint.is_empty() {
            return Ok(None);
        }
        let url = url::Url::parse(&self.otlp_endpoint).ok();
        let is_http = |url: &url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if !url.as_ref().is_some_and(is_http) {
            let text =
                "telemetry.otlp_endpoint must be an address such as \"http://127.0.0.1:4318\"";
            return Err(SettingsError::Value(text.to_owned()));
        }
        Ok(Some(format!("{}/v1/traces", self.otlp_endpoint.trim_end_matches('/'))))
    }

    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([("telemetry.sample_percent", self.sample_percent, 1..=100)])
    }
}
