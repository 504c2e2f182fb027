//! The short name of a tax classification, which stands before a line's name between asterisks
//! (invoice_face d).
//!
//! The built-in table is a small one of our own: enough for the goods and services that people try
//! first. An operator's table wins over it. A code that neither knows prints without a short name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::line::{Line, LineNature};

/// The first digits of codes, and the short name of all that begin with them. Only what was read on
/// published invoices and in lists of codes stands here: a wrong category is worse than none. Where
/// several fit, the longest counts.
const SHORT_NAMES: [(&str, &str); 26] = [
    ("1030201", "焙烤食品"),
    ("1030202", "糖果类食品"),
    ("1030203", "方便食品"),
    ("1030204", "乳制品"),
    ("1030206", "调味品"),
    ("1040201", "服装"),
    ("1040204", "鞋"),
    ("1040205", "帽子"),
    ("1050201", "家具"),
    ("1060105", "纸制品"),
    ("1060402", "文具"),
    ("1060406", "体育用品"),
    ("1060408", "玩具"),
    ("1070223", "美容护肤品"),
    ("1070224", "口腔清洁护理品"),
    ("1090416", "家用通风电器具"),
    ("1090417", "家用厨房电器具"),
    ("1090418", "家用清洁电器具"),
    ("1090419", "家用美容保健电器"),
    ("1090421", "家用电器配件"),
    ("1090522", "家用音视频设备"),
    ("202", "劳务"),
    ("3040201", "信息技术服务"),
    ("3040803", "人力资源服务"),
    ("3070401", "餐饮服务"),
    ("3070402", "住宿服务"),
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

    /// Reads lines of `code,short name`, quoted or not; a heading in the first line is left out. Of
    /// several lines for a code the last one counts.
    ///
    /// # Errors
    /// The first line that is neither, with its number and what was expected.
    pub fn read(csv: &str) -> Result<Self, String> {
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
            let (code, name) = row(&record)
                .map_err(|problem| format!("line {}: {problem}", line_number(csv, &record)))?;
            names.insert(code.to_owned(), name.to_owned());
            if names.len() > MAX_ROWS {
                return Err(format!("more than {MAX_ROWS} codes"));
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

    fn own_name(&self, tax_code: &str) -> Option<&str> {
        let prefixes = (1..=tax_code.len()).rev().filter_map(|end| tax_code.get(..end));
        prefixes.into_iter().find_map(|prefix| self.0.get(prefix)).map(String::as_str)
    }

    /// The content with the operator's short names before the names of its lines.
    pub(crate) fn named<'a>(&self, content: &'a Content) -> Cow<'a, Content> {
        if self.0.is_empty() {
            return Cow::Borrowed(content);
        }
        let mut named = content.clone();
        for line in &mut named.lines {
            if let Some(category) = self.own_name(&line.tax_code)
                && !line.name.starts_with('*')
            {
                line.name = format!("*{category}*{}", line.name);
            }
        }
        Cow::Owned(named)
    }
}

fn row(record: &StringRecord) -> Result<(&str, &str), &'static str> {
    let (Some(code), Some(name)) = (record.get(0), record.get(1)) else {
        return Err("expected a code, a comma and a short name");
    };
    if !(1..=CODE_DIGITS).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err("the code must be 1 to 19 digits");
    }
    let name = name.trim_matches('*');
    let is_name = |c: char| !c.is_control() && !matches!(c, '*' | ',' | '"');
    let chars = name.chars().count();
    let fits = (1..=MAX_NAME_CHARS).contains(&chars) && name.chars().all(is_name);
    if !fits || record.len() > 2 {
        return Err("the short name must have 1 to 64 characters, and no comma, quote or asterisk");
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

/// A line's name as the face shows it: `*家用清洁电器具*洗衣机`. A name that begins with an asterisk
/// has its short name already.
#[must_use]
pub fn with_category(line: &Line) -> Cow<'_, str> {
    if line.name.starts_with('*') {
        return Cow::Borrowed(&line.name);
    }
    match short_name(&line.tax_code) {
        Some(category) => Cow::Owned(format!("*{category}*{}", line.name)),
        None => Cow::Borrowed(&line.name),
    }
}

