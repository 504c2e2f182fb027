//! Payment: sections 11 and 12, and WeChat Pay's version 2 that section 13 extends.

pub(crate) mod close_order;
pub(crate) mod micropay;
pub(crate) mod order_query;
pub(crate) mod pap_pay_apply;
pub(crate) mod pay_call;
pub(crate) mod pay_failed;
pub(crate) mod refund;
pub(crate) mod refund_query;
pub(crate) mod reverse;
pub(crate) mod s11_set_pay_merchant;
pub(crate) mod s12_get_pay_merchant;
pub(crate) mod sign_key;
pub(crate) mod unified_order;
