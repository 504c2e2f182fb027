//! A page being drawn: texts and rules.

use super::lines::{Line, paragraphs, visible_width_mm, wrap};
use crate::drawing::{Ink, Operation, Page, Text};
use crate::font::DocumentFonts;

/// The usual distance of baselines, in sizes of the text.
pub(super) const PITCH: f32 = 1.2;
/// From the top of a line to its baseline, in sizes of the text.
pub(super) const BASELINE: f32 = 0.98;
/// A text that does not fit its place is set smaller by this much, again and again.
const SMALLER: f32 = 0.94;
/// Nothing is set smaller than this; nobody could read it.
pub(super) const SMALLEST_MM: f32 = 0.4;
/// Print of this size is small, and can be read.
const READABLE_MM: f32 = 1.8;
const RULE_MM: f32 = 0.3;
const THIN_RULE_MM: f32 = 0.15;

/// A text's style.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) size_mm: f32,
    pub(super) ink: Ink,
}

/// A value in this size.
pub(super) const fn value(size_mm: f32) -> Style {
    Style { size_mm, ink: Ink::Black }
}

/// A label in this size.
pub(super) const fn label(size_mm: f32) -> Style {
    Style { size_mm, ink: Ink::Brown }
}

/// On which side of its place a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// A part of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) left_mm: f32,
    pub(super) top_mm: f32,
    pub(super) right_mm: f32,
    pub(super) bottom_mm: f32,
}

impl Area {
    pub(super) const fn new(left_mm: f32, top_mm: f32, right_mm: f32, bottom_mm: f32) -> Self {
        Self { left_mm, top_mm, right_mm, bottom_mm }
    }

    pub(super) const fn width_mm(self) -> f32 {
        self.right_mm - self.left_mm
    }

    pub(super) const fn height_mm(self) -> f32 {
        self.bottom_mm - self.top_mm
    }

    /// The area without a margin on each side.
    pub(super) const fn within(self, margin_mm: f32) -> Self {
        Self::new(
            self.left_mm + margin_mm,
            self.top_mm + margin_mm,
            self.right_mm - margin_mm,
            self.bottom_mm - margin_mm,
        )
    }
}

/// Lines of text that fit a place.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub(super) lines: Vec<Line>,
    pub(super) size_mm: f32,
    /// The distance of baselines, in sizes of the text.
    pub(super) pitch: f32,
}

impl Fitted {
    pub(super) fn height_mm(&self) -> f32 {
        self.lines.len() as f32 * self.size_mm * self.pitch
    }
}

/// A text in lines, as large as the place allows and no larger than asked. Its line feeds are blanks
/// where they would make it too small to read.
pub(super) fn fitted(
    fonts: &DocumentFonts,
    text: &str,
    size_mm: f32,
    place_mm: [f32; 2],
) -> Fitted {
    let fitted = shrunk(fonts, text, size_mm, place_mm);
    if fitted.size_mm >= READABLE_MM.min(size_mm) || !text.contains('\n') {
        return fitted;
    }
    let parts = text.lines().filter(|line| !line.trim().is_empty());
    shrunk(fonts, &parts.collect::<Vec<_>>().join(" "), size_mm, place_mm)
}

fn shrunk(fonts: &DocumentFonts, text: &str, size_mm: f32, place_mm: [f32; 2]) -> Fitted {
    let paragraphs = paragraphs(fonts, text);
    let mut size_mm = size_mm;
    loop {
        let lines = wrap(&paragraphs, size_mm, place_mm[0]);
        let fitted = Fitted { lines, size_mm, pitch: PITCH };
        if fitted.height_mm() <= place_mm[1] || size_mm < SMALLEST_MM {
            return fitted;
        }
        size_mm *= SMALLER;
    }
}

/// A page that is being drawn.
pub(super) struct Canvas<'a> {
    pub(super) fonts: &'a DocumentFonts<'a>,
    size_mm: [f32; 2],
    operations: Vec<Operation>,
}

impl<'a> Canvas<'a> {
    pub(super) const fn new(fonts: &'a DocumentFonts<'a>, size_mm: [f32; 2]) -> Self {
        Self { fonts, size_mm, operations: Vec::new() }
    }

    pub(super) fn finish(self) -> Page {
        Page { size_mm: self.size_mm, operations: self.operations }
    }

    pub(super) fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    /// A text on one line, at this point or ending there.
    pub(super) fn text(&mut self, at_mm: [f32; 2], align: Align, style: Style, text: &str) {
        self.glyphs(at_mm, align, style, &self.set(style, text));
    }

    /// The glyphs of a text. What is brown is a label.
    pub(super) fn set(&self, style: Style, text: &str) -> Line {
        match style.ink {
            Ink::Brown => self.fonts.label_glyphs(text),
            _ => self.fonts.glyphs(text),
        }
    }

    fn glyphs(&mut self, [x_mm, baseline_mm]: [f32; 2], align: Align, style: Style, line: &Line) {
        if line.is_empty() {
            return;
        }
        let width_mm = visible_width_mm(line, style.size_mm);
        let x_mm = match align {
            Align::Left => x_mm,
            Align::Center => x_mm - width_mm / 2.0,
            Align::Right => x_mm - width_mm,
        };
        let Style { size_mm, ink } = style;
        let glyphs = line.clone();
        self.push(Operation::Text(Text {
            x_mm,
            baseline_mm,
            size_mm,
            spacing_mm: 0.0,
            ink,
            glyphs,
        }));
    }

