//! The typefaces of every invoice: which characters they have, how wide they are, how they look.
//!
//! Two typefaces are embedded in the program: one of values, one of labels. Where the first lacks a
//! character, the machine's own fonts
//! are asked, in order; each is read once for the whole process, when [`Fonts::open`] is called or it
//! is needed first, and stays in memory.

use core::iter;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use ttf_parser::{Face, GlyphId, OutlineBuilder};
use unicode_normalization::UnicodeNormalization;

/// The typeface "FP Song", an OpenType file with CFF outlines; `fonts/README.md` tells its origin.
///
/// A static, not a constant: the program then holds the three megabytes once.
static FONT: &[u8] = include_bytes!("../fonts/fp-song.otf");

/// The typeface "FP Kai" of labels and titles, an OpenType file with TrueType outlines: it has the
/// characters of labels and no others.
static LABEL_FONT: &[u8] = include_bytes!("../fonts/fp-kai.ttf");

/// How many units make one em, the side of a Chinese character's square.
pub(crate) const UNITS_PER_EM: u16 = 1000;

/// Stands for a character without a glyph, so that the gap is seen.
const REPLACEMENT: char = '?';

/// Debian's `fonts-noto-cjk`; face 2 of each is the one for simplified Chinese.
const DEFAULT_FILES: [(&str, u32); 2] = [
    ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
];

/// A font of the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FontFile {
    /// Where it is.
    pub path: PathBuf,
    /// Which face of it, from 0; 0 unless the file is a collection.
    pub face_index: u32,
}

/// The typefaces that invoices are set in.
#[derive(Debug)]
pub struct Fonts {
    system: Vec<SystemFont>,
}

#[derive(Debug)]
struct SystemFont {
    file: FontFile,
    opened: OnceLock<Option<&'static OpenFace>>,
}

impl Default for Fonts {
    /// The embedded typeface, then Debian's Noto CJK where it is installed.
    fn default() -> Self {
        let file = |(path, face_index)| FontFile { path: PathBuf::from(path), face_index };
        Self::new(DEFAULT_FILES.map(file))
    }
}

impl Fonts {
    /// The embedded typeface, then these files, in order. One that is not there, or is no font, has
    /// no characters.
    pub fn new(files: impl IntoIterator<Item = FontFile>) -> Self {
        let font = |file| SystemFont { file, opened: OnceLock::new() };
        Self { system: files.into_iter().map(font).collect() }
    }

    /// The embedded typeface alone.
    #[must_use]
    pub fn embedded_only() -> Self {
        Self::new([])
    }

    /// Reads the files that were not read yet, and logs each that is no font. Takes some tenths of a
    /// second: who does it first spares the requests that.
    pub fn open(&self) {
        for font in &self.system {
            if font.face().is_none() {
                let path = font.file.path.display();
                tracing::warn!(%path, "not a font that can be read: its characters are refused");
            }
        }
    }

    /// Whether one of the typefaces can print this character. Control characters, line ends and
    /// invisible format characters cannot be printed; the space can.
    #[must_use]
    pub fn has_glyph(&self, character: char) -> bool {
        iter::once(character).nfc().all(|character| self.find(character).is_some())
    }

    /// The glyphs of a text, its characters in their normal form: what has no glyph is a question
    /// mark. Line ends are not looked at.
    pub(crate) fn glyphs(&self, text: &str) -> Vec<Glyph> {
        text.nfc().map(|character| self.glyph(character)).collect()
    }

    /// The glyph of a character, or of the replacement.
    fn glyph(&self, character: char) -> Glyph {
        self.find(character).unwrap_or_else(|| {
            EMBEDDED.glyph(0, REPLACEMENT).expect("the embedded typeface has ASCII")
        })
    }

    /// The glyphs of a label: in the typeface of labels as far as that goes.
    pub(crate) fn label_glyphs(&self, text: &str) -> Vec<Glyph> {
        let glyph = |character| LABELS.glyph(LABELS_NUMBER, character);
        text.nfc()
            .map(|character| glyph(character).unwrap_or_else(|| self.glyph(character)))
            .collect()
    }

    fn find(&self, character: char) -> Option<Glyph> {
        let glyph = EMBEDDED.glyph(0, character);
        if glyph.is_some() || is_invisible(character) {
            return glyph;
        }
        self.system.iter().zip(1..LABELS_NUMBER).find_map(|(font, number)| {
            let face = font.face()?;
            let glyph = face.glyph(number, character)?;
            // An empty shape is nothing that people can read.
            face.face.glyph_bounding_box(glyph.id).map(|_| glyph)
        })
    }

    /// The typeface that a glyph is of.
    pub(crate) fn face(&self, number: u8) -> &'static OpenFace {
        if number == LABELS_NUMBER {
            return &LABELS;
        }
        let system = usize::from(number).checked_sub(1).and_then(|index| self.system.get(index));
        system.and_then(SystemFont::face).unwrap_or(&EMBEDDED)
    }

    /// Draws a glyph's outline, in thousandths of an em, its origin on the baseline at the left.
    pub(crate) fn outline(&self, glyph: Glyph, builder: &mut dyn OutlineBuilder) {
        // A space has no outline, and that is no mistake.
        let _ = self.face(glyph.font).face.outline_glyph(glyph.id, builder);
    }
}

impl SystemFont {
    fn face(&self) -> Option<&'static OpenFace> {
        *self.opened.get_or_init(|| opened(&self.file))
    }
}

/// Characters that fonts may have a shape for, and that no invoice should hold.
fn is_invisible(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    let is_private = matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    is_format || is_private || character.is_control()
}

