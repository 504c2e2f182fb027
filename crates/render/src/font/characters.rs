//! From characters to glyphs.

use skrifa::raw::tables::cmap::{Cmap, CmapIterLimits, CmapSubtable};
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
        usable(self.0.map_codepoint(character)?.to_u32())
    }

    /// The characters that have a glyph.
    pub(super) fn characters(&self) -> CharacterSet {
        let mapped = self.0.iter_with_limits(LIMITS);
        let usable = mapped.filter(|(_, id)| usable(id.to_u32()).is_some());
        usable.filter_map(|(point, _)| char::from_u32(point)).collect()
    }
}

/// What a damaged table cannot exceed.
const LIMITS: CmapIterLimits =
    CmapIterLimits { max_char: char::MAX as u32, glyph_count: u16::MAX as u32 };

/// The number of a glyph that shows its character.
fn usable(id: u32) -> Option<u16> {
    // Glyph 0 is the box that shows that there is none: some code points are mapped to it.
    u16::try_from(id).ok().filter(|id| *id != 0)
}

/// A set of characters, a bit for each code point: a text of a million characters is checked in
/// a millisecond or two, where searching the fonts' tables takes tenths of a second.
#[derive(Clone, Debug, Default)]
pub(super) struct CharacterSet(Vec<u64>);

impl CharacterSet {
    pub(super) fn contains(&self, character: char) -> bool {
        let (word, bit) = place(character);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

impl FromIterator<char> for CharacterSet {
    fn from_iter<T: IntoIterator<Item = char>>(characters: T) -> Self {
        let mut set = Self::default();
        for character in characters {
            let (word, bit) = place(character);
            if word >= set.0.len() {
                set.0.resize(word + 1, 0);
            }
            set.0[word] |= bit;
        }
        set
    }
}

/// Which word of a set, and which bit of it.
const fn place(character: char) -> (usize, u64) {
    let point = character as u32;
    ((point / u64::BITS) as usize, 1 << (point % u64::BITS))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let all = ['\0', '?', '@', '税', '\u{10ffff}'];
        let set: CharacterSet = all.into_iter().collect();
        assert!(all.into_iter().all(|character| set.contains(character)));
        assert!(!set.contains('A') && !set.contains('祱') && !set.contains('\u{10fffe}'));
        assert!(!CharacterSet::default().contains('A'));
    }
}
