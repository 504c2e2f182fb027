//! Payment: pay merchants, payments and refunds.

pub mod pay_merchant;
pub mod payer_code;
pub mod payment_alias;
pub mod payments;
pub mod refund;
