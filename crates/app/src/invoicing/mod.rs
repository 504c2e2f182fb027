//! Invoicing: requests, invoices and their numbers, offset, query, the result (sections 14 to 16 and 19).

pub(crate) mod acceptance;
pub(crate) mod allotments;
pub(crate) mod document_cache;
pub(crate) mod document_places;
pub mod documents;
pub mod faults;
pub mod issue;
pub mod number_reports;
pub(crate) mod outside_documents;
pub mod requests;
pub mod s14_make_out;
pub mod s15_offset;
pub mod s16_query;
pub(crate) mod s19_result_push;
pub(crate) mod taken_numbers;
pub mod taxpayers;
pub(crate) mod told_codes;
pub mod unnamed_codes;

#[cfg(test)]
pub(crate) mod samples;
