//! Clients by their address: how many connections each may hold, and who speaks for whom.
//!
//! - An address holds at most so many connections, besides the limit of all of them: one client that
//!   opens whatever it can leaves the others their places. An IPv6 client counts by its /64, which
//!   is what one household or machine is given.
//! - A trusted proxy holds as many as it likes. It says in X-Forwarded-For whom a request is from, and
//!   the same limit goes for the requests that are under way for one of those. Nobody else's
//!   X-Forwarded-For is read: anybody can write one.

use axum::http::HeaderMap;
use kaipiao_domain::access::address_range::AddressRange;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Who holds how many places.
pub(crate) struct Clients {
    per_address: usize,
    proxies: Vec<AddressRange>,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// A place of an address, given back when it is dropped.
pub(crate) struct Place {
    clients: Arc<Clients>,
    address: IpAddr,
}

impl Clients {
    pub(crate) fn new(per_address: usize, proxies: Vec<AddressRange>) -> Self {
        Self { per_address, proxies, held: Mutex::default() }
    }

    /// Whether X-Forwarded-For is believed from this address.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|range| range.holds(address))
    }

    /// A place for an address; None: it has all that it may have.
    pub(crate) fn place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = counted(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Place { clients: Arc::clone(self), address })
    }

    /// Whom a proxy's request is from: of the addresses that it names, the last one that is no
    /// trusted proxy. What it names in no known way is the proxy's own.
    pub(crate) fn forwarded_for(&self, proxy: IpAddr, headers: &HeaderMap) -> IpAddr {
        let values = headers.get_all(FORWARDED_FOR).iter().rev();
        let named = values.flat_map(|value| value.to_str().unwrap_or("").rsplit(','));
        let mut client = proxy;
        for address in named.map_while(|name| read(name.trim())) {
            client = address;
            if !self.is_proxy(address) {
                break;
            }
        }
        client
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.clients.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.get_mut(&self.address).expect("the place is counted");
        *count -= 1;
        if *count == 0 {
            held.remove(&self.address);
        }
    }
}

/// An address as a proxy writes it: bare, in brackets, or with the client's port.
fn read(name: &str) -> Option<IpAddr> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let with_port = || name.parse().map(|address: SocketAddr| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

/// What an address counts as.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(per_address: usize, proxies: &[&str]) -> Arc<Clients> {
        let proxies = proxies.iter().map(|text| AddressRange::parse(text).unwrap()).collect();
        Arc::new(Clients::new(per_address, proxies))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_holds_its_places_and_no_more_and_gives_them_back() {
        let clients = clients(2, &[]);
        let places: Vec<_> = (0..2).map(|_| clients.place(address("192.0.2.1"))).collect();
        assert!(places.iter().all(Option::is_some));
        // The same address in its other dress.
        assert!(clients.place(address("::ffff:192.0.2.1")).is_none());
        assert!(clients.place(address("192.0.2.2")).is_some());
        drop(places);
        assert!(clients.held.lock().unwrap().is_empty());
        let _places =
            ["2001:db8::1", "2001:db8::2"].map(|text| clients.place(address(text)).unwrap());
        assert!(clients.place(address("2001:db8::ffff:3")).is_none());
        assert!(clients.place(address("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn a_proxys_request_is_from_the_last_address_that_is_no_proxy() {
        let clients = clients(1, &["10.0.0.0/8", "fd00::/8"]);
        for (values, expected) in [
            (&[][..], "10.0.0.1"),
            (&["192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.9, 192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.9, 192.0.2.1,10.0.0.2"], "192.0.2.1"),
            (&["192.0.2.9", "192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            (&["192.0.2.1:4711"], "192.0.2.1"),
            (&["[2001:db8::1]:4711, [fd00::1]"], "2001:db8::1"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["192.0.2.1, unknown"], "10.0.0.1"),
            (&["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["192.0.2.1, "], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(FORWARDED_FOR, value.parse().unwrap());
            }
            let client = clients.forwarded_for(address("10.0.0.1"), &headers);
            assert_eq!(client, address(expected), "{values:?}");
        }
    }
}
