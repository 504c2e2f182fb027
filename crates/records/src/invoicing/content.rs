//! What invoices say: written once, beside their requests.

use super::party::PartyShape;
use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::line::{Line, LineNature, Untaxed};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::{Fen, decimal};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The key of the content with that number ([`InvoiceRequest::content_number`]) of a request.
///
/// [`InvoiceRequest::content_number`]: kaipiao_domain::invoicing::invoice_request::InvoiceRequest::content_number
pub fn content_key(merchant: &AppId, serial: &Serial, content_number: u32) -> Key {
    let id = format!("{serial}/{content_number}");
    Key { kind: Kind::InvoiceContent, owner: merchant.to_string(), id }
}

#[derive(Serialize, Deserialize)]
struct ContentShape {
    seller: PartyShape,
    buyer: PartyShape,
    drawer: String,
    payee: String,
    reviewer: String,
    gross_fen: i64,
    net_fen: i64,
    tax_fen: i64,
    remark: String,
    lines: Vec<LineShape>,
}

#[derive(Serialize, Deserialize)]
struct LineShape {
    nature: u8,
    tax_code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    name: String,
    unit: String,
    model: String,
    quantity: Option<String>,
    unit_price: Option<String>,
    net_fen: i64,
    rate: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    untaxed: Option<String>,
    tax_fen: i64,
}

impl From<&Content> for ContentShape {
    fn from(content: &Content) -> Self {
        Self {
            seller: (&content.seller).into(),
            buyer: (&content.buyer).into(),
            drawer: content.drawer.clone(),
            payee: content.payee.clone(),
            reviewer: content.reviewer.clone(),
            gross_fen: content.gross.get(),
            net_fen: content.net.get(),
            tax_fen: content.tax.get(),
            remark: content.remark.clone(),
            lines: content.lines.iter().map(LineShape::from).collect(),
        }
    }
}

impl From<&Line> for LineShape {
    fn from(line: &Line) -> Self {
        Self {
            nature: line.nature.number(),
            tax_code: line.tax_code.clone(),
            category: line.category.clone(),
            name: line.name.clone(),
            unit: line.unit.clone(),
            model: line.model.clone(),
            quantity: line.quantity.as_ref().map(Decimal::to_string),
            unit_price: line.unit_price.as_ref().map(Decimal::to_string),
            net_fen: line.net.get(),
            rate: line.rate.to_string(),
            untaxed: line.untaxed.map(|untaxed| untaxed_name(untaxed).to_owned()),
            tax_fen: line.tax.get(),
        }
    }
}

impl Record for Content {
    const KIND: Kind = Kind::InvoiceContent;

    fn encode(&self) -> String {
        encode(&ContentShape::from(self))
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: ContentShape = decode(stored)?;
        let lines = shape.lines.into_iter().map(|line| line.line(stored));
        Ok(Self {
            seller: shape.seller.into(),
            buyer: shape.buyer.into(),
            drawer: shape.drawer,
            payee: shape.payee,
            reviewer: shape.reviewer,
            gross: Fen::new(shape.gross_fen),
            net: Fen::new(shape.net_fen),
            tax: Fen::new(shape.tax_fen),
            remark: shape.remark,
            lines: lines.collect::<Result<_, _>>()?,
        })
    }
}

/// A reason's name in the store.
const fn untaxed_name(untaxed: Untaxed) -> &'static str {
    match untaxed {
        Untaxed::Exempt => "exempt",
        Untaxed::NotTaxed => "not_taxed",
    }
}

impl LineShape {
    fn line(self, stored: &Stored) -> Result<Line, StoreError> {
        let number = |text: String| known(stored, "a line's number", decimal(&text));
        let untaxed = |name: String| {
            let found = Untaxed::ALL.into_iter().find(|untaxed| untaxed_name(*untaxed) == name);
            known(stored, "untaxed", found)
        };
        Ok(Line {
            nature: known(stored, "nature", LineNature::from_number(self.nature))?,
            tax_code: self.tax_code,
            category: self.category,
            name: self.name,
            unit: self.unit,
            model: self.model,
            quantity: self.quantity.map(number).transpose()?,
            unit_price: self.unit_price.map(number).transpose()?,
            net: Fen::new(self.net_fen),
            rate: number(self.rate)?,
            untaxed: self.untaxed.map(untaxed).transpose()?,
            tax: Fen::new(self.tax_fen),
        })
    }
}
