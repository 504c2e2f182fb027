//! The port of the reader of foreign PDFs.

use async_trait::async_trait;
use bytes::Bytes;

/// Why a PDF has no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadablePdf {
    /// It is no PDF, broken, encrypted, or past a limit; the text says which, for whoever sent it.
    #[error("{0}")]
    Refused(String),
    /// Too many wait to be read.
    #[error("too many PDFs wait to be read")]
    Overloaded,
    /// The reader itself does not work; the text is for the operator.
    #[error("PDFs cannot be read: {0}")]
    Away(String),
}

/// Reads PDFs that others have made, whatever is in them.
#[async_trait]
pub trait PdfReader: Send + Sync + 'static {
    /// The text of all pages, in the order in which it is drawn; parts that cannot be read are left out. It ends
    /// within the reader's limits of time and memory.
    async fn text(&self, pdf: Bytes) -> Result<String, UnreadablePdf>;
}
