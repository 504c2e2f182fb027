//! The short name of a tax classification, which stands before a line's name between asterisks
//! (invoice_face d).
//!
//! The built-in table is a small one of our own: enough for the goods and services that people try
//! first. An operator's table wins over it. A code that neither knows prints without a short name.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use kaipiao_domain::text;

/// The first digits of codes, and the short name of all that begin with them. Where several fit, the
/// longest counts.
///
/// Each stands in both public copies of the 商品和服务税收分类编码表 (edition of December 2017, 4,205
/// codes) that were read: those of alison990222/pwc-tax-project and of xinyuanp/Pwc-STEM-Challenge on
/// GitHub; all codes below an entry have its name there. What was renamed since has no entry
/// (信息技术服务, 30402…, in July 2025): a wrong category is worse than none.
const SHORT_NAMES: [(&str, &str); 111] = [
    ("1010101", "谷物"),
    ("1010113", "花卉"),
    ("1030101", "谷物细粉"),
    ("1030102", "谷物加工品"),
    ("1030105", "植物油"),
    ("1030106", "糖"),
    ("1030107", "肉及肉制品"),
    ("1030108", "熟肉制品"),
    ("1030109", "水产加工品"),
    ("1030110", "蔬菜加工品"),
    ("1030111", "果类加工品"),
    ("1030113", "豆制品"),
    ("1030114", "蛋制品"),
    ("1030201", "焙烤食品"),
    ("1030202", "糖果类食品"),
    ("1030203", "方便食品"),
    ("1030204", "乳制品"),
    ("1030205", "罐头"),
    ("1030206", "调味品"),
    ("1030207", "发酵类制品"),
    ("1030208", "营养保健食品"),
    ("1030209", "冷冻饮品"),
    ("1030302", "酒"),
    ("1030303", "酒"),
    ("1030304", "酒"),
    ("1030305", "酒"),
    ("1030306", "酒"),
    ("1030307", "软饮料"),
    ("1030308", "茶"),
    ("1040201", "服装"),
    ("1040202", "服装"),
    ("1040203", "服装"),
    ("1040204", "鞋"),
    ("1040205", "帽子"),
    ("1050201", "家具"),
    ("1050202", "家具配件"),
    ("1060105", "纸制品"),
    ("1060201", "印刷品"),
    ("1060202", "印刷品"),
    ("1060203", "印刷品"),
    ("1060301", "软件"),
    ("1060401", "文具"),
    ("1060402", "文具"),
    ("1060403", "教具"),
    ("1060406", "体育用品"),
    ("1060407", "乐器"),
    ("1060408", "玩具"),
    ("1060509", "珠宝首饰"),
    ("1060512", "日用杂品"),
    ("1060513", "宠物用品"),
    ("1070222", "洗涤剂"),
    ("1070223", "美容护肤品"),
    ("1070224", "口腔清洁护理品"),
    ("1070302", "化学药品制剂"),
    ("1070304", "中成药"),
    ("10705", "橡胶制品"),
    ("10706", "塑料制品"),
    ("1090409", "电线电缆"),
    ("1090414", "家用制冷器具"),
    ("1090415", "空调"),
    ("1090416", "家用通风电器具"),
    ("1090417", "家用厨房电器具"),
    ("1090418", "家用清洁电器具"),
    ("1090419", "家用美容保健电器"),
    ("1090421", "家用电器配件"),
    ("1090422", "非电力家用器具"),
    ("1090423", "电光源"),
    ("1090424", "照明装置"),
    ("1090503", "通信终端设备"),
    ("1090504", "移动通信设备"),
    ("1090505", "移动通信设备"),
    ("1090509", "电子计算机"),
    ("1090510", "计算机网络设备"),
    ("1090511", "计算机外部设备"),
    ("1090512", "计算机配套产品"),
    ("1090517", "集成电路"),
    ("1090519", "电子元件"),
    ("1090522", "家用音视频设备"),
    ("1090618", "钟表"),
    ("1090620", "眼镜类产品"),
    ("1090622", "照相器材"),
    ("1090623", "照相器材"),
    ("1090627", "文化办公用设备"),
    ("11002", "燃气"),
    ("11003", "水冰雪"),
    ("202", "劳务"),
    ("301", "运输服务"),
    ("302", "邮政服务"),
    ("303", "电信服务"),
    ("30401", "研发和技术服务"),
    ("3040301", "设计服务"),
    ("3040302", "设计服务"),
    ("3040304", "会展服务"),
    ("30404", "物流辅助服务"),
    ("3040502", "经营租赁"),
    ("30406", "鉴证咨询服务"),
    ("30407", "广播影视服务"),
    ("3040801", "企业管理服务"),
    ("3040802", "经纪代理服务"),
    ("3040803", "人力资源服务"),
    ("3040804", "安全保护服务"),
    ("305", "建筑服务"),
    ("3060301", "保险服务"),
    ("3060302", "保险服务"),
    ("3070301", "旅游服务"),
    ("3070401", "餐饮服务"),
    ("3070402", "住宿服务"),
    ("501", "不动产"),
    ("502", "不动产"),
    ("503", "不动产"),
    ("601", "预付卡销售"),
];

