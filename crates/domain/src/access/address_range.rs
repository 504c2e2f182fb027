//! Ranges of addresses: those that an account calls from (wire_facts 2.1, D-205), that may be sent to, or that are
//! trusted proxies.

use core::fmt;
use std::net::IpAddr;

/// What stands before the IPv4 address in its IPv6-mapped form, in bits.
const MAPPED_BITS: u8 = 96;

/// A range of addresses in CIDR notation, or a single address. An IPv4 address and its IPv6-mapped form are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    prefix_bits: u8,
}

impl AddressRange {
    /// Reads `10.1.0.0/16`, `2001:db8::/32`, `203.0.113.7` or `::ffff:10.0.0.0/104`, which is `10.0.0.0/8`; None for any
    /// other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let first = address.parse::<IpAddr>().ok()?;
        let bits = if first.is_ipv4() { 32 } else { 128 };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let prefix_bits = match prefix {
            Some(prefix) if is_number(prefix) => prefix.parse().ok().filter(|n| *n <= bits)?,
            Some(_) => return None,
            None => bits,
        };
        Some(Self::canonical(first, prefix_bits))
    }

    /// With an IPv6 range of IPv4 addresses alone as what it is.
    fn canonical(first: IpAddr, prefix_bits: u8) -> Self {
        match (first, first.to_canonical()) {
            (IpAddr::V6(_), canonical @ IpAddr::V4(_)) if prefix_bits >= MAPPED_BITS => {
                Self { first: canonical, prefix_bits: prefix_bits - MAPPED_BITS }
            }
            _ => Self { first, prefix_bits },
        }
    }

    /// Whether an address lies within.
    pub fn holds(self, address: IpAddr) -> bool {
        let differs = match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(other)) => {
                u128::from(first.to_bits() ^ other.to_bits()) << 96
            }
            (IpAddr::V6(first), IpAddr::V6(other)) => first.to_bits() ^ other.to_bits(),
            (IpAddr::V6(first), IpAddr::V4(other)) => {
                first.to_bits() ^ other.to_ipv6_mapped().to_bits()
            }
            (IpAddr::V4(_), IpAddr::V6(_)) => return false,
        };
        differs.leading_zeros() >= u32::from(self.prefix_bits)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_shares_its_first_bits() {
        for (range, address, expected) in [
            ("10.1.0.0/16", "10.1.255.255", true),
            ("10.1.0.0/16", "10.2.0.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.6", false),
            ("203.0.113.7", "::ffff:203.0.113.7", true),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.7", true),
            ("2001:db8::/32", "203.0.113.7", false),
            ("::ffff:10.0.0.0/104", "10.255.0.1", true),
            ("::ffff:10.0.0.0/104", "::ffff:11.0.0.1", false),
            ("::ffff:0.0.0.0/90", "10.0.0.1", true),
            ("::ffff:203.0.113.7", "203.0.113.7", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
            ("2001:db8::/33", "2001:db8:7fff::", true),
        ] {
            let read = AddressRange::parse(range).unwrap();
            assert_eq!(read.holds(address.parse().unwrap()), expected, "{range} {address}");
            assert_eq!(AddressRange::parse(&read.to_string()), Some(read));
        }
        for bad in ["", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::/129", "10.0.0/8"] {
            assert_eq!(AddressRange::parse(bad), None, "{bad}");
        }
    }
}
