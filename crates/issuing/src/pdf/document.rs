//! Writes placed pages as a PDF file.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Settings, Str, TextStr};
use sha2::{Digest, Sha256};

use super::layout::{Operation, PAGE_HEIGHT_PT, PAGE_WIDTH_PT, Page, Rule, Style};
use super::typeface::{References, Typeface};
use super::{Sheet, specimen};
use crate::font::Glyph;

const PRODUCER: &str = "Kaipiao";
const TYPEFACE: Name = Name(b"F");
const SPECIMEN: Name = Name(b"S");
/// Level 3 of 9: level 6 saves one byte in a hundred and costs a tenth of the whole time.
const DEFLATE_LEVEL: u8 = 3;
/// How thick the outline is that makes letters bold, in sizes of the text.
const BOLD_OUTLINE: f32 = 0.025;
/// How many bytes a file's identifier has.
const IDENTIFIER_LENGTH: usize = 16;

/// The file of these pages.
pub(super) fn write(sheet: &Sheet, pages: &[Page]) -> Vec<u8> {
    let mut pdf = Pdf::with_settings(Settings { pretty: false });
    let mut numbers = Numbers(Ref::new(1));
    let [catalog, tree, information, mark] = [(); 4].map(|()| numbers.next());
    let font = numbers.next_typeface();
    write_catalog(&mut pdf, catalog, tree);
    let mark = sheet.specimen.then_some(mark);
    let parts = Parts { tree, font: font.font, mark };
    let typeface = Typeface::of(pages.iter().flatten().flat_map(glyphs));
    let page_numbers: Vec<Ref> = pages
        .iter()
        .map(|page| write_page(&mut pdf, &mut numbers, parts, &typeface, page))
        .collect();
    let count = i32::try_from(pages.len()).expect("memory ends before two thousand million pages");
    pdf.pages(tree).kids(page_numbers).count(count);
    if let Some(mark) = mark {
        write_specimen(&mut pdf, mark);
    }
    typeface.write(&mut pdf, font);
    write_information(&mut pdf, information, sheet);
    let identifier = Sha256::digest(pdf.as_bytes())[..IDENTIFIER_LENGTH].to_vec();
    pdf.set_file_id((identifier.clone(), identifier));
    pdf.finish()
}

/// A stream's bytes as PDF's `FlateDecode` unpacks them.
pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec_zlib(bytes, DEFLATE_LEVEL)
}

/// Gives each object of the file its number.
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

/// What every page refers to.
#[derive(Clone, Copy)]
struct Parts {
    tree: Ref,
    font: Ref,
    mark: Option<Ref>,
}

fn glyphs(operation: &Operation) -> impl Iterator<Item = Glyph> {
    let line = match operation {
        Operation::Text { line, .. } => line.as_slice(),
        Operation::Rule { .. } => &[],
    };
    line.iter().copied()
}

fn write_catalog(pdf: &mut Pdf, catalog: Ref, tree: Ref) {
    let mut catalog = pdf.catalog(catalog);
    catalog.pages(tree).lang(TextStr("zh-CN"));
    catalog.viewer_preferences().display_doc_title(true);
}

fn write_information(pdf: &mut Pdf, information: Ref, sheet: &Sheet) {
    pdf.document_info(information)
        .title(TextStr(sheet.title))
        .author(TextStr(sheet.author))
        .producer(TextStr(PRODUCER));
}

fn write_page(
    pdf: &mut Pdf,
    numbers: &mut Numbers,
    parts: Parts,
    typeface: &Typeface,
    operations: &Page,
) -> Ref {
    let (page_number, content_number) = (numbers.next(), numbers.next());
    let mut page = pdf.page(page_number);
    page.parent(parts.tree).media_box(whole_page()).contents(content_number);
    let mut resources = page.resources();
    resources.fonts().pair(TYPEFACE, parts.font);
    if let Some(mark) = parts.mark {
        resources.x_objects().pair(SPECIMEN, mark);
    }
    resources.finish();
    page.finish();
    let content = deflated(&page_content(operations, typeface, parts.mark.is_some()));
    pdf.stream(content_number, &content).filter(Filter::FlateDecode);
    page_number
}

fn page_content(operations: &Page, typeface: &Typeface, specimen: bool) -> Vec<u8> {
    let mut content = Content::with_settings(Settings { pretty: false });
    if specimen {
        content.x_object(SPECIMEN);
    }
    for operation in operations {
        match operation {
            Operation::Text { x_pt, baseline_pt, style, line } => {
                let bytes = typeface.encode(line);
                show(&mut content, [*x_pt, *baseline_pt], *style, Str(&bytes));
            }
            Operation::Rule { from_x_pt, to_x_pt, y_pt, rule } => {
                stroke(&mut content, [*from_x_pt, *to_x_pt], *y_pt, *rule);
            }
        }
    }
    content.finish().to_vec()
}

fn show(content: &mut Content, [x_pt, baseline_pt]: [f32; 2], style: Style, text: Str) {
    content.set_fill_gray(style.grey);
    content.begin_text().set_font(TYPEFACE, style.size_pt);
    if style.bold {
        content
            .set_stroke_gray(style.grey)
            .set_line_width(hundredths(style.size_pt * BOLD_OUTLINE))
            .set_text_rendering_mode(TextRenderingMode::FillStroke);
    } else {
        content.set_text_rendering_mode(TextRenderingMode::Fill);
    }
    content.next_line(hundredths(x_pt), hundredths(baseline_pt)).show(text).end_text();
}

fn stroke(content: &mut Content, [from_x_pt, to_x_pt]: [f32; 2], y_pt: f32, rule: Rule) {
    content.set_stroke_gray(rule.grey).set_line_width(rule.width_pt);
    content.move_to(hundredths(from_x_pt), hundredths(y_pt));
    content.line_to(hundredths(to_x_pt), hundredths(y_pt)).stroke();
}

/// Rounded to what no eye can tell apart: shorter files, and tidier ones.
fn hundredths(length_pt: f32) -> f32 {
    (length_pt * 100.0).round() / 100.0
}

fn write_specimen(pdf: &mut Pdf, mark: Ref) {
    let content = deflated(&specimen::content());
    pdf.form_xobject(mark, &content).bbox(whole_page()).filter(Filter::FlateDecode);
}

fn whole_page() -> Rect {
    Rect::new(0.0, 0.0, hundredths(PAGE_WIDTH_PT), hundredths(PAGE_HEIGHT_PT))
}
