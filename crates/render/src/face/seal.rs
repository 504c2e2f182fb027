//! The seal: an ellipse of 30 × 20 mm with a rim of 1 mm and a thin line within
//! (invoice_face a).
//!
//! Its words are those of a sample. The tax authority's own are not drawn: to forge its seal is an
//! offence. So an invoice that is no sample has no seal until its operator brings one.

use core::f32::consts::PI;

use super::canvas::Canvas;
use super::outline::{self, Placement};
use crate::drawing::{Ink, Operation, Segment};
use crate::subject::Subject;

const RADII_MM: [f32; 2] = [15.0, 10.0];
const RIM_MM: f32 = 1.0;
/// Between the seal's edge and the thin line.
const THIN_INSET_MM: f32 = 1.5;
const THIN_MM: f32 = 0.15;

pub(super) const RING: &str = "全国统一样票监制章";
/// Between the seal's edge and the feet of the ring's letters.
const RING_INSET_MM: f32 = 4.5;
const RING_SIZE_MM: f32 = 2.6;
/// Where the ring's first and last letters stand, in radians from the top of the ellipse.
const RING_REACH: f32 = PI * 0.62;
/// How finely the ellipse's length is measured.
const STEPS: u16 = 400;

/// The words within: text, size, and how far below the centre they stand.
pub(super) const WITHIN: [(&str, f32, f32); 2] = [("样　票", 3.6, 1.6), ("仅供测试", 2.6, 6.2)];

/// Draws the seal of a sample around this point.
pub(super) fn draw(canvas: &mut Canvas, subject: Subject, centre_mm: [f32; 2]) {
    if !subject.invoice.specimen {
        return;
    }
    rim(canvas, centre_mm, RIM_MM / 2.0, RIM_MM);
    rim(canvas, centre_mm, THIN_INSET_MM, THIN_MM);
    let mut segments = ring(canvas, centre_mm);
    for (text, size_mm, below_mm) in WITHIN {
        segments.extend(straight(canvas, [centre_mm[0], centre_mm[1] + below_mm], size_mm, text));
    }
    canvas.push(Operation::Shape { segments, ink: Ink::Red });
}

fn rim(canvas: &mut Canvas, centre_mm: [f32; 2], inset_mm: f32, width_mm: f32) {
    let radii_mm = RADII_MM.map(|radius_mm| radius_mm - inset_mm);
    canvas.push(Operation::Ellipse { centre_mm, radii_mm, width_mm, ink: Ink::Red });
}

/// The letters of the ring, at equal distances along the ellipse.
fn ring(canvas: &Canvas, centre_mm: [f32; 2]) -> Vec<Segment> {
    let glyphs = canvas.fonts.glyphs(RING);
    let gaps = glyphs.len().saturating_sub(1).max(1) as f32;
    let lengths = arc_lengths();
    let total = lengths.last().copied().unwrap_or_default();
    let mut shape = Vec::new();
    for (index, glyph) in glyphs.into_iter().enumerate() {
        let wanted = total * index as f32 / gaps;
        let step = lengths.partition_point(|length| *length < wanted);
        let place = on_ring(angle(step), centre_mm);
        outline::draw(canvas.fonts, glyph, place, &mut shape);
    }
    shape
}

/// The angle of a step from the ring's first letter on, in radians from the top, clockwise.
fn angle(step: usize) -> f32 {
    RING_REACH * (2.0 * step as f32 / f32::from(STEPS) - 1.0)
}

fn ring_radii_mm() -> [f32; 2] {
    RADII_MM.map(|radius_mm| radius_mm - RING_INSET_MM)
}

/// How long the ring is from its first letter to each step.
fn arc_lengths() -> Vec<f32> {
    let point = |step: u16| on_ring(angle(usize::from(step)), [0.0; 2]).foot_mm;
    let mut length = 0.0;
    let mut lengths = vec![0.0];
    for step in 1..=STEPS {
        let ([x0, y0], [x1, y1]) = (point(step - 1), point(step));
        length += (x1 - x0).hypot(y1 - y0);
        lengths.push(length);
    }
    lengths
}

fn on_ring(angle: f32, centre_mm: [f32; 2]) -> Placement {
    let (sine, cosine) = angle.sin_cos();
    let [across_mm, up_mm] = ring_radii_mm();
    let foot_mm = [centre_mm[0] + across_mm * sine, centre_mm[1] - up_mm * cosine];
    // A letter stands upright on the ellipse: it leans as the ellipse's normal does.
    let turned = (sine / across_mm).atan2(cosine / up_mm);
    Placement { foot_mm, size_mm: RING_SIZE_MM, turned }
}

/// Letters beside each other, their middle at this point of the baseline.
fn straight(canvas: &Canvas, foot_mm: [f32; 2], size_mm: f32, text: &str) -> Vec<Segment> {
    let glyphs = canvas.fonts.glyphs(text);
    let first_mm = foot_mm[0] - size_mm * (glyphs.len().saturating_sub(1) as f32) / 2.0;
    let mut shape = Vec::new();
    for (index, glyph) in glyphs.into_iter().enumerate() {
        let foot_mm = [first_mm + size_mm * index as f32, foot_mm[1]];
        outline::draw(canvas.fonts, glyph, Placement { foot_mm, size_mm, turned: 0.0 }, &mut shape);
    }
    shape
}
