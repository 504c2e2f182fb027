//! Invoicing: requests, invoices and their numbers, offset, query, the result (sections 14 to 16 and 19).

pub(crate) mod documents;
pub(crate) mod s14_make_out;
pub(crate) mod s15_offset;
pub(crate) mod s16_query;
