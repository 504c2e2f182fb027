//! What platforms upload, their card templates, and invoices that they have inserted.

pub mod card_template;
pub mod inserted_invoice;
pub mod pdf;
pub mod upload_tally;
