//! Where one piece of a page's text ends and the next one begins.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use kaipiao_domain::platform::pdf::numbers_in;
use kaipiao_pdf_reader::text_of;

const FONT: &str = "/Font <</F 5 0 R>>";

fn stream(dictionary: &str, content: &str) -> String {
    format!("<<{dictionary} /Length {}>>\nstream\n{content}\nendstream", content.len())
}

/// A page with this content and these resources, and what they name from object 6 on.
fn numbers_of(content: &str, resources: &str, more: &[String]) -> Vec<String> {
    let mut objects = vec![
        "<</Type /Catalog /Pages 2 0 R>>".to_owned(),
        "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        format!(
            "<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 400] /Contents 4 0 R \
             /Resources <<{resources}>>>>"
        ),
        stream("", content),
        "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>".into(),
    ];
    objects.extend_from_slice(more);
    let (mut file, mut table) = ("%PDF-1.7\n".to_owned(), "0000000000 65535 f \n".to_owned());
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let (count, at) = (objects.len() + 1, file.len());
    file += &format!(
        "xref\n0 {count}\n{table}trailer\n<</Size {count} /Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"
    );
    numbers_in(&text_of(file.as_bytes()).unwrap())
}

/// These, and nothing else, in whatever order.
fn assert_shows(content: &str, shown: &[&str]) {
    let mut numbers = numbers_of(content, FONT, &[]);
    numbers.sort();
    let mut shown = shown.to_vec();
    shown.sort_unstable();
    assert_eq!(numbers, shown, "{content}");
}

#[test]
fn a_move_to_another_line_ends_a_number() {
    for next in ["0 -20 Td", "0 -20 TD", "14 TL T*", "1 0 0 1 72 280 Tm", "/F 10 Tf 0 -20 Td"] {
        assert_shows(
            &format!("BT /F 12 Tf 72 300 Td (044032000211) Tj {next} (62522141) Tj ET"),
            &["044032000211", "62522141"],
        );
    }
    assert_shows(
        "BT /F 12 Tf 14 TL 72 300 Td (044032000211) Tj (62522141) ' 0 0 (20210102) \" ET",
        &["044032000211", "62522141", "20210102"],
    );
}

#[test]
fn numbers_beside_each_other_are_two() {
    for next in ["200 0 Td", "1 0 0 1 272 300 Tm", "ET BT /F 12 Tf 272 300 Td"] {
        assert_shows(
            &format!("BT /F 12 Tf 1 0 0 1 72 300 Tm (044032000211) Tj {next} (62522141) Tj ET"),
            &["044032000211", "62522141"],
        );
    }
    assert_shows(
        "BT /F 12 Tf 72 300 Td [(044032000211) -3000 (62522141)] TJ ET",
        &["044032000211", "62522141"],
    );
    assert_shows(
        "BT /F 12 Tf 72 300 Td (044032000211) Tj /F 10 Tf (6252214100) Tj ET",
        &["044032000211", "6252214100"],
    );
}

/// Also where the page moves in their place, and where it stands on its head.
#[test]
fn a_number_that_is_set_digit_by_digit_is_one() {
    let digits = "25952000000000000017";
    let by = |piece: &dyn Fn(usize, char) -> String| {
        digits.chars().enumerate().map(|(nth, digit)| piece(nth, digit)).collect::<String>()
    };
    let all = [
        by(&|nth, digit| format!("BT /F 12 Tf {} 300 Td ({digit}) Tj ET ", 72 + 8 * nth)),
        by(&|nth, digit| format!("BT /F 12 Tf 1 0 0 1 {} 300 Tm ({digit}) Tj ET ", 72 + 14 * nth)),
        by(&|nth, digit| {
            format!("q 1 0 0 1 {} 300 cm BT /F 12 Tf ({digit}) Tj ET Q ", 72 + 7 * nth)
        }),
        by(&|nth, digit| {
            format!("BT /F 12 Tf -1 0 0 -1 {} 300 Tm ({digit}) Tj ET ", 400 - 7 * nth)
        }),
        format!("BT /F 12 Tf 72 300 Td [{}] TJ ET", by(&|_, digit| format!("({digit}) -150 "))),
        format!("BT /F 12 Tf 4 Tc 72 300 Td {} ET", by(&|_, digit| format!("({digit}) Tj "))),
    ];
    for content in all {
        let behind = "BT /F 12 Tf 72 100 Td (62522141) Tj ET";
        assert_shows(&format!("{content} {behind}"), &[digits, "62522141"]);
    }
}

#[test]
fn forms_are_read_with_their_own_fonts_or_the_pages() {
    let content = "BT /G 12 Tf 72 300 Td (044032000211) Tj ET /Y Do";
    let outer = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 600 400] /Resources <</Font <</G 5 0 R>> \
         /XObject <</Y 7 0 R>>>>",
        content,
    );
    let inner = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 600 400]",
        "BT /G 12 Tf 72 280 Td (62522141) Tj ET",
    );
    let image = stream("/Type /XObject /Subtype /Image", "BT /F 12 Tf (20210102) Tj ET");
    let resources = format!("{FONT} /XObject <</X 6 0 R /Y 8 0 R>>");
    let shown = numbers_of("q /X Do Q /Y Do", &resources, &[outer, inner, image]);
    assert_eq!(shown, ["044032000211", "62522141"]);
}

/// One that shows itself, each time twice, ends.
#[test]
fn forms_within_forms_end() {
    let form = |shows: &str| {
        let resources = format!("/Resources <<{FONT} /XObject <</X 6 0 R>>>>");
        let dictionary = format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] {resources}");
        stream(&dictionary, shows)
    };
    let resources = format!("{FONT} /XObject <</X 6 0 R>>");
    let itself = form("BT /F 12 Tf (62522141) Tj ET /X Do /X Do /X Do");
    assert_eq!(numbers_of(&"/X Do ".repeat(100), &resources, &[itself]), ["62522141"]);
}
