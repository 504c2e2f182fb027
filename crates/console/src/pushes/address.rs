//! Where pushes are.

/// The listing.
pub(crate) const PATH: &str = "/console/pushes";

/// A push's page, by its id: an account's name, a hyphen and a number.
pub(crate) fn push_address(id: &str) -> String {
    format!("{PATH}/{id}")
}
