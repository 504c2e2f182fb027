//! Payment: pay merchants, and who issues for their payments (sections 11 and 12).

pub mod pay_merchants;
pub mod s11_set_pay_merchant;
pub mod s12_get_pay_merchant;
