//! The pages of either face, with the mark of a sample.

use kaipiao_domain::invoicing::face::Face;

use super::{classic, digital, specimen};
use crate::drawing::Page;
use crate::font::DocumentFonts;
use crate::subject::Subject;

/// The pages of an invoice: at least one.
pub(crate) fn pages(fonts: &DocumentFonts, subject: Subject) -> Vec<Page> {
    let mut pages = match subject.invoice.number.face() {
        Face::Classic => classic::pages(fonts, subject),
        Face::Digital => digital::pages(fonts, subject),
    };
    if subject.invoice.specimen {
        pages.iter_mut().for_each(|page| specimen::mark(fonts, page));
    }
    pages
}

/// The name of the document.
pub(crate) const fn title(face: Face) -> &'static str {
    match face {
        Face::Classic => classic::TITLE,
        Face::Digital => digital::TITLE,
    }
}
