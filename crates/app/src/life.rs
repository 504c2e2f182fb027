//! How far a server is in its life: it takes requests from when its workers run until it is told to stop.

use core::sync::atomic::{AtomicU8, Ordering};

/// Where a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its workers do not run yet.
    Starting,
    /// It takes requests, and its workers run.
    Serving,
    /// It was told to stop, or cannot go on: what is under way is finished, and others should be asked.
    Stopping,
}

/// The stage, as its server sets it.
#[derive(Debug, Default)]
pub struct Life(AtomicU8);

impl Life {
    /// The workers run.
    pub fn serves(&self) {
        self.0.store(Stage::Serving as u8, Ordering::Release);
    }

    /// The end has begun.
    pub fn stops(&self) {
        self.0.store(Stage::Stopping as u8, Ordering::Release);
    }

    /// Where it is now.
    pub fn stage(&self) -> Stage {
        let stages = [Stage::Starting, Stage::Serving, Stage::Stopping];
        stages[usize::from(self.0.load(Ordering::Acquire)).min(stages.len() - 1)]
    }
}
