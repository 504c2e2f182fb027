//! What independent programs read in printed invoices: poppler (text, fonts, properties, attached
//! files, pictures), qpdf, a reader of QR codes, and an XML parser.
//!
//! They are Debian's packages `poppler-utils` and `qpdf`, and crates. Two tests print with the fonts
//! of its packages `fonts-noto-cjk` and `fonts-dejavu-core`.

#![expect(clippy::unwrap_used, reason = "a test that panics fails")]

#[path = "face/data.rs"]
mod data;
#[path = "face/fixtures.rs"]
mod fixtures;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fixtures::{Fixture, all, content, fixture, line, many};
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::line::{Line, LineNature, Untaxed};
use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_render::capitals::capitals;
use kaipiao_render::{FaceRenderer, FontFile, Fonts, qr};
use proptest::prelude::*;
use quick_xml::events::Event;
use rust_decimal::Decimal;
use tempfile::TempDir;

/// A file on disk, gone at the end of the test.
struct Written {
    folder: TempDir,
}

impl Written {
    fn new(fixture: &Fixture) -> Self {
        Self::of(&FaceRenderer::default().pdf(&fixture.request, &fixture.content, &fixture.invoice))
    }

    fn of(pdf: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("the disk takes a folder");
        fs::write(folder.path().join("invoice.pdf"), pdf).expect("the disk takes a file");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a program says of the file; the test fails if the program does.
    fn ask(&self, program: &str, before: &[&str], after: &[&str]) -> String {
        let output = Command::new(program)
            .args(before)
            .arg(self.path("invoice.pdf"))
            .args(after)
            .output()
            .unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{program}: {complaints}");
        String::from_utf8(output.stdout).expect("the program speaks UTF-8")
    }

    /// The text of all pages, in the order in which it was drawn, without spaces.
    fn text(&self) -> String {
        packed(&self.ask("pdftotext", &["-raw", "-enc", "UTF-8"], &["-"]))
    }

    fn properties(&self, before: &[&str]) -> Vec<(String, String)> {
        let before = [&["-enc", "UTF-8"], before].concat();
        let properties = self.ask("pdfinfo", &before, &[]);
        let pairs = properties.lines().filter_map(|line| line.split_once(':'));
        pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
    }
}

fn packed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Every value that the face shows.
fn values(fixture: &Fixture) -> Vec<String> {
    let Fixture { content, invoice, .. } = fixture;
    let mut values = vec![
        invoice.number.code().to_owned(),
        invoice.number.number().to_owned(),
        invoice.check_code.clone(),
        "2017年12月04日".to_owned(),
        format!("⊗{}", capitals(content.gross)),
        format!("¥{}", content.gross),
        format!("¥{}", content.net),
        total_tax(content),
        content.drawer.clone(),
        content.payee.clone(),
        content.reviewer.clone(),
        content.remark.clone(),
    ];
    for party in [&content.buyer, &content.seller] {
        let contacts = [&party.address, &party.phone, &party.bank, &party.bank_account];
        values.extend([&party.name, &party.tax_id].into_iter().chain(contacts).cloned());
    }
    values.extend(rows(content));
    values
}

/// The total tax as faces show it.
fn total_tax(content: &Content) -> String {
    let is_due = content.lines.iter().any(|line| !is_no_sale(line));
    if is_due { format!("¥{}", content.tax) } else { "***".to_owned() }
}

fn is_no_sale(line: &Line) -> bool {
    line.tax_code.starts_with('6')
}

/// Each line's cells, as they stand beside each other.
fn rows(content: &Content) -> Vec<String> {
    let names = content.printed_names();
    content.lines.iter().zip(names).map(|(line, name)| row(line, &name)).collect()
}

fn row(line: &Line, name: &str) -> String {
    let number = |number: Option<Decimal>| {
        number.map(|number| number.normalize().to_string()).unwrap_or_default()
    };
    let rate = match is_no_sale(line) {
        true => "不征税".to_owned(),
        false => format!("{}%", (line.rate * Decimal::ONE_HUNDRED).normalize()),
    };
    let tax = if is_no_sale(line) { "***".to_owned() } else { line.tax.to_string() };
    let (quantity, price) = (number(line.quantity), number(line.unit_price));
    format!("{name}{}{}{quantity}{price}{}{rate}{tax}", line.model, line.unit, line.net)
}

fn assert_holds(name: &str, text: &str, values: &[String]) {
    for value in values {
        assert!(text.contains(&packed(value)), "{name} lost {value}\nin: {text}");
    }
}

#[test]
fn every_value_is_read_back() {
    for fixture in all() {
        let text = Written::new(&fixture).text();
        assert_holds(fixture.name, &text, &values(&fixture));
        assert!(text.contains("样票SPECIMEN仅供测试"), "{}", fixture.name);
    }
}

#[test]
fn the_mark_is_not_between_the_values() {
    let fixture = fixture("", Face::Classic, content(many(300)));
    let written = Written::new(&fixture);
    let pages = written.ask("pdftotext", &["-raw"], &["-"]).matches('\u{c}').count();
    // Only at the foot of each page.
    assert_eq!(written.text().matches("样票").count(), pages);
    let licensed = kaipiao_domain::invoicing::issued_invoice::IssuedInvoice {
        specimen: false,
        ..fixture.invoice.clone()
    };
    let pdf = FaceRenderer::default().pdf(&fixture.request, &fixture.content, &licensed);
    let text = Written::of(&pdf).text();
    assert!(!text.contains("样票") && !text.contains("SPECIMEN"));
}

#[test]
fn only_a_red_digital_sample_has_a_made_up_confirmation() {
    let confirmation = "红字发票信息确认单编号";
    let text = |fixture: &Fixture| Written::new(fixture).text();
    for mut fixture in all() {
        let is_confirmed = fixture.name == "digital-red";
        let (number, shown) = (format!("{confirmation}：95000017120000000017"), text(&fixture));
        assert_eq!(shown.contains(&number), is_confirmed, "{}", fixture.name);
        assert_eq!(shown.contains(confirmation), is_confirmed, "{}", fixture.name);
        fixture.invoice.specimen = false;
        assert!(!text(&fixture).contains(confirmation), "{}", fixture.name);
    }
}

#[test]
fn programs_that_order_text_themselves_read_the_values() {
    for fixture in all() {
        let text = packed(&Written::new(&fixture).ask("pdftotext", &["-layout"], &["-"]));
        let number = fixture.invoice.number.number().to_owned();
        let gross = format!("¥{}", fixture.content.gross);
        assert_holds(fixture.name, &text, &[number, gross]);
    }
}

#[test]
fn a_face_names_itself_and_a_red_one_is_seen_to_be_red() {
    for fixture in all() {
        let text = Written::new(&fixture).text();
        let face = fixture.invoice.number.face();
        let title = match face {
            Face::Classic => "增值税电子普通发票",
            Face::Digital => "电子发票（普通发票）",
        };
        assert!(text.contains(title), "{}", fixture.name);
        let is_red = fixture.name.ends_with("red");
        assert_eq!(text.contains("⊗（负数）"), is_red, "{}", fixture.name);
        assert_eq!(text.contains("销项负数"), is_red && face == Face::Classic, "{}", fixture.name);
    }
}

#[test]
fn typefaces_are_embedded_reduced_and_readable() {
    for fixture in all() {
        let fonts = Written::new(&fixture).ask("pdffonts", &[], &[]);
        let lines: Vec<&str> = fonts.lines().skip(2).collect();
        for own in ["+FPSong-Regular", "+FPKai-Regular"] {
            assert!(lines.iter().any(|line| line.contains(own)), "{fonts}");
        }
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert!(words.windows(3).any(|three| three == ["yes", "yes", "yes"]), "{fonts}");
        }
    }
}

