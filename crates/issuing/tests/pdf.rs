//! What independent programs read in the files: poppler (text, fonts, properties) and qpdf.
//!
//! They are Debian's packages `poppler-utils` and `qpdf`.

use std::fs;
use std::path::Path;
use std::process::Command;

use kaipiao_issuing::font::has_glyph;
use kaipiao_issuing::pdf::{Align, Column, Row, Sheet, render};
use proptest::prelude::*;
use tempfile::TempDir;

/// A file on disk, gone at the end of the test.
struct Written {
    folder: TempDir,
}

impl Written {
    fn new(sheet: &Sheet) -> Self {
        let folder = tempfile::tempdir().expect("the disk takes a folder");
        fs::write(folder.path().join("sheet.pdf"), render(sheet)).expect("the disk takes a file");
        Self { folder }
    }

    /// What a program says of the file; the test fails if the program does.
    fn ask(&self, program: &str, before: &[&str], after: &[&str]) -> String {
        let path: &Path = &self.folder.path().join("sheet.pdf");
        let output = Command::new(program)
            .args(before)
            .arg(path)
            .args(after)
            .output()
            .unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{program}: {complaints}");
        String::from_utf8(output.stdout).expect("the program speaks UTF-8")
    }

    /// The text of all pages, in the order in which it was drawn.
    fn text(&self) -> String {
        self.ask("pdftotext", &["-raw", "-enc", "UTF-8"], &["-"])
    }
}

fn packed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

fn pair(label: &str, value: &str) -> Row {
    Row::Pair { label: label.to_owned(), value: value.to_owned() }
}

fn column(title: &str, share: u16, align: Align) -> Column {
    Column { title: title.to_owned(), share, align }
}

const BUYER: &str = "深圳市福田区华强北街道某某电子商务与供应链管理服务（集团）股份有限公司，地址：广东省深圳市\
    福田区深南大道六〇〇九号车公庙绿景广场主楼三十二层；电话：0755-12345678；Unit 32A, Block “Lvjing”, \
    6009 Shennan Boulevard, Shenzhen 518040, P.R. China。";
const NAMES: &str = "䶮㛃㴋𬱖𫖯 阿卜杜拉·买买提 ～〜 ⊗壹佰伍拾玖圆整 ¥159.00 №1 ㎡";

fn pairs() -> Vec<Row> {
    vec![
        Row::Heading("发票".to_owned()),
        pair("发票代码", "050003521100"),
        pair("发票号码", "88978450"),
        pair("校验码", "63205 34781 90017 56240"),
        Row::Heading("购买方".to_owned()),
        pair("名称", BUYER),
        pair("姓名", NAMES),
        pair("统一社会信用代码／纳税人识别号", "91350100M000100Y43"),
        pair("备注", "第一行\n第二行"),
    ]
}

fn goods(count: usize) -> Row {
    let columns = vec![
        column("项目名称", 8, Align::Left),
        column("规格型号", 4, Align::Left),
        column("单位", 2, Align::Center),
        column("数量", 3, Align::Right),
        column("金额", 4, Align::Right),
        column("税率", 2, Align::Right),
    ];
    let row = |index: usize| {
        vec![
            format!("*家用清洁电器具*全自动滚筒洗衣机第{index}号，含上门安装与三年保修服务"),
            format!("XQG100-{index:03}"),
            "台".to_owned(),
            "1".to_owned(),
            format!("{}.90", 1000 + index),
            "13%".to_owned(),
        ]
    };
    Row::Table { columns, rows: (1..=count).map(row).collect() }
}

fn sheet(rows: Vec<Row>) -> Sheet<'static> {
    Sheet {
        title: "增值税电子普通发票", author: "某某科技有限公司", rows, specimen: false
    }
}

