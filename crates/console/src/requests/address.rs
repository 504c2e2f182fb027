//! Where requests are.

/// The listing.
pub(crate) const PATH: &str = "/console/requests";

/// A request's page. A rid has letters, digits and hyphens only.
pub(crate) fn request_address(rid: &str) -> String {
    format!("{PATH}/{rid}")
}
