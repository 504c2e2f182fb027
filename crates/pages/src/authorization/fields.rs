//! The fields of an invoice title as a page shows them: labels in both languages, what was typed,
//! and what is wrong with it.

use crate::lang::Lang;
use crate::people::visit::Form;
use kaipiao_domain::authorization::page_fields::{
    CompanyFields, CustomField, FieldProblem, FieldRule, PageFields, PersonalFields, ProblemKind,
};
use kaipiao_domain::people::title::{CompanyTitle, CustomValue, InvoiceTitle, PersonalTitle};

/// One field of a page.
pub(crate) struct Field {
    /// Its name in the form.
    pub(crate) name: String,
    /// Its id on the page: no blanks, whatever the merchant called it.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) label: String,
    /// What stands in it.
    pub(crate) value: String,
    /// What an empty one shows.
    pub(crate) hint: &'static str,
    /// The merchant's own words about it; empty: none.
    pub(crate) notice: String,
    /// Must it be filled?
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

/// An individual's or a company's side of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Company,
    Personal,
}

impl Side {
    /// Its name in the form.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Personal => "personal",
        }
    }

    pub(crate) fn of(title: &InvoiceTitle) -> Self {
        match title {
            InvoiceTitle::Company(_) => Self::Company,
            InvoiceTitle::Personal(_) => Self::Personal,
        }
    }
}

/// What the standard fields are: wire name, labels, keyboard, autocomplete.
const STANDARD: &[(&str, &str, &str, &str, &str)] = &[
    ("title", "抬头名称", "Title", "text", "organization"),
    ("tax_no", "税号", "Tax number", "text", "off"),
    ("addr", "单位地址", "Address", "text", "street-address"),
    ("phone", "电话号码", "Phone", "tel", "tel"),
    ("bank_type", "开户银行", "Bank", "text", "off"),
    ("bank_no", "银行账号", "Bank account", "numeric", "off"),
    ("email", "电子邮箱", "E-mail", "email", "email"),
];

/// A side's fields in the page's order: name, rule, and the merchant's own ones.
fn rules(fields: &PageFields, side: Side) -> (Vec<(&'static str, FieldRule)>, &[CustomField]) {
    match side {
        Side::Company => {
            let CompanyFields { show_title, tax_no, addr, phone, bank_type, bank_no, custom } =
                &fields.company;
            let standard = vec![
                ("title", FieldRule::of_title(*show_title)),
                ("tax_no", *tax_no),
                ("addr", *addr),
                ("phone", *phone),
                ("bank_type", *bank_type),
                ("bank_no", *bank_no),
            ];
            (standard, custom)
        }
        Side::Personal => {
            let PersonalFields { show_title, phone, email, custom } = &fields.personal;
            let standard = vec![
                ("title", FieldRule::of_title(*show_title)),
                ("phone", *phone),
                ("email", *email),
            ];
            (standard, custom)
        }
    }
}

/// A title's value of a standard field.
fn value<'a>(title: &'a InvoiceTitle, name: &str) -> &'a str {
    match title {
        InvoiceTitle::Company(title) => match name {
            "title" => &title.title,
            "tax_no" => &title.tax_no,
            "addr" => &title.addr,
            "phone" => &title.phone,
            "bank_type" => &title.bank_type,
            "bank_no" => &title.bank_no,
            _ => "",
        },
        InvoiceTitle::Personal(title) => match name {
            "title" => &title.title,
            "phone" => &title.phone,
            "email" => &title.email,
            _ => "",
        },
    }
}

fn custom_values(title: &InvoiceTitle) -> &[CustomValue] {
    match title {
        InvoiceTitle::Company(title) => &title.custom,
        InvoiceTitle::Personal(title) => &title.custom,
    }
}

