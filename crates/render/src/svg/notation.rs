//! Values as attributes write them.

use crate::drawing::Ink;

/// An ink as red, green and blue.
pub(super) fn colour(ink: Ink) -> String {
    let [red, green, blue] = ink.rgb();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A length in millimetres, to a thousandth.
pub(super) fn length(length_mm: f32) -> f32 {
    (length_mm * 1000.0).round() / 1000.0
}
