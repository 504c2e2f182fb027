//! Authorization: the ticket, the link, the page, and what the user and the merchant decide (sections 1 to 10, 17 and 18).

pub(crate) mod never_asked_for;
pub mod order_history;
pub(crate) mod order_key;
pub mod orders;
pub mod page;
pub mod s01_ticket;
pub mod s02_auth_url;
pub mod s06_auth_push;
pub mod s07_auth_data;
pub mod s08_reject;
pub mod s09_set_page_fields;
pub mod s10_get_page_fields;
pub mod s17_set_contact;
pub mod s18_get_contact;
