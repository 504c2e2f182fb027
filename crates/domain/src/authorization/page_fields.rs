//! Sections 9 and 10: which fields a type 1 page shows and requires, and whether a filled page
//! satisfies them.

use crate::people::title::{CustomValue, InvoiceTitle, PerField, TitleField, TitleSide};
use crate::{Refusal, text};
use core::fmt;

/// A field on the page. `require_x=1` implies that it is shown (D-21).
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
    /// Whether it must be filled.
    pub is_required: bool,
    /// The hint in the empty field.
    pub notice: String,
}

/// What one side of the page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideFields {
    /// The rule of each field of a title. The title itself is hidden or required.
    pub rules: PerField<FieldRule>,
    /// The merchant's own fields.
    pub custom: Vec<CustomField>,
}

impl SideFields {
    /// The side with this rule for a field.
    #[must_use]
    pub fn with(mut self, field: TitleField, rule: FieldRule) -> Self {
        self.rules[field] = rule;
        self
    }

    /// Whether the title is asked.
    pub fn shows_title(&self) -> bool {
        self.rules[TitleField::Title].is_shown()
    }

    fn problems(&self, filled: &InvoiceTitle) -> Vec<FieldProblem> {
        let standard = filled.values().filter_map(|(field, value)| {
            let kind = problem_of(self.rules[field], value, |value| is_well_formed(field, value))?;
            Some(FieldProblem { field: FieldName::Standard(field), kind })
        });
        standard.chain(custom_problems(&self.custom, &filled.custom)).collect()
    }
}

/// Both sides of the page. Setting it replaces all of it (wire_facts 1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFields {
    /// For individuals.
    pub personal: SideFields,
    /// For companies.
    pub company: SideFields,
}

/// Most custom fields of a page, each side.
pub const MAX_CUSTOM_FIELDS: usize = 20;
/// Most characters of a value that a user types.
const MAX_VALUE_CHARS: usize = 256;

impl PageFields {
    /// What the page asks when the merchant never set anything: a title, and the tax number of a
    /// company (D-20).
    pub fn never_set() -> Self {
        let titled = SideFields::default().with(TitleField::Title, FieldRule::Required);
        Self {
            company: titled.clone().with(TitleField::TaxNo, FieldRule::Required),
            personal: titled,
        }
    }

    /// What a title book takes: a name, and whatever else the user wants to keep.
    pub fn of_a_title_book() -> Self {
        let of_side = |side: TitleSide| {
            let fields = side.fields().iter();
            let all = fields.fold(SideFields::default(), |asked, field| {
                asked.with(*field, FieldRule::Optional)
            });
            all.with(TitleField::Title, FieldRule::Required)
        };
        Self { personal: of_side(TitleSide::Personal), company: of_side(TitleSide::Company) }
    }

    /// What one side asks for.
    pub const fn side(&self, side: TitleSide) -> &SideFields {
        match side {
            TitleSide::Personal => &self.personal,
            TitleSide::Company => &self.company,
        }
    }

    /// Checks a merchant's setting. `key_max_chars` is a setting of the server: the contract says
    /// 5, and its own samples have 6 (wire_facts 6.1 no. 32).
    pub fn check(&self, key_max_chars: usize) -> Result<(), Refusal> {
        check_custom("auth_field.user_field.custom_field", &self.personal.custom, key_max_chars)?;
        check_custom("auth_field.biz_field.custom_field", &self.company.custom, key_max_chars)
    }

    /// What the page takes over of a title that a user keeps: the fields that it shows.
    #[must_use]
    pub fn taken_from(&self, kept: &InvoiceTitle) -> InvoiceTitle {
        let rules = &self.side(kept.side()).rules;
        let shown = kept.values().filter(|(field, _)| rules[*field].is_shown());
        shown.fold(InvoiceTitle::new(kept.side()), |title, (field, value)| title.with(field, value))
    }

    /// The fields of a filled page that do not satisfy the rules: all at once, in the page's order,
    /// so that a page can show each problem at its field. A field that the page does not show is a problem too:
    /// only a caller without a page can send one, and should learn that it will not arrive.
    pub fn problems(&self, filled: &InvoiceTitle) -> Vec<FieldProblem> {
        self.side(filled.side()).problems(filled)
    }
}

/// The name of a field of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldName {
    /// A field of every title.
    Standard(TitleField),
    /// One of the merchant's own fields: its key, which may be a standard field's name too.
    Custom(String),
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard(field) => field.name(),
            Self::Custom(key) => key,
        })
    }
}

/// One field of a filled page that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: FieldName,
    /// The fault.
    pub kind: ProblemKind,
}

