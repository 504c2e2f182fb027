//! Card templates, and invoices that platforms have inserted.

pub mod card_template;
pub mod inserted_invoice;