    /// A text on one line, its characters apart so that it is as wide as this.
    pub(super) fn spread(&mut self, at_mm: [f32; 2], width_mm: f32, style: Style, text: &str) {
        let glyphs = self.set(style, text);
        let gaps = glyphs.len().saturating_sub(1).max(1) as f32;
        let Style { size_mm, ink } = style;
        let spacing_mm = (width_mm - visible_width_mm(&glyphs, size_mm)) / gaps;
        let [x_mm, baseline_mm] = at_mm;
        self.push(Operation::Text(Text { x_mm, baseline_mm, size_mm, spacing_mm, ink, glyphs }));
    }

    /// A text on one line, set smaller if it is wider than this.
    pub(super) fn narrowed(
        &mut self,
        at_mm: [f32; 2],
        width_mm: f32,
        align: Align,
        style: Style,
        text: &str,
    ) {
        let natural_mm = visible_width_mm(&self.set(style, text), style.size_mm);
        let scale = (width_mm / natural_mm).min(1.0);
        self.text(at_mm, align, Style { size_mm: style.size_mm * scale, ..style }, text);
    }

    /// Lines of text from the top of a place on.
    pub(super) fn lines(&mut self, area: Area, align: Align, ink: Ink, fitted: &Fitted) {
        let x_mm = match align {
            Align::Left => area.left_mm,
            Align::Center => f32::midpoint(area.left_mm, area.right_mm),
            Align::Right => area.right_mm,
        };
        let style = Style { size_mm: fitted.size_mm, ink };
        let mut baseline_mm = area.top_mm + fitted.size_mm * BASELINE;
        for line in &fitted.lines {
            self.glyphs([x_mm, baseline_mm], align, style, line);
            baseline_mm += fitted.size_mm * fitted.pitch;
        }
    }

    /// A text that wraps within its place, from the top on, and is set smaller if it must.
    pub(super) fn wrapped(&mut self, area: Area, align: Align, style: Style, text: &str) {
        let place_mm = [area.width_mm(), area.height_mm()];
        let fitted = fitted(self.fonts, text, style.size_mm, place_mm);
        self.lines(area, align, style.ink, &fitted);
    }

    /// The same in the middle of the place's height.
    pub(super) fn centred(&mut self, area: Area, align: Align, style: Style, text: &str) {
        let place_mm = [area.width_mm(), area.height_mm()];
        let fitted = fitted(self.fonts, text, style.size_mm, place_mm);
        let spare_mm = (area.height_mm() - fitted.height_mm()).max(0.0);
        let area = Area { top_mm: area.top_mm + spare_mm / 2.0, ..area };
        self.lines(area, align, style.ink, &fitted);
    }

    /// A label whose characters stand below each other in the middle of a place.
    pub(super) fn upright(&mut self, area: Area, style: Style, text: &str) {
        let count = text.chars().count() as f32;
        let pitch_mm = (area.height_mm() / count).min(style.size_mm * 1.5);
        let top_mm = f32::midpoint(area.top_mm, area.bottom_mm) - pitch_mm * count / 2.0;
        let x_mm = f32::midpoint(area.left_mm, area.right_mm);
        let mut baseline_mm = top_mm + pitch_mm / 2.0 + style.size_mm * 0.38;
        for character in text.chars() {
            let text = character.to_string();
            self.text([x_mm, baseline_mm], Align::Center, style, &text);
            baseline_mm += pitch_mm;
        }
    }

    pub(super) fn horizontal(&mut self, from_mm: [f32; 2], to_x_mm: f32) {
        self.rule(from_mm, [to_x_mm, from_mm[1]], RULE_MM);
    }

    pub(super) fn vertical(&mut self, from_mm: [f32; 2], to_y_mm: f32) {
        self.rule(from_mm, [from_mm[0], to_y_mm], RULE_MM);
    }

    pub(super) fn thin_horizontal(&mut self, from_mm: [f32; 2], to_x_mm: f32) {
        self.rule(from_mm, [to_x_mm, from_mm[1]], THIN_RULE_MM);
    }

    pub(super) fn rule(&mut self, from_mm: [f32; 2], to_mm: [f32; 2], width_mm: f32) {
        self.push(Operation::Line { from_mm, to_mm, width_mm, ink: Ink::Brown });
    }

    /// The four rules around a place.
    pub(super) fn frame(&mut self, area: Area) {
        let Area { left_mm, top_mm, right_mm, bottom_mm } = area;
        // Rules reach over the corners by half their width, so that those are filled.
        let over_mm = RULE_MM / 2.0;
        self.horizontal([left_mm - over_mm, top_mm], right_mm + over_mm);
        self.horizontal([left_mm - over_mm, bottom_mm], right_mm + over_mm);
        self.vertical([left_mm, top_mm], bottom_mm);
        self.vertical([right_mm, top_mm], bottom_mm);
    }
}
