//! Users, their title books and their messages.

use crate::{App, Decision, Failure, FirstTry};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::page_fields::{FieldProblem, PageFields};
use kaipiao_domain::people::message::RejectionMessage;
use kaipiao_domain::people::title::InvoiceTitle;
use kaipiao_domain::people::user::{BookEntry, OpenId, User, UserId};
use kaipiao_ports::store::{Commit, Kind, Page, PageOrder};
use kaipiao_records::people::title::book_entry_key;
use kaipiao_records::people::user::user_key;
use kaipiao_records::record::{self, removal};
use kaipiao_wire::people::openid;

/// So many users or messages are shown at most.
const SHOWN: usize = 1000;
/// So many titles a book holds.
const MAX_BOOK: usize = 100;

/// A message and who sent it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The message.
    pub message: RejectionMessage,
    /// The merchant's name on pages.
    pub merchant_name: String,
}

/// Why a title was not saved.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// Fields that cannot stand.
    #[error("fields of the title cannot stand")]
    Problems(Vec<FieldProblem>),
    /// The book is full.
    #[error("the title book holds {MAX_BOOK} titles already")]
    Full,
    /// The store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl App {
    /// All users, by id.
    pub async fn users(&self) -> Result<Vec<User>, Failure> {
        let order = PageOrder::Ascending;
        let page = Page { kind: Kind::User, owner: None, after: None, order, limit: SHOWN };
        Ok(record::list(&*self.store, &page).await?)
    }

    /// The user with that id.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, Failure> {
        self.get(&user_key(id)).await
    }

    /// Knows a user who logged in; the first time makes them known.
    pub async fn welcome(&self, id: &UserId, name: Option<&str>) -> Result<(), Failure> {
        let key = user_key(id);
        self.decide(key, FirstTry::Reads, |found: Option<User>| {
            let next = match (found, name) {
                (None, name) => Some(User {
                    id: id.clone(),
                    name: name.unwrap_or(id.as_str()).to_owned(),
                    default_title: None,
                }),
                (Some(known), Some(name)) if known.name != name => {
                    Some(User { name: name.to_owned(), ..known })
                }
                (Some(_), _) => None,
            };
            Ok::<_, Failure>(Decision::alone(next, ()))
        })
        .await
    }

    /// A user's title book: the default title first (the first of all, if none was chosen), then as
    /// they were added.
    pub async fn title_book(&self, user: &User) -> Result<Vec<BookEntry>, Failure> {
        let mut book = self.book_entries(&user.id).await?;
        if let Some(default) = &user.default_title {
            book.sort_by_key(|entry| entry.id != *default);
        }
        Ok(book)
    }

    /// As they were added.
    async fn book_entries(&self, user: &UserId) -> Result<Vec<BookEntry>, Failure> {
        let page = owned(Kind::BookEntry, user, PageOrder::Ascending);
        Ok(record::list(&*self.store, &page).await?)
    }

    /// Saves a title: a new one, or in the place of an old one.
    pub async fn save_title(
        &self,
        user: &UserId,
        replaces: Option<&str>,
        title: InvoiceTitle,
    ) -> Result<BookEntry, BookError> {
        let problems = PageFields::of_a_title_book().problems(&title);
        if !problems.is_empty() {
            return Err(BookError::Problems(problems));
        }
        let book = self.book_entries(user).await?;
        if let Some(same) = book.iter().find(|entry| replaces.is_none() && entry.title == title) {
            return Ok(same.clone());
        }
        let known = replaces.filter(|id| book.iter().any(|entry| entry.id == *id));
        if known.is_none() && book.len() >= MAX_BOOK {
            return Err(BookError::Full);
        }
        let id = known.map_or_else(|| self.new_title_id(), str::to_owned);
        let entry = BookEntry { user: user.clone(), id, title };
        self.put(book_entry_key(user, &entry.id), &entry).await?;
        Ok(entry)
    }

    /// Sorts behind the titles that were added before.
    fn new_title_id(&self) -> String {
        let random = u32::from_be_bytes(self.random());
        format!("{:013x}-{random:08x}", self.now().unix_millis())
    }

    /// Takes a title out of the book.
    pub async fn remove_title(&self, user: &UserId, id: &str) -> Result<(), Failure> {
        let saves = vec![removal(book_entry_key(user, id))];
        self.store.commit(Commit::of(saves)).await.map_err(Failure::from)
    }

    /// Makes a title the one that pages fill in by themselves.
    /// An unknown one changes nothing.
    pub async fn prefer_title(&self, user: &UserId, id: &str) -> Result<(), Failure> {
        if self.get::<BookEntry>(&book_entry_key(user, id)).await?.is_none() {
            return Ok(());
        }
        self.decide(user_key(user), FirstTry::Reads, |found: Option<User>| {
            let next = found.map(|user| User { default_title: Some(id.to_owned()), ..user });
            Ok::<_, Failure>(Decision::alone(next, ()))
        })
        .await
    }

    /// A user's newest service messages, newest first.
    pub async fn messages(&self, user: &UserId) -> Result<Vec<RejectionMessage>, Failure> {
        let page = owned(Kind::Message, user, PageOrder::Descending);
        Ok(record::list(&*self.store, &page).await?)
    }

    /// The same with the merchants' names.
    pub async fn inbox(&self, user: &UserId) -> Result<Vec<Told>, Failure> {
        let mut inbox = Vec::new();
        for message in self.messages(user).await? {
            let merchant = self.account(&message.merchant).await?;
            let merchant_name = merchant.map_or_else(String::new, |account| account.name);
            inbox.push(Told { message, merchant_name });
        }
        Ok(inbox)
    }

    /// A user's openid under an account.
    pub fn openid(&self, appid: &AppId, user: &UserId) -> OpenId {
        openid::make(&self.keys, appid, user)
    }
}

fn owned(kind: Kind, user: &UserId, order: PageOrder) -> Page {
    Page { kind, owner: Some(user.as_str().to_owned()), after: None, order, limit: SHOWN }
}
