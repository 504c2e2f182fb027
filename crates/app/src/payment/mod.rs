//! Payment: pay merchants, payments, refunds and their notices, and who issues for them (sections 11 to 13).

pub mod cashier;
pub mod charges;
pub mod demo_payment;
pub mod details;
pub mod names;
pub mod notices;
pub mod pay_caller;
pub mod pay_failure;
pub mod pay_merchants;
pub mod payer_codes;
pub mod paying;
pub mod payment_history;
pub mod payment_pages;
pub mod payments;
pub mod refunds;
pub mod reported;
pub mod s11_set_pay_merchant;
pub mod s12_get_pay_merchant;
pub mod s13_receipt;
pub mod to_confirm;
