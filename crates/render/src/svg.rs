//! The SVG backend: a page of drawing operations as a picture that needs nothing else.
//!
//! It looks like the PDF whatever fonts the screen has: each glyph's outline is in the document,
//! once. Over it lie the texts, without ink and as wide, to be selected and read aloud.

mod glyphs;
mod notation;

use core::fmt::Write as _;

use quick_xml::escape::escape;

use self::notation::{colour, length};
use crate::drawing::{Ink, Operation, Page, Segment, Text, dark_runs};
use crate::font::DocumentFonts;

/// A page as an SVG document, in millimetres.
pub(crate) fn svg(fonts: &DocumentFonts, page: &Page, title: &str) -> String {
    let [width_mm, height_mm] = page.size_mm;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width_mm}mm\" height=\"{height_mm}mm\" \
         viewBox=\"0 0 {width_mm} {height_mm}\"><title>{}</title>\n{}\
         <rect width=\"{width_mm}\" height=\"{height_mm}\" fill=\"#fff\"/>\n",
        escape(title),
        glyphs::definitions(fonts, page),
    );
    for operation in &page.operations {
        svg.push_str(&element(operation));
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    svg
}

fn element(operation: &Operation) -> String {
    match operation {
        Operation::Text(text) => glyphs::line(text) + &readable(text),
        Operation::Line { from_mm: [x1, y1], to_mm: [x2, y2], width_mm, ink } => {
            let path = format!("M{} {}L{} {}", length(*x1), length(*y1), length(*x2), length(*y2));
            format!("<path d=\"{path}\" {}/>", stroke(*ink, *width_mm))
        }
        Operation::Ellipse { centre_mm: [x, y], radii_mm: [across, up], width_mm, ink } => format!(
            "<ellipse cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\" {}/>",
            length(*x),
            length(*y),
            length(*across),
            length(*up),
            stroke(*ink, *width_mm)
        ),
        Operation::Shape { segments, ink } => {
            let path: String = segments.iter().map(step).collect();
            format!("<path d=\"{path}\" fill=\"{}\"/>", colour(*ink))
        }
        Operation::Squares { corner_mm, side_mm, rows } => squares(*corner_mm, *side_mm, rows),
    }
}

/// A line's text without ink.
fn readable(text: &Text) -> String {
    let mut element = format!(
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"none\"",
        length(text.x_mm),
        length(text.baseline_mm),
        length(text.size_mm),
    );
    let width_mm = text.width_mm();
    if text.glyphs.len() > 1 && width_mm > 0.0 {
        let adjust = if text.spacing_mm == 0.0 { "spacingAndGlyphs" } else { "spacing" };
        let _ = write!(element, " textLength=\"{}\" lengthAdjust=\"{adjust}\"", length(width_mm));
    }
    let characters: String = text.glyphs.iter().map(|glyph| glyph.character).collect();
    element + " xml:space=\"preserve\">" + &escape(&characters) + "</text>"
}

/// All squares as one path.
fn squares([left_mm, top_mm]: [f32; 2], side_mm: f32, rows: &[Vec<bool>]) -> String {
    let mut path = String::new();
    for [column, row, count] in dark_runs(rows) {
        let _ = write!(path, "M{column} {row}h{count}v1h-{count}z");
    }
    let place = format!("translate({} {}) scale({side_mm})", length(left_mm), length(top_mm));
    format!("<path transform=\"{place}\" d=\"{path}\" shape-rendering=\"crispEdges\"/>")
}

fn step(segment: &Segment) -> String {
    let point = |[x, y]: [f32; 2]| format!("{} {}", length(x), length(y));
    match segment {
        Segment::Move(to) => format!("M{}", point(*to)),
        Segment::Line(to) => format!("L{}", point(*to)),
        Segment::Curve(one, other, to) => {
            format!("C{} {} {}", point(*one), point(*other), point(*to))
        }
        Segment::Close => "Z".to_owned(),
    }
}

fn stroke(ink: Ink, width_mm: f32) -> String {
    format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", colour(ink), length(width_mm))
}
