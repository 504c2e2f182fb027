//! Platform: what platforms upload.

pub mod pdf;
