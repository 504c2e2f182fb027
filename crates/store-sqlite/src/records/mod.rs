//! Records: their statements, and those of them that are in memory.

pub(crate) mod listing;
pub(crate) mod recent;
pub(crate) mod resident;
pub(crate) mod search;
pub(crate) mod statements;
