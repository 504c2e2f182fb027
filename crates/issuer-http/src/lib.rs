//! The operator's own issuer behind the Issuer port: a JSON protocol over HTTP (docs/issuer.md).
//!
//! - [`signature`]: the texts that are signed, both ways, with one secret.
//! - [`question`]: what is asked: to issue, to offset, and how a serial stands.
//! - [`answer`]: what is said to it.
//! - [`exchange`]: one question and its answer, over the Sender port, its signature and time checked.
//! - [`issuer`]: what each answer, and each failure to get one, is to a request.
//!
//! Nothing is remembered here. Whoever asks for an invoice again (the process died, the issuer said "not yet")
//! sends the same question, and the issuer, which knows the serials that it has issued, says what it said before.

mod answer;
mod exchange;
mod issuer;
#[cfg(test)]
mod openapi;
mod question;
mod signature;

pub use exchange::AskError;
pub use issuer::{HttpIssuer, HttpIssuerSettings};
pub use signature::{Secret, ShortSecret};
