//! The store port: read, decide, commit one value.
//!
//! A store keeps records ([`crate::record`]), the pushes that report their changes
//! ([`crate::delivery::outbox`]) and the jobs that follow from them ([`crate::delivery::jobs`]):
//!
//! - all or nothing: a commit's saves, pushes and jobs happen together or not at all;
//! - a save names what it expects; if that is not so, Conflict, and nothing changed;
//! - Ok means that the bytes are on disk;
//! - readers see whole commits, and you read your own writes;
//! - paging is stable: a page begins behind the last entry of the one before;
//! - a removed record's version never comes again.
//!
//! `kaipiao_testkit` holds these laws as macros, run against every store.

use crate::delivery::claims::{Claims, DueTurn, Queue};
use crate::delivery::jobs::{JobChange, Jobs};
use crate::delivery::outbox::{NewPush, Outbox};
use crate::errors::{CommitError, StoreError};
use crate::record::{Field, Key, Kind, Save, Stored};
use async_trait::async_trait;
use prometheus::core::Collector;

/// One value: everything in it happens together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Each record at most once.
    pub saves: Vec<Save>,
    /// Pushes that they cause; those of one ordering key in this order.
    pub pushes: Vec<NewPush>,
    /// Jobs that follow from them, and jobs that they end; each at most once.
    pub jobs: Vec<JobChange>,
}

impl Commit {
    /// A commit without pushes and jobs.
    pub fn of(saves: Vec<Save>) -> Self {
        Self { saves, pushes: Vec::new(), jobs: Vec::new() }
    }
}

/// What a commit that happened has made due: a hint for the scheduler, which finds it by itself
/// too ([`Claims::due_turns`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Queue, turn, and when its work is due.
    pub due: Vec<(Queue, DueTurn)>,
}

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// A remembered value is good enough. An engine that several nodes share may lag behind the
    /// others by its stated bound; one's own writes are seen.
    Cached,
    /// As the engine has it at this moment.
    Fresh,
}

/// The order of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageOrder {
    /// From the first.
    #[default]
    Ascending,
    /// From the last.
    Descending,
}

/// What a listing goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListBy {
    /// Everybody's, each once, in an order of the store's own: for walks through a whole table.
    All,
    /// (owner, id), bytewise; an owner's, or everybody's.
    Key {
        /// Only this owner's records; None: everybody's.
        owner: Option<String>,
    },
    /// The time within an owner, then the id; for kinds with [`Kind::has_time`].
    Time {
        /// The owner.
        owner: String,
        /// Not before, in the domain's milliseconds.
        from_ms: i64,
        /// Not after.
        to_ms: i64,
    },
    /// A field's value within an owner, then the time and the id. May lag behind the commits by
    /// what is not indexed yet ([`Store::index`]).
    Field {
        /// The owner.
        owner: String,
        /// The field, one of the kind's.
        field: Field,
        /// The value.
        value: String,
        /// Only those of this time in the domain's milliseconds, both ends included; None: whenever they are of.
        within_ms: Option<(i64, i64)>,
    },
}

/// Where a page begins: behind this entry of the listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// The entry's time; 0 where the listing goes by key.
    pub time_ms: i64,
    /// The entry's owner.
    pub owner: String,
    /// The entry's id.
    pub id: String,
}

impl After {
    /// Behind this key, in a listing by key.
    pub fn key(owner: impl Into<String>, id: impl Into<String>) -> Self {
        Self { time_ms: 0, owner: owner.into(), id: id.into() }
    }
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The table.
    pub kind: Kind,
    /// What the listing goes by.
    pub by: ListBy,
    /// Where the page begins; None: at the listing's beginning.
    pub after: Option<After>,
    /// Upwards, or downwards from the last.
    pub order: PageOrder,
    /// Entries at most.
    pub limit: usize,
}

impl Page {
    /// The first page by key, upwards, of an owner's records or everybody's.
    pub fn by_key(kind: Kind, owner: Option<String>, limit: usize) -> Self {
        let by = ListBy::Key { owner };
        Self { kind, by, after: None, order: PageOrder::Ascending, limit }
    }
}

impl Page {
    /// The first page of everybody's records, in the store's own order.
    pub const fn of_all(kind: Kind, limit: usize) -> Self {
        Self { kind, by: ListBy::All, after: None, order: PageOrder::Ascending, limit }
    }
}

/// A record in a listing, with the time that the listing knows it by (0 where it goes by key).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The record.
    pub stored: Stored,
    /// The domain's milliseconds.
    pub time_ms: i64,
}

/// What may be forgotten: of each, what is older than this moment in the domain's milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgettable {
    /// Records, by since when they are unused.
    pub records: Vec<(Kind, i64)>,
    /// Completed pushes with their attempts, by when they were completed.
    pub pushes_before_ms: i64,
    /// Failed jobs, by when they failed.
    pub jobs_before_ms: i64,
}

/// Durable records, pushes and jobs.
#[async_trait]
pub trait Store: Claims + Outbox + Jobs {
    /// Reads one record.
    async fn read(&self, key: &Key, freshness: Freshness) -> Result<Option<Stored>, StoreError>;

    /// Reads a page of records.
    async fn list(&self, page: &Page) -> Result<Vec<Listed>, StoreError>;

    /// Commits one value. Ok means: on disk. An empty one changes nothing and asks whether commits are
    /// taken: after one that failed for the store's own reasons ([`StoreError::Away`]) it fails for
    /// the same, until the store has written again.
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError>;

    /// Makes changes of records findable by their fields, `limit` of them at most. Returns how many it
    /// were; 0: every change that was committed before is findable.
    async fn index(&self, limit: usize) -> Result<usize, StoreError>;

    /// Removes what may be forgotten, `limit` things at most. Returns how many it were.
    async fn purge(&self, forgettable: &Forgettable, limit: usize) -> Result<usize, StoreError>;

    /// Which of these processes, by the names that they had in the store, have been gone for so long that they count as
    /// gone for good.
    async fn gone_for_good(&self, _holders: &[String]) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// What the store counts of itself, for whoever watches the server. A second call names the same counters.
    fn collectors(&self) -> Vec<Box<dyn Collector>> {
        Vec::new()
    }

    /// The real moment in Unix milliseconds by a clock that all processes of the store share; None: the store has no
    /// clock of its own.
    async fn shared_clock_ms(&self) -> Result<Option<i64>, StoreError> {
        Ok(None)
    }
}
