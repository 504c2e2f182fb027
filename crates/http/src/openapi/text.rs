//! The document as it is sent.

use axum::body::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The document as it is sent, with the tag that clients ask after it by.
pub struct OpenApiText {
    pub(crate) bytes: Bytes,
    pub(crate) tag: String,
}

impl OpenApiText {
    /// Writes a document, once for all who read it.
    pub fn new(document: &Value) -> Self {
        let bytes = Bytes::from(document.to_string());
        let tag = format!("\"{}\"", base16ct::lower::encode_string(&Sha256::digest(&bytes)));
        Self { bytes, tag }
    }
}
