//! Reimbursement: what companies do with the invoices of their staff (wire_facts 1.2).

pub mod card_status;
pub mod invoice_info;
