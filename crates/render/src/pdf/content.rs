//! A page's drawing operations in PDF's own.

use std::collections::BTreeMap;

use pdf_writer::{Content, Name, Settings, Str};

use super::typeface::Typeface;
use crate::drawing::{Ink, Operation, Page, Segment, Text, dark_runs};

const POINTS_PER_MM: f32 = 72.0 / 25.4;
/// How far the points that bend a quarter of a circle are from its ends, in radii.
const QUARTER: f32 = 0.552_284_8;

/// A length in PDF's unit, rounded to what no eye can tell apart: shorter files, and tidier ones.
pub(super) fn points(length_mm: f32) -> f32 {
    (length_mm * POINTS_PER_MM * 100.0).round() / 100.0
}

/// What a page calls a font.
pub(super) fn font_name(number: u8) -> String {
    format!("F{number}")
}

/// Shapes that pages show, each once: several pages bear the same.
#[derive(Default)]
pub(super) struct Shapes<'a>(Vec<Shape<'a>>);

/// A shape on pages of one height.
#[derive(PartialEq)]
struct Shape<'a> {
    height_mm: f32,
    segments: &'a [Segment],
    ink: Ink,
}

impl<'a> Shapes<'a> {
    /// The shapes of these pages.
    pub(super) fn of(pages: &'a [Page]) -> Self {
        let mut shapes = Self::default();
        for page in pages {
            for operation in &page.operations {
                let Operation::Shape { segments, ink } = operation else { continue };
                let shape = Shape { height_mm: page.size_mm[1], segments, ink: *ink };
                if !shapes.0.contains(&shape) {
                    shapes.0.push(shape);
                }
            }
        }
        shapes
    }

    /// The stream of each, not packed, in the order of [`shape_name`].
    pub(super) fn streams(&self) -> Vec<Vec<u8>> {
        let stream = |shape: &Shape| {
            let mut pen = Pen::new(shape.height_mm);
            pen.fill(shape.ink);
            shape.segments.iter().for_each(|segment| pen.segment(*segment));
            pen.content.fill_nonzero();
            pen.content.finish().to_vec()
        };
        self.0.iter().map(stream).collect()
    }
}

/// What a page calls a shape.
pub(super) fn shape_name(index: usize) -> String {
    format!("S{index}")
}

/// The page's stream, not packed.
pub(super) fn page_content<'a>(
    page: &Page,
    shapes: &Shapes,
    typefaces: impl Iterator<Item = &'a Typeface<'a>>,
) -> Vec<u8> {
    let by_number: BTreeMap<u8, &Typeface> =
        typefaces.map(|typeface| (typeface.number(), typeface)).collect();
    let mut pen = Pen { shapes: Some(shapes), typefaces: by_number, ..Pen::new(page.size_mm[1]) };
    page.operations.iter().for_each(|operation| pen.draw(operation));
    pen.content.finish().to_vec()
}

struct Pen<'a> {
    content: Content,
    height_mm: f32,
    shapes: Option<&'a Shapes<'a>>,
    typefaces: BTreeMap<u8, &'a Typeface<'a>>,
}

