//! The typefaces of invoices: which characters they have, how wide those are, how they look.
//!
//! Two are embedded in the program, one of values and one of labels. Characters that the first
//! lacks are looked up in the machine's fonts, in order. Of those only the tables of characters are
//! kept: they say what can be printed. The rest, tens of megabytes, is read while a document with
//! such a character is drawn, and given back when none was for a while.

mod cache;
mod characters;
mod document;
mod embedded;
mod face;
mod file;
mod fonts;
mod machine;

pub(crate) use document::DocumentFonts;
pub(crate) use face::{FontFace, Glyph, UNITS_PER_EM};
pub use file::FontFile;
pub use fonts::Fonts;
