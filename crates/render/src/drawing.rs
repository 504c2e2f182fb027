//! Pages as lists of drawing operations, which a backend turns into PDF or SVG.
//!
//! Lengths are millimetres. The origin is a page's upper left corner; y grows downwards. The order
//! of the operations is the order in which programs read the page.

use crate::font::{Glyph, UNITS_PER_EM};

/// One page.
pub(crate) struct Page {
    /// Its size: width and height.
    pub(crate) size_mm: [f32; 2],
    /// What stands on it, in the order in which it is drawn and read.
    pub(crate) operations: Vec<Operation>,
}

/// One stroke of the pen. Points are x and y.
pub(crate) enum Operation {
    /// A line of text.
    Text(Text),
    /// A straight line.
    Line { from_mm: [f32; 2], to_mm: [f32; 2], width_mm: f32, ink: Ink },
    /// The rim of an ellipse.
    Ellipse { centre_mm: [f32; 2], radii_mm: [f32; 2], width_mm: f32, ink: Ink },
    /// A filled shape.
    Shape { segments: Vec<Segment>, ink: Ink },
    /// Filled squares in rows from the upper left corner on, black where true.
    Squares { corner_mm: [f32; 2], side_mm: f32, rows: Vec<Vec<bool>> },
}

/// A line of text.
pub(crate) struct Text {
    /// Where the first glyph begins.
    pub(crate) x_mm: f32,
    /// On what the glyphs stand.
    pub(crate) baseline_mm: f32,
    /// The side of a Chinese character's square.
    pub(crate) size_mm: f32,
    /// Added after each glyph.
    pub(crate) spacing_mm: f32,
    /// Its colour.
    pub(crate) ink: Ink,
    /// From left to right.
    pub(crate) glyphs: Vec<Glyph>,
}

impl Text {
    /// From the first glyph's left side to the last one's right side.
    pub(crate) fn width_mm(&self) -> f32 {
        let units: u32 = self.glyphs.iter().map(|glyph| u32::from(glyph.advance_units)).sum();
        let gaps = self.glyphs.len().saturating_sub(1) as f32;
        units as f32 * self.size_mm / f32::from(UNITS_PER_EM) + gaps * self.spacing_mm
    }
}

/// A part of a shape's outline. Points are x and y in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Segment {
    /// Lifts the pen and begins here.
    Move([f32; 2]),
    /// A straight line.
    Line([f32; 2]),
    /// A cubic curve: two points that bend it, and its end.
    Curve([f32; 2], [f32; 2], [f32; 2]),
    /// Back to where the pen began.
    Close,
}

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Of values.
    Black,
    /// Of labels and rules.
    Brown,
    /// Of the seal.
    Red,
    /// Of the mark beneath the values.
    Pale,
    /// Of the words at the foot.
    Grey,
}

impl Ink {
    /// Red, green and blue, from 0 to 255.
    pub(crate) const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Black => [0, 0, 0],
            Self::Brown => [156, 82, 35],
            Self::Red => [218, 37, 29],
            Self::Pale => [232, 232, 232],
            Self::Grey => [120, 120, 120],
        }
    }
}

/// The runs of dark squares: column, row, and how many. Neighbours are one: no hairlines shine
/// through between them.
pub(crate) fn dark_runs(rows: &[Vec<bool>]) -> impl Iterator<Item = [usize; 3]> {
    rows.iter().enumerate().flat_map(|(row, squares)| {
        let mut column = 0;
        squares.chunk_by(|one, next| one == next).filter_map(move |run| {
            let start = column;
            column += run.len();
            run[0].then_some([start, row, run.len()])
        })
    })
}
