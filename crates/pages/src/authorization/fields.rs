//! The fields of an invoice title as a page shows them: labels in both languages, what was typed,
//! and what is wrong with it.

use crate::form::Form;
use crate::lang::Lang;
use kaipiao_domain::authorization::page_fields::{
    CustomField, FieldName, FieldProblem, FieldRule, PageFields, ProblemKind,
};
use kaipiao_domain::people::title::{CustomValue, InvoiceTitle, TitleField, TitleSide};

/// One field of a page.
pub(crate) struct Field {
    /// Its name in the form.
    pub(crate) name: String,
    /// Its id on the page: no blanks, whatever the merchant called it.
    pub(crate) id: String,
    /// The label.
    pub(crate) label: String,
    /// The value.
    pub(crate) value: String,
    /// What an empty one shows.
    pub(crate) hint: &'static str,
    /// The merchant's own words about it; empty: none.
    pub(crate) notice: String,
    /// Whether it must be filled.
    pub(crate) is_required: bool,
    /// What is wrong with it, in words; empty: nothing.
    pub(crate) problem: String,
    /// Is it the first that something is wrong with? The page opens there.
    pub(crate) is_first_problem: bool,
    /// The keyboard that fits: `text`, `tel`, `email`, `numeric`.
    pub(crate) input_mode: &'static str,
    /// What a browser may fill in by itself.
    pub(crate) autocomplete: &'static str,
}

/// What a page says about a field of a title.
struct FieldWords {
    zh: &'static str,
    en: &'static str,
    input_mode: &'static str,
    autocomplete: &'static str,
}

/// The words of every field of a title.
const fn words_of(side: TitleSide, field: TitleField) -> FieldWords {
    let (zh, en, input_mode, autocomplete) = match (field, side) {
        (TitleField::Title, TitleSide::Company) => {
            ("抬头名称", "Company name", "text", "organization")
        }
        (TitleField::Title, TitleSide::Personal) => ("抬头名称", "Name", "text", "name"),
        (TitleField::TaxNo, _) => ("税号", "Tax number", "text", "off"),
        (TitleField::Addr, _) => ("单位地址", "Address", "text", "street-address"),
        (TitleField::Phone, _) => ("电话号码", "Phone", "tel", "tel"),
        (TitleField::BankType, _) => ("开户银行", "Bank", "text", "off"),
        (TitleField::BankNo, _) => ("银行账户", "Bank account", "numeric", "off"),
        (TitleField::Email, _) => ("电子邮箱", "E-mail", "email", "email"),
    };
    FieldWords { zh, en, input_mode, autocomplete }
}

/// The fields of one side, filled with a title of that side.
pub(crate) fn of_side(
    lang: Lang,
    fields: &PageFields,
    filled: &InvoiceTitle,
    problems: &[FieldProblem],
) -> Vec<Field> {
    let side = filled.side();
    let asked = fields.side(side);
    let problem = |name: &FieldName, label: &str| {
        let found = problems.iter().find(|problem| problem.field == *name);
        found.map_or_else(String::new, |problem| problem_words(lang, problem.kind, label))
    };
    let shown = filled.values().filter(|(field, _)| asked.rules[*field].is_shown());
    let mut rows: Vec<_> = shown
        .map(|(field, value)| {
            let FieldWords { zh, en, input_mode, autocomplete } = words_of(side, field);
            let label = lang.t(zh, en);
            let is_required = asked.rules[field] == FieldRule::Required;
            Field {
                name: form_name(side, field),
                id: format!("{}-{}", side.name(), field.name()),
                label: label.to_owned(),
                value: value.to_owned(),
                hint: hint(lang, is_required),
                notice: String::new(),
                is_required,
                problem: problem(&FieldName::Standard(field), label),
                is_first_problem: false,
                input_mode,
                autocomplete,
            }
        })
        .collect();
    rows.extend(asked.custom.iter().enumerate().map(|(index, field)| {
        let typed = filled.custom.iter().find(|value| value.key == field.key);
        Field {
            name: custom_name(side, &field.key),
            id: format!("{}-custom-{index}", side.name()),
            label: field.key.clone(),
            value: typed.map(|value| value.value.clone()).unwrap_or_default(),
            hint: hint(lang, field.is_required),
            notice: field.notice.clone(),
            is_required: field.is_required,
            problem: problem(&FieldName::Custom(field.key.clone()), &field.key),
            is_first_problem: false,
            input_mode: "text",
            autocomplete: "off",
        }
    }));
    if let Some(first) = rows.iter_mut().find(|field| !field.problem.is_empty()) {
        first.is_first_problem = true;
    }
    rows
}

