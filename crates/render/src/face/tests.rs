//! Nothing on a page is cut off, and nothing lies on top of something else.

use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::money::Fen;
use proptest::prelude::*;

use super::canvas::Area;
use super::pages::pages;
use super::seal;
use crate::drawing::{Ink, Operation, Page, Text};
use crate::font::{Fonts, UNITS_PER_EM};
use crate::subject::Subject;

#[path = "../../tests/face/fixtures.rs"]
#[allow(dead_code, reason = "the tests of whole files use more of it")]
mod fixtures;

use fixtures::{Fixture, content, fixture, many};

/// No text is nearer to the page's edge.
const MARGIN_MM: f32 = 2.0;

fn drawn(fixture: &Fixture) -> Vec<Page> {
    let Fixture { request, content, invoice, .. } = fixture;
    let subject = Subject { request, content, invoice };
    pages(&Fonts::embedded_only().for_document(), subject).collect()
}

/// Where a text's ink is at most, and the text. Blanks have none.
fn inked(operation: &Operation) -> Option<(Area, String)> {
    let Operation::Text(text) = operation else { return None };
    let characters: String = text.glyphs.iter().map(|glyph| glyph.character).collect();
    let blank = characters.chars().rev().take_while(|character| *character == ' ').count();
    let blank_mm = blank as f32 * text.size_mm * 0.2;
    let area = Area::new(
        text.x_mm,
        text.baseline_mm - text.size_mm * 0.85,
        text.x_mm + text.width_mm() - blank_mm,
        text.baseline_mm + text.size_mm * 0.1,
    );
    (!characters.trim().is_empty()).then_some((area, characters))
}

fn overlap(one: Area, other: Area) -> bool {
    // A hair is no overlap: lengths are rounded.
    let hair_mm = 0.02;
    one.left_mm + hair_mm < other.right_mm
        && other.left_mm + hair_mm < one.right_mm
        && one.top_mm + hair_mm < other.bottom_mm
        && other.top_mm + hair_mm < one.bottom_mm
}

/// What is wrong with a page, in words.
fn faults(page: &Page) -> Vec<String> {
    let texts: Vec<(Area, String)> = page.operations.iter().filter_map(inked).collect();
    let [width_mm, height_mm] = page.size_mm;
    let whole = Area::new(MARGIN_MM, MARGIN_MM, width_mm - MARGIN_MM, height_mm - MARGIN_MM + 1.0);
    let mut faults = Vec::new();
    for (index, (area, text)) in texts.iter().enumerate() {
        let is_inside = area.left_mm >= whole.left_mm
            && area.right_mm <= whole.right_mm
            && area.top_mm >= whole.top_mm
            && area.bottom_mm <= whole.bottom_mm;
        if !is_inside {
            faults.push(format!("{text} leaves the page: {area:?}"));
        }
        for (other, other_text) in &texts[..index] {
            if overlap(*area, *other) {
                faults.push(format!("{text} is on {other_text}: {area:?} {other:?}"));
            }
        }
        for rule in page.operations.iter().filter_map(ruled) {
            if overlap(*area, rule) {
                faults.push(format!("{text} is on a rule: {area:?} {rule:?}"));
            }
        }
    }
    faults
}

fn ruled(operation: &Operation) -> Option<Area> {
    let Operation::Line { from_mm: [x0, y0], to_mm: [x1, y1], width_mm, .. } = operation else {
        return None;
    };
    let half_mm = width_mm / 2.0;
    Some(Area::new(x0 - half_mm, y0 - half_mm, x1 + half_mm, y1 + half_mm))
}

fn all_faults(fixture: &Fixture) -> Vec<String> {
    drawn(fixture).iter().flat_map(faults).collect()
}

#[test]
fn only_a_sample_has_a_seal_and_its_words_are_a_samples() {
    assert_eq!(
        (seal::RING, seal::WITHIN.map(|within| within.0)),
        ("全国统一样票监制章", ["样　票", "仅供测试"])
    );
    for mut fixture in fixtures::all() {
        let is_red = |operation: &Operation| {
            matches!(
                operation,
                Operation::Shape { ink: Ink::Red, .. } | Operation::Ellipse { ink: Ink::Red, .. }
            )
        };
        let seals = |fixture: &Fixture| {
            drawn(fixture)[0].operations.iter().filter(|one| is_red(one)).count()
        };
        assert_eq!(seals(&fixture), 3, "{}", fixture.name);
        fixture.invoice.specimen = false;
        assert_eq!(seals(&fixture), 0, "{}", fixture.name);
    }
}

