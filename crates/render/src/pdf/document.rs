//! The objects of a PDF file.

use std::collections::BTreeSet;

use pdf_writer::types::AssociationKind;
use pdf_writer::writers::Resources;
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Settings, Str, TextStr};
use sha2::{Digest, Sha256};

use super::content::{Shapes, font_name, page_content, points, shape_name};
use super::properties::{Attachment, Properties};
use super::stream::deflated;
use super::typeface::{References, Typeface};
use crate::drawing::{Operation, Page};
use crate::font::{DocumentFonts, Glyph};

const PRODUCER: &str = "Kaipiao";
/// No page is wider or higher.
const LARGEST_PT: f32 = 1000.0;
/// How many bytes a file's identifier has.
const IDENTIFIER_LENGTH: usize = 16;

/// The file of these pages. The same pages always give the same bytes.
pub(crate) fn write(fonts: &DocumentFonts, pages: &[Page], properties: &Properties) -> Vec<u8> {
    let mut pdf = Pdf::with_settings(Settings { pretty: false });
    let mut numbers = Numbers(Ref::new(1));
    let [catalog, tree, information, specification, attached] = [(); 5].map(|()| numbers.next());
    write_catalog(&mut pdf, catalog, tree, (&properties.attachment.name, specification));
    let typefaces: Vec<(Typeface, References)> = used_fonts(pages)
        .into_iter()
        .map(|font| (Typeface::of(fonts, font, glyphs(pages)), numbers.next_typeface()))
        .collect();
    let shapes = Shapes::of(pages);
    let shape_numbers = write_shapes(&mut pdf, &mut numbers, &shapes);
    let parts = Parts { tree, typefaces: &typefaces, shapes: &shapes, shape_numbers };
    let page_numbers: Vec<Ref> =
        pages.iter().map(|page| write_page(&mut pdf, &mut numbers, &parts, page)).collect();
    let count = i32::try_from(pages.len()).expect("memory ends before two thousand million pages");
    pdf.pages(tree).kids(page_numbers).count(count);
    typefaces.iter().for_each(|(typeface, references)| typeface.write(&mut pdf, *references));
    write_attachment(&mut pdf, [specification, attached], &properties.attachment);
    write_information(&mut pdf, information, properties);
    let identifier = Sha256::digest(pdf.as_bytes())[..IDENTIFIER_LENGTH].to_vec();
    pdf.set_file_id((identifier.clone(), identifier));
    pdf.finish()
}

/// The numbers of the file's objects.
struct Numbers(Ref);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0.bump()
    }

    fn next_typeface(&mut self) -> References {
        References {
            font: self.next(),
            cid_font: self.next(),
            descriptor: self.next(),
            outlines: self.next(),
            to_unicode: self.next(),
        }
    }
}

fn glyphs(pages: &[Page]) -> impl Iterator<Item = Glyph> {
    let operations = pages.iter().flat_map(|page| &page.operations);
    let texts = operations.filter_map(|operation| match operation {
        Operation::Text(text) => Some(&text.glyphs),
        _ => None,
    });
    texts.flatten().copied()
}

fn used_fonts(pages: &[Page]) -> BTreeSet<u8> {
    glyphs(pages).map(|glyph| glyph.font).collect()
}

fn write_catalog(pdf: &mut Pdf, catalog: Ref, tree: Ref, (file, specification): (&str, Ref)) {
    let mut catalog = pdf.catalog(catalog);
    catalog.pages(tree).lang(TextStr("zh-CN"));
    catalog.viewer_preferences().display_doc_title(true);
    catalog.names().embedded_files().names().insert(Str(file.as_bytes()), specification);
    catalog.insert(Name(b"AF")).array().item(specification);
}

fn write_information(pdf: &mut Pdf, information: Ref, properties: &Properties) {
    let mut information = pdf.document_info(information);
    information
        .title(TextStr(&properties.title))
        .author(TextStr(&properties.author))
        .subject(TextStr(&properties.subject))
        .keywords(TextStr(&properties.keywords))
        .producer(TextStr(PRODUCER));
    for (name, value) in &properties.fields {
        information.pair(Name(name.as_bytes()), TextStr(value));
    }
}

fn write_attachment(pdf: &mut Pdf, [specification, file]: [Ref; 2], attachment: &Attachment) {
    pdf.file_spec(specification)
        .path(Str(attachment.name.as_bytes()))
        .unic_file(TextStr(&attachment.name))
        .description(TextStr(&attachment.description))
        .association_kind(AssociationKind::Data)
        .embedded_file_with_unicode(file);
    let packed = deflated(&attachment.xml);
    let mut embedded = pdf.embedded_file(file, &packed);
    embedded.subtype(Name(b"application/xml")).filter(Filter::FlateDecode);
    if let Ok(length) = i32::try_from(attachment.xml.len()) {
        embedded.params().size(length);
    }
}

/// What every page refers to.
struct Parts<'a> {
    tree: Ref,
    typefaces: &'a [(Typeface<'a>, References)],
    shapes: &'a Shapes<'a>,
    shape_numbers: Vec<Ref>,
}

fn write_shapes(pdf: &mut Pdf, numbers: &mut Numbers, shapes: &Shapes) -> Vec<Ref> {
    let mut written = Vec::new();
    for stream in shapes.streams() {
        let number = numbers.next();
        let packed = deflated(&stream);
        let whole = Rect::new(0.0, 0.0, LARGEST_PT, LARGEST_PT);
        pdf.form_xobject(number, &packed).bbox(whole).filter(Filter::FlateDecode);
        written.push(number);
    }
    written
}

fn write_page(pdf: &mut Pdf, numbers: &mut Numbers, parts: &Parts, shown: &Page) -> Ref {
    let (page_number, content_number) = (numbers.next(), numbers.next());
    let mut page = pdf.page(page_number);
    let [width_pt, height_pt] = shown.size_mm.map(points);
    let whole = Rect::new(0.0, 0.0, width_pt, height_pt);
    page.parent(parts.tree).media_box(whole).contents(content_number);
    write_resources(&mut page.resources(), parts);
    page.finish();
    let typefaces = parts.typefaces.iter().map(|(typeface, _)| typeface);
    let content = deflated(&page_content(shown, parts.shapes, typefaces));
    pdf.stream(content_number, &content).filter(Filter::FlateDecode);
    page_number
}

fn write_resources(resources: &mut Resources, parts: &Parts) {
    let mut fonts = resources.fonts();
    for (typeface, references) in parts.typefaces {
        fonts.pair(Name(font_name(typeface.number()).as_bytes()), references.font);
    }
    fonts.finish();
    if parts.shape_numbers.is_empty() {
        return;
    }
    let mut shapes = resources.x_objects();
    for (index, number) in parts.shape_numbers.iter().enumerate() {
        shapes.pair(Name(shape_name(index).as_bytes()), *number);
    }
}
