//! Reimbursement: cards that several want at once.

pub mod card_laws;