#[test]
fn the_machines_fonts_print_what_the_embedded_one_lacks() {
    let renderer = FaceRenderer::default();
    let lacking = |character: char| !Fonts::embedded_only().has_glyph(character);
    assert!(fixtures::TRADITIONAL.chars().any(lacking));
    let has_all = fixtures::TRADITIONAL.chars().all(|character| renderer.can_print(character));
    assert!(has_all, "Debian's fonts-noto-cjk must be installed");
    let fixture = all().into_iter().find(|one| one.name == "classic-traditional").unwrap();
    let written = Written::new(&fixture);
    assert!(written.text().contains(fixtures::TRADITIONAL));
    let fonts = written.ask("pdffonts", &[], &[]);
    assert_eq!(fonts.lines().skip(2).count(), 3, "{fonts}");
    assert!(fonts.contains("+NotoSerifCJK"), "{fonts}");
}

#[test]
fn a_font_with_other_outlines_prints_too() {
    let path = PathBuf::from("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
    assert!(path.exists(), "Debian's fonts-dejavu-core must be installed");
    let fonts = Fonts::new([FontFile { path, face_index: 0 }]);
    let renderer = FaceRenderer::new(fonts);
    let mut fixture = fixture("", Face::Digital, content(fixtures::one_line()));
    fixture.content.buyer.name = "甲ħ乙ŁŐ公司".into();
    let written = Written::of(&renderer.pdf(&fixture.request, &fixture.content, &fixture.invoice));
    let text = written.text();
    assert!(text.contains("甲ħ乙ŁŐ公司"), "{text}");
    let fonts = written.ask("pdffonts", &[], &[]);
    assert!(fonts.contains("+DejaVuSans") && fonts.contains("CID TrueType"), "{fonts}");
    written.ask("qpdf", &["--check"], &[]);
}

/// No request waits for a disk: it asks this before anything is drawn.
#[test]
fn what_can_be_printed_is_known_without_reading_a_font() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("font.ttf");
    fs::copy("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", &path)
        .expect("Debian's fonts-dejavu-core must be installed");
    let renderer = FaceRenderer::new(Fonts::new([FontFile { path: path.clone(), face_index: 0 }]));
    fs::remove_file(path).unwrap();
    assert!(renderer.can_print('ħ') && !renderer.can_print('臺'));
    let mut fixture = fixture("", Face::Digital, content(fixtures::one_line()));
    fixture.content.buyer.name = "甲ħ乙".into();
    let written = Written::of(&renderer.pdf(&fixture.request, &fixture.content, &fixture.invoice));
    assert!(written.text().contains("甲?乙"), "a font that has gone leaves gaps that are seen");
}

