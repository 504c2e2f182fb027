//! Where programs ask how this server is.

/// Whether the store takes commits.
pub(crate) const HEALTH: &str = "/healthz";
/// Whether requests should be sent here.
pub(crate) const READY: &str = "/readyz";
/// Numbers of all kinds.
pub(crate) const METRICS: &str = "/metrics";
