//! Payment: which pay merchant a merchant has linked (sections 11 and 12).

pub mod s11_set_pay_merchant;
pub mod s12_get_pay_merchant;
