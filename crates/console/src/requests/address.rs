//! Where requests are.

use kaipiao_ports::request_log::LoggedRequest;

/// The listing.
pub(crate) const PATH: &str = "/console/requests";

/// A request's page. A rid has letters, digits and hyphens only, and need not be one request's: a seed draws it again.
pub(crate) fn request_address(request: &LoggedRequest) -> String {
    format!("{PATH}/{}?id={}", request.rid, request.id)
}
