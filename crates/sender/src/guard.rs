//! Which addresses may be sent to, decided where the connection is made.

use ipnet::{Ipv4Net, Ipv6Net};
use kaipiao_domain::access::address_range::AddressRange;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that is refused; inside the error that the connection fails with.
#[derive(Debug, thiserror::Error)]
#[error("{0} is a private address")]
pub struct PrivateAddress(pub String);

/// The addresses that may be sent to.
#[derive(Clone, Debug)]
pub struct Guard {
    refuses_private: bool,
    allowed: Vec<AddressRange>,
}

impl Guard {
    /// Sends to whatever address (the sandbox).
    pub fn open() -> Self {
        Self { refuses_private: false, allowed: Vec::new() }
    }

    /// Sends to public addresses, and to the private ones within these ranges.
    pub fn public_and(allowed: Vec<AddressRange>) -> Self {
        Self { refuses_private: true, allowed }
    }

    /// Whether this address may be sent to.
    pub fn allows(&self, address: IpAddr) -> bool {
        !self.refuses_private
            || !is_private(address)
            || self.allowed.iter().any(|range| range.holds(address))
    }
}

/// IPv4 ranges that the public network has no host in.
const PRIVATE_V4: [Ipv4Net; 14] = [
    net_v4([0, 0, 0, 0], 8),       // this network
    net_v4([10, 0, 0, 0], 8),      // private
    net_v4([100, 64, 0, 0], 10),   // shared by a carrier's customers
    net_v4([127, 0, 0, 0], 8),     // loopback
    net_v4([169, 254, 0, 0], 16),  // link-local, where clouds keep their metadata
    net_v4([172, 16, 0, 0], 12),   // private
    net_v4([192, 0, 0, 0], 24),    // protocol assignments
    net_v4([192, 0, 2, 0], 24),    // documentation
    net_v4([192, 168, 0, 0], 16),  // private
    net_v4([198, 18, 0, 0], 15),   // benchmarks
    net_v4([198, 51, 100, 0], 24), // documentation
    net_v4([203, 0, 113, 0], 24),  // documentation
    net_v4([224, 0, 0, 0], 4),     // multicast
    net_v4([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// All of IPv6 that is given out to hosts.
const HOSTS_V6: Ipv6Net = net_v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// Documentation, which lies within [`HOSTS_V6`].
const DOCUMENTATION_V6: Ipv6Net = net_v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32);
/// NAT64: the last 32 bits are an IPv4 address.
const NAT64: Ipv6Net = net_v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
/// 6to4: an IPv4 address stands behind the first 16 bits.
const SIX_TO_FOUR: Ipv6Net = net_v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);

const fn net_v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn net_v6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// Whether the public network has no host at that address.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_private_v4(v4),
            None => !HOSTS_V6.contains(&v6) || DOCUMENTATION_V6.contains(&v6),
        },
    }
}

/// IPv4 addresses that travel inside IPv6 ones, but for mapped ones: NAT64 and 6to4.
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, second, third, .., seventh, eighth] = v6.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    if NAT64.contains(&v6) {
        return Some(join(seventh, eighth));
    }
    SIX_TO_FOUR.contains(&v6).then(|| join(second, third))
}

fn is_private_v4(v4: Ipv4Addr) -> bool {
    PRIVATE_V4.iter().any(|range| range.contains(&v4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(guard: &Guard, address: &str) -> bool {
        guard.allows(address.parse().unwrap())
    }

    #[test]
    fn private_addresses_are_known_in_every_dress() {
        let guard = Guard::public_and(Vec::new());
        for private in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.5.4",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert!(!allows(&guard, private), "{private}");
            assert!(allows(&Guard::open(), private), "{private}");
        }
        for public in ["1.1.1.1", "101.226.103.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(allows(&guard, public), "{public}");
        }
    }

    #[test]
    fn a_private_range_can_be_allowed() {
        let ranges = ["10.1.0.0/16", "fd00::/8", "127.0.0.1"];
        let guard =
            Guard::public_and(ranges.map(|text| AddressRange::parse(text).unwrap()).to_vec());
        for (address, expected) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("fd12::1", true),
            ("fe80::1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("1.1.1.1", true),
        ] {
            assert_eq!(allows(&guard, address), expected, "{address}");
        }
    }
}
