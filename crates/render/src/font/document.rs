//! The fonts of one document, while it is drawn.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use skrifa::outline::OutlinePen;
use unicode_normalization::UnicodeNormalization;

use super::cache;
use super::characters::is_invisible;
use super::embedded::{LABELS, LABELS_NUMBER, VALUES, VALUES_NUMBER};
use super::face::{FontFace, Glyph};
use super::machine::MachineFont;

/// Stands for a character without a glyph, so that the gap is seen.
const REPLACEMENT: char = '?';

/// The embedded typefaces, and of the machine's those that the document needs.
pub(crate) struct DocumentFonts<'a> {
    machine: Vec<ReadFont<'a>>,
    /// Characters that the embedded typeface lacks, which layouts ask for again and again.
    rare: RefCell<HashMap<char, Option<Glyph>>>,
}

/// A font of the machine. It is read once for a document, which then has all its glyphs of the same
/// file.
struct ReadFont<'a> {
    font: &'a MachineFont,
    bytes: OnceCell<Option<Arc<Vec<u8>>>>,
}

impl ReadFont<'_> {
    fn face(&self) -> Option<FontFace<'_>> {
        let file = &self.font.file;
        let bytes = self.bytes.get_or_init(|| cache::read(&file.path)).as_ref()?;
        FontFace::parse(bytes, file.face_index)
    }
}

impl<'a> DocumentFonts<'a> {
    /// None of these fonts' files is read before it is needed.
    pub(super) fn new(fonts: &'a [MachineFont]) -> Self {
        let unread = |font| ReadFont { font, bytes: OnceCell::new() };
        Self { machine: fonts.iter().map(unread).collect(), rare: RefCell::default() }
    }

    /// The glyphs of a text, its characters in their normal form: what has no glyph is a question
    /// mark. Line ends are not looked at.
    pub(crate) fn glyphs(&self, text: &str) -> Vec<Glyph> {
        text.nfc().map(|character| self.glyph(character)).collect()
    }

    /// The glyphs of a label: in the typeface of labels as far as that goes.
    pub(crate) fn label_glyphs(&self, text: &str) -> Vec<Glyph> {
        let glyph = |character| LABELS.glyph(LABELS_NUMBER, character);
        text.nfc()
            .map(|character| glyph(character).unwrap_or_else(|| self.glyph(character)))
            .collect()
    }

    /// The glyph of a character, or of the replacement.
    fn glyph(&self, character: char) -> Glyph {
        let own = VALUES.glyph(VALUES_NUMBER, character);
        own.or_else(|| self.rare_glyph(character)).unwrap_or_else(|| {
            VALUES.glyph(VALUES_NUMBER, REPLACEMENT).expect("the embedded typeface has ASCII")
        })
    }

    fn rare_glyph(&self, character: char) -> Option<Glyph> {
        if is_invisible(character) {
            return None;
        }
        let mut known = self.rare.borrow_mut();
        *known.entry(character).or_insert_with(|| self.machine_glyph(character))
    }

    /// The first of the machine's glyphs that shows anything.
    fn machine_glyph(&self, character: char) -> Option<Glyph> {
        let numbered = self.machine.iter().zip(VALUES_NUMBER + 1..LABELS_NUMBER);
        let mut having = numbered.filter(|(read, _)| read.font.has(character));
        having.find_map(|(read, number)| {
            let face = read.face()?;
            face.glyph(number, character).filter(|glyph| face.has_ink(glyph.id))
        })
    }

    /// How many characters were looked up that the embedded typeface lacks.
    #[cfg(test)]
    pub(crate) fn rare_count(&self) -> usize {
        self.rare.borrow().len()
    }

    /// The typeface that a glyph is of.
    pub(crate) fn face(&self, number: u8) -> FontFace<'_> {
        if number == LABELS_NUMBER {
            return LABELS.clone();
        }
        let index = usize::from(number).checked_sub(usize::from(VALUES_NUMBER) + 1);
        let machine = index.and_then(|index| self.machine.get(index));
        machine.and_then(ReadFont::face).unwrap_or_else(|| VALUES.clone())
    }

    /// Draws a glyph's outline, in thousandths of an em, its origin on the baseline at the left.
    pub(crate) fn outline(&self, glyph: Glyph, pen: &mut impl OutlinePen) {
        self.face(glyph.font).outline(glyph.id, pen);
    }
}
