//! The renderer, which draws invoices as documents that people hold.
//!
//! [`FaceRenderer`] lays an invoice's face out as a list of drawing operations, which become a PDF
//! or SVG, set in the embedded typefaces and the machine's ([`Fonts`]).

pub mod capitals;
pub mod category;
mod dates;
mod drawing;
mod einvoice;
mod face;
mod figures;
mod font;
mod pdf;
pub mod qr;
mod renderer;
mod subject;
mod svg;

pub use category::Categories;
pub use font::{FontFile, Fonts};
pub use renderer::FaceRenderer;
