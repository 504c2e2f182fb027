//! The arithmetic that an invoice must satisfy (section 14, D-62, D-98, D-99, spec/invoice_face.md).

use crate::invoicing::content::{Checked, Content, ContentField, ContentProblem, differs, wrong};
use crate::invoicing::line::{Line, LineField, LineNature, Untaxed};
use crate::money::Fen;
use rust_decimal::Decimal;

/// Tolerance between quantity × price and the line's amount: one fen.
const AMOUNT_TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Tolerance between amount × rate and the line's tax: six fen.
const TAX_TOLERANCE: Decimal = Decimal::from_parts(6, 0, 0, false, 2);
/// The same over all lines together: 1.27 yuan.
const TOTAL_TAX_TOLERANCE: Decimal = Decimal::from_parts(127, 0, 0, false, 2);

impl Content {
    /// Checks the lines, then the totals. The first that does not add up is named with what it
    /// should be.
    pub fn check_arithmetic(&self) -> Result<(), ContentProblem> {
        for index in 0..self.lines.len() {
            self.check_nature(index)?;
            self.lines[index].check(index)?;
        }
        self.check_totals()
    }

    /// A discount stands directly behind the line that it discounts.
    fn check_nature(&self, index: usize) -> Checked {
        let at = |field| ContentField::Line(index, field);
        let line = &self.lines[index];
        let before = index.checked_sub(1).map(|before| &self.lines[before]);
        match line.nature {
            LineNature::Normal => Ok(()),
            LineNature::Discounted => match self.lines.get(index + 1) {
                Some(next) if next.nature == LineNature::Discount => Ok(()),
                _ => wrong(at(LineField::Nature), "is 2, so the next line must be its discount, 1"),
            },
            LineNature::Discount => match before {
                Some(before) if before.nature == LineNature::Discounted => {
                    line.check_discount_of(before, index)
                }
                _ => wrong(
                    at(LineField::Nature),
                    "is 1, so the line before it must be the discounted one, 2",
                ),
            },
        }
    }

    fn check_totals(&self) -> Checked {
        let sum = |part: fn(&Line) -> Fen| self.lines.iter().map(part).sum::<Fen>();
        let (net, tax) = (sum(|line| line.net), sum(|line| line.tax));
        if self.net != net {
            return differs(ContentField::Net, net, "the sum of the lines", self.net);
        }
        if self.tax != tax {
            return differs(ContentField::Tax, tax, "the sum of the lines", self.tax);
        }
        if self.gross != net + tax {
            let why = format!("{net} + {tax}");
            return differs(ContentField::Gross, net + tax, why, self.gross);
        }
        if self.gross <= Fen::ZERO {
            return wrong(ContentField::Gross, "must be more than 0");
        }
        let exact: Decimal = self.lines.iter().map(Line::exact_tax).sum();
        if (exact - tax.yuan()).abs() > TOTAL_TAX_TOLERANCE {
            let problem = format!("must be within 1.27 of {exact}, the lines' amounts × rates");
            return wrong(ContentField::Tax, problem);
        }
        Ok(())
    }
}

impl Line {
    fn check(&self, index: usize) -> Checked {
        let at = |field| ContentField::Line(index, field);
        if self.nature != LineNature::Discount && self.net <= Fen::ZERO {
            return wrong(at(LineField::Net), "must be more than 0");
        }
        self.check_amount(index)?;
        if let Some(untaxed) = self.untaxed
            && self.tax != Fen::ZERO
        {
            let problem = format!("must be 0, the line is {}", untaxed.words());
            return wrong(at(LineField::Tax), problem);
        }
        let exact = self.exact_tax();
        if (exact - self.tax.yuan()).abs() > TAX_TOLERANCE {
            let why = format!("{} × {}", self.net, self.rate.normalize());
            let expected = shown(exact, Fen::rounded(exact));
            return differs(at(LineField::Tax), expected, why, self.tax);
        }
        Ok(())
    }

    fn check_amount(&self, index: usize) -> Checked {
        let at = |field| ContentField::Line(index, field);
        let (quantity, price) = match (self.quantity, self.unit_price) {
            (Some(quantity), Some(price)) => (quantity, price),
            (None, None) if self.nature == LineNature::Discount => return Ok(()),
            (None, _) => return wrong(at(LineField::Quantity), "is empty"),
            (_, None) => return wrong(at(LineField::UnitPrice), "is empty"),
        };
        if self.nature != LineNature::Discount && quantity <= Decimal::ZERO {
            return wrong(at(LineField::Quantity), "must be more than 0");
        }
        let exact = quantity.checked_mul(price);
        let off = exact.and_then(|exact| exact.checked_sub(self.net.yuan()));
        let (Some(exact), Some(off)) = (exact, off) else {
            return wrong(at(LineField::Quantity), "times the unit price is too large");
        };
        if off.abs() > AMOUNT_TOLERANCE {
            let why = format!("{} × {}", quantity.normalize(), price.normalize());
            let expected = shown(exact, Fen::rounded(exact));
            return differs(at(LineField::Net), expected, why, self.net);
        }
        Ok(())
    }

    fn check_discount_of(&self, discounted: &Self, index: usize) -> Checked {
        let at = |field| ContentField::Line(index, field);
        if self.rate != discounted.rate {
            let why = "as of the line before it";
            return differs(at(LineField::Rate), discounted.rate, why, self.rate);
        }
        if self.untaxed != discounted.untaxed {
            let words = discounted.untaxed.map_or("taxed", Untaxed::words);
            let problem = format!("must be {words}, as the line before it is");
            return wrong(at(LineField::Rate), problem);
        }
        if self.net >= Fen::ZERO {
            return wrong(at(LineField::Net), "must be less than 0: the line is a discount");
        }
        if -self.net > discounted.net {
            let problem =
                format!("must not take off more than {}, the line before", discounted.net);
            return wrong(at(LineField::Net), problem);
        }
        Ok(())
    }

    /// Amount × rate, in yuan, not rounded.
    fn exact_tax(&self) -> Decimal {
        self.net.yuan() * self.rate
    }
}

/// An expected amount; in full where it is beyond what an amount may be.
fn shown(exact: Decimal, rounded: Option<Fen>) -> String {
    rounded.map_or_else(|| exact.normalize().to_string(), |fen| fen.to_string())
}

#[cfg(test)]
mod tests;
