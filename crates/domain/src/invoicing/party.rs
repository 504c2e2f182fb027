//! The parties of an invoice.

/// Somebody who sells or buys, as an invoice names them. An empty text means "not given".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The name.
    pub name: String,
    /// The taxpayer id.
    pub tax_id: String,
    /// The address.
    pub address: String,
    /// The phone number.
    pub phone: String,
    /// The bank.
    pub bank: String,
    /// The account with that bank.
    pub bank_account: String,
}

/// A text of a [`Party`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the Party's member of that name")]
pub enum PartyField {
    Name,
    TaxId,
    Address,
    Phone,
    Bank,
    BankAccount,
}

impl PartyField {
    /// Characters that an invoice has room for.
    pub const fn max_chars(self) -> usize {
        match self {
            Self::Name | Self::Address | Self::Bank => 200,
            Self::TaxId | Self::Phone | Self::BankAccount => 64,
        }
    }
}

impl Party {
    /// Every text of the party, each with its name.
    pub fn texts(&self) -> [(PartyField, &str); 6] {
        let Self { name, tax_id, address, phone, bank, bank_account } = self;
        [
            (PartyField::Name, name),
            (PartyField::TaxId, tax_id),
            (PartyField::Address, address),
            (PartyField::Phone, phone),
            (PartyField::Bank, bank),
            (PartyField::BankAccount, bank_account),
        ]
    }
}
