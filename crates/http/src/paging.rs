//! How listings are divided into pages: `limit`, `after`, and `next` in the answer.

use kaipiao_domain::Refusal;
use kaipiao_wire::object::Object;

/// Entries of a page that is not asked for in another size.
const PAGE: i64 = 100;
/// Entries of the largest page.
const LARGEST_PAGE: i64 = 1000;

/// `limit` of a listing: 100 unless it is given, 1,000 at most.
pub(crate) fn page_size(object: &Object) -> Result<usize, Refusal> {
    let limit = object.integer("limit")?.unwrap_or(PAGE);
    let fits = usize::try_from(limit).ok().filter(|_| (1..=LARGEST_PAGE).contains(&limit));
    fits.ok_or_else(|| Refusal::invalid("limit", format!("must be 1 to {LARGEST_PAGE}")))
}

/// `after` of a listing: the `next` of the page before; None: the first page.
pub(crate) fn after(object: &Object) -> Result<Option<String>, Refusal> {
    Ok(object.optional_text("after")?.filter(|after| !after.is_empty()))
}
