//! Authorization: the ticket, the link, the page, and what the user and the merchant decide (sections 1 to 10, 17 and 18).

pub(crate) mod s01_ticket;
pub(crate) mod s02_auth_url;
pub(crate) mod s07_auth_data;
pub(crate) mod s08_reject;
pub(crate) mod s09_set_page_fields;
pub(crate) mod s10_get_page_fields;
pub(crate) mod s17_set_contact;
pub(crate) mod s18_get_contact;
pub(crate) mod set_biz_attr;
