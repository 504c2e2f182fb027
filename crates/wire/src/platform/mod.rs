//! The invoicing platform's calls: its own link, card templates, PDFs, inserted invoices and their status
//! (wire_facts 1.1, 1.4).

pub mod card_link;
pub mod create_bill_card;
pub mod create_card;
pub mod decrypt;
pub mod get_pdf;
pub mod insert;
pub mod insert_bill;
pub mod media_link;
pub mod set_pdf;
pub mod set_url;
pub mod update_status;
