//! The part of the typeface that a file carries: only the glyphs that it shows.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use sha2::{Digest, Sha256};
use subsetter::GlyphRemapper;
use ttf_parser::{RawFace, Tag};

use super::document::deflated;
use crate::font::{FACE, FONT, Glyph, UNITS_PER_EM};

const CFF: Tag = Tag::from_bytes(b"CFF ");
const POSTSCRIPT_NAME: &str = "FPSong-Regular";
const ENCODING: Name = Name(b"Identity-H");
/// How thick the typeface's upright strokes are, in thousandths of an em.
const STEM_UNITS: f32 = 75.0;

/// The identifiers of the objects that make up a typeface in a file.
#[derive(Clone, Copy)]
pub(super) struct References {
    /// What pages refer to.
    pub(super) font: Ref,
    pub(super) cid_font: Ref,
    pub(super) descriptor: Ref,
    pub(super) outlines: Ref,
    pub(super) to_unicode: Ref,
}

/// The glyphs of a file, with the numbers that they have in it.
pub(super) struct Typeface {
    remapper: GlyphRemapper,
    /// By their numbers in the file. The first is no character: PDF wants it.
    glyphs: Vec<Glyph>,
}

impl Typeface {
    /// A typeface of the glyphs that a file shows.
    pub(super) fn of(shown: impl Iterator<Item = Glyph>) -> Self {
        // Sorted, so that the numbers do not depend on where a text stands.
        let by_character: BTreeMap<char, Glyph> =
            shown.map(|glyph| (glyph.character, glyph)).collect();
        let glyphs: Vec<Glyph> = by_character.into_values().collect();
        let ids: Vec<u16> = glyphs.iter().map(|glyph| glyph.id.0).collect();
        Self { remapper: GlyphRemapper::new_from_glyphs(&ids), glyphs }
    }

    /// The bytes that show these glyphs: two for each.
    pub(super) fn encode(&self, line: &[Glyph]) -> Vec<u8> {
        line.iter().flat_map(|glyph| self.cid(*glyph).to_be_bytes()).collect()
    }

    fn cid(&self, glyph: Glyph) -> u16 {
        self.remapper.get(glyph.id.0).unwrap_or(0)
    }

    /// Writes the typeface's objects.
    pub(super) fn write(&self, pdf: &mut Pdf, references: References) {
        let outlines = self.outlines();
        let base_name = format!("{}+{POSTSCRIPT_NAME}", subset_tag(&outlines));
        let composite_name = format!("{base_name}-Identity-H");
        pdf.type0_font(references.font)
            .base_font(Name(composite_name.as_bytes()))
            .encoding_predefined(ENCODING)
            .descendant_font(references.cid_font)
            .to_unicode(references.to_unicode);
        self.write_cid_font(pdf, references, Name(base_name.as_bytes()));
        write_descriptor(pdf, references, Name(base_name.as_bytes()));
        let packed = deflated(&outlines);
        let mut stream = pdf.stream(references.outlines, &packed);
        stream.filter(Filter::FlateDecode).pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        stream.finish();
        let packed = deflated(&self.to_unicode());
        pdf.cmap(references.to_unicode, &packed).filter(Filter::FlateDecode);
    }

    fn write_cid_font(&self, pdf: &mut Pdf, references: References, base_name: Name) {
        let mut font = pdf.cid_font(references.cid_font);
        font.subtype(CidFontType::Type0)
            .base_font(base_name)
            .system_info(identity())
            .font_descriptor(references.descriptor)
            .default_width(f32::from(UNITS_PER_EM));
        // Nearly all glyphs have the width of a Chinese character: only the others are listed.
        let mut widths = font.widths();
        for glyph in self.glyphs.iter().filter(|glyph| glyph.advance_units != UNITS_PER_EM) {
            widths.consecutive(self.cid(*glyph), [f32::from(glyph.advance_units)]);
        }
    }

    /// The bare CFF table of the reduced typeface: PDF needs no more of it.
    fn outlines(&self) -> Vec<u8> {
        let reduced = subsetter::subset(FONT, 0, &self.remapper)
            .expect("the embedded typeface is valid, and so are its own glyphs' numbers");
        let face = RawFace::parse(&reduced, 0).expect("a reduced typeface is a typeface");
        face.table(CFF).expect("the embedded typeface has CFF outlines").to_vec()
    }

    /// Leads from the numbers in the file back to characters: this makes the text readable.
    fn to_unicode(&self) -> Vec<u8> {
        let mut map = UnicodeCmap::new(Name(b"FPSong-UTF16"), identity());
        for glyph in &self.glyphs {
            map.pair(self.cid(*glyph), glyph.character);
        }
        map.finish().to_vec()
    }
}

fn write_descriptor(pdf: &mut Pdf, references: References, base_name: Name) {
    let bounds = FACE.global_bounding_box();
    let [left, bottom, right, top] =
        [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(f32::from);
    pdf.font_descriptor(references.descriptor)
        .name(base_name)
        .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(f32::from(FACE.ascender()))
        .descent(f32::from(FACE.descender()))
        .cap_height(f32::from(FACE.capital_height().unwrap_or_else(|| FACE.ascender())))
        .stem_v(STEM_UNITS)
        .font_file3(references.outlines);
}

fn identity() -> SystemInfo<'static> {
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 }
}

/// The six letters that PDF puts before the name of a reduced typeface.
fn subset_tag(outlines: &[u8]) -> String {
    let digest = Sha256::digest(outlines);
    digest.iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}