fn values(rows: &[Row]) -> Vec<String> {
    let texts = |row: &Row| match row {
        Row::Heading(text) => vec![text.clone()],
        Row::Pair { label, value } => vec![label.clone(), value.clone()],
        Row::Table { columns, rows } => {
            let titles = columns.iter().map(|column| column.title.clone());
            titles.chain(rows.iter().flatten().cloned()).collect()
        }
    };
    rows.iter().flat_map(texts).collect()
}

fn assert_holds_all(text: &str, rows: &[Row]) {
    let text = packed(text);
    for value in values(rows) {
        assert!(text.contains(&packed(&value)), "lost: {value}\nin: {text}");
    }
}

#[test]
fn every_value_is_read_back() {
    let mut rows = pairs();
    rows.push(goods(3));
    let text = Written::new(&sheet(rows.clone())).text();
    assert_holds_all(&text, &rows);
    assert!(packed(&text).contains("增值税电子普通发票"));
}

#[test]
fn every_value_is_read_back_from_a_specimen() {
    let mut rows = pairs();
    rows.push(goods(3));
    let written = Written::new(&Sheet { specimen: true, ..sheet(rows.clone()) });
    let text = written.text();
    assert_holds_all(&text, &rows);
    assert_eq!(text.matches("样票 SPECIMEN").count(), 1, "only at the foot of the page");
}

#[test]
fn hyphens_survive_where_lines_end() {
    let rows: Vec<Row> = (60..100)
        .flat_map(|length| {
            let word = format!("{}-洗衣机-{}", "型".repeat(length % 40), "X".repeat(length));
            [pair("型号", &word), pair("编号", &"12-".repeat(length))]
        })
        .collect();
    let text = Written::new(&sheet(rows.clone())).ask("pdftotext", &["-enc", "UTF-8"], &["-"]);
    assert_holds_all(&text, &rows);
}

#[test]
fn programs_that_order_text_themselves_read_the_pairs() {
    let rows = pairs();
    let text = Written::new(&sheet(rows.clone())).ask("pdftotext", &["-enc", "UTF-8"], &["-"]);
    assert_holds_all(&text, &rows);
}

#[test]
fn the_typeface_is_embedded_reduced_and_readable() {
    let fonts = Written::new(&sheet(pairs())).ask("pdffonts", &[], &[]);
    let lines: Vec<&str> = fonts.lines().skip(2).collect();
    assert_eq!(lines.len(), 1, "{fonts}");
    assert!(lines[0].contains("+FPSong-Regular"), "{fonts}");
    assert!(lines[0].contains("CID Type 0C"), "{fonts}");
    let words: Vec<&str> = lines[0].split_whitespace().collect();
    assert!(words.windows(3).any(|three| three == ["yes", "yes", "yes"]), "{fonts}");
}

#[test]
fn qpdf_finds_no_fault() {
    for specimen in [false, true] {
        let mut rows = pairs();
        rows.push(goods(40));
        let written = Written::new(&Sheet { specimen, ..sheet(rows) });
        let report = written.ask("qpdf", &["--check"], &[]);
        assert!(report.contains("No syntax or stream encoding errors found"), "{report}");
    }
}

#[test]
fn the_properties_name_title_author_and_producer() {
    let properties = Written::new(&sheet(pairs())).ask("pdfinfo", &["-enc", "UTF-8"], &[]);
    let value = |key: &str| {
        let line = properties.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    assert_eq!(value("Title").as_deref(), Some("增值税电子普通发票"));
    assert_eq!(value("Author").as_deref(), Some("某某科技有限公司"));
    assert_eq!(value("Producer").as_deref(), Some("Kaipiao"));
    assert_eq!(value("Page size").as_deref(), Some("595.28 x 841.89 pts (A4)"));
    assert_eq!(value("CreationDate"), None);
}

#[test]
fn a_long_table_flows_over_pages_under_a_repeated_head() {
    let rows = vec![goods(300)];
    let text = Written::new(&sheet(rows.clone())).text();
    assert_holds_all(&text, &rows);
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.is_empty()).collect();
    assert!(pages.len() > 5);
    for (index, page) in pages.iter().enumerate() {
        assert_eq!(page.matches("项目名称").count(), 1, "page {}", index + 1);
        assert!(page.contains(&format!("{} / {}", index + 1, pages.len())));
    }
}

