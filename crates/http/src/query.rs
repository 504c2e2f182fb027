//! The query of a request.

use axum::http::Uri;

/// The parameter that an access token is given in.
pub(crate) const TOKEN: &str = "access_token";

/// A parameter of the query; empty when absent. The last one counts when it stands twice.
pub(crate) fn query_value(uri: &Uri, name: &str) -> String {
    let query = uri.query().unwrap_or("").as_bytes();
    let found = form_urlencoded::parse(query).filter(|(key, _)| key == name).last();
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}
