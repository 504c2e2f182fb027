//! Platform: what platforms insert that issue elsewhere (wire_facts 1.1).

pub mod collector;
pub mod pdfs;
