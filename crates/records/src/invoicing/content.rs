//! What an invoice says.

use super::party::PartyShape;
use crate::codec::known;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::line::{Line, LineNature};
use kaipiao_domain::money::{Fen, decimal};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Stored;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct ContentShape {
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
pub(crate) struct LineShape {
    nature: u8,
    tax_code: String,
    name: String,
    unit: String,
    model: String,
    quantity: Option<String>,
    unit_price: Option<String>,
    net_fen: i64,
    rate: String,
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
            name: line.name.clone(),
            unit: line.unit.clone(),
            model: line.model.clone(),
            quantity: line.quantity.as_ref().map(Decimal::to_string),
            unit_price: line.unit_price.as_ref().map(Decimal::to_string),
            net_fen: line.net.get(),
            rate: line.rate.to_string(),
            tax_fen: line.tax.get(),
        }
    }
}

impl ContentShape {
    pub(crate) fn content(self, stored: &Stored) -> Result<Content, StoreError> {
        Ok(Content {
            seller: self.seller.into(),
            buyer: self.buyer.into(),
            drawer: self.drawer,
            payee: self.payee,
            reviewer: self.reviewer,
            gross: Fen::new(self.gross_fen),
            net: Fen::new(self.net_fen),
            tax: Fen::new(self.tax_fen),
            remark: self.remark,
            lines: self
                .lines
                .into_iter()
                .map(|line| line.line(stored))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl LineShape {
    fn line(self, stored: &Stored) -> Result<Line, StoreError> {
        let number = |text: String| known(stored, "a line's number", decimal(&text));
        Ok(Line {
            nature: known(stored, "nature", LineNature::from_number(self.nature))?,
            tax_code: self.tax_code,
            name: self.name,
            unit: self.unit,
            model: self.model,
            quantity: self.quantity.map(number).transpose()?,
            unit_price: self.unit_price.map(number).transpose()?,
            net: Fen::new(self.net_fen),
            rate: number(self.rate)?,
            tax: Fen::new(self.tax_fen),
        })
    }
}
