//! The typeface of every PDF: which characters it has, how wide they are, how they look.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// The typeface "FP Song", an OpenType file with CFF outlines; `fonts/README.md` tells its origin.
///
/// A static, not a constant: the program then holds the three megabytes once.
pub static FONT: &[u8] = include_bytes!("../fonts/fp-song.otf");

/// How many of the typeface's units make one em, the side of a Chinese character's square.
pub(crate) const UNITS_PER_EM: u16 = 1000;

/// Stands for a character without a glyph, so that the gap is seen.
const REPLACEMENT: char = '?';

pub(crate) static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(FONT, 0).expect("the embedded typeface is a valid OpenType file"));

/// Whether the typeface can print this character. Control characters, line ends and invisible
/// format characters cannot be printed; the space can.
#[must_use]
pub fn has_glyph(character: char) -> bool {
    glyph_id(character).is_some()
}

fn glyph_id(character: char) -> Option<GlyphId> {
    // Glyph 0 is the box that shows that there is none: some code points are mapped to it.
    FACE.glyph_index(character).filter(|id| id.0 != 0)
}

/// One character as the typeface draws it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    /// The character that is drawn; the replacement where the asked one has no glyph.
    pub(crate) character: char,
    /// The glyph in the whole typeface. No other character has the same one.
    pub(crate) id: GlyphId,
    /// How far the next glyph stands to the right, in units of the typeface.
    pub(crate) advance_units: u16,
}

/// The glyph of a character, or of the replacement.
pub(crate) fn glyph(character: char) -> Glyph {
    let found = glyph_id(character).map(|id| (character, id));
    let (character, id) = found.unwrap_or_else(|| (REPLACEMENT, replacement_id()));
    let advance_units = FACE.glyph_hor_advance(id).unwrap_or(UNITS_PER_EM);
    Glyph { character, id, advance_units }
}

fn replacement_id() -> GlyphId {
    glyph_id(REPLACEMENT).expect("the typeface has ASCII")
}

/// Draws a glyph's outline, in units of the typeface, its origin on the baseline at the left.
pub(crate) fn outline(glyph: Glyph, builder: &mut dyn OutlineBuilder) {
    // A space has no outline, and that is no mistake.
    let _ = FACE.outline_glyph(glyph.id, builder);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn prints_what_invoices_hold() {
        let text = "增值税电子普通发票 ⊗壹佰圆整 ¥￥€ ABCxyz0189 àéÿ āěǒ Ωλ Ёж “”‘’—…·《》（），。：№℃㎡㎏①";
        let missing: String = text.chars().filter(|character| !has_glyph(*character)).collect();
        assert_eq!(missing, "");
        assert!("䶮㛃㴋𬱖𫖯".chars().all(has_glyph), "rare characters of names");
    }

    #[test]
    fn refuses_what_it_cannot_print() {
        let refused = ['\0', '\t', '\n', '\r', '\u{7f}', '\u{85}', '\u{ad}', '\u{200b}'];
        let also_refused = ['\u{202e}', '\u{2028}', '\u{e000}', '\u{feff}', '\u{ffff}', '𪚥', '😀'];
        let wrong: Vec<char> =
            refused.into_iter().chain(also_refused).filter(|c| has_glyph(*c)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let controls = (0..=char::MAX as u32).filter_map(char::from_u32).filter(|c| c.is_control());
        assert_eq!(controls.filter(|c| has_glyph(*c)).count(), 0);
    }

    #[test]
    fn each_character_has_a_glyph_of_its_own() {
        let mut owner = BTreeMap::new();
        for character in (0..0x4_0000).filter_map(char::from_u32) {
            if let Some(id) = glyph_id(character) {
                assert_eq!(owner.insert(id.0, character), None, "{character} shares its glyph");
            }
        }
        assert!(owner.len() > 9000);
    }

    #[test]
    fn measures_as_the_rest_assumes() {
        assert_eq!(FACE.units_per_em(), UNITS_PER_EM);
        assert_eq!(glyph('税').advance_units, UNITS_PER_EM);
        assert!(glyph('1').advance_units < UNITS_PER_EM);
        assert_eq!(glyph('\n'), glyph('?'));
    }
}