#[test]
fn nothing_overlaps_and_nothing_is_cut_off() {
    for fixture in fixtures::all() {
        assert_eq!(all_faults(&fixture), Vec::<String>::new(), "{}", fixture.name);
    }
}

#[test]
fn eight_lines_stand_on_the_face_and_nine_in_a_list() {
    let pages = |count| drawn(&fixture("", Face::Classic, content(fixtures::short(count)))).len();
    assert_eq!((pages(8), pages(9)), (1, 2));
}

#[test]
fn each_line_is_on_one_page_and_no_page_is_empty() {
    for face in Face::ALL {
        for count in [9, 10, 11, 12, 13, 14, 15, 23, 24, 25, 50] {
            let fixture = fixture("", face, content(fixtures::short(count)));
            let mut found = 0;
            for page in drawn(&fixture).iter().skip(usize::from(face == Face::Classic)) {
                let texts = page.operations.iter().filter_map(inked);
                let lines = texts.filter(|(_, text)| text.starts_with("洗衣机")).count();
                assert!(lines > 0, "{face:?} {count}");
                found += lines;
            }
            assert_eq!(found, count, "{face:?}");
        }
    }
}

fn texts(page: &Page) -> impl Iterator<Item = &Text> {
    page.operations.iter().filter_map(|operation| match operation {
        Operation::Text(text) => Some(text),
        _ => None,
    })
}

/// The values that end at this edge.
fn ending_at(page: &Page, right_mm: f32) -> Vec<&Text> {
    let values = texts(page).filter(|text| text.ink == Ink::Black);
    values.filter(|text| (text.x_mm + text.width_mm() - right_mm).abs() < 0.05).collect()
}

#[test]
fn figures_of_a_column_have_one_size_and_one_edge() {
    for (face, right_mm) in [(Face::Classic, 132.0 - 0.9), (Face::Digital, 127.0 - 1.2)] {
        let mut content = content(fixtures::short(5));
        content.lines[2].unit_price = Some("1234567.89012345".parse().unwrap());
        let pages = drawn(&fixture("", face, content));
        let prices = ending_at(&pages[0], right_mm);
        assert_eq!(prices.len(), 5, "{face:?}");
        assert!(prices[0].size_mm < 3.0, "the long one made them smaller");
        assert!(prices.iter().all(|price| price.size_mm == prices[0].size_mm));
    }
}

#[test]
fn the_cipher_field_is_a_grid() {
    let page = &drawn(&fixture("", Face::Classic, content(fixtures::one_line())))[0];
    let is_cipher = |text: &&Text| text.glyphs.len() == 27 && text.spacing_mm > 0.0;
    let lines: Vec<&Text> = texts(page).filter(is_cipher).collect();
    assert_eq!(lines.len(), 4);
    for line in lines {
        let half = line.glyphs.iter().all(|glyph| glyph.advance_units == UNITS_PER_EM / 2);
        assert!(half, "the signs of all lines stand below each other");
    }
}

#[test]
fn no_strip_that_is_lower_than_a_row_is_left_on_a_list() {
    for count in 9..60 {
        let pages = drawn(&fixture("", Face::Classic, content(many(count))));
        for page in &pages[1..] {
            let across = page.operations.iter().filter_map(ruled);
            let across = across.filter(|rule| rule.width_mm() > 180.0);
            let mut rules_mm: Vec<f32> =
                across.map(|rule| f32::midpoint(rule.top_mm, rule.bottom_mm)).collect();
            rules_mm.sort_by(f32::total_cmp);
            let lowest_mm = rules_mm.windows(2).map(|two| two[1] - two[0]).fold(99.0, f32::min);
            assert!(lowest_mm > 6.0, "{count} lines: {lowest_mm}");
        }
    }
}

#[test]
fn remarks_have_one_size_on_the_face_and_the_list() {
    let mut content = content(many(40));
    content.remark = "备注很长，需要折行。".repeat(30);
    let pages = drawn(&fixture("", Face::Classic, content));
    let sizes: Vec<Vec<f32>> = pages.iter().map(remark_sizes).collect();
    assert!(sizes.iter().all(|sizes| !sizes.is_empty()));
    assert!(sizes.iter().flatten().all(|size_mm| *size_mm == sizes[0][0]), "{sizes:?}");
}