/// The names of all lines as the face shows them. A discount bears the name of what it discounts.
#[must_use]
pub fn names(lines: &[Line]) -> Vec<Cow<'_, str>> {
    let named = |(index, line): (usize, &Line)| match line.nature {
        LineNature::Discount => index.checked_sub(1).unwrap_or(index),
        LineNature::Normal | LineNature::Discounted => index,
    };
    lines.iter().enumerate().map(|at| with_category(&lines[named(at)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::money::Fen;
    use rust_decimal::Decimal;

    fn line(nature: LineNature, tax_code: &str, name: &str) -> Line {
        Line {
            nature,
            tax_code: tax_code.into(),
            name: name.into(),
            unit: String::new(),
            model: String::new(),
            quantity: None,
            unit_price: None,
            net: Fen::ZERO,
            rate: Decimal::ZERO,
            untaxed: None,
            tax: Fen::ZERO,
        }
    }

    #[test]
    fn an_operators_table_wins_and_the_built_in_one_fills_its_gaps() {
        let csv = "\u{feff}税收分类编码,简称\r\n1090418000000000000,清洁电器\r\n\
                   \"1090418010000000000\",\"*洗衣机类*\"\r\n\r\n30101,运输服务\n";
        let categories = Categories::read(csv).unwrap();
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
    fn a_table_that_cannot_be_read_names_its_line() {
        for (csv, problem) in [
            ("1,a\n2", "line 2: expected a code, a comma and a short name"),
            ("1,a\nx1,b", "line 2: the code must be 1 to 19 digits"),
            ("1,a\n,\n", "line 2: the code must be 1 to 19 digits"),
            ("12345678901234567890,a", "line 1: the code must be 1 to 19 digits"),
            (
                "1,",
                "line 1: the short name must have 1 to 64 characters, and no comma, quote or asterisk",
            ),
        ] {
            assert_eq!(Categories::read(csv).unwrap_err(), problem, "{csv}");
        }
        let name = "the short name must have 1 to 64 characters, and no comma, quote or asterisk";
        for (csv, line) in [
            ("1,a\r\n\r\n\r\n2,b\r\n3,\r\n", 5),
            ("1,a\n\n \n2,b,c\n", 4),
            ("1,\"a,b\"\n", 1),
            ("1,\"a \"\"b\"\"\"\n", 1),
            // What a quotation mark opens ends with the next one, or with the file.
            ("1,a\n2,\"b\n3,c\n", 2),
            ("1,\"a\nb\"\n2,c\n", 1),
        ] {
            assert_eq!(Categories::read(csv).unwrap_err(), format!("line {line}: {name}"), "{csv}");
        }
        let many: String = (0..=MAX_ROWS).map(|n| format!("{n},a\n")).collect();
        assert!(Categories::read(&many).unwrap_err().contains("more than 50000"));
    }

    #[test]
    fn the_first_digits_name_the_category() {
        assert_eq!(short_name("1090418010000000000"), Some("家用清洁电器具"));
        assert_eq!(short_name("3040803010000000000"), Some("人力资源服务"));
        assert_eq!(short_name("1090499000000000000"), None);
        assert_eq!(short_name("9999999999999999999"), None);
        assert_eq!(short_name(""), None);
    }

    #[test]
    fn a_discount_bears_the_name_of_its_line() {
        let code = "1090418010000000000";
        let lines = [
            line(LineNature::Discounted, code, "洗衣机"),
            line(LineNature::Discount, code, "折扣行"),
            line(LineNature::Normal, code, "*饮料*水"),
            line(LineNature::Normal, "", "书"),
        ];
        let washer = "*家用清洁电器具*洗衣机";
        assert_eq!(names(&lines), [washer, washer, "*饮料*水", "书"]);
        assert_eq!(names(&[line(LineNature::Discount, "", "折扣")]), ["折扣"]);
    }
}
