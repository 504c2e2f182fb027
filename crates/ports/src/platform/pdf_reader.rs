//! The port of the reader of foreign PDFs.

use async_trait::async_trait;
use bytes::Bytes;

/// Why a PDF has no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadablePdf {
    /// It is no PDF, broken, encrypted, or past a limit; the text says which, for whoever sent it.
    #[error("{0}")]
    Refused(String),
    /// The machine has not read it to the end: it took too long in real time, or the system ended the reader. Nothing
    /// is known of the PDF; the text is for the operator.
    #[error("the machine is overloaded: {0}")]
    Overloaded(String),
    /// The reader itself does not work; the text is for the operator.
    #[error("PDFs cannot be read: {0}")]
    Away(String),
}

/// Reads PDFs that others have made, whatever is in them.
#[async_trait]
pub trait PdfReader: Send + Sync + 'static {
    /// The text of all pages, in the order in which it is drawn; parts that cannot be read are left out. It ends
    /// within the reader's limits of time and memory; how many are read at once is up to who asks.
    async fn text(&self, pdf: Bytes) -> Result<String, UnreadablePdf>;
}