#[test]
fn qpdf_finds_no_fault() {
    for fixture in all() {
        let report = Written::new(&fixture).ask("qpdf", &["--check"], &[]);
        assert!(report.contains("No syntax or stream encoding errors found"), "{report}");
    }
}

#[test]
fn an_invoice_has_the_official_size_and_its_list_is_a4() {
    for fixture in all() {
        let written = Written::new(&fixture);
        let sizes: Vec<String> = written
            .properties(&["-l", "99"])
            .into_iter()
            .filter(|(name, _)| name.ends_with("size") && name.starts_with("Page"))
            .map(|(_, value)| value)
            .collect();
        assert_eq!(sizes[0], "595.28 x 396.85 pts", "{}", fixture.name);
        let other = match fixture.invoice.number.face() {
            Face::Classic => "595.28 x 841.89 pts (A4)",
            Face::Digital => "595.28 x 396.85 pts",
        };
        assert!(sizes[1..].iter().all(|size| size == other), "{} {sizes:?}", fixture.name);
        let has_more = fixture.content.lines.len() > 20;
        assert_eq!(sizes.len() > 1, has_more, "{}", fixture.name);
    }
}

#[test]
fn pages_have_sums_of_their_own() {
    for (face, total) in [(Face::Classic, "总计"), (Face::Digital, "合计")] {
        let fixture = fixture("", face, content(many(300)));
        let text = Written::new(&fixture).ask("pdftotext", &["-raw"], &["-"]);
        let pages: Vec<String> =
            text.split('\u{c}').filter(|page| !page.is_empty()).map(packed).collect();
        let listed = if face == Face::Classic { &pages[1..] } else { &pages };
        for (index, page) in listed.iter().enumerate() {
            assert_eq!(page.matches("小计").count(), 1, "{page}");
            assert!(page.contains(&format!("共{}页第{}页", listed.len(), index + 1)), "{page}");
        }
        assert!(listed[listed.len() - 1].contains(total));
        assert_eq!(pages[0].contains("（详见销货清单）"), face == Face::Classic);
    }
}

