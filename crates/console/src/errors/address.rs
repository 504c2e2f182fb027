//! Where error codes are.

/// All of them.
pub(crate) const PATH: &str = "/console/errors";
/// What the form that asks for a rid sends.
pub(crate) const RID_PATH: &str = "/console/errors/rid";

/// A code's page.
pub(crate) fn error_address(code: i32) -> String {
    format!("{PATH}/{code}")
}
