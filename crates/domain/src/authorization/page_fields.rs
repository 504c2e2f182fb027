//! Sections 9 and 10: which fields a type 1 page shows and requires, and whether a filled page
//! satisfies them.

use crate::people::title::{CompanyTitle, CustomValue, InvoiceTitle, PersonalTitle};
use crate::{Refusal, text};

/// A field on the page. `require_x=1` implies that it is shown (rulings 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FieldRule {
    /// Not on the page.
    #[default]
    Hidden,
    /// May be left empty.
    Optional,
    /// Must be filled.
    Required,
}

impl FieldRule {
    /// The rule that the wire's pair `show_x`, `require_x` stands for.
    pub const fn from_flags(show: bool, require: bool) -> Self {
        match (show, require) {
            (_, true) => Self::Required,
            (true, false) => Self::Optional,
            (false, false) => Self::Hidden,
        }
    }

    /// `show_x`.
    pub const fn is_shown(self) -> bool {
        !matches!(self, Self::Hidden)
    }

    /// `require_x`.
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Required)
    }

    /// The title has a `show_` flag only. An invoice without a title cannot be issued, so a title
    /// that is shown must be filled (deviations, D-22).
    pub const fn of_title(shown: bool) -> Self {
        if shown { Self::Required } else { Self::Hidden }
    }
}

/// A field of the merchant's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    /// Its name, shown as the label.
    pub key: String,
    /// Must it be filled?
    pub is_required: bool,
    /// The hint in the empty field.
    pub notice: String,
}

/// The page for individuals (`user_field`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalFields {
    /// Is the title asked?
    pub show_title: bool,
    /// Phone number.
    pub phone: FieldRule,
    /// E-mail address.
    pub email: FieldRule,
    /// The merchant's own fields.
    pub custom: Vec<CustomField>,
}

/// The page for companies (`biz_field`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyFields {
    /// Is the title asked?
    pub show_title: bool,
    /// Tax number.
    pub tax_no: FieldRule,
    /// Address.
    pub addr: FieldRule,
    /// Phone number.
    pub phone: FieldRule,
    /// Bank.
    pub bank_type: FieldRule,
    /// Bank account.
    pub bank_no: FieldRule,
    /// The merchant's own fields.
    pub custom: Vec<CustomField>,
}

/// Both faces of the page. Setting it replaces all of it (facts 1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFields {
    /// For individuals.
    pub personal: PersonalFields,
    /// For companies.
    pub company: CompanyFields,
}

/// How many custom fields a page may have, each side.
const MAX_CUSTOM_FIELDS: usize = 20;
/// How long a value may be that a user types.
const MAX_VALUE_CHARS: usize = 256;

impl PageFields {
    /// What the page asks when the merchant never set anything: a title, and the tax number of a
    /// company (rulings 9).
    pub fn never_set() -> Self {
        Self {
            personal: PersonalFields { show_title: true, ..PersonalFields::default() },
            company: CompanyFields {
                show_title: true,
                tax_no: FieldRule::Required,
                ..CompanyFields::default()
            },
        }
    }

    /// What a title book takes: a name, and whatever else the user wants to keep.
    pub fn of_a_title_book() -> Self {
        let optional = FieldRule::Optional;
        Self {
            personal: PersonalFields {
                show_title: true,
                phone: optional,
                email: optional,
                custom: Vec::new(),
            },
            company: CompanyFields {
                show_title: true,
                tax_no: optional,
                addr: optional,
                phone: optional,
                bank_type: optional,
                bank_no: optional,
                custom: Vec::new(),
            },
        }
    }

    /// Checks a merchant's setting. `key_max_chars` is a setting of the server: the contract says
    /// 5, and its own samples have 6 (facts 6.1 no. 32).
    pub fn check(&self, key_max_chars: usize) -> Result<(), Refusal> {
        check_custom("auth_field.user_field.custom_field", &self.personal.custom, key_max_chars)?;
        check_custom("auth_field.biz_field.custom_field", &self.company.custom, key_max_chars)
    }

