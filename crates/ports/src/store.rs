//! The Store seam: read, decide, commit one value.
//!
//! A store keeps records: a key, a version that counts up from 1, and a body. What the bodies mean
//! is [`crate::records`]'s business; a store moves bytes and keeps the laws:
//!
//! - all or nothing: a commit's saves happen together or not at all;
//! - a save names what it expects; if that is not so, Conflict, and nothing changed;
//! - Ok means that the bytes are on disk;
//! - readers see whole commits, and you read your own writes;
//! - paging is stable: a page begins behind the last key of the one before.
//!
//! `kaipiao_testkit::laws` holds them as one macro, run against every store.
//!
//! Every key begins with its owner (an account's appid, or a user's id), so that tables can be
//! distributed by it. Of the kinds whose [`Kind::is_resident`] says so a store may answer reads
//! from memory: they are few and read on every request.

use crate::delivery::jobs::{JobChange, Jobs};
use crate::delivery::outbox::{NewPush, Outbox};
use async_trait::async_trait;
use std::sync::Arc;

/// What a record is; each kind is a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An account. Owner: its appid; id: empty.
    Account,
    /// A merchant's contact. Owner: the merchant; id: empty.
    Contact,
    /// A merchant's page fields. Owner: the merchant; id: empty.
    PageFields,
    /// Where and how an account receives its pushes. Owner: the account; id: empty.
    Callback,
    /// An account's tokens of one family. Owner: the account; id: the family.
    TokenFamily,
    /// A merchant's taxpayer. Owner: the merchant; id: empty.
    Taxpayer,
    /// A range of invoice numbers. Owner: the merchant; id: in the order they are used up.
    NumberRange,
    /// An order. Owner: the merchant; id: the order number.
    Order,
    /// An invoice request. Owner: the merchant; id: its serial.
    InvoiceRequest,
    /// An invoice's number, and whose it is. Owner: the merchant; id: sorts by range and number.
    InvoiceNumber,
    /// A person. Owner: the user; id: empty.
    User,
    /// A title-book entry. Owner: the user; id: the entry.
    BookEntry,
    /// A service message. Owner: the user; id: sorts by time.
    Message,
    /// An invoice card of a wallet. Owner: the user; id: sorts by time.
    Card,
    /// What the server keeps about itself. Owner: empty; id: the fact's name.
    Server,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Account,
        Self::Contact,
        Self::PageFields,
        Self::Callback,
        Self::TokenFamily,
        Self::Taxpayer,
        Self::NumberRange,
        Self::Order,
        Self::InvoiceRequest,
        Self::InvoiceNumber,
        Self::User,
        Self::BookEntry,
        Self::Message,
        Self::Card,
        Self::Server,
    ];

    /// The table's name.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Contact => "contacts",
            Self::PageFields => "page_fields",
            Self::Callback => "callbacks",
            Self::TokenFamily => "token_families",
            Self::Taxpayer => "taxpayers",
            Self::NumberRange => "number_ranges",
            Self::Order => "orders",
            Self::InvoiceRequest => "invoice_requests",
            Self::InvoiceNumber => "invoice_numbers",
            Self::User => "users",
            Self::BookEntry => "book_entries",
            Self::Message => "messages",
            Self::Card => "cards",
            Self::Server => "server",
        }
    }

    /// May a store keep all records of this kind in memory? A handful per account, and read on
    /// every request.
    pub const fn is_resident(self) -> bool {
        matches!(
            self,
            Self::Account
                | Self::Contact
                | Self::PageFields
                | Self::Callback
                | Self::TokenFamily
                | Self::Taxpayer
        )
    }
}

/// Names a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The table.
    pub kind: Kind,
    /// Whose record it is.
    pub owner: String,
    /// Which of the owner's records.
    pub id: String,
}

/// Counts a record's saves, from 1. Signed, as the databases count.
pub type Version = i64;

/// A record as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub key: Key,
    /// How often it was saved.
    pub version: Version,
    /// Its body, JSON text.
    pub body: Arc<str>,
}

/// What a save expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No record.
    Absent,
    /// The record at exactly this version.
    Version(Version),
    /// Whatever there is: the last writer wins.
    Any,
}

/// One record's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// Which record.
    pub key: Key,
    /// What is expected to be there.
    pub expect: Expect,
    /// The new body; None: the record is removed, and counts from 1 again if it comes back.
    pub body: Option<String>,
}

/// What happens together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Each record at most once.
    pub saves: Vec<Save>,
    /// What is told because of them; in the lane's order.
    pub pushes: Vec<NewPush>,
    /// What is to be done because of them, and what they have ended; each job at most once.
    pub jobs: Vec<JobChange>,
}

impl Commit {
    /// A commit that tells nobody and leaves nothing to do.
    pub fn of(saves: Vec<Save>) -> Self {
        Self { saves, pushes: Vec::new(), jobs: Vec::new() }
    }
}

/// Why a commit did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A save's expectation does not hold; nothing changed. Read again and decide again.
    #[error("{} {}/{} is not as expected", .0.kind.table(), .0.owner, .0.id)]
    Conflict(Key),
    /// The store has more waiting than it takes; nothing changed.
    #[error("the store is overloaded")]
    Overloaded,
    /// The store is away. Nothing was acknowledged; whether it is on disk is not known.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

/// Why a read gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The store is away.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A body that this version of the program cannot read.
    #[error("{} {}/{} cannot be read: {why}", .key.kind.table(), .key.owner, .key.id)]
    Corrupt {
        /// Which record.
        key: Key,
        /// What is wrong with it.
        why: String,
    },
}

/// Which records a page lists, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The table.
    pub kind: Kind,
    /// Only this owner's records; None: everybody's.
    pub owner: Option<String>,
    /// Begin behind this (owner, id); None: at the first.
    pub after: Option<(String, String)>,
    /// Upwards, or downwards from the last.
    pub order: PageOrder,
    /// At most so many.
    pub limit: usize,
}

/// The order of a page's records, by (owner, id), bytewise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageOrder {
    /// From the first.
    #[default]
    Ascending,
    /// From the last.
    Descending,
}

/// Durable records, the pushes that tell of their changes, and the jobs that follow from them.
#[async_trait]
pub trait Store: Outbox + Jobs {
    /// Reads one record.
    async fn read(&self, key: &Key) -> Result<Option<Stored>, ReadError>;

    /// Reads a page of records.
    async fn list(&self, page: &Page) -> Result<Vec<Stored>, ReadError>;

    /// Commits one value. Ok means: on disk.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;
}
