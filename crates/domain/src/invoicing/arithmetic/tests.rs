//! Tolerances, totals, discounts, and that whatever is accepted adds up.

use super::*;
use crate::invoicing::samples::{content, line};
use crate::money::decimal;
use proptest::prelude::*;

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

fn any_line() -> impl Strategy<Value = Line> {
    (1_i64..1_000_000, 1_i64..100_000, 0_u32..4, -7_i64..8, -2_i64..3).prop_map(
        |(price, quantity, scale, tax_off, net_off)| {
            let (quantity, price) = (Decimal::new(quantity, scale), Decimal::new(price, 2));
            let net = Fen::rounded(quantity * price).unwrap() + Fen::new(net_off);
            let rate = Decimal::new(13, 2);
            let tax = Fen::rounded(net.yuan() * rate).unwrap() + Fen::new(tax_off);
            let (quantity, unit_price) = (Some(quantity), Some(price));
            Line { quantity, unit_price, net, rate, tax, ..line(LineNature::Normal, "", "", "1") }
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
