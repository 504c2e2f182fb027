//! What the server is called: in links, by its clients, in its certificate, and by the commands.

use crate::settings::Settings;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where links begin, without a slash at the end.
pub(super) fn public_base_url(settings: &Settings, address: SocketAddr) -> String {
    match settings.public_base_url.as_str() {
        "" => format!("{}://{}", settings.tls.scheme(), on_this_machine(address)),
        url => url.trim_end_matches('/').to_owned(),
    }
}

/// What is wrong with links that name this machine alone, where others may reach it.
pub(super) fn unreachable_links(settings: &Settings, address: SocketAddr) -> Option<String> {
    let is_wrong = settings.public_base_url.is_empty() && address.ip().is_unspecified();
    is_wrong.then(|| {
        let begin = public_base_url(settings, address);
        format!("links begin with {begin}, which other machines cannot open: set public_base_url")
    })
}

/// Host and port as a browser names an origin: lower case, and without the scheme's own port.
pub(super) fn as_browsers_write(scheme: &str, authority: &str) -> String {
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
pub(super) fn on_this_machine(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = match address.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        address.set_ip(loopback);
    }
    address
}

/// The names that are answered: loopback's, the one the server says it has, and the operator's.
pub(super) fn own_names(settings: &Settings, address: SocketAddr) -> Vec<String> {
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
pub(super) fn certificate_names(settings: &Settings, address: SocketAddr) -> Vec<String> {
    let bare = |name: String| match name.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')) {
        Some(ip) => ip.to_owned(),
        None => name.to_ascii_lowercase(),
    };
    own_names(settings, address).into_iter().map(bare).collect()
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
