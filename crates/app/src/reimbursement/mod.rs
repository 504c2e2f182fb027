//! Reimbursement: users choose invoices for a company, which reads, locks and writes them off.

pub mod choose;
pub(crate) mod chosen_card;
pub(crate) mod issued_info;
pub mod read_invoice;
pub(crate) mod status_push;
pub mod update_status;
