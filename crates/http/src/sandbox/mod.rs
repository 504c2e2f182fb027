//! The sandbox's part of the API.

pub(crate) mod accounts;
pub(crate) mod clock;
pub(crate) mod controls;
pub(crate) mod faults;
pub(crate) mod known_members;
pub(crate) mod name_spaces;
pub(crate) mod snapshots;
pub(crate) mod wait;
