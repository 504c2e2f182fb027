//! Where programs ask how this server is.

/// Whether the store takes commits.
pub(crate) const HEALTH: &str = "/healthz";
/// Whether requests should be sent here.
pub(crate) const READY: &str = "/readyz";
/// Numbers of all kinds.
pub(crate) const METRICS: &str = "/metrics";

/// All of them: whoever asks there has no business of their own.
pub(crate) const PROBES: [&str; 3] = [HEALTH, READY, METRICS];
