//! What a command says at its end.

/// What goes to stdout, and whether all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes, as they are written: a document may be among them.
    pub output: Vec<u8>,
    /// Lines beside the output, for people.
    pub notes: Vec<String>,
    /// Exit code 0; otherwise 1.
    pub is_well: bool,
}

impl Outcome {
    /// All is well.
    pub(crate) fn well(text: impl Into<String>) -> Self {
        Self { output: text.into().into_bytes(), notes: Vec::new(), is_well: true }
    }
}
