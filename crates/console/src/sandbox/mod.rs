//! The sandbox's clock, snapshots, reset and name spaces. A production has none of these pages.

pub(crate) mod clock;
pub(crate) mod show;
pub(crate) mod snapshots;
pub(crate) mod spaces;
