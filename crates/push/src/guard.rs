//! Which addresses may be sent to, decided where the connection is made.

use core::pin::Pin;
use core::task::{Context, Poll};
use hyper_util::client::legacy::connect::dns::Name;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tower_service::Service;

/// An address that is refused; inside the error that the connection fails with.
#[derive(Debug, thiserror::Error)]
#[error("{0} is a private address")]
pub struct PrivateAddress(pub String);

/// A range of addresses: `10.1.0.0/16`, `fd00::/8`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    base: u128,
    bits: u32,
}

impl Range {
    /// Reads a range; None when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (width, offset) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits = bits.unwrap_or(width);
        (bits <= width).then(|| Self { base: number(address), bits: bits + offset })
    }

    fn holds(self, address: IpAddr) -> bool {
        let differing = self.base ^ number(address);
        self.bits == 0 || differing >> (128 - self.bits) == 0
    }
}

/// An address as 128 bits: IPv4 in its IPv6-mapped form, so both are the same address.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Who may be sent to.
#[derive(Clone, Debug)]
pub struct Guard {
    refuses_private: bool,
    allowed: Vec<Range>,
}

impl Guard {
    /// Sends to whatever address (the sandbox).
    pub fn open() -> Self {
        Self { refuses_private: false, allowed: Vec::new() }
    }

    /// Sends to public addresses, and to the private ones within these ranges.
    pub fn public_and(allowed: Vec<Range>) -> Self {
        Self { refuses_private: true, allowed }
    }

    /// May this address be sent to?
    pub fn allows(&self, address: IpAddr) -> bool {
        !self.refuses_private
            || !is_private(address)
            || self.allowed.iter().any(|range| range.holds(address))
    }
}

/// Is that an address that the public network has no host at? Loopback, private and shared ranges,
/// link-local (where clouds keep their metadata), documentation, multicast, reserved.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_private_v4(v4),
            None => is_private_v6(v6),
        },
    }
}

/// IPv4 addresses that travel inside IPv6 ones: mapped, NAT64 and 6to4.
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(v4) = v6.to_ipv4_mapped() {
        return Some(v4);
    }
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

fn is_private_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    v4.is_loopback()
        || v4.is_private()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
}

fn is_private_v6(v6: Ipv6Addr) -> bool {
    let first = v6.segments()[0];
    // Of all of IPv6 only 2000::/3 is given out to hosts; documentation lies within it.
    first & 0xe000 != 0x2000 || v6.segments()[..2] == [0x2001, 0xdb8]
}

/// Resolves names and refuses those that lead to refused addresses.
///
/// The system's resolver blocks its thread for as long as a name server takes. It gets threads of
/// its own, few and fixed: tokio's blocking threads read the store.
#[derive(Clone)]
pub struct GuardedResolver {
    questions: Sender<Question>,
    guard: Guard,
}

struct Question {
    name: String,
    answer: oneshot::Sender<io::Result<Vec<SocketAddr>>>,
}

/// So many names are looked up at once.
const THREADS: usize = 16;

impl GuardedResolver {
    /// The system's resolver behind a guard.
    pub fn new(guard: Guard) -> Self {
        let (questions, asked) = channel::<Question>();
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..THREADS {
            let asked = Arc::clone(&asked);
            let look_up = move || {
                while let Some(question) = next(&asked) {
                    // Who asked may have run out of time meanwhile.
                    if !question.answer.is_closed() {
                        let found = (question.name.as_str(), 0).to_socket_addrs();
                        let _ = question.answer.send(found.map(Iterator::collect));
                    }
                }
            };
            let thread = std::thread::Builder::new().name("resolver".into()).spawn(look_up);
            thread.expect("the process can start a thread");
        }
        Self { questions, guard }
    }
}

fn next(asked: &Mutex<Receiver<Question>>) -> Option<Question> {
    asked.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

type BoxError = Box<dyn core::error::Error + Send + Sync>;

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (guard, shown) = (self.guard.clone(), name.to_string());
        let (answer, answered) = oneshot::channel();
        let asked = self.questions.send(Question { name: shown.clone(), answer });
        Box::pin(async move {
            asked.map_err(|_| "the resolver has stopped")?;
            let found = answered.await??;
            let refused = found.iter().find(|address| !guard.allows(address.ip()));
            match refused {
                // One private address among public ones is a trick, not a receiver.
                Some(address) => Err(PrivateAddress(format!("{shown} ({})", address.ip())).into()),
                None => Ok(found.into_iter()),
            }
        })
    }
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
        let guard = Guard::public_and(ranges.map(|text| Range::parse(text).unwrap()).to_vec());
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
        for bad in ["", "10.0.0.0/33", "fd00::/129", "shop.example", "10.0.0.0/x"] {
            assert_eq!(Range::parse(bad), None, "{bad}");
        }
        assert!(Range::parse("0.0.0.0/0").unwrap().holds("9.9.9.9".parse().unwrap()));
    }
}