#[test]
fn no_sum_shows_a_tax_where_none_is_due() {
    for face in Face::ALL {
        let fixture = fixture("", face, content(fixtures::prepaid(40)));
        let text = Written::new(&fixture).text();
        assert!(!text.contains("¥0.00"), "{text}");
        let seen = text.contains("（详见销货清单）20000.00不征税***");
        assert_eq!(seen, face == Face::Classic, "{text}");
    }
}

/// Exempt, not taxed and a rate of zero are three things, and each face tells them apart.
#[test]
fn exempt_not_taxed_and_zero_rate_are_told_apart() {
    let zero = |name: &str, untaxed| Line { untaxed, ..line(name, "1", "7", "7", "0") };
    let lines = vec![
        zero("甲", Some(Untaxed::Exempt)),
        zero("乙", Some(Untaxed::NotTaxed)),
        zero("丙", None),
        line("丁", "1", "100", "100", "0.13"),
    ];
    for face in Face::ALL {
        let text = Written::new(&fixture("", face, content(lines.clone()))).text();
        for seen in ["7.00免税***", "7.00不征税***", "7.000%0.00", "100.0013%13.00"] {
            assert!(text.contains(seen), "{face:?}: {seen} in {text}");
        }
        // One taxed line is enough for a sum; without any there is none.
        assert!(text.contains("¥13.00"), "{text}");
        let untaxed = Written::new(&fixture("", face, content(lines[..2].to_vec()))).text();
        assert!(!untaxed.contains("¥0.00"), "{untaxed}");
    }
}

#[test]
fn the_properties_hold_the_invoices_fields() {
    let fixture = &all()[0];
    let written = Written::new(fixture);
    let properties = [written.properties(&[]), written.properties(&["-custom"])].concat();
    for (name, value) in [
        ("Title", "增值税电子普通发票"),
        ("Author", "深圳市示例家电商贸有限公司"),
        ("Subject", "增值税电子普通发票 044032411111 30329969"),
        ("Keywords", "04403241111130329969, 北京某某科技有限公司, 159.00"),
        ("Producer", "Kaipiao"),
        ("InvoiceCode", "044032411111"),
        ("InvoiceNumber", "30329969"),
        ("CheckCode", "63205347819001756240"),
        ("IssueTime", "2017-12-04 17:21:59"),
        ("BuyerIdNum", "91110108MA01A2B3C4"),
        ("TotalTaxIncludedAmount", "159.00"),
    ] {
        let expected = (name.to_owned(), value.to_owned());
        assert!(properties.contains(&expected), "{expected:?} is not in {properties:?}");
    }
}

#[test]
fn the_qr_code_is_read_from_the_picture() {
    for fixture in all() {
        let written = Written::new(&fixture);
        let target = written.path("page");
        let target = target.to_str().expect("a temporary folder has a plain name");
        written.ask("pdftoppm", &["-r", "200", "-gray", "-l", "1", "-singlefile"], &[target]);
        let (width, height, pixels) = grey_picture(&fs::read(written.path("page.pgm")).unwrap());
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            pixels[y * width + x]
        });
        let codes = picture.detect_grids();
        let read: Vec<String> = codes.iter().map(|code| code.decode().unwrap().1).collect();
        assert_eq!(read, [qr::text(&fixture.content, &fixture.invoice)], "{}", fixture.name);
    }
}

