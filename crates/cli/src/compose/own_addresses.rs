//! The addresses that this server tells its callers of (wire_facts 2.2, D-202).

use crate::settings::{ModeName, Settings};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// What get_api_domain_ip answers: the settings', or the address that is listened on.
pub(crate) fn api_addresses(settings: &Settings, listened_on: SocketAddr) -> Vec<String> {
    if !settings.api_addresses.is_empty() {
        return settings.api_addresses.clone();
    }
    let ip = listened_on.ip().to_canonical();
    let ips = if ip.is_unspecified() { towards_the_internet() } else { vec![ip] };
    texts(ips)
}

/// What getcallbackip answers: the settings', or the addresses that pushes leave from.
pub(crate) fn push_addresses(settings: &Settings) -> Vec<String> {
    if !settings.push.addresses.is_empty() {
        return settings.push.addresses.clone();
    }
    let mut ips = towards_the_internet();
    // A sandbox's receivers are on the same machine, as a rule.
    if settings.mode == ModeName::Sandbox {
        ips.push(Ipv4Addr::LOCALHOST.into());
    }
    texts(ips)
}

/// The addresses that this machine sends from to public ones, of each family that it has a way for. Nothing is sent.
fn towards_the_internet() -> Vec<IpAddr> {
    // Documentation's addresses: they are on nobody's own network, and the way to them is the one to all others.
    let towards: [(IpAddr, IpAddr); 2] = [
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(203, 0, 113, 1).into()),
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    ];
    let own = towards.into_iter().filter_map(|(any, to)| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((to, 53)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    });
    own.filter(|ip| !ip.is_unspecified()).collect()
}

fn texts(mut ips: Vec<IpAddr>) -> Vec<String> {
    ips.dedup();
    ips.into_iter().map(|ip| ip.to_string()).collect()
}
