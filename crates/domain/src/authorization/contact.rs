//! Sections 17 and 18: the merchant's contact, without which no authorization page opens.

use crate::{Refusal, text};

/// The merchant's contact. `phone` is shown to the user when an invoice is late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The contact number, as the merchant wrote it.
    pub phone: String,
    /// "Invoicing time-out time". The contract names no unit and production values fit none
    /// (wire_facts 6.1 no. 20), so it is kept and returned, and nothing reads it.
    pub time_out: i64,
}

impl Contact {
    /// As large as the platform's own timestamps (D-145): 136 years of seconds, 49 days of milliseconds.
    pub const MAX_TIME_OUT: i64 = 4_294_967_295;

    /// Checks the merchant's values.
    pub fn check(&self) -> Result<(), Refusal> {
        text::required("contact.phone", &self.phone, 64)?;
        let (most, asked) = (Self::MAX_TIME_OUT, self.time_out);
        if !(0..=most).contains(&asked) {
            let problem = format!("must be 0 to {most}, not {asked}");
            return Err(Refusal::invalid("contact.time_out", problem));
        }
        Ok(())
    }
}
