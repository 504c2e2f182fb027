//! Letters as shapes: what is to be seen and not read.

use skrifa::outline::OutlinePen;

use crate::drawing::Segment;
use crate::font::{DocumentFonts, Glyph, UNITS_PER_EM};

/// A letter's position, size and angle.
#[derive(Clone, Copy)]
pub(super) struct Placement {
    /// The middle of the letter's baseline.
    pub(super) foot_mm: [f32; 2],
    /// The side of a Chinese character's square.
    pub(super) size_mm: f32,
    /// The angle clockwise, in radians.
    pub(super) turned: f32,
}

/// Adds a letter to a shape.
pub(super) fn draw(
    fonts: &DocumentFonts,
    glyph: Glyph,
    place: Placement,
    shape: &mut Vec<Segment>,
) {
    let middle_units = f32::from(glyph.advance_units) / 2.0;
    fonts.outline(glyph, &mut Pen { place, middle_units, at: [0.0; 2], shape });
}

struct Pen<'a> {
    place: Placement,
    middle_units: f32,
    /// In units of the typeface.
    at: [f32; 2],
    shape: &'a mut Vec<Segment>,
}

impl Pen<'_> {
    /// A point of the typeface, whose y grows upwards, on the page.
    fn on_page(&self, x: f32, y: f32) -> [f32; 2] {
        let scale = self.place.size_mm / f32::from(UNITS_PER_EM);
        let (x, y) = ((x - self.middle_units) * scale, -y * scale);
        let (sine, cosine) = self.place.turned.sin_cos();
        let [foot_x, foot_y] = self.place.foot_mm;
        [foot_x + x * cosine - y * sine, foot_y + x * sine + y * cosine]
    }
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = [x, y];
        self.shape.push(Segment::Move(self.on_page(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.at = [x, y];
        self.shape.push(Segment::Line(self.on_page(x, y)));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let [from_x, from_y] = self.at;
        let bent = |end: f32, middle: f32| end + (middle - end) * 2.0 / 3.0;
        self.curve_to(bent(from_x, x1), bent(from_y, y1), bent(x, x1), bent(y, y1), x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.at = [x, y];
        let points = [self.on_page(x1, y1), self.on_page(x2, y2), self.on_page(x, y)];
        self.shape.push(Segment::Curve(points[0], points[1], points[2]));
    }

    fn close(&mut self) {
        self.shape.push(Segment::Close);
    }
}
