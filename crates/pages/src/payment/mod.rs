//! Payment: the sandbox's cashier and pay codes, a payment's details, and its invoice entry (section 13).

pub(crate) mod cashier;
pub(crate) mod details;
pub(crate) mod entry;
pub(crate) mod pay_code;
