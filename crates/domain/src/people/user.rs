//! The person who authorizes: who they are, and their title book (wire_facts 1.3, wire_facts 4.1).

use crate::access::account::AppId;
use crate::people::title::InvoiceTitle;

/// A user's id within this server; what a merchant sees is the openid.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// Takes an id of 1 to 64 characters from `A-Za-z0-9_-.@`; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-.@".contains(&b);
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user's id under one account: 28 characters that begin with `o` (wire_facts 0.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OpenId(String);

impl OpenId {
    /// Takes a text that the wire layer has made.
    pub fn from_checked(text: String) -> Self {
        Self(text)
    }

    /// The openid's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user as one account knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAs {
    /// The account.
    pub appid: AppId,
    /// The user's id under it.
    pub openid: OpenId,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id within this server.
    pub id: UserId,
    /// Their name, as they see it.
    pub name: String,
    /// The title-book entry that a page fills in by itself; None: the first of the book.
    pub default_title: Option<String>,
}

/// One entry of a user's title book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookEntry {
    /// The book's owner.
    pub user: UserId,
    /// The entry's id within the book.
    pub id: String,
    /// The title; a book holds no custom fields, they belong to one merchant's page.
    pub title: InvoiceTitle,
}
