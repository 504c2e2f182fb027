//! Where the server is reached, and ranges of addresses.

use super::error::SettingsError;
use axum::http::Uri;
use kaipiao_domain::access::address_range::AddressRange;

/// Whether links can begin with `public_base_url`; empty: there is none.
pub(super) fn check_public_base_url(base: &str) -> Result<(), SettingsError> {
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

/// Whether `allowed_hosts` are names of hosts.
pub(super) fn check_allowed_hosts(hosts: &[String]) -> Result<(), SettingsError> {
    let is_ipv6 = |name: &str| {
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        bare.is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let is_name = |name: &str| {
        !name.contains([':', '@', '*', ',']) && name.parse::<axum::http::uri::Authority>().is_ok()
    };
    match hosts.iter().find(|name| !is_name(name) && !is_ipv6(name)) {
        None => Ok(()),
        Some(bad) => Err(SettingsError::Value(format!(
            "allowed_hosts: {bad:?} is not a host name; write it without scheme and port"
        ))),
    }
}

/// Reads ranges of addresses.
pub(super) fn ranges(name: &str, texts: &[String]) -> Result<Vec<AddressRange>, SettingsError> {
    let read = |text: &String| {
        let complaint = || format!("{name}: \"{text}\" is not a range of addresses");
        AddressRange::parse(text).ok_or_else(|| SettingsError::Value(complaint()))
    };
    texts.iter().map(read).collect()
}
