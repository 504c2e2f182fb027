//! The embedded store, SQLite.
//!
//! One writer thread owns the only connection that writes ([`writer`]). It takes all changes that are
//! waiting, runs each inside a SAVEPOINT, issues one COMMIT for all of them, and answers every waiter
//! after it: so a request waits for one group commit, and a disk that syncs slowly makes larger
//! groups instead of longer queues. The queue is bounded; what does not fit is answered `Overloaded`
//! at once.
//!
//! Reads go to a pool of read-only connections (WAL: they see whole commits and never wait for the
//! writer), except for what is in memory: resident kinds whole ([`records::resident`]), of the others
//! what was written or read lately ([`records::recent`]).
//!
//! What is open in the queues is in memory too ([`delivery::queue`]): the database is read for it when
//! the store is opened, and the writer changes it after each COMMIT. Claims are marks in that book;
//! they cost no write, and opening the store frees them all.
//!
//! An error of the disk inside a group answers every waiter with `Away`, and the writer opens its
//! connection again before it takes the next group.

mod backup;
mod change;
mod conditions;
mod config;
mod connection;
mod delivery;
mod export;
mod memory;
mod migrations;
mod owner;
mod read_only;
mod readers;
mod records;
mod replace;
mod sequence;
mod store;
mod writer;

pub use backup::{BackupError, back_up};
pub use config::{FILE_NAME, GroupHook, MOVED_NAME, OpenError, Options};
pub use export::Export;
pub use owner::{NotOwner, check_owner};
pub use read_only::ReadOnlyStore;
pub use replace::ClosedStore;
pub use store::SqliteStore;
