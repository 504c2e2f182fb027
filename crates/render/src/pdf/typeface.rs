//! The part of a typeface that a file carries: only the glyphs that are shown.

use std::collections::{BTreeMap, BTreeSet};

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use sha2::{Digest, Sha256};
use skrifa::{FontRef, Tag};
use subsetter::GlyphRemapper;

use super::stream::deflated;
use crate::font::{DocumentFonts, FontFace, Glyph, UNITS_PER_EM};

const CFF: Tag = Tag::new(b"CFF ");
const ENCODING: Name = Name(b"Identity-H");
/// The name of a font that has none.
const NAMELESS: &str = "Fallback";
/// How thick the typeface's upright strokes are, in thousandths of an em.
const STEM_UNITS: f32 = 75.0;

/// The identifiers of the objects that make up a typeface in a file.
#[derive(Clone, Copy)]
pub(super) struct References {
    /// The object that pages refer to.
    pub(super) font: Ref,
    pub(super) cid_font: Ref,
    pub(super) descriptor: Ref,
    pub(super) outlines: Ref,
    pub(super) to_unicode: Ref,
}

/// The glyphs of a file that are of one font, with the numbers that they have in it.
pub(super) struct Typeface<'a> {
    number: u8,
    face: FontFace<'a>,
    remapper: GlyphRemapper,
    /// By their numbers in the file, each once.
    glyphs: Vec<Glyph>,
}

impl<'a> Typeface<'a> {
    /// What a file shows in this font.
    pub(super) fn of(
        fonts: &'a DocumentFonts,
        number: u8,
        shown: impl Iterator<Item = Glyph>,
    ) -> Self {
        // Sorted, so that the numbers do not depend on where a text stands.
        let by_character: BTreeMap<char, Glyph> = shown
            .filter(|glyph| glyph.font == number)
            .map(|glyph| (glyph.character, glyph))
            .collect();
        let mut glyphs: Vec<Glyph> = by_character.into_values().collect();
        let mut seen = BTreeSet::new();
        // Fonts of the machine may draw several characters alike: the first is read back.
        glyphs.retain(|glyph| seen.insert(glyph.id));
        let ids: Vec<u16> = glyphs.iter().map(|glyph| glyph.id).collect();
        let remapper = GlyphRemapper::new_from_glyphs(&ids);
        Self { number, face: fonts.face(number), remapper, glyphs }
    }

    /// The font's number in [`DocumentFonts`].
    pub(super) const fn number(&self) -> u8 {
        self.number
    }

    /// The bytes that show these glyphs: two for each.
    pub(super) fn encode(&self, line: &[Glyph]) -> Vec<u8> {
        line.iter().flat_map(|glyph| self.cid(*glyph).to_be_bytes()).collect()
    }

    fn cid(&self, glyph: Glyph) -> u16 {
        self.remapper.get(glyph.id).unwrap_or(0)
    }

    /// Writes the typeface's objects.
    pub(super) fn write(&self, pdf: &mut Pdf, references: References) {
        let reduced = self.reduced();
        let outlines = Outlines::of(&reduced);
        let base_name = format!("{}+{}", subset_tag(outlines.bytes), self.name());
        let composite_name = match outlines.is_cff {
            true => format!("{base_name}-Identity-H"),
            false => base_name.clone(),
        };
        pdf.type0_font(references.font)
            .base_font(Name(composite_name.as_bytes()))
            .encoding_predefined(ENCODING)
            .descendant_font(references.cid_font)
            .to_unicode(references.to_unicode);
        let base_name = Name(base_name.as_bytes());
        self.write_cid_font(pdf, references, base_name, &outlines);
        self.write_descriptor(pdf, references, base_name, &outlines);
        let packed = deflated(outlines.bytes);
        let mut stream = pdf.stream(references.outlines, &packed);
        stream.filter(Filter::FlateDecode);
        if outlines.is_cff {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        }
        stream.finish();
        let packed = deflated(&self.to_unicode());
        pdf.cmap(references.to_unicode, &packed).filter(Filter::FlateDecode);
    }

    fn name(&self) -> String {
        let name = self.face.postscript_name().unwrap_or_default();
        let name: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        if name.is_empty() { NAMELESS.to_owned() } else { name }
    }

    fn write_cid_font(
        &self,
        pdf: &mut Pdf,
        references: References,
        base_name: Name,
        outlines: &Outlines,
    ) {
        let mut font = pdf.cid_font(references.cid_font);
        font.subtype(if outlines.is_cff { CidFontType::Type0 } else { CidFontType::Type2 })
            .base_font(base_name)
            .system_info(identity())
            .font_descriptor(references.descriptor)
            .default_width(f32::from(UNITS_PER_EM));
        if !outlines.is_cff {
            font.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        // Nearly all glyphs have the width of a Chinese character: only the others are listed.
        let mut widths = font.widths();
        for glyph in self.glyphs.iter().filter(|glyph| glyph.advance_units != UNITS_PER_EM) {
            widths.consecutive(self.cid(*glyph), [f32::from(glyph.advance_units)]);
        }
    }

    /// The font file with nothing but these glyphs.
    fn reduced(&self) -> Vec<u8> {
        // A font of the machine that cannot be reduced travels whole.
        subsetter::subset(self.face.bytes, self.face.index, &self.remapper)
            .unwrap_or_else(|_| self.face.bytes.to_vec())
    }

    /// The map from the numbers in the file back to characters, which makes the text readable.
    fn to_unicode(&self) -> Vec<u8> {
        let mut map = UnicodeCmap::new(Name(b"Kaipiao-UTF16"), identity());
        for glyph in &self.glyphs {
            map.pair(self.cid(*glyph), glyph.character);
        }
        map.finish().to_vec()
    }

    fn write_descriptor(
        &self,
        pdf: &mut Pdf,
        references: References,
        base_name: Name,
        outlines: &Outlines,
    ) {
        let metrics = self.face.metrics();
        let scale = f32::from(UNITS_PER_EM) / f32::from(metrics.units_per_em).max(1.0);
        let length = |units: f32| (units * scale).round();
        let bounds = metrics.bounds.unwrap_or_default();
        let [left, bottom, right, top] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(length);
        let mut descriptor = pdf.font_descriptor(references.descriptor);
        descriptor
            .name(base_name)
            .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(length(metrics.ascent))
            .descent(length(metrics.descent))
            .cap_height(length(metrics.cap_height.unwrap_or(metrics.ascent)))
            .stem_v(STEM_UNITS);
        match outlines.is_cff {
            true => descriptor.font_file3(references.outlines),
            false => descriptor.font_file2(references.outlines),
        };
    }
}

/// What of a font file a PDF needs: the bare CFF table, or the whole file for other outlines.
struct Outlines<'a> {
    bytes: &'a [u8],
    is_cff: bool,
}

impl<'a> Outlines<'a> {
    fn of(reduced: &'a [u8]) -> Self {
        let table = FontRef::new(reduced).ok().and_then(|font| font.table_data(CFF));
        Self { bytes: table.map_or(reduced, |table| table.as_bytes()), is_cff: table.is_some() }
    }
}

fn identity() -> SystemInfo<'static> {
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 }
}

/// The six letters that PDF puts before the name of a reduced typeface.
fn subset_tag(outlines: &[u8]) -> String {
    let digest = Sha256::digest(outlines);
    digest.iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}
