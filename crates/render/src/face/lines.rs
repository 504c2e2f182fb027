//! Line breaking, by the habits of Chinese typesetting.

use crate::font::{DocumentFonts, Glyph, UNITS_PER_EM};

/// The glyphs of one line, from left to right.
pub(super) type Line = Vec<Glyph>;

/// Signs that close something: none begins a line.
const CLOSING: &str = "，。、；：？！）】》〉」』〕〗”’…—·～％％℃,.;:?!)]}%°";

/// Signs that open something: none ends a line.
const OPENING: &str = "（【《〈「『〔〖“‘([{¥￥€$⊗";

/// Signs that join or divide words.
const HYPHENS: &str = "-\u{2010}\u{2011}";

/// From here on, characters are not parts of words: a line may end beside each.
const FIRST_CHINESE: char = '\u{2e80}';

/// A text as glyphs, a line for each of its paragraphs: looked up once, however often it is wrapped
/// until it fits.
pub(super) fn paragraphs(fonts: &DocumentFonts, text: &str) -> Vec<Line> {
    text.lines().map(|paragraph| fonts.glyphs(paragraph)).collect()
}

/// The lines of a text that is set in this size; at least one, which is empty for an empty text.
pub(super) fn wrap(paragraphs: &[Line], size_mm: f32, width_mm: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        let mut rest = paragraph.as_slice();
        loop {
            let (line, next) = rest.split_at(line_end(rest, size_mm, width_mm));
            lines.push(line.to_vec());
            if next.is_empty() {
                break;
            }
            rest = next;
        }
    }
    if lines.is_empty() {
        lines.push(Line::new());
    }
    lines
}

/// The line's width without the spaces at its end, which nobody sees.
pub(super) fn visible_width_mm(line: &[Glyph], size_mm: f32) -> f32 {
    let units: u32 = visible(line).iter().map(|glyph| u32::from(glyph.advance_units)).sum();
    millimetres(units, size_mm)
}

/// How many of the glyphs form the next line: at least one, unless there are none.
fn line_end(glyphs: &[Glyph], size_mm: f32, width_mm: f32) -> usize {
    let fitting = fitting_count(glyphs, size_mm, width_mm).max(1);
    if fitting >= glyphs.len() {
        return glyphs.len();
    }
    let last_end = |allowed: fn(&[Glyph], char) -> bool| {
        (1..=fitting).rev().find(|end| allowed(&glyphs[..*end], glyphs[*end].character))
    };
    // A word that is longer than the line is cut where the line is full.
    last_end(may_break).or_else(|| last_end(may_cut)).unwrap_or(fitting)
}

/// How many glyphs fit the width; a space after them hangs over the edge.
fn fitting_count(glyphs: &[Glyph], size_mm: f32, width_mm: f32) -> usize {
    let mut units = 0;
    let fitting = glyphs
        .iter()
        .take_while(|glyph| {
            units += u32::from(glyph.advance_units);
            millimetres(units, size_mm) <= width_mm
        })
        .count();
    let hangs = glyphs.get(fitting).is_some_and(|glyph| glyph.character == ' ');
    fitting + usize::from(hangs)
}

/// Whether a line may end like this before the next character.
fn may_break(line: &[Glyph], next: char) -> bool {
    let last = line.last().map_or(' ', |glyph| glyph.character);
    if next == ' ' || CLOSING.contains(next) || OPENING.contains(last) {
        return false;
    }
    let between_words = last == ' ' || last >= FIRST_CHINESE || next >= FIRST_CHINESE;
    between_words && may_cut(line, next)
}

/// Whether even a word may be cut here. Programs that read a text take a hyphen at a line's end
/// for a sign of division, and drop it.
fn may_cut(line: &[Glyph], _next: char) -> bool {
    !visible(line).last().is_some_and(|glyph| HYPHENS.contains(glyph.character))
}

/// The line without the spaces at its end.
fn visible(line: &[Glyph]) -> &[Glyph] {
    let end = line.iter().rposition(|glyph| glyph.character != ' ').map_or(0, |last| last + 1);
    &line[..end]
}

fn millimetres(units: u32, size_mm: f32) -> f32 {
    units as f32 * size_mm / f32::from(UNITS_PER_EM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::Fonts;

    /// The lines of a text where each Chinese character is 10 millimetres wide.
    fn wrapped(text: &str, width_mm: f32) -> Vec<String> {
        let text_of = |line: &Line| line.iter().map(|glyph| glyph.character).collect();
        let paragraphs = paragraphs(&Fonts::embedded_only().for_document(), text);
        wrap(&paragraphs, 10.0, width_mm).iter().map(text_of).collect()
    }

    #[test]
    fn breaks_between_chinese_characters() {
        assert_eq!(wrapped("深圳市福田区", 30.0), ["深圳市", "福田区"]);
    }

    #[test]
    fn keeps_words_and_numbers_whole() {
        assert_eq!(wrapped("税号123456号", 48.0), ["税号", "123456号"]);
        assert_eq!(wrapped("one two", 30.0), ["one ", "two"]);
        assert_eq!(wrapped("12345678", 20.0).concat(), "12345678");
    }

    #[test]
    fn no_line_begins_with_a_closing_or_ends_with_an_opening_sign() {
        assert_eq!(wrapped("甲乙丙，丁", 30.0), ["甲乙", "丙，丁"]);
        assert_eq!(wrapped("甲乙（丙）", 30.0), ["甲乙", "（丙）"]);
        assert_eq!(wrapped("，，，，", 20.0), ["，，", "，，"]);
    }

    #[test]
    fn no_line_ends_with_a_hyphen() {
        assert_eq!(wrapped("甲乙 - 丙", 35.0), ["甲乙 ", "- 丙"]);
        assert_eq!(wrapped("甲乙-丙", 25.0), ["甲乙", "-丙"]);
        assert_eq!(wrapped("12-12-12-12-", 20.0).concat(), "12-12-12-12-");
        let ends = |line: &String| line.ends_with('-');
        assert!(!wrapped("12-12-12-12", 23.0).iter().any(ends));
        assert_eq!(wrapped("------", 9.0).concat(), "------");
    }

    #[test]
    fn line_feeds_start_lines() {
        assert_eq!(wrapped("甲\n\n乙\r\n丙", 90.0), ["甲", "", "乙", "丙"]);
        assert_eq!(wrapped("", 90.0), [""]);
    }

    #[test]
    fn a_column_narrower_than_a_character_still_ends() {
        assert_eq!(wrapped("甲乙", -5.0), ["甲", "乙"]);
    }

    #[test]
    fn spaces_at_the_end_do_not_count() {
        let paragraphs = paragraphs(&Fonts::embedded_only().for_document(), "甲乙  ");
        let line = &wrap(&paragraphs, 10.0, 90.0)[0];
        assert!((visible_width_mm(line, 10.0) - 20.0).abs() < 0.01);
    }
}
