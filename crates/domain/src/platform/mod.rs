//! The invoicing platform's side: card templates, and invoices that were issued elsewhere (wire_facts 1.1).

pub mod blob_name;
pub mod card_template;
pub mod inserted_invoice;
pub mod insertion;
pub mod pdf;
pub mod upload_tally;
