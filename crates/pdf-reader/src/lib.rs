//! The port of the reader of foreign PDFs.
//!
//! What is in a PDF is up to whoever made it: a file of a kilobyte can unpack to gigabytes, or lead its reader
//! around for hours. The library bounds much of that, and a process of its own bounds the rest: [`ChildReader`]
//! starts one for each PDF, which limits its own memory and processor time ([`child`]), reads, writes the text, and
//! ends. A limit of its own that ends it is the PDF's fault; that the machine has no time or memory for it is not.

mod child;
mod content;
mod reader;
mod text;

pub use child::child;
pub use reader::{ChildReader, Program};
pub use text::text_of;

/// What a child writes first when it has the text, and when it refuses the PDF.
const HAS_TEXT: u8 = b'T';
const REFUSED: u8 = b'R';
