//! Sections 14 to 16 and 19, taxpayers, an issuer of the operator's own.

mod listing;
mod nul;
mod outside_documents;
pub(crate) mod outside_issuer;
mod s14_make_out;
mod s15_offset;
mod s16_query;
mod s19_result_push;
mod taxpayers;
