//! What all metrics have in common.

/// Why a metric can be registered.
pub(crate) const SOUND: &str = "its name is well-formed and nobody else's";

/// Bounds in seconds, from what a memory answers to what a receiver's time limit allows.
pub(crate) const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