fn remark_sizes(page: &Page) -> Vec<f32> {
    let is_remark = |text: &&Text| {
        let characters: String = text.glyphs.iter().map(|glyph| glyph.character).collect();
        characters.contains("备注很长") && text.ink == Ink::Black
    };
    texts(page).filter(is_remark).map(|text| text.size_mm).collect()
}

#[test]
fn long_parties_are_clear_of_their_labels() {
    let clear_mm = 0.1;
    for face in Face::ALL {
        let page = &drawn(&fixture("", face, fixtures::longest_parties()))[0];
        let of = |ink| {
            let is_of = move |operation: &&Operation| matches!(operation, Operation::Text(text) if text.ink == ink);
            page.operations.iter().filter(is_of).filter_map(inked).collect::<Vec<_>>()
        };
        for (label, label_text) in of(Ink::Brown) {
            for (value, value_text) in of(Ink::Black) {
                let is_clear = !overlap(label.within(-clear_mm), value);
                assert!(is_clear, "{face:?}: {label_text} touches {value_text}");
            }
        }
    }
}

#[test]
fn a_model_of_usual_length_stands_on_one_line() {
    let mut content = content(fixtures::one_line());
    content.lines[0].model = "XQG100-HBD142".into();
    let page = &drawn(&fixture("", Face::Digital, content))[0];
    let mut texts = page.operations.iter().filter_map(inked);
    assert!(texts.any(|(_, text)| text == "XQG100-HBD142"));
}

/// Whoever looks at an invoice waits for its first page, not for its list.
#[test]
fn the_list_is_not_laid_out_for_the_first_page() {
    let mut fixture = fixture("", Face::Classic, content(many(300)));
    fixture.content.lines[299].name = fixtures::TRADITIONAL.into();
    let Fixture { request, content, invoice, .. } = &fixture;
    let (fonts, subject) = (Fonts::embedded_only(), Subject { request, content, invoice });
    let fonts = fonts.for_document();
    let mut pages = pages(&fonts, subject);
    assert!(pages.next().is_some());
    assert_eq!(fonts.rare_count(), 0);
    assert!(pages.count() > 10 && fonts.rare_count() > 0);
}

#[test]
fn parties_with_the_longest_texts_can_be_read() {
    let fixture = fixture("", Face::Classic, fixtures::longest_parties());
    for operation in &drawn(&fixture)[0].operations {
        let Operation::Text(text) = operation else { continue };
        assert!(text.size_mm >= 1.7, "{}", text.size_mm);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Texts as long as the protocol allows.
    #[test]
    fn no_content_overlaps(
        names in prop::collection::vec("[\u{4e00}-\u{9f00}A-Za-z0-9 -]{1,100}", 1..12),
        models in prop::collection::vec("[A-Z0-9-]{0,40}", 12),
        parties in prop::collection::vec("[\u{4e00}-\u{9f00}（）0-9]{0,100}", 4),
        addresses in prop::collection::vec("[\u{4e00}-\u{9f00}（）0-9]{0,200}", 2),
        people in prop::collection::vec("[\u{4e00}-\u{9f00}]{0,20}", 3),
        remark in "[\u{4e00}-\u{9f00}，。0-9\n]{0,400}",
        fen in -10_000_000_000_000_i64..10_000_000_000_000,
        is_digital: bool,
    ) {
        let mut content = content(many(names.len()));
        for ((line, name), model) in content.lines.iter_mut().zip(names).zip(models) {
            (line.name, line.model, line.net, line.tax) = (name, model, Fen::new(fen), Fen::new(fen));
        }
        let sides = [&mut content.buyer, &mut content.seller];
        for ((party, texts), address) in sides.into_iter().zip(parties.chunks(2)).zip(addresses) {
            (party.name, party.bank) = (texts[0].clone(), texts[1].clone());
            party.address = address;
        }
        content.drawer.clone_from(&people[0]);
        content.payee.clone_from(&people[1]);
        content.reviewer.clone_from(&people[2]);
        content.remark = remark;
        (content.gross, content.net, content.tax) = (Fen::new(fen), Fen::new(fen), Fen::new(fen));
        let face = if is_digital { Face::Digital } else { Face::Classic };
        prop_assert_eq!(all_faults(&fixture("", face, content)), Vec::<String>::new());
    }
}
