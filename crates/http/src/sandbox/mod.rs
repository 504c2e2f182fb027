//! The sandbox's part of the API.

pub(crate) mod accounts;
pub(crate) mod controls;
pub(crate) mod faults;
pub(crate) mod wait;
