//! A merchant's page fields as the form has them.

use crate::accounts::words::{field_name, side_name};
use crate::frame::Frame;
use kaipiao_domain::authorization::page_fields::{CustomField, FieldRule, PageFields, SideFields};
use kaipiao_domain::people::title::{TitleField, TitleSide};
use kaipiao_pages::{Form, encoded};

/// One side of the page: its fields, and the merchant's own.
pub(crate) struct SidePart {
    pub(crate) label: &'static str,
    pub(crate) rows: Vec<RuleRow>,
    pub(crate) custom: Vec<CustomRow>,
}

/// A field of every title.
pub(crate) struct RuleRow {
    pub(crate) name: String,
    pub(crate) label: &'static str,
    /// The rules that it can have: the value, what it is called, and whether it has it.
    pub(crate) rules: Vec<(&'static str, &'static str, bool)>,
}

/// A field of the merchant's own; an empty key is none.
pub(crate) struct CustomRow {
    /// The names of its three inputs.
    pub(crate) names: [String; 3],
    pub(crate) number: usize,
    pub(crate) key: String,
    pub(crate) notice: String,
    pub(crate) is_required: bool,
}

/// Rows for new fields below those that there are.
const SPARE_ROWS: usize = 2;

const fn rule_value(rule: FieldRule) -> &'static str {
    match rule {
        FieldRule::Hidden => "hidden",
        FieldRule::Optional => "optional",
        FieldRule::Required => "required",
    }
}

/// The fields as the form shows them: a company's first, as on the page.
pub(crate) fn parts(frame: &Frame, fields: &PageFields) -> [SidePart; 2] {
    [TitleSide::Company, TitleSide::Personal].map(|side| {
        let asked = fields.side(side);
        let row = |field: &TitleField| RuleRow {
            name: format!("{}.{}", side.name(), field.name()),
            label: field_name(frame, *field),
            rules: rules(frame, *field, asked.rules[*field]),
        };
        SidePart {
            label: side_name(frame, side),
            rows: side.fields().iter().map(row).collect(),
            custom: custom_rows(side, asked),
        }
    })
}

fn rules(
    frame: &Frame,
    field: TitleField,
    now: FieldRule,
) -> Vec<(&'static str, &'static str, bool)> {
    let all = [
        (FieldRule::Hidden, frame.lang.t("不显示", "Not shown")),
        (FieldRule::Optional, frame.lang.t("选填", "Optional")),
        (FieldRule::Required, frame.lang.t("必填", "Required")),
    ];
    // A title that is shown must be filled.
    let fits = |rule: FieldRule| field != TitleField::Title || rule != FieldRule::Optional;
    let fitting = all.into_iter().filter(|(rule, _)| fits(*rule));
    fitting.map(|(rule, label)| (rule_value(rule), label, rule == now)).collect()
}

fn custom_rows(side: TitleSide, asked: &SideFields) -> Vec<CustomRow> {
    let spare = (0..SPARE_ROWS).map(|_| CustomField {
        key: String::new(),
        is_required: false,
        notice: String::new(),
    });
    let fields = asked.custom.iter().cloned().chain(spare);
    let row = |(index, field): (usize, CustomField)| CustomRow {
        names: custom_names(side),
        number: index + 1,
        key: field.key,
        notice: field.notice,
        is_required: field.is_required,
    };
    fields.enumerate().map(row).collect()
}

/// The inputs of a field of the merchant's own: each row sends all three, so they go together by their order.
fn custom_names(side: TitleSide) -> [String; 3] {
    ["key", "notice", "rule"].map(|what| format!("{}.custom.{what}", side.name()))
}

/// Whether a form or a query holds the fields.
pub(crate) fn is_in(form: &Form) -> bool {
    TitleSide::ALL
        .iter()
        .any(|side| form.find(&format!("{}.{}", side.name(), TitleField::Title.name())).is_some())
}

/// Reads the fields. What has no value that is known is not shown.
pub(crate) fn read(form: &Form) -> PageFields {
    PageFields {
        personal: read_side(form, TitleSide::Personal),
        company: read_side(form, TitleSide::Company),
    }
}

fn read_side(form: &Form, side: TitleSide) -> SideFields {
    let mut asked = SideFields::default();
    for field in side.fields() {
        let said = form.get(&format!("{}.{}", side.name(), field.name()));
        let rule = match (said, field) {
            ("required", _) | ("optional", TitleField::Title) => FieldRule::Required,
            ("optional", _) => FieldRule::Optional,
            _ => FieldRule::Hidden,
        };
        asked.rules[*field] = rule;
    }
    let [keys, notices, rules] = custom_names(side);
    let rest = form.all(&notices).zip(form.all(&rules));
    let custom = form.all(&keys).zip(rest).filter(|(key, _)| !key.trim().is_empty());
    asked.custom = custom
        .map(|(key, (notice, rule))| CustomField {
            key: key.trim().to_owned(),
            is_required: rule == rule_value(FieldRule::Required),
            notice: notice.trim().to_owned(),
        })
        .collect();
    asked
}

/// The fields as a query that [`read`] reads.
pub(crate) fn query(fields: &PageFields) -> String {
    let mut pairs = Vec::new();
    for side in TitleSide::ALL {
        let asked = fields.side(side);
        for field in side.fields() {
            let value = rule_value(asked.rules[*field]);
            pairs.push(format!("{}.{}={value}", side.name(), field.name()));
        }
        let [key, notice, rule] = custom_names(side);
        for field in &asked.custom {
            let value = rule_value(FieldRule::from_flags(true, field.is_required));
            pairs.push(format!("{key}={}", encoded(&field.key)));
            pairs.push(format!("{notice}={}", encoded(&field.notice)));
            pairs.push(format!("{rule}={value}"));
        }
    }
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_shows_is_read_again() {
        let mut fields = PageFields::never_set();
        fields.company.rules[TitleField::BankNo] = FieldRule::Optional;
        fields.personal.rules[TitleField::Title] = FieldRule::Hidden;
        fields.personal.custom = vec![
            CustomField { key: "工号 &=".into(), is_required: true, notice: "8 位".into() },
            CustomField { key: "b".into(), is_required: false, notice: String::new() },
        ];
        let form = Form::parse(query(&fields).as_bytes());
        assert!(is_in(&form));
        assert_eq!(read(&form), fields);
        assert!(!is_in(&Form::parse(b"type=1")));
    }

    #[test]
    fn rows_without_a_key_are_no_fields_and_the_others_keep_their_rules() {
        let text = b"company.custom.key=a&company.custom.notice=&company.custom.rule=required\
                     &company.custom.key=+&company.custom.notice=x&company.custom.rule=required\
                     &company.custom.key=c&company.custom.notice=n&company.custom.rule=optional";
        let read = read(&Form::parse(text)).company.custom;
        let shown = read.iter().map(|field| (&*field.key, field.is_required, &*field.notice));
        assert_eq!(shown.collect::<Vec<_>>(), [("a", true, ""), ("c", false, "n")]);
    }
}
