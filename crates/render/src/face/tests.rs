//! Nothing on a page is cut off, and nothing lies on top of something else.

use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::money::Fen;
use proptest::prelude::*;

use super::canvas::Area;
use super::pages::pages;
use super::seal;
use crate::drawing::{Ink, Operation, Page};
use crate::font::Fonts;
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
    pages(&Fonts::embedded_only().for_document(), subject)
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
