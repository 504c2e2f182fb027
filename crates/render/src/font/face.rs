//! A font as its tables have it.

use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::Metrics;
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::TableProvider;
use skrifa::raw::tables::hmtx::Hmtx;
use skrifa::string::StringId;
use skrifa::{FontRef, GlyphId, MetadataProvider, OutlineGlyphCollection, Tag};

use super::characters::{CharacterSet, Mapping};

/// How many units make one em, the side of a Chinese character's square.
pub(crate) const UNITS_PER_EM: u16 = 1000;

const CMAP: Tag = Tag::new(b"cmap");

/// One character as its typeface draws it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    /// The character that is drawn; the replacement where the asked one has no glyph.
    pub(crate) character: char,
    /// The typeface: 0 is the embedded one, then those of the machine; the last number is that of
    /// labels.
    pub(crate) font: u8,
    /// The glyph in the whole typeface. No other character of the embedded one has the same.
    pub(crate) id: u16,
    /// How far the next glyph stands to the right, in thousandths of an em.
    pub(crate) advance_units: u16,
}

/// A font, read from the bytes of its file.
#[derive(Clone)]
pub(crate) struct FontFace<'a> {
    /// The whole file.
    pub(crate) bytes: &'a [u8],
    /// Which face of the file.
    pub(crate) index: u32,
    font: FontRef<'a>,
    mapping: Mapping<'a>,
    advances: Hmtx<'a>,
    outlines: OutlineGlyphCollection<'a>,
    units_per_em: u16,
}

impl<'a> FontFace<'a> {
    pub(super) fn parse(bytes: &'a [u8], index: u32) -> Option<Self> {
        let font = FontRef::from_index(bytes, index).ok()?;
        Some(Self {
            bytes,
            index,
            mapping: Mapping::of(font.table_data(CMAP)?.as_bytes())?,
            advances: font.hmtx().ok()?,
            outlines: font.outline_glyphs(),
            units_per_em: font.head().ok()?.units_per_em(),
            font,
        })
    }

    /// The glyph of a character, under this number of its typeface.
    pub(super) fn glyph(&self, font: u8, character: char) -> Option<Glyph> {
        let id = self.mapping.glyph_id(character)?;
        let advance = self.advances.advance(GlyphId::from(id)).unwrap_or(self.units_per_em);
        Some(Glyph { character, font, id, advance_units: self.thousandths(advance) })
    }

    /// The characters that have a glyph.
    pub(super) fn characters(&self) -> CharacterSet {
        self.mapping.characters()
    }

    /// A length of the font in thousandths of an em.
    fn thousandths(&self, length_units: u16) -> u16 {
        let per_em = u32::from(self.units_per_em).max(1);
        let length = u32::from(length_units) * u32::from(UNITS_PER_EM) / per_em;
        u16::try_from(length).unwrap_or(u16::MAX)
    }

    /// Draws a glyph's outline, in thousandths of an em, its origin on the baseline at the left.
    pub(super) fn outline(&self, id: u16, pen: &mut impl OutlinePen) {
        let Some(outline) = self.outlines.get(GlyphId::from(id)) else { return };
        let size = Size::new(f32::from(UNITS_PER_EM));
        let settings = DrawSettings::unhinted(size, LocationRef::default());
        // A glyph that a damaged font cannot draw stays blank.
        let _ = outline.draw(settings, pen);
    }

    /// Whether a glyph shows anything.
    pub(super) fn has_ink(&self, id: u16) -> bool {
        let mut pen = Blotter::default();
        self.outline(id, &mut pen);
        pen.has_ink
    }

    /// The font's measures, in its own units.
    pub(crate) fn metrics(&self) -> Metrics {
        self.font.metrics(Size::unscaled(), LocationRef::default())
    }

    /// The name that programs know the font by.
    pub(crate) fn postscript_name(&self) -> Option<String> {
        let names = self.font.localized_strings(StringId::POSTSCRIPT_NAME);
        names.english_or_first().map(|name| name.chars().collect())
    }
}

/// A pen that notices whether anything is drawn.
#[derive(Default)]
struct Blotter {
    has_ink: bool,
}

impl OutlinePen for Blotter {
    fn move_to(&mut self, _: f32, _: f32) {}

    fn line_to(&mut self, _: f32, _: f32) {
        self.has_ink = true;
    }

    fn quad_to(&mut self, _: f32, _: f32, _: f32, _: f32) {
        self.has_ink = true;
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {
        self.has_ink = true;
    }

    fn close(&mut self) {}
}
