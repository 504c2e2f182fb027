//! The operator's own issuers.

use super::finding::Finding;
use crate::compose;
use crate::settings::{ModeName, OutsideIssuer, Settings};
use core::time::Duration;
use kaipiao_issuer_http::AskError;
use kaipiao_ports::clock::{Clock, SystemClock};
use std::sync::Arc;

/// How long its answer may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether each can be reached, and its answer trusted.
pub(super) async fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let issuers = match compose::outside_issuers(settings, &clock) {
        Ok(issuers) => issuers,
        Err(error) => return findings.push(Finding::error("issuer", error, "")),
    };
    for (OutsideIssuer { table, settings: outside, .. }, issuer) in issuers {
        findings.push(match issuer.probe(LIMIT).await {
            Ok(()) => {
                Finding::ok("issuer", format!("{table}.url answers, signed with the same secret"))
            }
            Err(why) => Finding::error("issuer", format!("{table}.url: {why}"), advice(&why)),
        });
        findings.extend(plain_connection(settings.mode, &table, &outside.url));
    }
}

const fn advice(why: &AskError) -> &'static str {
    match why {
        AskError::Unreachable(_) | AskError::Silent(_) => {
            "start it, or mend its url, its name or push.ca_file"
        }
        AskError::Forged | AskError::Status(401) => {
            "give both sides the same secret (secret_file here), and set both clocks"
        }
        AskError::Stale(_) => "set both clocks, by NTP for instance",
        AskError::Fault(_)
        | AskError::Status(_)
        | AskError::Unsigned(_)
        | AskError::TooLong(_)
        | AskError::OtherDocument(_)
        | AskError::Unreadable(_) => "it must answer POST {url}/status as docs/issuer.md says",
    }
}

/// In production: questions that whoever listens on the way can read.
fn plain_connection(mode: ModeName, table: &str, url: &str) -> Option<Finding> {
    let uri: axum::http::Uri = url.parse().ok()?;
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_open = mode == ModeName::Production && uri.scheme_str() == Some("http");
    (is_open && !is_here).then(|| {
        let found = format!("{table}.url is not https: who listens reads what invoices say");
        Finding::warning("issuer", found, "give it an https address")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_warned_of_a_plain_connection_to_another_machine() {
        let is_warned =
            |mode: ModeName, url: &str| plain_connection(mode, "issuing", url).is_some();
        assert!(is_warned(ModeName::Production, "http://10.0.0.7:8090/kaipiao"));
        assert!(is_warned(ModeName::Production, "http://issuer.internal"));
        assert!(!is_warned(ModeName::Sandbox, "http://10.0.0.7:8090"));
        for here in ["https://10.0.0.7", "http://localhost:1", "http://127.0.0.2", "http://[::1]:1"]
        {
            assert!(!is_warned(ModeName::Production, here), "{here}");
        }
    }
}
