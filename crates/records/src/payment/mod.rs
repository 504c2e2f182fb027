//! Payment: pay merchants, payments and refunds.

pub mod pay_merchant;
pub mod payment_alias;
pub mod payments;
pub mod refund;
