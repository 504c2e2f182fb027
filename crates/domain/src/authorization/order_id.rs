//! What names an order.

use crate::access::account::AppId;
use crate::{Refusal, text};
use core::fmt;

/// A merchant's order number: 1 to 64 characters, as the merchant wrote it (D-05).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(String);

impl OrderId {
    /// Checks a merchant's order number: on one line, since it travels in links, pushes and logs.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        text::required("order_id", text, 64)?;
        if text.contains(char::is_control) {
            return Err(Refusal::invalid("order_id", "holds a control character"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The order number's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What names an order: two merchants that use the same order number never meet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderKey {
    /// The merchant's Official Account, also for calls by the apps bound to it.
    pub merchant: AppId,
    /// The merchant's order number.
    pub order_id: OrderId,
}