#[test]
fn the_qr_code_says_what_the_country_agreed_on() {
    let of = |name: &str| {
        let fixture = all().into_iter().find(|one| one.name == name).unwrap();
        qr::text(&fixture.content, &fixture.invoice)
    };
    let (classic, digital) = (of("classic-1"), of("digital-1"));
    let start = "01,10,044032411111,30329969,135.90,20171204,63205347819001756240,";
    assert!(classic.starts_with(start) && classic.len() == start.len() + 5, "{classic}");
    let start = "01,32,,25952000000000000017,159.00,20171204,,";
    assert!(digital.starts_with(start) && digital.len() == start.len() + 5, "{digital}");
}

/// Width, height and pixels of a PGM file.
fn grey_picture(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let head: Vec<&[u8]> = file.splitn(4, |byte| byte.is_ascii_whitespace()).collect();
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().parse::<usize>().unwrap();
    let (width, height) = (number(head[1]), number(head[2]));
    (width, height, file[file.len() - width * height..].to_vec())
}

/// Names and texts of an XML document's elements; the test fails if it is none.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut elements, mut open) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().expect("the document is XML") {
            Event::Start(start) => {
                open.push((
                    String::from_utf8(start.name().as_ref().into()).unwrap(),
                    String::new(),
                ));
            }
            Event::End(_) => elements.extend(open.pop()),
            Event::Text(text) => {
                let text = text.xml10_content().into_owned();
                open.last_mut().iter_mut().for_each(|(_, all)| all.push_str(&text));
            }
            Event::GeneralRef(name) => {
                let text = format!("&{};", &*name);
                let text = quick_xml::escape::unescape(&text).unwrap().into_owned();
                open.last_mut().iter_mut().for_each(|(_, all)| all.push_str(&text));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    elements
}

#[test]
fn all_the_data_is_attached_as_xml() {
    for fixture in all() {
        let written = Written::new(&fixture);
        let target = written.path("data.xml");
        written.ask("pdfdetach", &["-save", "1", "-o", target.to_str().unwrap()], &[]);
        let mut read = elements(&fs::read_to_string(target).unwrap());
        assert_eq!(read.last().map(|(name, _)| &**name), Some("EInvoice"));
        // Groups hold nothing but what indents their members.
        read.retain(|(_, text)| !text.trim().is_empty());
        let read: Vec<_> = read.iter().map(|(name, text)| (&**name, text.clone())).collect();
        assert_eq!(read, data::of(&fixture), "{}", fixture.name);
    }
}

#[test]
fn a_name_that_looks_like_a_program_stays_a_name() {
    let hostile = r#""><script>alert(1)</script>]]>&"#;
    for face in Face::ALL {
        let mut content = content(fixtures::one_line());
        content.buyer.name = hostile.into();
        let fixture = fixture("", face, content);
        for page in
            FaceRenderer::default().svg(&fixture.request, &fixture.content, &fixture.invoice)
        {
            let elements = elements(&page);
            let drawn = ["svg", "title", "defs", "g", "text"];
            assert!(elements.iter().all(|(name, _)| drawn.contains(&&**name)));
            assert!(elements.contains(&("text".to_owned(), hostile.to_owned())), "{elements:?}");
        }
    }
}

