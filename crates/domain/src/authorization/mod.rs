//! Authorization: the ticket, the link, the page, and what the user and the merchant decide (sections 1 to 10, 17 and 18).

pub mod authorization_request;
pub mod authorization_status;
pub mod contact;
pub mod order;
pub mod order_id;
pub mod page_fields;
pub mod rejection;
pub mod requests;
pub mod ticket;
pub mod user_decision;
