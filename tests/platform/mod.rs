//! Invoicing platforms: their files and cards, and invoices that they insert (wire_facts 1.1).

mod backup;
mod bad_pdfs;
mod bills;
mod cards;
pub mod collector;
mod insert;
mod limits;
mod numbers;
mod races;
mod status;
pub mod upload;
mod uploads;

pub use kaipiao_tests::pdfs as pdf;
pub use kaipiao_tests::platform_client::{
    CREATE, INSERT, UPDATE, card_id, data, inserted, inserted_for, invoice, template, update,
};
