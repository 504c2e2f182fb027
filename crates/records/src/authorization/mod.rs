//! Authorization: contacts, page fields, orders.

pub mod contact;
pub mod order;
pub mod page_fields;
