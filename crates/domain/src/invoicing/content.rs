//! What an invoice says (section 14).

use crate::invoicing::line::{Line, LineField, LineNature};
use crate::invoicing::party::{Party, PartyField};
use crate::money::Fen;
use core::fmt::Display;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Everything that an invoice says, but for its number and date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The seller.
    pub seller: Party,
    /// The buyer.
    pub buyer: Party,
    /// The issuer's clerk: a person's name.
    pub drawer: String,
    /// The clerk who receives the money; may be empty.
    pub payee: String,
    /// The clerk who checked it; may be empty.
    pub reviewer: String,
    /// The total with tax.
    pub gross: Fen,
    /// The total without tax.
    pub net: Fen,
    /// The total tax.
    pub tax: Fen,
    /// Remarks; may be empty.
    pub remark: String,
    /// The lines, one at least.
    pub lines: Vec<Line>,
}

/// What is said of an invoice where its lines are not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentSummary {
    /// The seller's name.
    pub seller_name: String,
    /// The seller's tax number.
    pub seller_tax_id: String,
    /// The buyer's name.
    pub buyer_name: String,
    /// The buyer's tax number; may be empty.
    pub buyer_tax_id: String,
    /// [`Content::gross`]
    pub gross: Fen,
    /// [`Content::net`]
    pub net: Fen,
    /// [`Content::tax`]
    pub tax: Fen,
}

/// A part of the content that a complaint names. The wire layer knows what each is called there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentField {
    /// A text of the seller.
    Seller(PartyField),
    /// A text of the buyer.
    Buyer(PartyField),
    /// [`Content::drawer`]
    Drawer,
    /// [`Content::payee`]
    Payee,
    /// [`Content::reviewer`]
    Reviewer,
    /// [`Content::gross`]
    Gross,
    /// [`Content::net`]
    Net,
    /// [`Content::tax`]
    Tax,
    /// [`Content::remark`]
    Remark,
    /// A member of the line with that index, from 0.
    Line(usize, LineField),
}

/// What is wrong with a content, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentProblem {
    /// The part that is wrong.
    pub field: ContentField,
    /// What was expected, in words.
    pub problem: String,
    /// What was expected and what came, where that is one value.
    pub compared: Option<ComparedValues>,
}

/// A value that is not the one that it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedValues {
    /// The value that was expected.
    pub expected: String,
    /// The value that came.
    pub came: String,
}

/// The outcome of a check.
pub(super) type Checked = Result<(), ContentProblem>;

/// A check that has failed.
pub(super) fn wrong(field: ContentField, problem: impl Display) -> Checked {
    Err(ContentProblem { field, problem: problem.to_string(), compared: None })
}

/// A check that found another value than the only one that is right, and why it alone is.
pub(super) fn differs(
    field: ContentField,
    expected: impl Display,
    why: impl Display,
    came: impl Display,
) -> Checked {
    let (expected, came) = (expected.to_string(), came.to_string());
    let problem = format!("must be {expected}, {why}, not {came}");
    Err(ContentProblem { field, problem, compared: Some(ComparedValues { expected, came }) })
}

impl Content {
    /// The first character that `can_print` does not know, as a problem of the text it stands in.
    pub fn check_characters(&self, can_print: impl Fn(char) -> bool) -> Checked {
        self.texts().iter().try_for_each(|(field, text)| check_printable(*field, text, &can_print))
    }

    /// The content without what only its document shows.
    pub fn summary(&self) -> ContentSummary {
        ContentSummary {
            seller_name: self.seller.name.clone(),
            seller_tax_id: self.seller.tax_id.clone(),
            buyer_name: self.buyer.name.clone(),
            buyer_tax_id: self.buyer.tax_id.clone(),
            gross: self.gross,
            net: self.net,
            tax: self.tax,
        }
    }

    /// Every text that is printed, and where it stands.
    fn texts(&self) -> Vec<(ContentField, &str)> {
        let mut texts = Vec::new();
        texts.extend(
            self.seller.texts().into_iter().map(|(f, text)| (ContentField::Seller(f), text)),
        );
        texts
            .extend(self.buyer.texts().into_iter().map(|(f, text)| (ContentField::Buyer(f), text)));
        texts.push((ContentField::Drawer, &*self.drawer));
        texts.push((ContentField::Payee, &*self.payee));
        texts.push((ContentField::Reviewer, &*self.reviewer));
        texts.push((ContentField::Remark, &*self.remark));
        for (index, line) in self.lines.iter().enumerate() {
            for (field, text) in [
                (LineField::Name, &line.name),
                (LineField::Model, &line.model),
                (LineField::Unit, &line.unit),
            ] {
                texts.push((ContentField::Line(index, field), text));
            }
        }
        texts
    }