    /// Does a filled page satisfy the rules? All problems at once, in the page's order, so that a
    /// page can show each at its field. A field that the page does not show is a problem too:
    /// only a caller without a page can send one, and should learn that it will not arrive.
    pub fn problems(&self, filled: &InvoiceTitle) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        match filled {
            InvoiceTitle::Personal(title) => self.personal.problems(title, &mut problems),
            InvoiceTitle::Company(title) => self.company.problems(title, &mut problems),
        }
        problems
    }
}

impl PersonalFields {
    fn problems(&self, filled: &PersonalTitle, into: &mut Vec<FieldProblem>) {
        let title_rule = FieldRule::of_title(self.show_title);
        check_value("title", title_rule, &filled.title, any, into);
        check_value("phone", self.phone, &filled.phone, is_phone, into);
        check_value("email", self.email, &filled.email, is_email, into);
        check_custom_values(&self.custom, &filled.custom, into);
    }
}

impl CompanyFields {
    fn problems(&self, filled: &CompanyTitle, into: &mut Vec<FieldProblem>) {
        let title_rule = FieldRule::of_title(self.show_title);
        check_value("title", title_rule, &filled.title, any, into);
        check_value("tax_no", self.tax_no, &filled.tax_no, is_tax_no, into);
        check_value("addr", self.addr, &filled.addr, any, into);
        check_value("phone", self.phone, &filled.phone, is_phone, into);
        check_value("bank_type", self.bank_type, &filled.bank_type, any, into);
        check_value("bank_no", self.bank_no, &filled.bank_no, any, into);
        check_custom_values(&self.custom, &filled.custom, into);
    }
}

/// One field of a filled page that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's wire name, or a custom field's key.
    pub field: String,
    /// Is it one of the merchant's own fields? Its key may be a wire name too.
    pub is_custom: bool,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Required and empty.
    Missing,
    /// Not what the field holds (a phone number with letters, say).
    Malformed,
    /// More than 256 characters.
    TooLong,
    /// The page does not show this field.
    NotShown,
}

fn check_custom(path: &str, fields: &[CustomField], key_max_chars: usize) -> Result<(), Refusal> {
    if fields.len() > MAX_CUSTOM_FIELDS {
        let problem =
            format!("has {} fields, at most {MAX_CUSTOM_FIELDS} are allowed", fields.len());
        return Err(Refusal::invalid(path, problem));
    }
    for (index, field) in fields.iter().enumerate() {
        let key_path = format!("{path}[{index}].key");
        text::required(&key_path, &field.key, key_max_chars)?;
        if field.key.contains(char::is_control) {
            return Err(Refusal::invalid(key_path, "holds a control character"));
        }
        if fields[..index].iter().any(|earlier| earlier.key == field.key) {
            return Err(Refusal::invalid(key_path, format!("\"{}\" stands twice", field.key)));
        }
        text::limited(&format!("{path}[{index}].notice"), &field.notice, 64)?;
    }
    Ok(())
}

fn check_value(
    field: &str,
    rule: FieldRule,
    value: &str,
    is_well_formed: fn(&str) -> bool,
    into: &mut Vec<FieldProblem>,
) {
    let kind = match (value.trim().is_empty(), rule) {
        (true, FieldRule::Required) => ProblemKind::Missing,
        (true, _) => return,
        (false, FieldRule::Hidden) => ProblemKind::NotShown,
        (false, _) if value.chars().count() > MAX_VALUE_CHARS => ProblemKind::TooLong,
        (false, _) if text::limited(field, value, MAX_VALUE_CHARS).is_err() => {
            ProblemKind::Malformed
        }
        (false, _) if !is_well_formed(value) => ProblemKind::Malformed,
        (false, _) => return,
    };
    into.push(FieldProblem { field: field.to_owned(), is_custom: false, kind });
}

fn check_custom_values(
    fields: &[CustomField],
    values: &[CustomValue],
    into: &mut Vec<FieldProblem>,
) {
    for field in fields {
        let rule = FieldRule::from_flags(true, field.is_required);
        let typed = values.iter().find(|value| value.key == field.key);
        let value = typed.map_or("", |value| &value.value);
        let mut problems = Vec::new();
        check_value(&field.key, rule, value, any, &mut problems);
        into.extend(
            problems.into_iter().map(|problem| FieldProblem { is_custom: true, ..problem }),
        );
    }
    for (index, value) in values.iter().enumerate() {
        let stands_before = values[..index].iter().any(|earlier| earlier.key == value.key);
        if stands_before || !fields.iter().any(|field| field.key == value.key) {
            let field = value.key.clone();
            into.push(FieldProblem { field, is_custom: true, kind: ProblemKind::NotShown });
        }
    }
}

