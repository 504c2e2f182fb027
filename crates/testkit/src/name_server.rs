//! A name server of the test's own, over UDP on loopback.

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Names that begin so are never answered.
pub const HANGS: &str = "hangs";
/// Names that begin so are answered for IPv4 only; nothing is said of IPv6.
pub const HALF: &str = "half";

/// A name server that knows a few names, says of others that they don't exist, and never answers to
/// names that begin with [`HANGS`], nor for IPv6 to those with [`HALF`].
pub struct NameServer {
    /// Where it listens.
    pub address: SocketAddr,
    unanswered: Arc<AtomicUsize>,
}

impl NameServer {
    /// One that knows these names and their addresses.
    pub fn knowing(addresses: &[(&str, &[IpAddr])]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let known: Vec<_> =
            addresses.iter().map(|(name, ips)| (format!("{name}."), ips.to_vec())).collect();
        let unanswered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&unanswered);
        std::thread::spawn(move || {
            let mut datagram = [0; 4096];
            while let Ok((length, asker)) = socket.recv_from(&mut datagram) {
                match answer(&datagram[..length], &known) {
                    Some(answer) => drop(socket.send_to(&answer, asker)),
                    None => drop(count.fetch_add(1, Ordering::SeqCst)),
                }
            }
        });
        Self { address, unanswered }
    }

    /// Questions that got no answer so far.
    pub fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::SeqCst)
    }
}

fn answer(datagram: &[u8], known: &[(String, Vec<IpAddr>)]) -> Option<Vec<u8>> {
    let asked = Message::from_vec(datagram).unwrap();
    let query = asked.queries[0].clone();
    let name = query.name().to_ascii().to_lowercase();
    let is_half = name.starts_with(HALF) && query.query_type() == RecordType::AAAA;
    if name.starts_with(HANGS) || is_half {
        return None;
    }
    let mut answer = Message::response(asked.metadata.id, OpCode::Query);
    match known.iter().find(|(known, _)| *known == name) {
        Some((_, addresses)) => answer.add_answers(
            addresses
                .iter()
                .map(|address| RData::from(*address))
                .filter(|data| data.record_type() == query.query_type())
                .map(|data| Record::from_rdata(query.name().clone(), 60, data)),
        ),
        None => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            &mut answer
        }
    };
    answer.add_query(query);
    Some(answer.to_vec().unwrap())
}