/// The short name of a tax classification code, where the table has one.
#[must_use]
pub fn short_name(tax_code: &str) -> Option<&'static str> {
    let fitting = SHORT_NAMES.iter().filter(|(prefix, _)| tax_code.starts_with(prefix));
    fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, name)| *name)
}

/// Digits of a whole code, one and then two for each level below.
const CODE_DIGITS: usize = 19;
/// Characters of the longest short name.
const MAX_NAME_CHARS: usize = 64;
/// Rows of the largest table: several times the official one.
const MAX_ROWS: usize = 50_000;

/// An operator's table of short names: codes, or the first digits of codes.
#[derive(Clone, Debug, Default)]
pub struct Categories(BTreeMap<String, String>);

impl Categories {
    /// No table: the built-in one alone counts.
    pub const EMPTY: Self = Self(BTreeMap::new());

    /// Reads UTF-8 lines of `code,short name`, quoted or not; a heading in the first line is left out.
    /// Of several lines for a code the last one counts.
    ///
    /// # Errors
    /// The first line that is neither, with its number and what was expected.
    pub fn read(csv: &[u8]) -> Result<Self, String> {
        let csv = std::str::from_utf8(csv).map_err(|error| not_utf8(csv, error.valid_up_to()))?;
        let csv = csv.trim_start_matches('\u{feff}');
        let mut reader = ReaderBuilder::new();
        reader.has_headers(false).flexible(true).trim(Trim::All);
        let mut names = BTreeMap::new();
        for (index, record) in reader.from_reader(csv.as_bytes()).records().enumerate() {
            let record = record.map_err(|error| error.to_string())?;
            let is_heading =
                index == 0 && !record.as_slice().contains(|c: char| c.is_ascii_digit());
            let is_blank = record.len() == 1 && record[0].is_empty();
            if is_blank || is_heading {
                continue;
            }
            let in_line =
                |problem: String| format!("line {}: {problem}", line_number(csv, &record));
            let (code, name) = row(&record).map_err(in_line)?;
            names.insert(code.to_owned(), name.to_owned());
            if names.len() > MAX_ROWS {
                return Err(in_line(format!("expected at most {MAX_ROWS} codes")));
            }
        }
        Ok(Self(names))
    }

    /// The short name of a code: the operator's, otherwise the built-in one. Of several first digits
    /// that fit, the longest count.
    #[must_use]
    pub fn short_name(&self, tax_code: &str) -> Option<&str> {
        self.own_name(tax_code).or_else(|| short_name(tax_code))
    }

    /// How many codes the operator's table names.
    #[must_use]
    pub fn codes(&self) -> usize {
        self.0.len()
    }

