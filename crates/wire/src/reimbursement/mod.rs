//! Reimbursement: what companies ask of invoices, and what they and the others are told.

pub mod app_return;
pub mod card_sign;
pub mod encrypt_code;
pub mod read_invoice;
pub mod status_push;
pub mod update_status;
