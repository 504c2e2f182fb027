//! One question and its answer, signed both ways: JSON, or the bytes of a document.

use crate::answer::Answer;
use crate::question::Question;
use crate::signature::{SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER};
use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::invoicing::invoice_document::{InvoiceDocument, OfferedDocument};
use kaipiao_ports::clock::Clock;
use kaipiao_ports::delivery::sender::{Content, Incoming, Outgoing, SendError, Sender};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How far an answer's timestamp may be from this machine's clock, in seconds.
pub(crate) const MAX_SKEW_S: u64 = 300;

/// Why there is no answer that can be trusted. The texts are for the operator: they may name addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// No connection, or none that lasted.
    #[error("it cannot be reached: {0}")]
    Unreachable(SendError),
    /// No whole answer in time.
    #[error("it did not answer within {} ms", .0.as_millis())]
    Silent(Duration),
    /// A status from 500 on.
    #[error("it has a fault of its own: status {0}")]
    Fault(u16),
    /// Another status than 200.
    #[error("it answered with status {0}, and only 200 is an answer")]
    Status(u16),
    /// A header is missing, or cannot be read.
    #[error("its answer is not signed: {0} is missing or cannot be read")]
    Unsigned(&'static str),
    /// A signature by another secret, or for another question or answer.
    #[error("its answer's signature is wrong; the secret must be the same on both sides")]
    Forged,
    /// A moment of signing that is too far from now.
    #[error("its answer was signed {0} s from this machine's time, and {MAX_SKEW_S} are allowed")]
    Stale(u64),
    /// An answer of which only the beginning was read: so many bytes are taken.
    #[error("its answer has more than {0} bytes")]
    TooLong(usize),
    /// A document that is another one than the invoice names, or of another kind.
    #[error("what it sent {0}")]
    OtherDocument(String),
    /// An answer that means nothing.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
}

/// Where the issuer is, and what is needed to ask it.
pub(crate) struct Exchange {
    pub sender: Arc<dyn Sender>,
    pub clock: Arc<dyn Clock>,
    /// Without a slash at its end.
    pub url: String,
    pub secret: Secret,
}

impl Exchange {
    pub(crate) async fn ask(
        &self,
        question: Question,
        time_limit: Duration,
    ) -> Result<Answer, AskError> {
        let body = self.bytes(question, time_limit, Outgoing::MOST_ANSWER_BYTES).await?;
        Answer::read(&body).map_err(AskError::Unreadable)
    }

    /// Asks for a document, which is what its invoice has named.
    pub(crate) async fn ask_for(
        &self,
        question: Question,
        offered: &OfferedDocument,
        time_limit: Duration,
    ) -> Result<Bytes, AskError> {
        let bytes = self.bytes(question, time_limit, InvoiceDocument::MOST_BYTES).await?;
        let other = |why: String| Err(AskError::OtherDocument(why));
        if <[u8; 32]>::from(Sha256::digest(&bytes)) != offered.sha256 {
            return other("has another SHA-256 than the one that was named".to_owned());
        }
        if !offered.kind.is_begun_by(&bytes) {
            return other(format!("does not begin as a file of the kind {}", offered.kind.name()));
        }
        Ok(bytes.into())
    }

    /// The bytes of a signed answer, so many at most.
    async fn bytes(
        &self,
        question: Question,
        time_limit: Duration,
        most_bytes: usize,
    ) -> Result<Vec<u8>, AskError> {
        let Question { action, body } = question;
        let timestamp = self.clock.real_now().unix_seconds();
        let signature = self.secret.of_question(action, timestamp, &body);
        let outgoing = Outgoing {
            url: format!("{}/{action}", self.url),
            headers: vec![
                (TIMESTAMP_HEADER.into(), timestamp.to_string()),
                (SIGNATURE_HEADER.into(), signature.clone()),
            ],
            content: Some(Content { content_type: "application/json", bytes: body }),
            time_limit,
            // One more, to know that there is more.
            most_answer_bytes: most_bytes + 1,
        };
        let incoming = self.sender.send(outgoing).await.map_err(|error| match error {
            SendError::TimedOut(limit) => AskError::Silent(limit),
            other => AskError::Unreachable(other),
        })?;
        match incoming.status {
            200 => {}
            fault @ 500.. => return Err(AskError::Fault(fault)),
            status => return Err(AskError::Status(status)),
        }
        if incoming.body.len() > most_bytes {
            return Err(AskError::TooLong(most_bytes));
        }
        self.check(&incoming, &signature)?;
        Ok(incoming.body)
    }

    /// Whether the answer is the issuer's, to this question, and of now.
    fn check(&self, incoming: &Incoming, question_signature: &str) -> Result<(), AskError> {
        let timestamp = incoming.header(TIMESTAMP_HEADER).and_then(|text| text.parse().ok());
        let timestamp: i64 = timestamp.ok_or(AskError::Unsigned(TIMESTAMP_HEADER))?;
        let signature =
            incoming.header(SIGNATURE_HEADER).ok_or(AskError::Unsigned(SIGNATURE_HEADER))?;
        let body = &incoming.body;
        if !self.secret.signs_answer(signature, timestamp, question_signature, body) {
            return Err(AskError::Forged);
        }
        match self.clock.real_now().unix_seconds().abs_diff(timestamp) {
            skew if skew > MAX_SKEW_S => Err(AskError::Stale(skew)),
            _ => Ok(()),
        }
    }
}
