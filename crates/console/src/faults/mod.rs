//! The sandbox's faults: what is planned, what was played, and the form that plans one. A production has none of these pages.

mod kinds;
pub(crate) mod page;
pub(crate) mod plan;
mod words;
