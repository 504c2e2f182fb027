//! Payment: which pay merchant a merchant has linked (sections 11 and 12).

pub(crate) mod s11_set_pay_merchant;
pub(crate) mod s12_get_pay_merchant;
