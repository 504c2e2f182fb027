//! Listings, page by page.

use crate::app::App;
use crate::failure::Failure;
use kaipiao_ports::store::{Kind, Page, PageOrder};
use kaipiao_records::record::Record;

/// A page of a listing.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; None: this is the last.
    pub next: Option<String>,
}

/// Which entries a page has.
pub(crate) struct Ask<'a> {
    /// Only this owner's; None: everybody's, of a kind of which everybody has one.
    pub owner: Option<&'a str>,
    /// [`Listing::next`] of the page before; None: the first page.
    pub after: Option<&'a str>,
    /// Upwards, or downwards from the last.
    pub order: PageOrder,
    /// Entries at most.
    pub limit: usize,
}

/// Reads a page.
pub(crate) async fn list<T: Record>(
    app: &App,
    kind: Kind,
    ask: Ask<'_>,
) -> Result<Listing<T>, Failure> {
    let Ask { owner, after, order, limit } = ask;
    let after = after.map(|after| match owner {
        Some(owner) => (owner.to_owned(), after.to_owned()),
        None => (after.to_owned(), String::new()),
    });
    // One more than is asked for says whether there is a next page.
    let page = Page { kind, owner: owner.map(str::to_owned), after, order, limit: limit + 1 };
    let mut found = app.store.list(&page).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|last| match owner {
        Some(_) => last.key.id.clone(),
        None => last.key.owner.clone(),
    });
    let items = found.iter().map(T::decode).collect::<Result<_, _>>()?;
    Ok(Listing { items, next })
}
