//! The flags of the authorization page's fields: each field has one that shows it and one that
//! requires it (sections 9 and 10).

use kaipiao_domain::people::title::TitleField;

pub(crate) fn show_name(field: TitleField) -> String {
    format!("show_{}", field.name())
}

/// The title has no flag of its own: where it is shown it is required.
pub(crate) fn require_name(field: TitleField) -> Option<String> {
    (field != TitleField::Title).then(|| format!("require_{}", field.name()))
}
