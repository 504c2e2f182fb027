//! Payment: sections 11 and 12, and WeChat Pay's version 2 that section 13 extends.

pub mod notice;
pub mod order_query;
pub mod pay_answer;
pub mod pay_request;
pub mod pay_sign;
pub mod pay_time;
pub mod refunds;
pub mod s11_set_pay_merchant;
pub mod s12_get_pay_merchant;
pub mod unified_order;
