//! The flags of the authorization page's fields: each field has one that shows it and one that
//! requires it (sections 9 and 10).

/// The flags of a field: `show_…`, `require_…`.
pub(crate) fn flags_of(field: &str) -> (String, String) {
    (format!("show_{field}"), format!("require_{field}"))
}
