//! Invoicing: requests, invoices and their numbers, offset, query, the result (sections 14 to 16 and 19).

pub mod issuer;
pub mod renderer;
