//! Payment: pay merchants, and who issues for their payments.

mod pay_merchants;
mod s11_set_pay_merchant;
