//! How requests get their ids.

use core::sync::atomic::{AtomicU64, Ordering};

/// The names of a process's requests: a random beginning, and steps that never meet. So a name costs no randomness of
/// its own.
pub(crate) struct Rids(AtomicU64);

impl Rids {
    /// Those that begin there.
    pub(crate) const fn new(beginning: [u8; 8]) -> Self {
        Self(AtomicU64::new(u64::from_be_bytes(beginning)))
    }

    /// The next one's 64 bits.
    pub(crate) fn next(&self) -> [u8; 8] {
        mixed(self.0.fetch_add(STEP, Ordering::Relaxed)).to_be_bytes()
    }
}

/// Odd, so all 2^64 numbers come before the first one comes again.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads neighbours; no two numbers become one (SplitMix64's last step).
const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rids_of_a_process_differ_and_follow_from_their_beginning() {
        let of = |beginning: u64| {
            let rids = Rids::new(beginning.to_be_bytes());
            (0..1000).map(|_| rids.next()).collect::<Vec<_>>()
        };
        assert_eq!(of(7), of(7));
        let distinct: HashSet<_> = of(7).into_iter().chain(of(8)).collect();
        assert_eq!(distinct.len(), 2000);
    }
}
