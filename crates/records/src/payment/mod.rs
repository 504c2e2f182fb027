//! Payment: pay merchants, payments and refunds.

pub mod pay_merchant;
pub mod payment;
pub mod payment_alias;
pub mod refund;