#[test]
fn the_pictures_for_screens_hold_the_values() {
    let renderer = FaceRenderer::default();
    for fixture in all() {
        let pages = renderer.svg(&fixture.request, &fixture.content, &fixture.invoice);
        let mut text = String::new();
        for page in &pages {
            assert!(page.contains(r#"viewBox="0 0 210 "#));
            for (name, content) in elements(page) {
                text.push_str(if name == "text" { &content } else { "" });
            }
        }
        assert_holds(fixture.name, &packed(&text), &values(&fixture));
        assert!(pages.iter().all(|page| page.contains("样票 SPECIMEN")));
    }
}

/// What it looks like depends on no font of the screen.
#[test]
fn the_pictures_for_screens_bring_every_outline() {
    let renderer = FaceRenderer::default();
    for fixture in all() {
        let pages = renderer.svg(&fixture.request, &fixture.content, &fixture.invoice);
        for page in &pages {
            assert!(!page.contains("font-family"), "{}", fixture.name);
            let texts: Vec<&str> = page.lines().filter(|line| line.contains("<text ")).collect();
            let is_drawn =
                |line: &&str| line.starts_with("<g fill=") && line.contains("fill=\"none\"");
            assert!(texts.iter().all(is_drawn), "what can be read has no ink of its own");
            let used =
                page.split("<use href=\"#").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]);
            for name in used {
                let outline = format!("<path id=\"{name}\" d=\"M");
                assert!(page.contains(&outline), "{}: {name}", fixture.name);
            }
        }
    }
}

#[test]
fn the_same_invoice_gives_the_same_bytes() {
    let (renderer, again) = (FaceRenderer::default(), FaceRenderer::default());
    for fixture in all() {
        let bytes = renderer.pdf(&fixture.request, &fixture.content, &fixture.invoice);
        assert!(
            bytes == again.pdf(&fixture.request, &fixture.content, &fixture.invoice),
            "{}",
            fixture.name
        );
    }
    let other = fixture("", Face::Classic, content(vec![line("洗衣机", "1", "1", "1", "0.17")]));
    let one = &all()[0];
    let pdf = |of: &Fixture| renderer.pdf(&of.request, &of.content, &of.invoice);
    assert!(pdf(one) != pdf(&other));
}

#[test]
fn a_character_without_glyph_leaves_a_question_mark() {
    let mut strange = content(many(1));
    strange.buyer.name = "王𪚥\u{0}明".into();
    let text = Written::new(&fixture("", Face::Classic, strange)).text();
    assert!(text.contains("王??明"), "{text}");
}

/// Any characters, with many that the typeface has.
fn any_text(most: usize) -> impl Strategy<Value = String> {
    let printable = proptest::char::range('一', '龥');
    let character = prop_oneof![any::<char>(), printable, proptest::char::range(' ', '~')];
    proptest::collection::vec(character, 0..most).prop_map(String::from_iter)
}

fn any_line() -> impl Strategy<Value = Line> {
    let texts = (any_text(120), any_text(60), any_text(20), "[0-9]{0,19}");
    let numbers = (any::<i64>(), 0_u32..19, any::<bool>(), -1_000_000_i64..1_000_000_000, 0_u8..3);
    (texts, numbers).prop_map(
        |((name, model, unit, tax_code), (digits, scale, has, fen, nature))| {
            let number = has.then(|| Decimal::new(digits, scale));
            Line {
                nature: LineNature::from_number(nature).unwrap(),
                tax_code,
                category: None,
                name,
                unit,
                model,
                quantity: number,
                unit_price: number,
                net: kaipiao_domain::money::Fen::new(fen),
                rate: Decimal::new(i64::from(nature), 2),
                untaxed: None,
                tax: kaipiao_domain::money::Fen::new(fen / 7),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_content_at_all_gives_a_valid_file(
        lines in proptest::collection::vec(any_line(), 0..12),
        texts in proptest::collection::vec(any_text(300), 6),
        is_digital: bool,
    ) {
        let mut content = content(lines);
        content.buyer.name.clone_from(&texts[0]);
        content.seller.address.clone_from(&texts[1]);
        content.seller.bank.clone_from(&texts[2]);
        content.remark.clone_from(&texts[3]);
        content.drawer.clone_from(&texts[4]);
        content.buyer.tax_id.clone_from(&texts[5]);
        let face = if is_digital { Face::Digital } else { Face::Classic };
        let fixture = fixture("", face, content);
        Written::new(&fixture).ask("qpdf", &["--check"], &[]);
        for page in FaceRenderer::default().svg(&fixture.request, &fixture.content, &fixture.invoice) {
            elements(&page);
        }
    }
}
