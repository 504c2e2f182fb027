//! The short name of a tax classification, which stands before a line's name between asterisks
//! (invoice-standards.md d).
//!
//! The table is a small one of our own: enough for the goods and services that people try first. A
//! code that it does not know prints without a short name.

use std::borrow::Cow;

use kaipiao_domain::invoice::{Line, LineNature};

/// The first digits of codes, and the short name of what they classify. Where several fit, the
/// longest counts.
const SHORT_NAMES: [(&str, &str); 24] = [
    ("10101", "农产品"),
    ("1030102", "粮食加工品"),
    ("1030201", "焙烤食品"),
    ("103030", "饮料"),
    ("103", "食品"),
    ("10402", "服装"),
    ("1060105", "纸制品"),
    ("10602", "印刷品"),
    ("107020", "化学药品制剂"),
    ("1080", "金属制品"),
    ("10904", "家用电器"),
    ("1090418", "家用清洁电器具"),
    ("10905", "电子元件"),
    ("1090511", "计算机配套产品"),
    ("109050", "计算机"),
    ("1100101", "供电"),
    ("110030", "供水"),
    ("2", "劳务"),
    ("3010", "运输服务"),
    ("303", "电信服务"),
    ("304", "现代服务"),
    ("3040201", "软件服务"),
    ("307", "生活服务"),
    ("30704", "餐饮服务"),
];

/// The short name of a tax classification code, where the table has one.
#[must_use]
pub fn short_name(tax_code: &str) -> Option<&'static str> {
    let fitting = SHORT_NAMES.iter().filter(|(prefix, _)| tax_code.starts_with(prefix));
    fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, name)| *name)
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
            tax: Fen::ZERO,
        }
    }

    #[test]
    fn the_longest_prefix_names_the_category() {
        assert_eq!(short_name("1090418010000000000"), Some("家用清洁电器具"));
        assert_eq!(short_name("1090499000000000000"), Some("家用电器"));
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
