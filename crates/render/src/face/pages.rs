//! The pages of either face, with the mark of a sample.

use kaipiao_domain::invoicing::face::Face;

use super::{classic, digital, specimen};
use crate::drawing::Page;
use crate::font::DocumentFonts;
use crate::subject::Subject;

/// The pages of an invoice: at least one. Each is drawn when it is asked for: who wants to see the
/// first waits for no other.
pub(crate) fn pages<'a>(
    fonts: &'a DocumentFonts<'a>,
    subject: Subject<'a>,
) -> Box<dyn Iterator<Item = Page> + 'a> {
    let pages: Box<dyn Iterator<Item = Page>> = match subject.invoice.number.face() {
        Face::Classic => Box::new(classic::pages(fonts, subject)),
        Face::Digital => Box::new(digital::pages(fonts, subject)),
    };
    if !subject.invoice.specimen {
        return pages;
    }
    Box::new(pages.map(|mut page| {
        specimen::mark(fonts, &mut page);
        page
    }))
}
