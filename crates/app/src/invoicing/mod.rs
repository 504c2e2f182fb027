//! Invoicing: requests, invoices and their numbers, offset, query, the result (sections 14 to 16 and 19).

pub mod documents;
pub mod faults;
pub mod invoices;
pub mod issue;
pub mod s14_make_out;
pub mod s15_offset;
pub mod s16_query;
pub mod taxpayers;
