//! Section 7's `user_auth_info`: the invoice title that a user hands over on a type 1 page.

use core::ops::{Index, IndexMut};

/// The owner of a title, an individual or a company; also the half of a page that asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TitleSide {
    /// An individual's: `user_field` on the wire.
    Personal,
    /// A company's: `biz_field` on the wire.
    Company,
}

impl TitleSide {
    /// Both sides.
    pub const ALL: [Self; 2] = [Self::Personal, Self::Company];

    /// The side's name in the store and in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Company => "company",
        }
    }

    /// The fields that a title of this side has, in the order in which a page asks for them.
    pub const fn fields(self) -> &'static [TitleField] {
        match self {
            Self::Personal => &[TitleField::Title, TitleField::Phone, TitleField::Email],
            Self::Company => &[
                TitleField::Title,
                TitleField::TaxNo,
                TitleField::Addr,
                TitleField::Phone,
                TitleField::BankType,
                TitleField::BankNo,
            ],
        }
    }

    /// The field of this side with that name.
    pub fn field(self, name: &str) -> Option<TitleField> {
        self.fields().iter().copied().find(|field| field.name() == name)
    }
}

/// A field of an invoice title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TitleField {
    /// The name on the invoice: a person's or a company's.
    Title,
    /// A company's tax number.
    TaxNo,
    /// A company's address.
    Addr,
    /// Phone number.
    Phone,
    /// A company's bank.
    BankType,
    /// The account with that bank.
    BankNo,
    /// A person's e-mail address.
    Email,
}

impl TitleField {
    /// Count of the fields, both sides together.
    pub const COUNT: usize = 7;

    /// The field's name on the wire, in the store and in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::TaxNo => "tax_no",
            Self::Addr => "addr",
            Self::Phone => "phone",
            Self::BankType => "bank_type",
            Self::BankNo => "bank_no",
            Self::Email => "email",
        }
    }
}

/// Something for each field of a title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerField<T>([T; TitleField::COUNT]);

impl<T> Index<TitleField> for PerField<T> {
    type Output = T;

    fn index(&self, field: TitleField) -> &T {
        &self.0[field as usize]
    }
}

impl<T> IndexMut<TitleField> for PerField<T> {
    fn index_mut(&mut self, field: TitleField) -> &mut T {
        &mut self.0[field as usize]
    }
}

/// A custom field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomValue {
    /// The field's name, as the merchant set it.
    pub key: String,
    /// What the user typed, verbatim.
    pub value: String,
}

/// What the user chose: an individual's title or a company's, never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceTitle {
    side: TitleSide,
    /// Boxed: most decisions that may hold a title hold none.
    values: Box<PerField<String>>,
    /// The values of the merchant's own fields.
    pub custom: Vec<CustomValue>,
}

impl InvoiceTitle {
    /// A title in which nothing is given.
    pub fn new(side: TitleSide) -> Self {
        Self { side, values: Box::default(), custom: Vec::new() }
    }

    /// The title with this value in the place of what the field held.
    ///
    /// # Panics
    /// When a title of this side has no such field.
    #[must_use]
    pub fn with(mut self, field: TitleField, value: impl Into<String>) -> Self {
        assert!(self.side.fields().contains(&field), "{field:?} on the side {:?}", self.side);
        self.values[field] = value.into();
        self
    }

    /// The title's owner.
    pub const fn side(&self) -> TitleSide {
        self.side
    }

    /// The value of a field. An empty text means "not given".
    pub fn get(&self, field: TitleField) -> &str {
        &self.values[field]
    }

    /// The side's fields with what each holds, in the page's order.
    pub fn values(&self) -> impl Iterator<Item = (TitleField, &str)> {
        self.side.fields().iter().map(|field| (*field, self.get(*field)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_holds_its_sides_fields_and_no_others() {
        let title = InvoiceTitle::new(TitleSide::Personal).with(TitleField::Email, "a@b.cn");
        let values: Vec<_> = title.values().collect();
        assert_eq!(
            values,
            [(TitleField::Title, ""), (TitleField::Phone, ""), (TitleField::Email, "a@b.cn")]
        );
        for side in TitleSide::ALL {
            for field in side.fields() {
                assert_eq!(side.field(field.name()), Some(*field));
            }
        }
        assert_eq!(TitleSide::Personal.field("tax_no"), None);
    }

    #[test]
    #[should_panic(expected = "TaxNo")]
    fn a_person_has_no_tax_number() {
        let _ = InvoiceTitle::new(TitleSide::Personal).with(TitleField::TaxNo, "1");
    }
}
