//! The Entropy port: randomness as an argument.

use std::sync::Arc;

/// A source of random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// Whether all that it gives follows from a seed, so that whole bodies are compared.
    fn is_seeded(&self) -> bool {
        false
    }

    /// What a piece of work draws from and nothing else does, so that it draws the same whatever goes on beside it;
    /// None: all draw from this one, which nobody foretells.
    fn of(&self, _work: PieceOfWork<'_>) -> Option<Arc<dyn Entropy>> {
        None
    }
}

/// A piece of work that draws.
#[derive(Clone, Copy, Debug)]
pub enum PieceOfWork<'a> {
    /// The next request of this route.
    Request(&'a str),
    /// What is done by itself, by a name that it has alone.
    Job(&'a str),
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// Panics when the operating system has no randomness to give; a server cannot run without.
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the port")]
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

/// `N` random bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
