//! Payments: who takes them, and who issues invoices for them (sections 11 to 13).

pub mod pay_merchant;
