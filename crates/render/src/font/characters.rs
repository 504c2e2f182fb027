//! From characters to glyphs.

use skrifa::raw::tables::cmap::{Cmap, CmapSubtable};
use skrifa::raw::{FontData, FontRead};

/// A font's mapping from characters to glyphs.
#[derive(Clone)]
pub(super) struct Mapping<'a>(CmapSubtable<'a>);

impl<'a> Mapping<'a> {
    /// The mapping that covers the most of those in a `cmap` table.
    pub(super) fn of(table: &'a [u8]) -> Option<Self> {
        let table = Cmap::read(FontData::new(table)).ok()?;
        table.best_subtable().map(|(_, _, mapping)| Self(mapping))
    }

    /// The glyph of a character.
    pub(super) fn glyph_id(&self, character: char) -> Option<u16> {
        let id = self.0.map_codepoint(character)?.to_u32();
        // Glyph 0 is the box that shows that there is none: some code points are mapped to it.
        u16::try_from(id).ok().filter(|id| *id != 0)
    }
}

/// Characters without a shape that people could read, whatever glyph a font has for them: controls,
/// format and private characters, blanks.
pub(super) fn is_invisible(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    // Fillers of Hangul, inherent vowels of Khmer, and the braille pattern without dots.
    let is_filler = matches!(
        character,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}'
    );
    let is_private = matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    is_format || is_filler || is_private || character.is_whitespace() || character.is_control()
}
