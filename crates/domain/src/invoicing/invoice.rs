//! What an invoice says, and the arithmetic that it must satisfy (section 14, rulings 14,
//! invoice-standards.md c).

use crate::invoicing::taxpayer::Party;
use crate::money::Fen;
use core::fmt::Display;
use rust_decimal::Decimal;

/// Quantity × price and the line's amount may differ by so much: one fen.
const AMOUNT_TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Amount × rate and a line's tax may differ by so much: six fen.
const TAX_TOLERANCE: Decimal = Decimal::from_parts(6, 0, 0, false, 2);
/// The same over all lines together: 1.27 yuan.
const TOTAL_TAX_TOLERANCE: Decimal = Decimal::from_parts(127, 0, 0, false, 2);

/// What a line is (section 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineNature {
    /// 0: goods or a service.
    Normal,
    /// 1: the discount on the line before it.
    Discount,
    /// 2: goods or a service that the next line discounts.
    Discounted,
}

impl LineNature {
    /// Every nature, in the contract's order.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Discount, Self::Discounted];

    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::Discount => 1,
            Self::Discounted => 2,
        }
    }

    /// Reads the wire's number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|nature| nature.number() == number)
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub nature: LineNature,
    /// The 19-digit tax classification code.
    pub tax_code: String,
    /// What is sold.
    pub name: String,
    /// The unit of measurement; may be empty.
    pub unit: String,
    /// Model or specification; may be empty.
    pub model: String,
    /// How many; only a discount line may have none.
    pub quantity: Option<Decimal>,
    /// The price of one without tax, in yuan; together with the quantity.
    pub unit_price: Option<Decimal>,
    /// The amount without tax.
    pub net: Fen,
    /// The tax rate: 0.13.
    pub rate: Decimal,
    /// The tax.
    pub tax: Fen,
}

/// Everything that an invoice says, but for its number and date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub buyer: Party,
    /// Who issues it: a person's name.
    pub drawer: String,
    /// Who receives the money; may be empty.
    pub payee: String,
    /// Who checked it; may be empty.
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

/// A part of the content that a complaint names. The wire floor knows what each is called there.
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

/// A member of a [`Line`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the Line's member of that name")]
pub enum LineField {
    Nature,
    Name,
    Unit,
    Model,
    Quantity,
    UnitPrice,
    Net,
    Rate,
    Tax,
}

/// What is wrong with a content, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentProblem {
    /// Where.
    pub field: ContentField,
    /// What was expected.
    pub problem: String,
}

/// A check's outcome.
type Checked = Result<(), ContentProblem>;

fn wrong(field: ContentField, problem: impl Display) -> Checked {
    Err(ContentProblem { field, problem: problem.to_string() })
}

