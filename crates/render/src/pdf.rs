//! The PDF backend: pages of drawing operations as a file.
//!
//! Only the glyphs that are shown travel in the file, with a table that leads back to characters:
//! the text can be searched, copied and read by programs, in the order in which it was drawn.

mod content;
mod document;
mod properties;
mod stream;
mod typeface;

pub(crate) use document::write;
pub(crate) use properties::{Attachment, Properties};
