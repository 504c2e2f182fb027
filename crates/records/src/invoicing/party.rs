//! The parties of an invoice.

use kaipiao_domain::invoicing::party::Party;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct PartyShape {
    name: String,
    tax_id: String,
    address: String,
    phone: String,
    bank: String,
    bank_account: String,
}

impl From<&Party> for PartyShape {
    fn from(party: &Party) -> Self {
        let Party { name, tax_id, address, phone, bank, bank_account } = party.clone();
        Self { name, tax_id, address, phone, bank, bank_account }
    }
}

impl From<PartyShape> for Party {
    fn from(shape: PartyShape) -> Self {
        let PartyShape { name, tax_id, address, phone, bank, bank_account } = shape;
        Self { name, tax_id, address, phone, bank, bank_account }
    }
}
