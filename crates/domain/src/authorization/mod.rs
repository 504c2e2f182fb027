//! Authorization: the ticket, the link, the page, and what the user and the merchant decide (sections 1 to 10, 17 and 18).

pub mod contact;
pub mod order;
pub mod page_fields;
