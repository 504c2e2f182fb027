//! Glyphs as outlines: each is defined once, and used wherever it stands.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use skrifa::outline::OutlinePen;

use super::notation::{colour, length};
use crate::drawing::{Operation, Page, Text};
use crate::font::{DocumentFonts, Glyph, UNITS_PER_EM};

/// The outlines of the glyphs that a page shows, in thousandths of an em, y growing upwards.
pub(super) fn definitions(fonts: &DocumentFonts, page: &Page) -> String {
    let mut definitions = "<defs>\n".to_owned();
    for (name, glyph) in shown(page) {
        let mut pen = Pen::default();
        fonts.outline(glyph, &mut pen);
        let _ = writeln!(definitions, "<path id=\"{name}\" d=\"{}\"/>", pen.path);
    }
    definitions + "</defs>\n"
}

/// The page's glyphs, each once, by their names.
fn shown(page: &Page) -> BTreeMap<String, Glyph> {
    let texts = page.operations.iter().filter_map(|operation| match operation {
        Operation::Text(text) => Some(text),
        _ => None,
    });
    let glyphs = texts.flat_map(|text| &text.glyphs).filter(|glyph| has_ink(**glyph));
    glyphs.map(|glyph| (name(*glyph), *glyph)).collect()
}

fn has_ink(glyph: Glyph) -> bool {
    !glyph.character.is_whitespace()
}

fn name(glyph: Glyph) -> String {
    format!("f{}g{}", glyph.font, glyph.id)
}

/// A line's glyphs, where they stand.
pub(super) fn line(text: &Text) -> String {
    let scale = text.size_mm / f32::from(UNITS_PER_EM);
    let mut line = format!(
        "<g fill=\"{}\" transform=\"translate({} {}) scale({scale} -{scale})\">",
        colour(text.ink),
        length(text.x_mm),
        length(text.baseline_mm),
    );
    let spacing_units = if scale > 0.0 { text.spacing_mm / scale } else { 0.0 };
    let mut x_units: f32 = 0.0;
    for glyph in &text.glyphs {
        if has_ink(*glyph) {
            let _ = write!(line, "<use href=\"#{}\" x=\"{}\"/>", name(*glyph), x_units.round());
        }
        x_units += f32::from(glyph.advance_units) + spacing_units;
    }
    line + "</g>"
}

/// Writes an outline as a path, in whole units: a thousandth of a letter is seen by nobody.
#[derive(Default)]
struct Pen {
    path: String,
    at: [i32; 2],
}

impl Pen {
    /// The way from the pen to these points, which follows the command; the last is its new place.
    fn draw(&mut self, command: char, points: &[[f32; 2]]) {
        self.path.push(command);
        let mut end = self.at;
        for (index, point) in points.iter().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            end = point.map(|units| units.round() as i32);
            let [x, y] = [end[0] - self.at[0], end[1] - self.at[1]];
            let _ = write!(self.path, "{blank}{x} {y}");
        }
        self.at = end;
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = [0, 0];
        self.draw('M', &[[x, y]]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.draw('l', &[[x, y]]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.draw('q', &[[x1, y1], [x, y]]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.draw('c', &[[x1, y1], [x2, y2], [x, y]]);
    }

    fn close(&mut self) {
        self.path.push('z');
    }
}