#[test]
fn a_value_longer_than_a_page_is_cut_between_lines() {
    let value: String = (1..2000).map(|number| format!("第{number}段，")).collect();
    let rows = vec![pair("备注", &value)];
    let text = Written::new(&sheet(rows)).text();
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.is_empty()).collect();
    assert!(pages.len() > 2);
    let without_foot = |(index, page): (usize, &&str)| {
        packed(page).replace(&format!("{}/{}", index + 1, pages.len()), "")
    };
    let joined: String = pages.iter().enumerate().map(without_foot).collect();
    assert!(joined.contains(&value), "{joined}");
}

#[test]
fn cells_beyond_the_columns_are_kept() {
    let row = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let columns = vec![column("甲", 0, Align::Left)];
    let table = Row::Table { columns, rows: vec![row(&["一", "二", "三"]), row(&[])] };
    let rows = vec![table, Row::Table { columns: vec![], rows: vec![] }];
    assert_holds_all(&Written::new(&sheet(rows.clone())).text(), &rows);
}

#[test]
fn a_character_without_glyph_leaves_a_question_mark() {
    let text = Written::new(&sheet(vec![pair("姓名", "王𪚥\u{0}明")])).text();
    assert!(text.contains("王??明"), "{text}");
}

#[test]
fn every_character_of_the_typeface_is_read_back() {
    let all: String = (0..0x4_0000)
        .filter_map(char::from_u32)
        .filter(|character| has_glyph(*character))
        .collect();
    let rows = vec![pair("字符", &all)];
    let text = packed(&Written::new(&sheet(rows)).text());
    let lost: String = all
        .chars()
        .filter(|character| !character.is_whitespace() && !text.contains(*character))
        .collect();
    assert_eq!(lost, "");
}

#[test]
fn an_empty_sheet_is_a_page() {
    let written = Written::new(&Sheet::default());
    assert_eq!(packed(&written.text()), "1/1");
    written.ask("qpdf", &["--check"], &[]);
}

#[test]
fn the_same_sheet_gives_the_same_bytes() {
    let rows = || pairs().into_iter().chain([goods(30)]).collect();
    assert!(render(&sheet(rows())) == render(&sheet(rows())));
    let other = sheet(vec![pair("发票号码", "88978451")]);
    assert!(render(&sheet(vec![pair("发票号码", "88978450")])) != render(&other));
}

/// Any characters, with many that the typeface has.
fn any_text() -> impl Strategy<Value = String> {
    let printable = proptest::char::range('一', '龥').prop_filter("printable", |c| has_glyph(*c));
    let character = prop_oneof![any::<char>(), printable, proptest::char::range(' ', '~')];
    proptest::collection::vec(character, 0..60).prop_map(String::from_iter)
}

fn any_row() -> impl Strategy<Value = Row> {
    let column = (any_text(), any::<u16>(), prop_oneof![Just(Align::Left), Just(Align::Right)])
        .prop_map(|(title, share, align)| Column { title, share, align });
    let columns = proptest::collection::vec(column, 0..8);
    let cells = proptest::collection::vec(proptest::collection::vec(any_text(), 0..8), 0..5);
    prop_oneof![
        any_text().prop_map(Row::Heading),
        (any_text(), any_text()).prop_map(|(label, value)| Row::Pair { label, value }),
        (columns, cells).prop_map(|(columns, rows)| Row::Table { columns, rows }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_at_all_gives_a_valid_file(
        title in any_text(),
        author in any_text(),
        rows in proptest::collection::vec(any_row(), 0..6),
        specimen: bool,
    ) {
        let written = Written::new(&Sheet { title: &title, author: &author, rows, specimen });
        written.ask("qpdf", &["--check"], &[]);
    }
}
