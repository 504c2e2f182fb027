//! The short name of a tax classification, which stands before a line's name between asterisks
//! (invoice_face d).
//!
//! The table is a small one of our own: enough for the goods and services that people try first. A
//! code that it does not know prints without a short name.

use std::borrow::Cow;

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
