//! Title books.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing};
use crate::store_access::{Decision, FirstTry, commit, decide, decide_reading, get};
use kaipiao_domain::authorization::page_fields::{FieldProblem, PageFields};
use kaipiao_domain::people::title::InvoiceTitle;
use kaipiao_domain::people::user::{BookEntry, User, UserId};
use kaipiao_ports::record::{Expect, Kind};
use kaipiao_ports::store::{Commit, PageOrder};
use kaipiao_records::people::title::book_entry_key;
use kaipiao_records::people::user::user_key;
use kaipiao_records::record::{self, removal};

/// Titles that a book holds at most.
const MAX_BOOK: usize = 100;

/// Why a title was not saved.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// Fields that cannot stand.
    #[error("fields of the title cannot stand")]
    Problems(Vec<FieldProblem>),
    /// The title that was to be replaced is no longer there.
    #[error("the title was deleted")]
    Gone,
    /// The book is full.
    #[error("the title book holds {MAX_BOOK} titles already")]
    Full,
    /// The store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// A user's title book: the default title first (the first of all, if none was chosen), then as
/// they were added.
pub async fn title_book(app: &App, user: &User) -> Result<Vec<BookEntry>, Failure> {
    let mut book = book_entries(app, &user.id).await?;
    if let Some(default) = &user.default_title {
        book.sort_by_key(|entry| entry.id != *default);
    }
    Ok(book)
}

/// A page of a user's title book, as the titles were added.
pub async fn list(
    app: &App,
    user: &UserId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<BookEntry>, Failure> {
    let ask = Ask { owner: Some(user.as_str()), after, order: PageOrder::Ascending, limit };
    listing::list(app, Kind::BookEntry, ask).await
}

/// Entries as they were added.
async fn book_entries(app: &App, user: &UserId) -> Result<Vec<BookEntry>, Failure> {
    Ok(list(app, user, None, MAX_BOOK).await?.items)
}

/// Saves a title: a new one, or in the place of an old one.
pub async fn save(
    app: &App,
    user: &UserId,
    replaces: Option<&str>,
    title: InvoiceTitle,
) -> Result<BookEntry, BookError> {
    let problems = PageFields::of_a_title_book().problems(&title);
    if !problems.is_empty() {
        return Err(BookError::Problems(problems));
    }
    match replaces {
        Some(id) => replace(app, user, id, title).await,
        None => add(app, user, title).await,
    }
}

/// The user's record is saved with the title, as it was read: of two who add at the same time one counts
/// the book again.
async fn add(app: &App, user: &UserId, title: InvoiceTitle) -> Result<BookEntry, BookError> {
    let title = &title;
    decide_reading(app, user_key(user), FirstTry::Reads, |found: Option<User>, _| async move {
        let book = book_entries(app, user).await?;
        if let Some(same) = book.iter().find(|entry| entry.title == *title) {
            return Ok(Decision::alone(None, same.clone()));
        }
        if book.len() >= MAX_BOOK {
            return Err(BookError::Full);
        }
        let entry = BookEntry { user: user.clone(), id: new_title_id(app), title: title.clone() };
        let also = vec![record::save(book_entry_key(user, &entry.id), Expect::Absent, &entry)];
        Ok(Decision { also, ..Decision::alone(found, entry) })
    })
    .await
}

async fn replace(
    app: &App,
    user: &UserId,
    id: &str,
    title: InvoiceTitle,
) -> Result<BookEntry, BookError> {
    decide(app, book_entry_key(user, id), FirstTry::Reads, |found: Option<BookEntry>| {
        let entry = BookEntry { title: title.clone(), ..found.ok_or(BookError::Gone)? };
        Ok(Decision::alone(Some(entry.clone()), entry))
    })
    .await
}

/// An id that sorts behind the titles that were added before.
fn new_title_id(app: &App) -> String {
    let random = u32::from_be_bytes(app.random());
    format!("{:013x}-{random:08x}", app.now().unix_millis())
}

/// Takes a title out of the book, whatever it says by now: the user means the entry, and an edit
/// that comes second finds nothing to replace.
pub async fn remove(app: &App, user: &UserId, id: &str) -> Result<(), Failure> {
    let saves = vec![removal(book_entry_key(user, id), Expect::Any)];
    commit(app, Commit::of(saves)).await.map_err(Failure::from)
}

/// Makes a title the one that pages fill in by themselves. An unknown one changes nothing.
pub async fn prefer(app: &App, user: &UserId, id: &str) -> Result<(), Failure> {
    if get::<BookEntry>(app, &book_entry_key(user, id)).await?.is_none() {
        return Ok(());
    }
    decide(app, user_key(user), FirstTry::Reads, |found: Option<User>| {
        let next = found.map(|user| User { default_title: Some(id.to_owned()), ..user });
        Ok::<_, Failure>(Decision::alone(next, ()))
    })
    .await
}
