//! Section 8: what a merchant says when it rejects an order.

use crate::{Refusal, text};

/// What rejectinsert says to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionReason {
    /// The reason, 1 to 256 characters.
    pub reason: String,
    /// Link for the next step; empty when the merchant gave none.
    pub url: String,
}

impl RejectionReason {
    /// Checks the merchant's words.
    pub fn check(&self) -> Result<(), Refusal> {
        text::required("reason", &self.reason, 256)?;
        if self.url.is_empty() { Ok(()) } else { text::web_link("url", &self.url) }
    }
}
