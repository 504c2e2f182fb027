//! Authorization: the ticket, the link, the page, and what the user and the merchant decide (sections 1 to 10, 17 and 18).

pub(crate) mod fields;
pub(crate) mod preview;
pub(crate) mod s02_auth_url;
pub(crate) mod way_back;
mod words;
