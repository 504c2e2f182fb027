//! Platform: what platforms upload and insert that issue elsewhere (wire_facts 1.1).

pub mod get_pdf;
pub mod media_link;
pub mod set_pdf;