impl fmt::Display for FieldProblem {
    /// The words of the page.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match self.kind {
            ProblemKind::Missing => write!(f, "please fill in {field}"),
            ProblemKind::Malformed => write!(f, "{field} does not look right, please check it"),
            ProblemKind::TooLong => write!(f, "{field} has at most {MAX_VALUE_CHARS} characters"),
            ProblemKind::NotShown => write!(f, "{field} is not asked for on this page"),
        }
    }
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
        text::limited(format!("{path}[{index}].notice"), &field.notice, 64)?;
    }
    Ok(())
}

fn problem_of(
    rule: FieldRule,
    value: &str,
    is_well_formed: impl Fn(&str) -> bool,
) -> Option<ProblemKind> {
    match (value.trim().is_empty(), rule) {
        (true, FieldRule::Required) => Some(ProblemKind::Missing),
        (true, _) => None,
        (false, FieldRule::Hidden) => Some(ProblemKind::NotShown),
        (false, _) if value.chars().count() > MAX_VALUE_CHARS => Some(ProblemKind::TooLong),
        (false, _) => {
            let fits = text::limited("", value, MAX_VALUE_CHARS).is_ok() && is_well_formed(value);
            (!fits).then_some(ProblemKind::Malformed)
        }
    }
}

fn custom_problems(fields: &[CustomField], values: &[CustomValue]) -> Vec<FieldProblem> {
    let problem = |key: &str, kind| FieldProblem { field: FieldName::Custom(key.to_owned()), kind };
    let asked = fields.iter().filter_map(|field| {
        let rule = FieldRule::from_flags(true, field.is_required);
        let typed = values.iter().find(|value| value.key == field.key);
        let kind = problem_of(rule, typed.map_or("", |value| &value.value), |_| true)?;
        Some(problem(&field.key, kind))
    });
    let not_asked = values.iter().enumerate().filter_map(|(index, value)| {
        let is_repeated = values[..index].iter().any(|earlier| earlier.key == value.key);
        let is_unknown = !fields.iter().any(|field| field.key == value.key);
        (is_repeated || is_unknown).then(|| problem(&value.key, ProblemKind::NotShown))
    });
    asked.chain(not_asked).collect()
}

/// Whether the text fits the field.
fn is_well_formed(field: TitleField, value: &str) -> bool {
    match field {
        TitleField::Title | TitleField::Addr | TitleField::BankType | TitleField::BankNo => true,
        TitleField::Phone => is_phone(value),
        TitleField::Email => is_email(value),
        TitleField::TaxNo => is_tax_no(value),
    }
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

/// 15 to 20 characters in practice; the contract's own sample has 10 (wire_facts 6.1 no. 38).
fn is_tax_no(value: &str) -> bool {
    let value = value.trim();
    (6..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(fields: &PageFields, filled: InvoiceTitle) -> Vec<(String, ProblemKind)> {
        fields.problems(&filled).into_iter().map(|p| (p.field.to_string(), p.kind)).collect()
    }

    fn custom(key: &str, value: &str) -> CustomValue {
        CustomValue { key: key.into(), value: value.into() }
    }

    #[test]
    fn a_page_takes_over_the_fields_that_it_shows() {
        let fields = PageFields::never_set();
        let kept = InvoiceTitle::new(TitleSide::Company)
            .with(TitleField::Title, "公司")
            .with(TitleField::TaxNo, "91440300MA5KP0001N")
            .with(TitleField::Phone, "1");
        let taken = fields.taken_from(&kept);
        assert_eq!(taken, kept.with(TitleField::Phone, ""));
        assert_eq!(problems(&fields, taken), []);
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
        let empty = InvoiceTitle::new(TitleSide::Company);
        assert_eq!(
            problems(&fields, empty),
            [("title".into(), ProblemKind::Missing), ("tax_no".into(), ProblemKind::Missing)]
        );
        let personal = InvoiceTitle::new(TitleSide::Personal).with(TitleField::Title, "张三");
        assert_eq!(problems(&fields, personal), []);
    }

    #[test]
    fn every_kind_of_problem_is_named_at_its_field() {
        let mut fields = PageFields::never_set();
        fields.personal.rules[TitleField::Phone] = FieldRule::Optional;
        fields.personal.custom =
            vec![CustomField { key: "工号".into(), is_required: true, notice: String::new() }];
        let mut filled = InvoiceTitle::new(TitleSide::Personal)
            .with(TitleField::Title, "长".repeat(257))
            .with(TitleField::Phone, "call me")
            .with(TitleField::Email, "a@b.cn");
        filled.custom = vec![custom("工号", "  "), custom("other", "x"), custom("工号", "\u{1}")];
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
