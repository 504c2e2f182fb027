//! How listings are divided into pages: `limit`, `after`, and `next` in the answer.

use kaipiao_domain::Refusal;
use kaipiao_ports::record::Field;
use kaipiao_wire::object::Object;

/// Entries of a page that is not asked for in another size.
const PAGE: i64 = 100;
/// Entries of the largest page.
pub(crate) const LARGEST_PAGE: i64 = 1000;

/// `limit` of a listing: 100 unless it is given, 1,000 at most.
pub(crate) fn page_size(object: &Object) -> Result<usize, Refusal> {
    page_size_or(object, PAGE)
}

/// The same for a listing whose pages are that large unless it says otherwise.
pub(crate) fn page_size_or(object: &Object, default: i64) -> Result<usize, Refusal> {
    let limit = object.integer("limit")?.unwrap_or(default);
    let fits = usize::try_from(limit).ok().filter(|_| (1..=LARGEST_PAGE).contains(&limit));
    fits.ok_or_else(|| Refusal::invalid("limit", format!("must be 1 to {LARGEST_PAGE}")))
}

/// `after` of a listing: the `next` of the page before; None: the first page.
pub(crate) fn after(object: &Object) -> Result<Option<String>, Refusal> {
    Ok(object.optional_text("after")?.filter(|after| !after.is_empty()))
}

/// The one of these members that a listing goes by, and its value; None: none is given. Two are
/// refused: a listing goes by one.
pub(crate) fn field_filter(
    object: &Object,
    filters: &[(&'static str, Field)],
) -> Result<Option<(Field, String)>, Refusal> {
    let mut found: Option<(&str, Field, String)> = None;
    for (name, field) in filters {
        let value = object.text(name)?;
        if value.is_empty() {
            continue;
        }
        if let Some((other, ..)) = found {
            return Err(Refusal::invalid(name, format!("cannot be combined with {other}")));
        }
        found = Some((name, *field, value.into_owned()));
    }
    Ok(found.map(|(_, field, value)| (field, value)))
}

/// `from_ms` and `to_ms`, unix milliseconds, both included; None: neither is given.
pub(crate) fn time_filter(object: &Object) -> Result<Option<(i64, i64)>, Refusal> {
    let (from_ms, to_ms) = (object.integer("from_ms")?, object.integer("to_ms")?);
    let is_given = from_ms.is_some() || to_ms.is_some();
    Ok(is_given.then(|| (from_ms.unwrap_or(0), to_ms.unwrap_or(i64::MAX))))
}
