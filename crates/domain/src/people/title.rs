//! Section 7's `user_auth_info`: the invoice title that a user hands over on a type 1 page.

/// A custom field's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomValue {
    /// The field's name, as the merchant set it.
    pub key: String,
    /// What the user typed, verbatim.
    pub value: String,
}

/// A person's title. An empty text means "not given".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalTitle {
    /// The name on the invoice.
    pub title: String,
    /// Phone number.
    pub phone: String,
    /// E-mail address.
    pub email: String,
    /// The merchant's own fields.
    pub custom: Vec<CustomValue>,
}

/// A company's title. An empty text means "not given".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyTitle {
    /// The company's name.
    pub title: String,
    /// Its tax number.
    pub tax_no: String,
    /// Its address.
    pub addr: String,
    /// Its phone number.
    pub phone: String,
    /// Its bank.
    pub bank_type: String,
    /// Its bank account.
    pub bank_no: String,
    /// The merchant's own fields.
    pub custom: Vec<CustomValue>,
}

/// What the user chose: an individual's title or a company's, never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvoiceTitle {
    /// `user_field` on the wire.
    Personal(PersonalTitle),
    /// `biz_field` on the wire.
    Company(CompanyTitle),
}