/// Label and value of what a title holds.
pub(crate) fn labelled(lang: Lang, title: &InvoiceTitle) -> Vec<(String, String)> {
    let given = title.values().filter(|(_, value)| !value.is_empty());
    let labelled = given.map(|(field, value)| {
        let FieldWords { zh, en, .. } = words_of(title.side(), field);
        (lang.t(zh, en).to_owned(), value.to_owned())
    });
    labelled.collect()
}

fn form_name(side: TitleSide, field: TitleField) -> String {
    format!("{}.{}", side.name(), field.name())
}

fn custom_name(side: TitleSide, key: &str) -> String {
    format!("{}.custom.{key}", side.name())
}

fn hint(lang: Lang, is_required: bool) -> &'static str {
    if is_required { lang.t("必填", "Required") } else { lang.t("选填", "Optional") }
}

fn problem_words(lang: Lang, kind: ProblemKind, label: &str) -> String {
    match (kind, lang) {
        (ProblemKind::Missing, Lang::Zh) => format!("请填写{label}"),
        (ProblemKind::Missing, Lang::En) => format!("Please fill in: {label}"),
        (ProblemKind::TooLong, Lang::Zh) => "最多 256 个字".to_owned(),
        (ProblemKind::TooLong, Lang::En) => "At most 256 characters".to_owned(),
        (ProblemKind::Malformed | ProblemKind::NotShown, Lang::Zh) => {
            format!("{label}的格式不正确，请检查")
        }
        (ProblemKind::Malformed | ProblemKind::NotShown, Lang::En) => {
            format!("{label} doesn't look right. Please check it")
        }
    }
}

/// Reads one side of a form: the fields that the page shows, as they were typed.
pub(crate) fn read(form: &Form, fields: &PageFields, side: TitleSide) -> InvoiceTitle {
    let asked = fields.side(side);
    let shown = side.fields().iter().filter(|field| asked.rules[**field].is_shown());
    let mut title = shown.fold(InvoiceTitle::new(side), |title, field| {
        let typed = form.get(&form_name(side, *field));
        // A title is the user's own words (wire_facts 6.1 no. 37); around a number blanks are never meant.
        title.with(*field, if *field == TitleField::Title { typed } else { typed.trim() })
    });
    let typed = |field: &CustomField| {
        let value = form.find(&custom_name(side, &field.key)).filter(|value| !value.is_empty())?;
        Some(CustomValue { key: field.key.clone(), value: value.to_owned() })
    };
    title.custom = asked.custom.iter().filter_map(typed).collect();
    title
}

/// The same title without the answers to one merchant's own fields: what a title book keeps.
pub(crate) fn without_custom(title: &InvoiceTitle) -> InvoiceTitle {
    let mut title = title.clone();
    title.custom.clear();
    title
}

/// A title from the book in the place of what stands in a form; the merchant's own fields keep what
/// was typed.
pub(crate) fn with_custom_of(title: &InvoiceTitle, typed: &InvoiceTitle) -> InvoiceTitle {
    let mut title = title.clone();
    title.custom.clone_from(&typed.custom);
    title
}

/// A title's name.
pub(crate) fn name_of(title: &InvoiceTitle) -> &str {
    title.get(TitleField::Title)
}

/// What tells a title of the book from another: a company's tax number, a person's phone.
pub(crate) fn detail_of(title: &InvoiceTitle) -> &str {
    title.get(match title.side() {
        TitleSide::Company => TitleField::TaxNo,
        TitleSide::Personal => TitleField::Phone,
    })
}
