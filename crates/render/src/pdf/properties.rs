//! What a file says of itself, beside its pages.

/// The properties of a document.
pub(crate) struct Properties {
    /// Its name.
    pub(crate) title: String,
    /// The author.
    pub(crate) author: String,
    /// The subject.
    pub(crate) subject: String,
    /// What it is found by.
    pub(crate) keywords: String,
    /// Further properties: name and value.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// A file that travels in it.
    pub(crate) attachment: Attachment,
}

/// A file in a file.
pub(crate) struct Attachment {
    /// Its name, in ASCII.
    pub(crate) name: String,
    /// What it is, for people.
    pub(crate) description: String,
    /// Its bytes, an XML document.
    pub(crate) xml: Vec<u8>,
}
