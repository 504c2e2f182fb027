//! The operator's own issuers.

use super::finding::Finding;
use crate::compose;
use crate::settings::{ModeName, OutsideIssuer, Settings};
use core::time::Duration;
use kaipiao_app::sandbox::DEMO_MERCHANT;
use kaipiao_domain::access::account::{Account, AppId, Role};
use kaipiao_issuer_http::AskError;
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::store::Store;
use kaipiao_records::access::account::account_key;
use kaipiao_records::record;
use std::sync::Arc;

/// How long its answer may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether each can be reached, its answer trusted, and whether it is somebody's.
pub(super) async fn examine(
    settings: &Settings,
    store: Option<&dyn Store>,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let issuers = match compose::outside_issuers(settings, &clock) {
        Ok(issuers) => issuers,
        Err(error) => {
            findings.push(Finding::error("issuer", error, ""));
            return Ok(());
        }
    };
    for (OutsideIssuer { merchant, table, settings: outside }, issuer) in issuers {
        findings.push(match issuer.probe(LIMIT).await {
            Ok(()) => {
                Finding::ok("issuer", format!("{table}.url answers, signed with the same secret"))
            }
            Err(why) => Finding::error("issuer", format!("{table}.url: {why}"), advice(&why)),
        });
        findings.extend(plain_connection(settings.mode, &table, &outside.url));
        if let Some(appid) = merchant
            && !is_merchant(settings, store, &appid).await?
        {
            let found = format!("{table}: no merchant has this appid, so its issuer is not asked");
            let advice = "correct the appid, or make the account";
            findings.push(Finding::warning("issuer", found, advice));
        }
    }
    Ok(())
}

/// Whether it is a merchant's appid, as the settings say or else the store, which the demo accounts come into with the
/// first start.
async fn is_merchant(
    settings: &Settings,
    store: Option<&dyn Store>,
    appid: &AppId,
) -> Result<bool, StoreError> {
    let is_demo = settings.mode == ModeName::Sandbox && appid.as_str() == DEMO_MERCHANT;
    // What is wrong with them is told of elsewhere.
    let accounts = settings.account_specs().unwrap_or_default();
    let named = accounts.iter().find(|account| account.appid == appid.as_str());
    match (named.and_then(|account| account.role.as_deref()), store) {
        (Some(role), _) => Ok(role == Role::Merchant.name()),
        (None, Some(store)) => {
            let account = record::get_fresh::<Account>(store, &account_key(appid)).await?;
            Ok(account.is_some_and(|account| account.value.role == Role::Merchant))
        }
        (None, None) => Ok(is_demo),
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