    /// The first of the operator's names that has a character which cannot be printed: its code, itself, and the
    /// character.
    pub(crate) fn unprintable(
        &self,
        can_print: impl Fn(char) -> bool,
    ) -> Option<(&str, &str, char)> {
        self.0.iter().find_map(|(code, name)| {
            let character = name.chars().find(|character| !can_print(*character))?;
            Some((code.as_str(), name.as_str(), character))
        })
    }

    fn own_name(&self, tax_code: &str) -> Option<&str> {
        let prefixes = (1..=tax_code.len()).rev().filter_map(|end| tax_code.get(..end));
        prefixes.into_iter().find_map(|prefix| self.0.get(prefix)).map(String::as_str)
    }
}

/// Says where a text stops being UTF-8: as a rule at its first Chinese character in GBK.
fn not_utf8(csv: &[u8], place: usize) -> String {
    let line = 1 + csv[..place].iter().filter(|byte| **byte == b'\n').count();
    let byte = csv[place];
    format!(
        "line {line}: expected UTF-8, and byte {} of the file, 0x{byte:02X}, is none; save a table in \
         GBK or UTF-16 anew as UTF-8",
        place + 1
    )
}

fn row(record: &StringRecord) -> Result<(&str, &str), String> {
    let (Some(code), Some(name)) = (record.get(0), record.get(1)) else {
        return Err("expected a code, a comma and a short name".to_owned());
    };
    if let Some(third) = record.get(2) {
        let third = text::quoted(third);
        return Err(format!(
            "expected two columns, a code and a short name; the third holds {third}"
        ));
    }
    if !(1..=CODE_DIGITS).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("the code must be 1 to 19 digits, not {}", text::quoted(code)));
    }
    let name = name.trim_matches('*');
    let is_name = |c: char| !c.is_control() && !matches!(c, '*' | ',' | '"');
    let chars = name.chars().count();
    if !(1..=MAX_NAME_CHARS).contains(&chars) || !name.chars().all(is_name) {
        let words = "the short name must have 1 to 64 characters, and no comma, quote or asterisk";
        return Err(format!("{words}, not {}", text::quoted(name)));
    }
    Ok((prefix(code), name))
}

/// The line that a record begins in. The reader's own count lags behind by the line ends before it.
fn line_number(csv: &str, record: &StringRecord) -> usize {
    let place = record.position().map_or(0, csv::Position::byte);
    let (before, rest) = csv.split_at(usize::try_from(place).unwrap_or(csv.len()));
    let skipped = &rest[..rest.len() - rest.trim_start_matches(['\r', '\n']).len()];
    1 + before.matches('\n').count() + skipped.matches('\n').count()
}

