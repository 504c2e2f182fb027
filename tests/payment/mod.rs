//! Payment: pay merchants, their payments and refunds, and who issues for them.

mod admin_payments;
mod console_payments;
mod err_codes;
mod pages;
mod pay_bad_input;
mod pay_calls;
mod pay_charges;
pub mod pay_code;
mod pay_merchants;
mod pay_notices;
mod pay_refunds;
mod races;
mod receipt_forms;
mod receipt_to_wallet;
mod reported_to_wallet;
mod s11_set_pay_merchant;
mod s13_receipt;
pub mod visitor;

pub use kaipiao_tests::pay_client;
