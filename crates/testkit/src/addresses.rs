//! Addresses of this machine that a test can rely on while others run.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use tokio::net::TcpSocket;

/// Ports that no kernel gives out of itself as they stand in its settings: Linux begins at 32768.
const OUTSIDE: std::ops::Range<u16> = 15_000..30_000;

/// An address that refuses connections for as long as this is held. A port that was merely let go is given to the next who
/// asks for any, which is another test.
pub struct Refusing {
    _bound: TcpSocket,
    /// Where nobody listens.
    pub address: SocketAddr,
}

impl Refusing {
    /// Binds a port, and doesn't listen.
    ///
    /// # Panics
    /// If no port is left.
    #[must_use]
    pub fn bind() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port is left");
        let address = socket.local_addr().expect("it is bound");
        Self { _bound: socket, address }
    }
}

/// An address for a server that cannot be told to take any: nobody has it, nor gets it by asking for any.
///
/// # Panics
/// If none is left.
#[must_use]
pub fn free_address() -> SocketAddr {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    let ports = usize::from(OUTSIDE.end - OUTSIDE.start);
    // Processes begin at places of their own.
    let first = usize::try_from(std::process::id()).expect("it is small") * 37;
    for _ in 0..ports {
        let at = (first + usize::from(ASKED.fetch_add(1, Ordering::Relaxed))) % ports;
        let port = OUTSIDE.start + u16::try_from(at).expect("it is less than the range is long");
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener.local_addr().expect("it is bound");
        }
    }
    panic!("no port of {OUTSIDE:?} is free")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::net::TcpStream;

    #[test]
    fn a_refusing_address_refuses_and_is_nobody_elses() {
        let refusing = Refusing::bind();
        let refused = TcpStream::connect(refusing.address).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let taken = TcpListener::bind(refusing.address).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    }

    #[test]
    fn free_addresses_are_outside_of_what_the_kernel_gives_out_and_differ() {
        let (one, other) = (free_address(), free_address());
        assert!(OUTSIDE.contains(&one.port()) && one != other, "{one} {other}");
    }
}