fn any(_: &str) -> bool {
    true
}

/// Loose on purpose: the contract's samples have 7-digit numbers, people write `+86 (0)755-…`.
fn is_phone(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().all(|b| b.is_ascii_digit() || b"+-() ".contains(&b))
}

fn is_email(value: &str) -> bool {
    let Some((name, host)) = value.trim().split_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !host.contains('@') && !value.trim().contains(' ')
}

/// 15 to 20 characters in practice; the contract's own sample has 10 (facts 6.1 no. 38).
fn is_tax_no(value: &str) -> bool {
    let value = value.trim();
    (6..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(fields: &PageFields, filled: InvoiceTitle) -> Vec<(String, ProblemKind)> {
        fields.problems(&filled).into_iter().map(|p| (p.field, p.kind)).collect()
    }

    fn custom(key: &str, value: &str) -> CustomValue {
        CustomValue { key: key.into(), value: value.into() }
    }

    #[test]
    fn require_implies_show() {
        assert!(FieldRule::from_flags(false, true).is_shown());
        assert_eq!(FieldRule::from_flags(true, false), FieldRule::Optional);
        assert_eq!(FieldRule::from_flags(false, false), FieldRule::Hidden);
    }

    #[test]
    fn a_page_never_set_asks_a_title_and_a_companys_tax_number() {
        let fields = PageFields::never_set();
        let empty = InvoiceTitle::Company(CompanyTitle::default());
        assert_eq!(
            problems(&fields, empty),
            [("title".into(), ProblemKind::Missing), ("tax_no".into(), ProblemKind::Missing)]
        );
        let personal =
            InvoiceTitle::Personal(PersonalTitle { title: "张三".into(), ..Default::default() });
        assert_eq!(problems(&fields, personal), []);
    }

    #[test]
    fn every_kind_of_problem_is_named_at_its_field() {
        let mut fields = PageFields::never_set();
        fields.personal.phone = FieldRule::Optional;
        fields.personal.custom =
            vec![CustomField { key: "工号".into(), is_required: true, notice: String::new() }];
        let filled = InvoiceTitle::Personal(PersonalTitle {
            title: "长".repeat(257),
            phone: "call me".into(),
            email: "a@b.cn".into(),
            custom: vec![custom("工号", "  "), custom("other", "x"), custom("工号", "\u{1}")],
        });
        assert_eq!(
            problems(&fields, filled),
            [
                ("title".into(), ProblemKind::TooLong),
                ("phone".into(), ProblemKind::Malformed),
                ("email".into(), ProblemKind::NotShown),
                ("工号".into(), ProblemKind::Missing),
                ("other".into(), ProblemKind::NotShown),
                ("工号".into(), ProblemKind::NotShown),
            ]
        );
    }

    #[test]
    fn the_contracts_own_samples_are_well_formed() {
        assert!(is_phone("5554545") && is_email("dhxhxhhx@qq.cind") && is_tax_no("6464646766"));
        assert!(!is_phone("()") && !is_email("a@b") && !is_tax_no("12345 67890"));
    }

    #[test]
    fn custom_keys_have_a_limit_and_stand_once() {
        let mut fields = PageFields::never_set();
        let field =
            |key: &str| CustomField { key: key.into(), is_required: false, notice: String::new() };
        fields.company.custom = vec![field("field1")];
        assert!(fields.check(32).is_ok());
        assert!(fields.check(5).unwrap_err().to_string().contains("biz_field.custom_field[0].key"));
        fields.company.custom = vec![field("a\nb")];
        assert!(fields.check(32).unwrap_err().to_string().contains("control character"));
        fields.company.custom = vec![field("field1")];
        fields.company.custom.push(field("field1"));
        assert!(fields.check(32).unwrap_err().to_string().contains("stands twice"));
    }
}
