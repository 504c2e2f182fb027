//! Listings, page by page.

use crate::app::App;
use crate::failure::Failure;
use kaipiao_domain::Refusal;
use kaipiao_ports::record::{Field, Kind};
use kaipiao_ports::store::{After, ListBy, Page, PageOrder};
use kaipiao_records::record::{self, Record, ValuePage};

pub use kaipiao_records::record::Damaged;

/// A page of a listing.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Records of the page that cannot be read, and such as its entries are shown with.
    pub damaged: Vec<Damaged>,
    /// The beginning of the next page; None: this is the last.
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// Nothing, and nothing behind it.
    pub const fn empty() -> Self {
        Self { items: Vec::new(), damaged: Vec::new(), next: None }
    }

    /// What was found of a single record, as a listing of one at most.
    pub fn of_one(found: Result<Option<T>, Failure>) -> Result<Self, Failure> {
        let mut damaged = Vec::new();
        let items = readable(found, &mut damaged)?.into_iter().collect();
        Ok(Self { items, damaged, next: None })
    }

    /// The page with each of its entries as something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Listing<U> {
        let items = self.items.into_iter().map(change).collect();
        Listing { items, damaged: self.damaged, next: self.next }
    }

    fn of_page(page: ValuePage<T>, next: Option<String>) -> Self {
        for damaged in &page.damaged {
            tracing::error!(%damaged, "a listing goes on without a record");
        }
        Self { items: page.values, damaged: page.damaged, next }
    }
}

/// What was found; a record that cannot be read is `damaged`, and taken for absent.
pub fn readable<T>(
    found: Result<Option<T>, Failure>,
    damaged: &mut Vec<Damaged>,
) -> Result<Option<T>, Failure> {
    match found {
        Err(Failure::Unreadable(record)) => {
            tracing::error!(damaged = %record, "a listing goes on without a record");
            damaged.push(record);
            Ok(None)
        }
        found => found,
    }
}

/// The query of a page.
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

/// What a merchant's records are listed by; newest first, except by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All, by their ids.
    Key,
    /// All of this time, in the domain's milliseconds, both ends included.
    Time {
        /// From this moment.
        from_ms: i64,
        /// To this one.
        to_ms: i64,
    },
    /// A field that says this; what was committed in the last seconds may be missing.
    Field(Field, String),
    /// The same, of this time only.
    FieldWithin {
        /// The field.
        field: Field,
        /// What it says.
        value: String,
        /// From this moment, in the domain's milliseconds.
        from_ms: i64,
        /// To this one.
        to_ms: i64,
    },
}

/// Records that a page of [`sifted`] looks at, at most.
const MOST_LOOKED_AT: usize = 1_000;

/// Walks through an owner's records as a listing has them, and keeps those that no index finds by themselves. A page looks at
/// a bounded number, so it may have few, or none, and more pages all the same.
pub(crate) async fn sifted<T: Record>(
    app: &App,
    owner: &str,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
    is_wanted: impl Fn(&T) -> bool,
) -> Result<Listing<T>, Failure> {
    let next = after.map(str::to_owned);
    let mut page = Listing { items: Vec::new(), damaged: Vec::new(), next };
    for _ in 0..MOST_LOOKED_AT.div_ceil(limit.max(1)) {
        // No more are read than there is room for, so that the next page begins behind the last that was looked at.
        let room = limit - page.items.len();
        let found = list_of_owner(app, owner, filter.clone(), page.next.as_deref(), room).await?;
        page.items.extend(found.items.into_iter().filter(&is_wanted));
        page.damaged.extend(found.damaged);
        page.next = found.next;
        if page.next.is_none() || page.items.len() >= limit {
            break;
        }
    }
    Ok(page)
}

/// Reads a page of an owner's records.
pub(crate) async fn list_of_owner<T: Record>(
    app: &App,
    owner: &str,
    filter: Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<T>, Failure> {
    let by = match filter {
        Filter::Key => {
            let ask = Ask { owner: Some(owner), after, order: PageOrder::Ascending, limit };
            return list(app, T::KIND, ask).await;
        }
        Filter::Time { from_ms, to_ms } => ListBy::Time { owner: owner.to_owned(), from_ms, to_ms },
        Filter::Field(field, value) => {
            ListBy::Field { owner: owner.to_owned(), field, value, within_ms: None }
        }
        Filter::FieldWithin { field, value, from_ms, to_ms } => {
            let within_ms = Some((from_ms, to_ms));
            ListBy::Field { owner: owner.to_owned(), field, value, within_ms }
        }
    };
    list_by(app, by, owner, after, limit).await
}

/// Reads a page of a listing by time or by a field of an owner's records, newest first. The place in
/// it is `<milliseconds>.<id>`.
async fn list_by<T: Record>(
    app: &App,
    by: ListBy,
    owner: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<T>, Failure> {
    let after = after.map(|text| {
        let place = text.split_once('.').and_then(|(ms, id)| Some((ms.parse().ok()?, id)));
        let (time_ms, id) = place
            .ok_or_else(|| Refusal::invalid("after", "must be the next of the page before"))?;
        Ok::<_, Refusal>(After { time_ms, owner: owner.to_owned(), id: id.to_owned() })
    });
    let (kind, after, order) = (T::KIND, after.transpose()?, PageOrder::Descending);
    let mut page = record::page(&*app.store, &Page { kind, by, after, order, limit }).await?;
    let next = page.next.take().map(|after| format!("{}.{}", after.time_ms, after.id));
    Ok(Listing::of_page(page, next))
}

/// Reads a page.
pub(crate) async fn list<T: Record>(
    app: &App,
    kind: Kind,
    ask: Ask<'_>,
) -> Result<Listing<T>, Failure> {
    let Ask { owner, after, order, limit } = ask;
    let after = after.map(|after| match owner {
        Some(owner) => After::key(owner, after),
        None => After::key(after, ""),
    });
    let by = ListBy::Key { owner: owner.map(str::to_owned) };
    let mut page = record::page(&*app.store, &Page { kind, by, after, order, limit }).await?;
    let next = page.next.take();
    let next = next.map(|after| if owner.is_some() { after.id } else { after.owner });
    Ok(Listing::of_page(page, next))
}
