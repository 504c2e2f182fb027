//! The document as it is sent.

use axum::body::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{LazyLock, OnceLock};

/// The document of the API, written when it is first asked for, once for all who ask: most name spaces, and most servers
/// of test suites, never are.
pub struct OpenApi {
    document: LazyLock<Value, Box<dyn FnOnce() -> Value + Send>>,
    text: OnceLock<OpenApiText>,
}

/// The document as it is sent, with the tag that clients ask after it by.
pub(crate) struct OpenApiText {
    pub(crate) bytes: Bytes,
    pub(crate) tag: String,
}

impl OpenApi {
    /// The document that this writes.
    pub fn new(write: impl FnOnce() -> Value + Send + 'static) -> Self {
        Self { document: LazyLock::new(Box::new(write)), text: OnceLock::new() }
    }

    pub(crate) fn text(&self) -> &OpenApiText {
        self.text.get_or_init(|| OpenApiText::new(&self.document))
    }
}

impl AsRef<Value> for OpenApi {
    fn as_ref(&self) -> &Value {
        &self.document
    }
}

impl OpenApiText {
    fn new(document: &Value) -> Self {
        let bytes = Bytes::from(document.to_string());
        let tag = format!("\"{}\"", base16ct::lower::encode_string(&Sha256::digest(&bytes)));
        Self { bytes, tag }
    }
}
