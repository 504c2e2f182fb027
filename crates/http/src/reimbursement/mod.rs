//! Reimbursement: what companies do with their staff's invoices (wire_facts 1.2).

pub(crate) mod read_invoice;
pub(crate) mod update_status;