impl Pen<'_> {
    fn new(height_mm: f32) -> Self {
        let content = Content::with_settings(Settings { pretty: false });
        Self { content, height_mm, shapes: None, typefaces: BTreeMap::new() }
    }

    fn draw(&mut self, operation: &Operation) {
        match operation {
            Operation::Text(text) => self.text(text),
            Operation::Line { from_mm, to_mm, width_mm, ink } => {
                let ([x0, y0], [x1, y1]) = (self.at(*from_mm), self.at(*to_mm));
                self.pen(*ink, *width_mm);
                self.content.move_to(x0, y0).line_to(x1, y1).stroke();
            }
            Operation::Ellipse { centre_mm, radii_mm, width_mm, ink } => {
                self.pen(*ink, *width_mm);
                self.ellipse(*centre_mm, *radii_mm);
            }
            Operation::Shape { segments, ink } => self.shape(segments, *ink),
            Operation::Squares { corner_mm, side_mm, rows } => {
                self.squares(*corner_mm, *side_mm, rows);
            }
        }
    }

    /// A point in PDF's coordinates: their origin is the lower left corner.
    fn at(&self, [x_mm, y_mm]: [f32; 2]) -> [f32; 2] {
        [points(x_mm), points(self.height_mm - y_mm)]
    }

    fn fill(&mut self, ink: Ink) {
        let [red, green, blue] = shares(ink);
        self.content.set_fill_rgb(red, green, blue);
    }

    fn pen(&mut self, ink: Ink, width_mm: f32) {
        let [red, green, blue] = shares(ink);
        self.content.set_stroke_rgb(red, green, blue).set_line_width(points(width_mm));
    }

    fn text(&mut self, text: &Text) {
        self.fill(text.ink);
        let [x_pt, baseline_pt] = self.at([text.x_mm, text.baseline_mm]);
        self.content.begin_text().next_line(x_pt, baseline_pt);
        self.content.set_char_spacing(points(text.spacing_mm));
        for run in text.glyphs.chunk_by(|one, next| one.font == next.font) {
            let Some(typeface) = run.first().and_then(|glyph| self.typefaces.get(&glyph.font))
            else {
                continue;
            };
            let name = font_name(typeface.number());
            self.content.set_font(Name(name.as_bytes()), points(text.size_mm));
            self.content.show(Str(&typeface.encode(run)));
        }
        self.content.end_text();
    }

    fn shape(&mut self, segments: &[Segment], ink: Ink) {
        let shape = Shape { height_mm: self.height_mm, segments, ink };
        let known = self.shapes.and_then(|shapes| shapes.0.iter().position(|one| *one == shape));
        if let Some(index) = known {
            self.content.x_object(Name(shape_name(index).as_bytes()));
        }
    }

    fn ellipse(&mut self, [x_mm, y_mm]: [f32; 2], [across_mm, up_mm]: [f32; 2]) {
        let point = |across: f32, up: f32| self.at([x_mm + across * across_mm, y_mm - up * up_mm]);
        let start = point(1.0, 0.0);
        let quarters =
            [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)].map(|(x, y): (f32, f32)| {
                // A quarter goes from (x, y) to (-y, x).
                let bent = [
                    point(x - QUARTER * y, y + QUARTER * x),
                    point(QUARTER * x - y, QUARTER * y + x),
                ];
                (bent[0], bent[1], point(-y, x))
            });
        self.content.move_to(start[0], start[1]);
        for ([x1, y1], [x2, y2], [x3, y3]) in quarters {
            self.content.cubic_to(x1, y1, x2, y2, x3, y3);
        }
        self.content.close_and_stroke();
    }

    fn segment(&mut self, segment: Segment) {
        match segment {
            Segment::Move(to_mm) => {
                let [x, y] = self.at(to_mm);
                self.content.move_to(x, y);
            }
            Segment::Line(to_mm) => {
                let [x, y] = self.at(to_mm);
                self.content.line_to(x, y);
            }
            Segment::Curve(one_mm, other_mm, to_mm) => {
                let [[x1, y1], [x2, y2], [x3, y3]] = [one_mm, other_mm, to_mm].map(|p| self.at(p));
                self.content.cubic_to(x1, y1, x2, y2, x3, y3);
            }
            Segment::Close => {
                self.content.close_path();
            }
        }
    }

    fn squares(&mut self, [left_mm, top_mm]: [f32; 2], side_mm: f32, rows: &[Vec<bool>]) {
        self.fill(Ink::Black);
        for [column, row, count] in dark_runs(rows) {
            let corner_mm =
                [left_mm + column as f32 * side_mm, top_mm + (row + 1) as f32 * side_mm];
            let [x, y] = self.at(corner_mm);
            self.content.rect(x, y, points(count as f32 * side_mm), points(side_mm));
        }
        self.content.fill_nonzero();
    }
}

/// A colour's red, green and blue from 0 to 1.
fn shares(ink: Ink) -> [f32; 3] {
    ink.rgb().map(|part| (f32::from(part) / 255.0 * 1000.0).round() / 1000.0)
}
