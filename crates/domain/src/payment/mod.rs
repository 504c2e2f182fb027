//! Payment: pay merchants, their payments and refunds, and who issues for them (sections 11 to 13).

#[cfg(test)]
mod fixtures;
pub mod out_trade_no;
pub mod pay_merchant;
pub mod pay_refusal;
pub mod payments;
pub mod quick_pay;
pub mod refund;
pub mod report;
pub mod s13_receipt;
