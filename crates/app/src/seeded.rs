//! Randomness that follows from a seed, for test suites that compare whole bodies: never outside the sandbox.
//!
//! Each request draws from a stream of its route and its number among that route's requests, each push and each job
//! from a stream of its own name. So what a request is answered depends on the calls before it, and not on what the
//! workers do at the same moment, nor on how often a test suite has asked whether they are done.

use core::sync::atomic::{AtomicU64, Ordering};
use kaipiao_ports::entropy::{Entropy, PieceOfWork};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A stream of bytes: the hashes of a key with the numbers from 0 on.
struct Stream {
    key: [u8; 32],
    next: AtomicU64,
}

impl Stream {
    fn new(key: [u8; 32]) -> Self {
        Self { key, next: AtomicU64::new(0) }
    }
}

impl Entropy for Stream {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let block = hash(&self.key, &number.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// A seed's randomness in one of a store's runs.
pub struct SeededEntropy {
    key: [u8; 32],
    /// What is drawn by nothing that has a name.
    rest: Stream,
    /// Requests of each route so far.
    requests: Mutex<HashMap<String, u64>>,
}

impl SeededEntropy {
    /// `run`: how often the store was opened; the next run draws nothing that an earlier one has drawn.
    pub fn new(seed: &str, run: u64) -> Self {
        let key = hash(&server_key(seed), &run.to_be_bytes());
        let rest = Stream::new(hash(&key, b"rest"));
        Self { key, rest, requests: Mutex::default() }
    }
}

/// The server key that follows from a seed.
pub fn server_key(seed: &str) -> [u8; 32] {
    hash(b"kaipiao seed", seed.as_bytes())
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.rest.fill(bytes);
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn of(&self, work: PieceOfWork<'_>) -> Option<Arc<dyn Entropy>> {
        let name = match work {
            PieceOfWork::Job(name) => format!("job {name}"),
            PieceOfWork::Request(route) => {
                let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
                let number = requests.entry(route.to_owned()).or_default();
                *number += 1;
                format!("request {number} {route}")
            }
        };
        Some(Arc::new(Stream::new(hash(&self.key, name.as_bytes()))))
    }
}

fn hash(key: &[u8], text: &[u8]) -> [u8; 32] {
    // The key's length is told apart from the text's.
    let length = u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes();
    Sha256::new().chain_update(length).chain_update(key).chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_ports::entropy::random;

    fn drawn(entropy: &SeededEntropy, work: PieceOfWork<'_>) -> [u8; 40] {
        random(&*entropy.of(work).unwrap())
    }

    #[test]
    fn a_seed_draws_the_same_again_and_every_piece_of_work_another() {
        let all = |seed: &str, run: u64| {
            let entropy = SeededEntropy::new(seed, run);
            let rest: [u8; 40] = random(&entropy);
            [
                rest,
                random(&entropy),
                drawn(&entropy, PieceOfWork::Request("GET /a")),
                drawn(&entropy, PieceOfWork::Request("GET /a")),
                drawn(&entropy, PieceOfWork::Request("GET /b")),
                drawn(&entropy, PieceOfWork::Job("push 1")),
                drawn(&entropy, PieceOfWork::Job("push 2")),
            ]
        };
        assert_eq!(all("7", 1), all("7", 1));
        let every: Vec<_> = [all("7", 1), all("7", 2), all("8", 1)].into_iter().flatten().collect();
        let different: std::collections::HashSet<_> = every.iter().collect();
        assert_eq!(different.len(), every.len());
    }
}