/// The fields of one side, filled with a title of that side.
pub(crate) fn of_side(
    lang: Lang,
    fields: &PageFields,
    filled: &InvoiceTitle,
    problems: &[FieldProblem],
) -> Vec<Field> {
    let side = Side::of(filled);
    let (standard, custom) = rules(fields, side);
    let problem = |name: &str, is_custom: bool, label: &str| {
        let found = problems.iter().find(|p| p.field == name && p.is_custom == is_custom);
        found.map_or_else(String::new, |problem| words(lang, problem.kind, label))
    };
    let shown = standard.into_iter().filter(|(_, rule)| rule.is_shown());
    let mut rows: Vec<_> = shown
        .map(|(name, rule)| {
            let known = STANDARD.iter().find(|known| known.0 == name);
            let (_, zh, en, input_mode, autocomplete) = known.expect("every field has its words");
            let label = match (side, name) {
                (Side::Personal, "title") => lang.t("姓名或抬头", "Name or title"),
                (Side::Company, "title") => lang.t("单位名称", "Company name"),
                _ => lang.t(zh, en),
            };
            let is_required = rule == FieldRule::Required;
            let autocomplete = match (side, name) {
                (Side::Personal, "title") => "name",
                _ => autocomplete,
            };
            Field {
                name: format!("{}.{name}", side.name()),
                id: format!("{}-{name}", side.name()),
                label: label.to_owned(),
                value: value(filled, name).to_owned(),
                hint: hint(lang, is_required),
                notice: String::new(),
                is_required,
                problem: problem(name, false, label),
                is_first_problem: false,
                input_mode,
                autocomplete,
            }
        })
        .collect();
    rows.extend(custom.iter().enumerate().map(|(index, field)| {
        let typed = custom_values(filled).iter().find(|value| value.key == field.key);
        Field {
            name: custom_name(side, &field.key),
            id: format!("{}-custom-{index}", side.name()),
            label: field.key.clone(),
            value: typed.map(|value| value.value.clone()).unwrap_or_default(),
            hint: hint(lang, field.is_required),
            notice: field.notice.clone(),
            is_required: field.is_required,
            problem: problem(&field.key, true, &field.key),
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

fn custom_name(side: Side, key: &str) -> String {
    format!("{}.custom.{key}", side.name())
}

fn hint(lang: Lang, is_required: bool) -> &'static str {
    if is_required { lang.t("必填", "Required") } else { lang.t("选填", "Optional") }
}

fn words(lang: Lang, kind: ProblemKind, label: &str) -> String {
    match (kind, lang) {
        (ProblemKind::Missing, Lang::Zh) => format!("请填写{label}"),
        (ProblemKind::Missing, Lang::En) => format!("Please fill in: {label}"),
        (ProblemKind::TooLong, Lang::Zh) => "最多 256 个字".to_owned(),
        (ProblemKind::TooLong, Lang::En) => "At most 256 characters".to_owned(),
        (ProblemKind::Malformed | ProblemKind::NotShown, Lang::Zh) => {
            format!("{label}的格式不正确，请检查")
        }
        (ProblemKind::Malformed | ProblemKind::NotShown, Lang::En) => {
            format!("{label} does not look right, please check it")
        }
    }
}

/// Reads one side of a form: the fields that the page shows, as they were typed.
pub(crate) fn read(form: &Form, fields: &PageFields, side: Side) -> InvoiceTitle {
    let (standard, custom) = rules(fields, side);
    // A title is the user's own words (facts 6.1 no. 37); around a number blanks are never meant.
    let text = |name: &str| {
        let is_shown = standard.iter().any(|(known, rule)| *known == name && rule.is_shown());
        let typed = form.get(&format!("{}.{name}", side.name()));
        let typed = if name == "title" { typed } else { typed.trim() };
        if is_shown { typed.to_owned() } else { String::new() }
    };
    let custom = custom
        .iter()
        .filter_map(|field| {
            let value = form.find(&custom_name(side, &field.key))?;
            (!value.is_empty())
                .then(|| CustomValue { key: field.key.clone(), value: value.to_owned() })
        })
        .collect();
    match side {
        Side::Company => InvoiceTitle::Company(CompanyTitle {
            title: text("title"),
            tax_no: text("tax_no"),
            addr: text("addr"),
            phone: text("phone"),
            bank_type: text("bank_type"),
            bank_no: text("bank_no"),
            custom,
        }),
        Side::Personal => InvoiceTitle::Personal(PersonalTitle {
            title: text("title"),
            phone: text("phone"),
            email: text("email"),
            custom,
        }),
    }
}

/// An empty title of a side.
pub(crate) fn empty(side: Side) -> InvoiceTitle {
    match side {
        Side::Company => InvoiceTitle::Company(CompanyTitle::default()),
        Side::Personal => InvoiceTitle::Personal(PersonalTitle::default()),
    }
}

/// The same title without the answers to one merchant's own fields: what a title book keeps.
pub(crate) fn without_custom(title: &InvoiceTitle) -> InvoiceTitle {
    let mut title = title.clone();
    match &mut title {
        InvoiceTitle::Company(title) => title.custom.clear(),
        InvoiceTitle::Personal(title) => title.custom.clear(),
    }
    title
}

/// A title from the book in the place of what stands in a form; the merchant's own fields keep what
/// was typed.
pub(crate) fn with_custom_of(title: &InvoiceTitle, typed: &InvoiceTitle) -> InvoiceTitle {
    let mut title = without_custom(title);
    let custom = custom_values(typed).to_vec();
    match &mut title {
        InvoiceTitle::Company(title) => title.custom = custom,
        InvoiceTitle::Personal(title) => title.custom = custom,
    }
    title
}

/// A title's name.
pub(crate) fn name_of(title: &InvoiceTitle) -> &str {
    value(title, "title")
}

/// What tells a title of the book from another: a company's tax number, a person's phone.
pub(crate) fn detail_of(title: &InvoiceTitle) -> &str {
    match Side::of(title) {
        Side::Company => value(title, "tax_no"),
        Side::Personal => value(title, "phone"),
    }
}
