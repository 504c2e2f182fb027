//! The lines of an invoice (section 14).

use crate::money::Fen;
use rust_decimal::Decimal;
use std::borrow::Cow;

/// The nature of a line (section 14).
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

/// Why no tax is due on a line, which is not the same as a rate of zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untaxed {
    /// 免税
    Exempt,
    /// 不征税
    NotTaxed,
}

impl Untaxed {
    /// Both reasons.
    pub const ALL: [Self; 2] = [Self::Exempt, Self::NotTaxed];

    /// The words that stand in the place of the rate, on the wire and on the invoice.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Exempt => "免税",
            Self::NotTaxed => "不征税",
        }
    }

    /// Reads the words.
    pub fn from_words(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|untaxed| untaxed.words() == words)
    }
}

/// What the tax codes begin with that stand for no sale: no tax is due (D-88).
const NO_SALE: char = '6';

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Normal, discounted or discount.
    pub nature: LineNature,
    /// The 19-digit tax classification code.
    pub tax_code: String,
    /// The short name of the tax code, 商品简称, as the tables had it when the invoice was accepted.
    /// None: none had one, or the name brings its own.
    pub category: Option<String>,
    /// The goods or the service.
    pub name: String,
    /// The unit of measurement; may be empty.
    pub unit: String,
    /// Model or specification; may be empty.
    pub model: String,
    /// Quantity; only a discount line may have none.
    pub quantity: Option<Decimal>,
    /// The price of one without tax, in yuan; together with the quantity.
    pub unit_price: Option<Decimal>,
    /// The amount without tax.
    pub net: Fen,
    /// The tax rate: 0.13.
    pub rate: Decimal,
    /// Why no tax is due, where the request says so; the rate is 0 then.
    pub untaxed: Option<Untaxed>,
    /// The tax.
    pub tax: Fen,
}

/// What encloses a short name before the name of a line: `*饮料*水`.
const CATEGORY_MARK: char = '*';

impl Line {
    /// Whether the name begins with a short name of its own.
    pub fn brings_category(&self) -> bool {
        self.name.starts_with(CATEGORY_MARK)
    }

    /// The name behind its short name: `*家用清洁电器具*洗衣机`.
    pub fn printed_name(&self) -> Cow<'_, str> {
        match &self.category {
            Some(category) => {
                Cow::Owned(format!("{CATEGORY_MARK}{category}{CATEGORY_MARK}{}", self.name))
            }
            None => Cow::Borrowed(&self.name),
        }
    }

    /// Why no tax is due, if none is: the request says so, or the tax code does.
    pub fn untaxed(&self) -> Option<Untaxed> {
        let is_zero = self.rate.is_zero() && self.tax == Fen::ZERO;
        let by_code = || self.tax_code.starts_with(NO_SALE).then_some(Untaxed::NotTaxed);
        if is_zero { self.untaxed.or_else(by_code) } else { None }
    }
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
