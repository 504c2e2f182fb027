//! Payment: pay merchants, and who has linked which.

pub mod pay_merchant;
