//! The typefaces that invoices are set in.

use core::iter;
use std::path::PathBuf;

use unicode_normalization::UnicodeNormalization;

use super::characters::is_invisible;
use super::document::DocumentFonts;
use super::embedded::VALUES_CHARACTERS;
use super::file::FontFile;
use super::machine::MachineFont;

/// Debian's `fonts-noto-cjk`; face 2 of each is the one for simplified Chinese.
const DEFAULT_FILES: [(&str, u32); 2] = [
    ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
];

/// The typefaces that invoices are set in.
#[derive(Debug)]
pub struct Fonts {
    machine: Vec<MachineFont>,
}

impl Default for Fonts {
    /// The embedded typeface, then Debian's Noto CJK where it is installed.
    fn default() -> Self {
        let file = |(path, face_index)| FontFile { path: PathBuf::from(path), face_index };
        Self::new(DEFAULT_FILES.map(file))
    }
}

impl Fonts {
    /// The embedded typeface, then these files, in order. Reads their tables of characters, in about
    /// a millisecond, and logs each that is not there or is no font: it has no characters.
    pub fn new(files: impl IntoIterator<Item = FontFile>) -> Self {
        Self { machine: files.into_iter().filter_map(MachineFont::read).collect() }
    }

    /// The embedded typeface alone.
    #[must_use]
    pub fn embedded_only() -> Self {
        Self::new([])
    }

    /// Whether one of the typefaces can print this character. Control characters, line ends, blanks
    /// and invisible format characters cannot be printed; the space can.
    #[must_use]
    pub fn has_glyph(&self, character: char) -> bool {
        // What most texts are made of is its own normal form: no need to look.
        if matches!(character, ' '..='~' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}') {
            return self.has(character);
        }
        iter::once(character).nfc().all(|character| self.has(character))
    }

    fn has(&self, character: char) -> bool {
        VALUES_CHARACTERS.contains(character)
            || !is_invisible(character) && self.machine.iter().any(|font| font.has(character))
    }

    /// The fonts for drawing one document.
    pub(crate) fn for_document(&self) -> DocumentFonts<'_> {
        DocumentFonts::new(&self.machine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::embedded::LABELS_NUMBER;
    use crate::font::face::Glyph;

    fn glyphs(text: &str) -> Vec<Glyph> {
        Fonts::embedded_only().for_document().glyphs(text)
    }

    #[test]
    fn refuses_what_it_cannot_print() {
        let refused = ['\0', '\t', '\n', '\r', '\u{7f}', '\u{85}', '\u{ad}', '\u{200b}'];
        let also_refused = ['\u{202e}', '\u{2028}', '\u{e000}', '\u{feff}', '\u{ffff}', '𪚥', '😀'];
        for fonts in [Fonts::embedded_only(), Fonts::default()] {
            let printed = |character: &char| fonts.has_glyph(*character);
            let wrong: Vec<char> =
                refused.into_iter().chain(also_refused).filter(printed).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            let all = (0..=char::MAX as u32).filter_map(char::from_u32);
            assert_eq!(all.filter(|c| c.is_control()).filter(printed).count(), 0);
        }
    }

    /// The tables of characters promise what the outlines keep.
    #[test]
    fn what_can_be_printed_is_printed_with_a_shape() {
        let fonts = Fonts::default();
        let document = fonts.for_document();
        let all = (0..=char::MAX as u32).filter_map(char::from_u32);
        let promised = all.filter(|character| fonts.has_glyph(*character));
        let replacement = glyphs("?")[0];
        let shown = |character: &char| {
            let text = character.to_string();
            !document.glyphs(&text).contains(&replacement)
        };
        let wrong: Vec<char> = promised.filter(|c| *c != '?' && !shown(c)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_character_without_glyph_is_a_question_mark() {
        assert_eq!(glyphs("\n"), glyphs("?"));
    }

    #[test]
    fn labels_have_a_typeface_of_their_own() {
        let fonts = |text| -> Vec<u8> {
            let fonts = Fonts::embedded_only();
            fonts.for_document().label_glyphs(text).iter().map(|glyph| glyph.font).collect()
        };
        assert_eq!(fonts("购买方名称:"), [LABELS_NUMBER; 6]);
        assert_eq!(fonts("丙A"), [0, 0], "what it lacks is set in the other one");
    }

    #[test]
    fn characters_are_looked_up_in_their_normal_form() {
        let characters =
            |text| -> String { glyphs(text).iter().map(|glyph| glyph.character).collect() };
        assert_eq!(characters("\u{f92c}e\u{301}"), "郎é");
        assert!(Fonts::embedded_only().has_glyph('\u{f92c}'));
    }

    #[test]
    fn files_that_are_no_fonts_have_no_characters() {
        let file = |path: &str| FontFile { path: path.into(), face_index: 0 };
        let fonts = Fonts::new([file("/nowhere/x.ttf"), file("/etc/passwd")]);
        assert!(!fonts.has_glyph('𪚥') && fonts.has_glyph('税'));
    }
}
