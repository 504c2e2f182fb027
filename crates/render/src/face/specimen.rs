//! The mark of a sample: large letters across the page, beneath its contents, and words at its foot.

use super::canvas::{Align, Canvas, Style};
use super::outline::{Placement, draw};
use crate::drawing::{Ink, Operation, Page, Segment};
use crate::font::{DocumentFonts, Glyph, UNITS_PER_EM};

const TEXT: &str = "样票 SPECIMEN";
const FOOT: &str = "样票 SPECIMEN　仅供测试，不是发票 NOT A VALID INVOICE";
const FOOT_SIZE_MM: f32 = 2.4;
const FOOT_MARGIN_MM: f32 = 2.6;
/// The mark's part of the page's diagonal.
const LENGTH: f32 = 0.8;

/// Marks a page.
///
/// The large letters are drawn as shapes, not as text: programs that read the page are not to find
/// them between the values. The foot of the page has them in words.
pub(super) fn mark(fonts: &DocumentFonts, page: &mut Page) {
    let segments = across(fonts, page.size_mm);
    page.operations.insert(0, Operation::Shape { segments, ink: Ink::Pale });
    let [width_mm, height_mm] = page.size_mm;
    let mut canvas = Canvas::new(fonts, page.size_mm);
    let style = Style { size_mm: FOOT_SIZE_MM, ink: Ink::Grey };
    canvas.text([width_mm / 2.0, height_mm - FOOT_MARGIN_MM], Align::Center, style, FOOT);
    page.operations.extend(canvas.finish().operations);
}

/// The letters along the page's diagonal, upwards.
fn across(fonts: &DocumentFonts, [width_mm, height_mm]: [f32; 2]) -> Vec<Segment> {
    let glyphs: Vec<Glyph> = fonts.glyphs(TEXT);
    let total_units: f32 = glyphs.iter().map(|glyph| f32::from(glyph.advance_units)).sum();
    let size_mm = width_mm.hypot(height_mm) * LENGTH / total_units * f32::from(UNITS_PER_EM);
    let turned = -height_mm.atan2(width_mm);
    let (sine, cosine) = turned.sin_cos();
    let mut shape = Vec::new();
    let mut done_units = -total_units / 2.0;
    for glyph in glyphs {
        let middle_units = done_units + f32::from(glyph.advance_units) / 2.0;
        done_units += f32::from(glyph.advance_units);
        let along_mm = middle_units * size_mm / f32::from(UNITS_PER_EM);
        // The letters' middle, not their feet, is on the diagonal.
        let below_mm = size_mm * 0.38;
        let x_mm = width_mm / 2.0 + along_mm * cosine - below_mm * sine;
        let y_mm = height_mm / 2.0 + along_mm * sine + below_mm * cosine;
        draw(fonts, glyph, Placement { foot_mm: [x_mm, y_mm], size_mm, turned }, &mut shape);
    }
    shape
}
