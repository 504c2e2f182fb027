//! The two typefaces that the program brings.

use std::sync::LazyLock;

use super::characters::CharacterSet;
use super::face::FontFace;

/// The typeface "FP Song", an OpenType file with CFF outlines; `fonts/README.md` tells its origin.
///
/// A static, not a constant: the program then holds the three megabytes once.
static FONT: &[u8] = include_bytes!("../../fonts/fp-song.otf");

/// The typeface "FP Kai" of labels and titles, an OpenType file with TrueType outlines: it has the
/// characters of labels and no others.
static LABEL_FONT: &[u8] = include_bytes!("../../fonts/fp-kai.ttf");

/// What glyphs of values have for the number of their typeface.
pub(super) const VALUES_NUMBER: u8 = 0;

/// What glyphs of labels have for the number of their typeface: no machine's font gets that far.
pub(super) const LABELS_NUMBER: u8 = u8::MAX;

pub(super) static VALUES: LazyLock<FontFace<'static>> = LazyLock::new(|| {
    FontFace::parse(FONT, 0).expect("the embedded typeface is a valid OpenType file")
});

/// The characters of [`VALUES`].
pub(super) static VALUES_CHARACTERS: LazyLock<CharacterSet> = LazyLock::new(|| VALUES.characters());

pub(super) static LABELS: LazyLock<FontFace<'static>> = LazyLock::new(|| {
    FontFace::parse(LABEL_FONT, 0).expect("the typeface of labels is a valid OpenType file")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::face::UNITS_PER_EM;
    use std::collections::BTreeMap;

    fn has(character: char) -> bool {
        VALUES.glyph(VALUES_NUMBER, character).is_some()
    }

    #[test]
    fn prints_what_invoices_hold() {
        let text = "增值税电子普通发票 ⊗壹佰圆整 ¥￥€ ABCxyz0189 àéÿ āěǒ Ωλ Ёж “”‘’—…·《》（），。：№℃㎡㎏①";
        let missing: String = text.chars().filter(|character| !has(*character)).collect();
        assert_eq!(missing, "");
        assert!("䶮㛃㴋𬱖𫖯".chars().all(has), "rare characters of names");
    }

    #[test]
    fn each_character_has_a_glyph_of_its_own() {
        let mut owner = BTreeMap::new();
        for character in (0..0x4_0000).filter_map(char::from_u32) {
            if let Some(glyph) = VALUES.glyph(VALUES_NUMBER, character) {
                let before = owner.insert(glyph.id, character);
                assert_eq!(before, None, "{character} shares its glyph");
            }
        }
        assert!(owner.len() > 9000);
    }

    #[test]
    fn measures_as_the_rest_assumes() {
        assert_eq!(VALUES.metrics().units_per_em, UNITS_PER_EM);
        assert_eq!(LABELS.metrics().units_per_em, UNITS_PER_EM);
        let advance = |character| VALUES.glyph(VALUES_NUMBER, character).unwrap().advance_units;
        assert_eq!(advance('税'), UNITS_PER_EM);
        assert!(advance('1') < UNITS_PER_EM);
    }

    #[test]
    fn figures_and_the_ciphers_signs_are_half_as_wide_as_chinese_characters() {
        for character in "0123456789*+-/<>".chars() {
            let glyph = VALUES.glyph(VALUES_NUMBER, character).unwrap();
            assert_eq!(glyph.advance_units, UNITS_PER_EM / 2, "{character}");
        }
    }

    #[test]
    fn the_set_of_characters_is_the_table_of_characters() {
        for character in (0..=char::MAX as u32).filter_map(char::from_u32) {
            assert_eq!(VALUES_CHARACTERS.contains(character), has(character), "{character}");
        }
    }
}
