//! Records: their statements, listings, the search, and the kinds that each node has in memory.

pub(crate) mod listing;
pub(crate) mod purge;
pub(crate) mod resident;
pub(crate) mod search;
pub(crate) mod statements;
