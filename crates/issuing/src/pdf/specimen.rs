//! The mark of a sample: large letters across the page.

use pdf_writer::Content;
use ttf_parser::OutlineBuilder;

use super::layout::{PAGE_HEIGHT_PT, PAGE_WIDTH_PT};
use crate::font::{Glyph, UNITS_PER_EM, glyph, outline};

/// What marks a sample, across the page and at its foot.
pub(super) const TEXT: &str = "样票 SPECIMEN";

/// The mark's part of the page's diagonal.
const LENGTH: f32 = 0.8;
const GREY: f32 = 0.9;

/// The mark's drawing, for the whole page.
///
/// It is drawn as outlines, not as text: programs that read the page's text are not to find it
/// between the values. The foot of the page has it in words.
pub(super) fn content() -> Vec<u8> {
    let glyphs: Vec<Glyph> = TEXT.chars().map(glyph).collect();
    let length_units: f32 = glyphs.iter().map(|glyph| f32::from(glyph.advance_units)).sum();
    let mut content = Content::new();
    content.set_fill_gray(GREY).transform(placed(length_units));
    let mut pen = Pen { content, x: -length_units / 2.0, y: -f32::from(UNITS_PER_EM) * 0.38 };
    for glyph in glyphs {
        outline(glyph, &mut pen);
        pen.x += f32::from(glyph.advance_units);
    }
    pen.content.fill_nonzero();
    pen.content.finish().to_vec()
}

/// Scales typeface units to the diagonal and turns them along it, from the page's middle.
fn placed(length_units: f32) -> [f32; 6] {
    // The scale times the diagonal's direction: the diagonal's length cancels out.
    let along_x = PAGE_WIDTH_PT * LENGTH / length_units;
    let along_y = PAGE_HEIGHT_PT * LENGTH / length_units;
    [along_x, along_y, -along_y, along_x, PAGE_WIDTH_PT / 2.0, PAGE_HEIGHT_PT / 2.0]
}

/// Draws outlines from the place where it stands, in units of the typeface.
struct Pen {
    content: Content,
    x: f32,
    y: f32,
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.content.move_to(self.x + x, self.y + y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.content.line_to(self.x + x, self.y + y);
    }

    fn quad_to(&mut self, _: f32, _: f32, x: f32, y: f32) {
        // CFF outlines have no such curves; a straight line would stand in for one.
        self.line_to(x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (dx, dy) = (self.x, self.y);
        self.content.cubic_to(dx + x1, dy + y1, dx + x2, dy + y2, dx + x, dy + y);
    }

    fn close(&mut self) {
        self.content.close_path();
    }
}