    /// The same with the short name of each line's tax code, but for the lines that bring their own.
    #[must_use]
    pub fn with_categories(mut self, category_of: impl Fn(&str) -> Option<String>) -> Self {
        for line in &mut self.lines {
            line.category = if line.brings_category() { None } else { category_of(&line.tax_code) };
        }
        self
    }

    /// The names of all lines as they are printed. A discount bears the name of what it discounts.
    pub fn printed_names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let named = |(index, line): (usize, &Line)| match line.nature {
            LineNature::Discount => index.saturating_sub(1),
            LineNature::Normal | LineNature::Discounted => index,
        };
        let lines = &self.lines;
        lines.iter().enumerate().map(move |at| lines[named(at)].printed_name())
    }

    /// The tax codes of lines that are printed without a short name.
    pub fn codes_without_category(&self) -> BTreeSet<&str> {
        let is_without = |line: &&Line| line.category.is_none() && !line.brings_category();
        self.lines.iter().filter(is_without).map(|line| &*line.tax_code).collect()
    }

    /// What the red invoice says that takes this one back: the same with all signs turned.
    pub fn reversed(&self, remark: String) -> Self {
        let reversed_line = |line: &Line| Line {
            quantity: line.quantity.map(|quantity| -quantity),
            net: -line.net,
            tax: -line.tax,
            ..line.clone()
        };
        Self {
            gross: -self.gross,
            net: -self.net,
            tax: -self.tax,
            remark,
            lines: self.lines.iter().map(reversed_line).collect(),
            ..self.clone()
        }
    }
}

/// Names the first character of a text that cannot be printed. Line feeds are laid out.
pub fn check_printable(
    field: ContentField,
    text: &str,
    can_print: impl Fn(char) -> bool,
) -> Result<(), ContentProblem> {
    let Some(unknown) = text.chars().find(|c| *c != '\n' && !can_print(*c)) else { return Ok(()) };
    let code = u32::from(unknown);
    wrong(field, format!("holds {unknown} (U+{code:04X}), which no font here can print"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoicing::samples::{content, line};

    #[test]
    fn a_character_that_cannot_be_printed_is_named_with_its_place() {
        let mut content = content(vec![line(LineNature::Normal, "1", "1", "1")]);
        let known = |c: char| c != '𪚥';
        assert_eq!(content.check_characters(known), Ok(()));
        content.lines[0].model = "a𪚥".into();
        let problem = content.check_characters(known).unwrap_err();
        assert_eq!(problem.field, ContentField::Line(0, LineField::Model));
        assert_eq!(problem.problem, "holds 𪚥 (U+2A6A5), which no font here can print");
    }

    #[test]
    fn a_discount_bears_the_name_of_its_line() {
        let of = |nature, tax_code: &str, name: &str| Line {
            tax_code: tax_code.into(),
            name: name.into(),
            ..line(nature, "1", "1", "1")
        };
        let lines = vec![
            of(LineNature::Discounted, "1", "洗衣机"),
            of(LineNature::Discount, "1", "折扣行"),
            of(LineNature::Normal, "1", "*饮料*水"),
            of(LineNature::Normal, "2", "书"),
        ];
        let named = |name: &str| {
            let name = name.to_owned();
            content(lines.clone()).with_categories(move |code| (code == "1").then(|| name.clone()))
        };
        let printed: Vec<_> = named("电器").printed_names().map(Cow::into_owned).collect();
        assert_eq!(printed, ["*电器*洗衣机", "*电器*洗衣机", "*饮料*水", "书"]);
        assert_eq!(named("电器").codes_without_category(), BTreeSet::from(["2"]));
        let red = named("电器").reversed(String::new());
        let printed: Vec<_> = red.printed_names().map(Cow::into_owned).collect();
        assert_eq!(printed, ["*电器*洗衣机", "*电器*洗衣机", "*饮料*水", "书"]);
        let lone = content(vec![of(LineNature::Discount, "2", "折扣")]);
        assert_eq!(lone.printed_names().collect::<Vec<_>>(), ["折扣"]);
    }
}
