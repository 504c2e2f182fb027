//! The store on PostgreSQL, which several nodes share.
//!
//! A commit is one short transaction ([`commit`]): its statements go out together, saves in key order, and COMMIT
//! follows when every expectation held. Commits that wait for a connection at the same time share one
//! transaction; if one of them cannot be, each gets its own. Conflicts of the engine (serialization, deadlock) are
//! tried again inside.
//!
//! Every key begins with the bucket, a hash of the owner ([`bucket`]), and every statement on a request's path
//! names it. Nothing on that path takes a number from a sequence or locks what others need: versions
//! and numbers come from the database's clock ([`records::statements`], [`delivery::numbers`]), CreateTime
//! and the one ready push of an ordering key are unique indexes.
//!
//! Claims are columns of the work's row, with the node that holds them; they lapse by the database's clock. What is
//! read on every request (resident kinds) is in each node's memory, and read again each second or when
//! another node says that it has changed something ([`watch`]). A node's name is leased ([`node`]).

mod bucket;
mod commit;
mod config;
mod connection;
mod delivery;
mod errors;
mod examine;
mod health;
mod import;
mod migration;
mod migrations;
mod node;
mod records;
mod statements;
mod store;
mod watch;

pub use config::{CommitHook, OpenError, Options};
pub use connection::is_address;
pub use examine::{Facts, Leases, examine};
pub use import::Import;
pub use migration::Migration;
pub use node::Lost;
pub use statements::{Path, Statement, statements};
pub use store::PostgresStore;