/// A typeface that was read.
pub(crate) struct OpenFace {
    /// The whole file.
    pub(crate) bytes: &'static [u8],
    /// Which face of the file.
    pub(crate) index: u32,
    /// Its tables.
    pub(crate) face: Face<'static>,
}

impl core::fmt::Debug for OpenFace {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpenFace({} bytes, face {})", self.bytes.len(), self.index)
    }
}

static EMBEDDED: LazyLock<OpenFace> = LazyLock::new(|| {
    OpenFace::parse(FONT, 0).expect("the embedded typeface is a valid OpenType file")
});

static LABELS: LazyLock<OpenFace> = LazyLock::new(|| {
    OpenFace::parse(LABEL_FONT, 0).expect("the typeface of labels is a valid OpenType file")
});

/// What glyphs of labels have for the number of their typeface: no machine's font gets that far.
const LABELS_NUMBER: u8 = u8::MAX;

/// The fonts of the machine that were read so far: each once for the whole process.
static OPENED: Mutex<BTreeMap<FontFile, Option<&'static OpenFace>>> = Mutex::new(BTreeMap::new());

fn opened(file: &FontFile) -> Option<&'static OpenFace> {
    let mut all = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    *all.entry(file.clone()).or_insert_with(|| {
        let bytes = fs::read(&file.path).ok()?;
        // Fonts stay for as long as the process lives, so they are never given back.
        let face = OpenFace::parse(bytes.leak(), file.face_index)?;
        tracing::info!(path = %file.path.display(), "read a font of the machine");
        Some(Box::leak(Box::new(face)))
    })
}

impl OpenFace {
    fn parse(bytes: &'static [u8], index: u32) -> Option<Self> {
        Face::parse(bytes, index).ok().map(|face| Self { bytes, index, face })
    }

    fn glyph(&self, font: u8, character: char) -> Option<Glyph> {
        // Glyph 0 is the box that shows that there is none: some code points are mapped to it.
        let id = self.face.glyph_index(character).filter(|id| id.0 != 0)?;
        let advance = self.face.glyph_hor_advance(id).unwrap_or(self.face.units_per_em());
        Some(Glyph { character, font, id, advance_units: self.thousandths(advance) })
    }

    /// A length of the font in thousandths of an em.
    fn thousandths(&self, length_units: u16) -> u16 {
        let per_em = u32::from(self.face.units_per_em()).max(1);
        let length = u32::from(length_units) * u32::from(UNITS_PER_EM) / per_em;
        u16::try_from(length).unwrap_or(u16::MAX)
    }
}

/// One character as its typeface draws it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    /// The character that is drawn; the replacement where the asked one has no glyph.
    pub(crate) character: char,
    /// The typeface: 0 is the embedded one, then those of the machine; the last number is that of
    /// labels.
    pub(crate) font: u8,
    /// The glyph in the whole typeface. No other character of the embedded one has the same.
    pub(crate) id: GlyphId,
    /// How far the next glyph stands to the right, in thousandths of an em.
    pub(crate) advance_units: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded_has(character: char) -> bool {
        EMBEDDED.glyph(0, character).is_some()
    }

    #[test]
    fn prints_what_invoices_hold() {
        let text = "增值税电子普通发票 ⊗壹佰圆整 ¥￥€ ABCxyz0189 àéÿ āěǒ Ωλ Ёж “”‘’—…·《》（），。：№℃㎡㎏①";
        let missing: String = text.chars().filter(|character| !embedded_has(*character)).collect();
        assert_eq!(missing, "");
        assert!("䶮㛃㴋𬱖𫖯".chars().all(embedded_has), "rare characters of names");
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

    #[test]
    fn each_character_has_a_glyph_of_its_own() {
        let mut owner = BTreeMap::new();
        for character in (0..0x4_0000).filter_map(char::from_u32) {
            if let Some(glyph) = EMBEDDED.glyph(0, character) {
                let before = owner.insert(glyph.id.0, character);
                assert_eq!(before, None, "{character} shares its glyph");
            }
        }
        assert!(owner.len() > 9000);
    }

    #[test]
    fn measures_as_the_rest_assumes() {
        let fonts = Fonts::embedded_only();
        assert_eq!(EMBEDDED.face.units_per_em(), UNITS_PER_EM);
        assert_eq!(fonts.glyph('税').advance_units, UNITS_PER_EM);
        assert!(fonts.glyph('1').advance_units < UNITS_PER_EM);
        assert_eq!(fonts.glyph('\n'), fonts.glyph('?'));
    }

    #[test]
    fn labels_have_a_typeface_of_their_own() {
        let fonts = |text| -> Vec<u8> {
            Fonts::embedded_only().label_glyphs(text).iter().map(|glyph| glyph.font).collect()
        };
        assert_eq!(fonts("购买方名称:"), [LABELS_NUMBER; 6]);
        assert_eq!(fonts("丙A"), [0, 0], "what it lacks is set in the other one");
        assert_eq!(LABELS.face.units_per_em(), UNITS_PER_EM);
    }

    #[test]
    fn characters_are_looked_up_in_their_normal_form() {
        let fonts = Fonts::embedded_only();
        let characters =
            |text| -> String { fonts.glyphs(text).iter().map(|g| g.character).collect() };
        assert_eq!(characters("\u{f92c}e\u{301}"), "郎é");
        assert!(fonts.has_glyph('\u{f92c}'));
    }

    #[test]
    fn files_that_are_no_fonts_have_no_characters() {
        let file = |path: &str| FontFile { path: path.into(), face_index: 0 };
        let fonts = Fonts::new([file("/nowhere/x.ttf"), file("/etc/passwd")]);
        assert!(!fonts.has_glyph('𪚥') && fonts.has_glyph('税'));
    }
}