impl Content {
    /// Checks the lines, then the totals. The first that does not add up is named with what it
    /// should be.
    pub fn check_arithmetic(&self) -> Checked {
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
            let problem = format!("must be {net}, the sum of the lines, not {}", self.net);
            return wrong(ContentField::Net, problem);
        }
        if self.tax != tax {
            let problem = format!("must be {tax}, the sum of the lines, not {}", self.tax);
            return wrong(ContentField::Tax, problem);
        }
        if self.gross != net + tax {
            let problem = format!("must be {}, {net} + {tax}, not {}", net + tax, self.gross);
            return wrong(ContentField::Gross, problem);
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

    /// The first character that `can_print` does not know, as a problem of the text it stands in.
    pub fn check_characters(&self, can_print: impl Fn(char) -> bool) -> Checked {
        self.texts().iter().try_for_each(|(field, text)| check_printable(*field, text, &can_print))
    }

    /// Every text that is printed, and where it stands.
    fn texts(&self) -> Vec<(ContentField, &str)> {
        let mut texts = Vec::new();
        texts.extend(party_texts(&self.seller).map(|(f, text)| (ContentField::Seller(f), text)));
        texts.extend(party_texts(&self.buyer).map(|(f, text)| (ContentField::Buyer(f), text)));
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

    /// What the red invoice says that takes this one back: the same with all signs turned.
    pub fn reversed(&self, remark: String) -> Self {
        let line = |line: &Line| Line {
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
            lines: self.lines.iter().map(line).collect(),
            ..self.clone()
        }
    }
}

/// Names the first character of a text that cannot be printed. Line feeds are laid out.
pub fn check_printable(
    field: ContentField,
    text: &str,
    can_print: impl Fn(char) -> bool,
) -> Checked {
    let Some(unknown) = text.chars().find(|c| *c != '\n' && !can_print(*c)) else { return Ok(()) };
    let code = u32::from(unknown);
    wrong(field, format!("holds {unknown} (U+{code:04X}), which no font here can print"))
}

fn party_texts(party: &Party) -> impl Iterator<Item = (PartyField, &str)> {
    let Party { name, tax_id, address, phone, bank, bank_account } = party;
    [
        (PartyField::Name, &**name),
        (PartyField::TaxId, tax_id),
        (PartyField::Address, address),
        (PartyField::Phone, phone),
        (PartyField::Bank, bank),
        (PartyField::BankAccount, bank_account),
    ]
    .into_iter()
}

impl Line {
    fn check(&self, index: usize) -> Checked {
        let at = |field| ContentField::Line(index, field);
        if self.nature != LineNature::Discount && self.net <= Fen::ZERO {
            return wrong(at(LineField::Net), "must be more than 0");
        }
        self.check_amount(index)?;
        let exact = self.exact_tax();
        if (exact - self.tax.yuan()).abs() > TAX_TOLERANCE {
            let (net, rate, tax) = (self.net, self.rate.normalize(), self.tax);
            let problem =
                format!("must be {}, {net} × {rate}, not {tax}", shown(exact, Fen::rounded(exact)));
            return wrong(at(LineField::Tax), problem);
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
            let (quantity, price) = (quantity.normalize(), price.normalize());
            let expected = shown(exact, Fen::rounded(exact));
            let problem = format!("must be {expected}, {quantity} × {price}, not {}", self.net);
            return wrong(at(LineField::Net), problem);
        }
        Ok(())
    }

    fn check_discount_of(&self, discounted: &Self, index: usize) -> Checked {
        let at = |field| ContentField::Line(index, field);
        if self.rate != discounted.rate {
            let problem = format!("must be {}, as of the line before it", discounted.rate);
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
pub(crate) mod tests {
    use super::*;
    use crate::money::decimal;
    use proptest::prelude::*;

    pub(crate) fn line(nature: LineNature, quantity: &str, price: &str, net: &str) -> Line {
        let net = Fen::parse(net).unwrap();
        let rate = decimal("0.13").unwrap();
        Line {
            nature,
            tax_code: "1090418010000000000".into(),
            name: "洗衣机".into(),
            unit: "台".into(),
            model: "60L".into(),
            quantity: decimal(quantity),
            unit_price: decimal(price),
            net,
            rate,
            tax: Fen::rounded(net.yuan() * rate).unwrap(),
        }
    }

    pub(crate) fn content(lines: Vec<Line>) -> Content {
        let (net, tax) = (lines.iter().map(|l| l.net).sum(), lines.iter().map(|l| l.tax).sum());
        let party = |name: &str| Party { name: name.into(), ..Party::default() };
        Content {
            seller: party("百旺电子测试1"),
            buyer: party("星期一"),
            drawer: "张三".into(),
            payee: String::new(),
            reviewer: String::new(),
            gross: net + tax,
            net,
            tax,
            remark: String::new(),
            lines,
        }
    }

    fn problem(content: &Content) -> Option<(ContentField, String)> {
        content.check_arithmetic().err().map(|p| (p.field, p.problem))
    }

    fn at(index: usize, field: LineField) -> ContentField {
        ContentField::Line(index, field)
    }

    #[test]
    fn the_contracts_sample_adds_up() {
        let mut sample = content(vec![line(LineNature::Normal, "1", "135.9", "135.9")]);
        sample.lines[0].rate = decimal("0.17").unwrap();
        sample.lines[0].tax = Fen::parse("23.1").unwrap();
        sample.tax = Fen::parse("23.1").unwrap();
        sample.gross = Fen::parse("159").unwrap();
        assert_eq!(problem(&sample), None);
    }

    #[test]
    fn each_tolerance_to_the_fen() {
        let with = |net: i64, tax: i64| {
            let mut content = content(vec![line(LineNature::Normal, "1", "100", "100")]);
            content.lines[0].net = Fen::new(net);
            content.lines[0].tax = Fen::new(tax);
            (content.net, content.tax) = (Fen::new(net), Fen::new(tax));
            content.gross = Fen::new(net + tax);
            problem(&content).map(|(field, _)| field)
        };
        assert_eq!((with(10_001, 1300), with(9_999, 1300)), (None, None));
        assert_eq!(with(10_002, 1300), Some(at(0, LineField::Net)));
        assert_eq!((with(10_000, 1306), with(10_000, 1294)), (None, None));
        assert_eq!(with(10_000, 1307), Some(at(0, LineField::Tax)));
    }

    #[test]
    fn the_tax_of_all_lines_may_be_off_by_1_27() {
        let with = |lines: usize| {
            let mut one = line(LineNature::Normal, "1", "100", "100");
            one.tax = Fen::new(1306);
            problem(&content(vec![one; lines])).map(|(field, _)| field)
        };
        assert_eq!((with(21), with(22)), (None, Some(ContentField::Tax)));
    }

    #[test]
    fn totals_are_exact_and_what_is_expected_is_said() {
        let good = content(vec![line(LineNature::Normal, "3", "10", "30"); 2]);
        assert_eq!(problem(&good), None);
        let mut off = good.clone();
        off.net = Fen::new(6001);
        assert_eq!(
            problem(&off),
            Some((ContentField::Net, "must be 60.00, the sum of the lines, not 60.01".into()))
        );
        let mut off = good.clone();
        off.tax = off.tax + Fen::new(1);
        assert_eq!(problem(&off).unwrap().0, ContentField::Tax);
        let mut off = good;
        off.gross = Fen::ZERO;
        assert_eq!(
            problem(&off),
            Some((ContentField::Gross, "must be 67.80, 60.00 + 7.80, not 0.00".into()))
        );
    }

    #[test]
    fn a_discount_stands_behind_its_line() {
        use LineNature::{Discount, Discounted, Normal};
        let full = || line(Discounted, "1", "100", "100");
        let off = |net| line(Discount, "", "", net);
        let field = |lines: Vec<Line>| problem(&content(lines)).map(|(field, _)| field);
        assert_eq!(field(vec![full(), off("-10")]), None);
        assert_eq!(field(vec![full(), off("-100"), line(Normal, "1", "1", "1")]), None);
        assert_eq!(field(vec![full()]), Some(at(0, LineField::Nature)));
        assert_eq!(field(vec![off("-10"), full()]), Some(at(0, LineField::Nature)));
        assert_eq!(field(vec![full(), off("-10"), off("-1")]), Some(at(2, LineField::Nature)));
        let normal = line(Normal, "1", "100", "100");
        assert_eq!(field(vec![normal, off("-10")]), Some(at(1, LineField::Nature)));
        assert_eq!(field(vec![full(), off("10")]), Some(at(1, LineField::Net)));
        assert_eq!(field(vec![full(), off("-100.01")]), Some(at(1, LineField::Net)));
        let mut other_rate = off("-10");
        other_rate.rate = decimal("0.06").unwrap();
        assert_eq!(field(vec![full(), other_rate]), Some(at(1, LineField::Rate)));
        assert_eq!(field(vec![full(), off("-100")]), Some(ContentField::Gross));
    }

    #[test]
    fn quantity_and_price_belong_to_every_line_but_a_discount() {
        let field = |quantity, price, net| {
            let lines = vec![line(LineNature::Normal, quantity, price, net)];
            problem(&content(lines)).map(|(field, _)| field)
        };
        assert_eq!(field("", "10", "10"), Some(at(0, LineField::Quantity)));
        assert_eq!(field("1", "", "10"), Some(at(0, LineField::UnitPrice)));
        assert_eq!(field("-1", "-10", "10"), Some(at(0, LineField::Quantity)));
        assert_eq!(field("1", "0", "0"), Some(at(0, LineField::Net)));
        assert_eq!(field("0.3333333", "30.000003", "10"), None);
        let huge = "9999999999999999999999999999";
        assert_eq!(field(huge, huge, "10"), Some(at(0, LineField::Quantity)));
    }

    #[test]
    fn a_character_that_cannot_be_printed_is_named_with_its_place() {
        let mut content = content(vec![line(LineNature::Normal, "1", "1", "1")]);
        let known = |c: char| c != '𪚥';
        assert_eq!(content.check_characters(known), Ok(()));
        content.lines[0].model = "a𪚥".into();
        let problem = content.check_characters(known).unwrap_err();
        assert_eq!(problem.field, at(0, LineField::Model));
        assert_eq!(problem.problem, "holds 𪚥 (U+2A6A5), which no font here can print");
    }

    fn any_line() -> impl Strategy<Value = Line> {
        (1_i64..1_000_000, 1_i64..100_000, 0_u32..4, -7_i64..8, -2_i64..3).prop_map(
            |(price, quantity, scale, tax_off, net_off)| {
                let (quantity, price) = (Decimal::new(quantity, scale), Decimal::new(price, 2));
                let net = Fen::rounded(quantity * price).unwrap() + Fen::new(net_off);
                let rate = Decimal::new(13, 2);
                let tax = Fen::rounded(net.yuan() * rate).unwrap() + Fen::new(tax_off);
                let (quantity, unit_price) = (Some(quantity), Some(price));
                Line {
                    quantity,
                    unit_price,
                    net,
                    rate,
                    tax,
                    ..line(LineNature::Normal, "", "", "1")
                }
            },
        )
    }

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        let parts = (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0_u32..=28);
        parts.prop_map(|(lo, mid, hi, negative, scale)| {
            Decimal::from_parts(lo, mid, hi, negative, scale)
        })
    }

    proptest! {
        #[test]
        fn no_numbers_make_the_arithmetic_panic(
            quantity in any_decimal(), price in any_decimal(),
            nature in prop::sample::select(LineNature::ALL.to_vec()),
            net in -10_000_000_000_000_i64..=10_000_000_000_000,
            tax in -10_000_000_000_000_i64..=10_000_000_000_000,
        ) {
            let one = Line {
                quantity: Some(quantity),
                unit_price: Some(price),
                net: Fen::new(net),
                tax: Fen::new(tax),
                ..line(nature, "1", "1", "1")
            };
            let _ = content(vec![one.clone(), one]).check_arithmetic();
        }

        /// Whatever is accepted adds up, and so does the red invoice that takes it back.
        #[test]
        fn the_sums_of_every_accepted_invoice_add_up(
            lines in prop::collection::vec(any_line(), 1..30), net_off in -1_i64..2, gross_off in -1_i64..2
        ) {
            let mut content = content(lines);
            content.net = content.net + Fen::new(net_off);
            content.gross = content.gross + Fen::new(gross_off);
            if content.check_arithmetic().is_ok() {
                for content in [content.clone(), content.reversed(String::new())] {
                    let net: i64 = content.lines.iter().map(|line| line.net.get()).sum();
                    let tax: i64 = content.lines.iter().map(|line| line.tax.get()).sum();
                    prop_assert_eq!((content.net.get(), content.tax.get()), (net, tax));
                    prop_assert_eq!(content.gross.get(), net + tax);
                }
            }
        }
    }
}