/// The digits that a whole code shares with those below it: without the levels that are 00.
fn prefix(code: &str) -> &str {
    let mut prefix = code;
    while code.len() == CODE_DIGITS && prefix.len() > 1 {
        let Some(shorter) = prefix.strip_suffix("00") else { break };
        prefix = shorter;
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operators_table_wins_and_the_built_in_one_fills_its_gaps() {
        let csv = "\u{feff}税收分类编码,简称\r\n1090418000000000000,清洁电器\r\n\
                   \"1090418010000000000\",\"*洗衣机类*\"\r\n\r\n30101,运输服务\n";
        let categories = Categories::read(csv.as_bytes()).unwrap();
        for (code, name) in [
            ("1090418010000000000", Some("洗衣机类")),
            ("1090418020000000000", Some("清洁电器")),
            ("3010101010000000000", Some("运输服务")),
            ("1030204010000000000", Some("乳制品")),
            ("1090499000000000000", None),
        ] {
            assert_eq!(categories.short_name(code), name, "{code}");
        }
        assert_eq!(Categories::default().short_name("1090418010000000000"), Some("家用清洁电器具"));
    }

    #[test]
    fn a_table_that_cannot_be_read_names_its_line_and_what_was_expected() {
        let code = |shown: &str| format!("the code must be 1 to 19 digits, not {shown}");
        let name = |shown: &str| {
            let words =
                "the short name must have 1 to 64 characters, and no comma, quote or asterisk";
            format!("{words}, not {shown}")
        };
        let third = |shown: &str| {
            format!("expected two columns, a code and a short name; the third holds {shown}")
        };
        let alone = || "expected a code, a comma and a short name".to_owned();
        for (csv, line, problem) in [
            ("1,a\n2", 2, alone()),
            ("1;a\n", 1, alone()),
            ("1,a\nx1,b", 2, code("\"x1\"")),
            ("1,a\n,\n", 2, code("\"\"")),
            ("12345678901234567890,a", 1, code("\"12345678901234567890\"")),
            ("1,", 1, name("\"\"")),
            ("1,a\r\n\r\n\r\n2,b\r\n3,\r\n", 5, name("\"\"")),
            ("1,a\n\n \n2,b,c\n", 4, third("\"c\"")),
            ("1,a,\n", 1, third("\"\"")),
            ("1,\"a,b\"\n", 1, name("\"a,b\"")),
            ("1,a**b\n", 1, name("\"a**b\"")),
            ("1,\"a \"\"b\"\"\"\n", 1, name("\"a \\\"b\\\"\"")),
            // What a quotation mark opens ends with the next one, or with the file.
            ("1,a\n2,\"b\n3,c\n", 2, name("\"b\\n3,c\"")),
            ("1,\"a\nb\"\n2,c\n", 1, name("\"a\\nb\"")),
        ] {
            let error = Categories::read(csv.as_bytes()).unwrap_err();
            assert_eq!(error, format!("line {line}: {problem}"), "{csv}");
        }
        let many: String = (0..=MAX_ROWS).map(|n| format!("{n},a\n")).collect();
        let error = Categories::read(many.as_bytes()).unwrap_err();
        assert_eq!(error, "line 50001: expected at most 50000 codes");
    }

    /// 饮料 and 餐饮服务 in GBK.
    #[test]
    fn a_table_in_another_encoding_names_the_line_and_the_byte() {
        let gbk = [&b"1,water\n1030307,"[..], b"\xd2\xfb\xc1\xcf\n"].concat();
        let utf16 = b"\xff\xfe1\x00,\x00a\x00";
        for (csv, place) in [
            (&gbk[..], "line 2: expected UTF-8, and byte 17 of the file, 0xD2"),
            (utf16, "line 1: expected UTF-8, and byte 1 of the file, 0xFF"),
        ] {
            let error = Categories::read(csv).unwrap_err();
            assert!(error.starts_with(place) && error.contains("save"), "{error}");
        }
    }

    /// docs/reference.md says how many there are, and from where.
    #[test]
    fn the_built_in_names_are_as_many_as_the_documentation_says() {
        let documentation = include_str!("../../../docs/reference.md");
        let says = format!("the {} built-in ones", SHORT_NAMES.len());
        assert!(documentation.contains(&says), "docs/reference.md is to say: {says}");
        for source in ["alison990222/pwc-tax-project", "xinyuanp/Pwc-STEM-Challenge"] {
            assert!(documentation.contains(source), "{source}");
        }
        assert!(SHORT_NAMES.is_sorted_by(|one, next| one.0 < next.0), "one entry each, in order");
        assert!(SHORT_NAMES.iter().all(|(prefix, _)| prefix.bytes().all(|b| b.is_ascii_digit())));
    }

    #[test]
    fn the_first_digits_name_the_category() {
        assert_eq!(short_name("1090418010000000000"), Some("家用清洁电器具"));
        assert_eq!(short_name("3040803010000000000"), Some("人力资源服务"));
        assert_eq!(short_name("1090499000000000000"), None);
        assert_eq!(short_name("9999999999999999999"), None);
        assert_eq!(short_name(""), None);
    }
}
