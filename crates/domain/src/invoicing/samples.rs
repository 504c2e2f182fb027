//! Invoices that the tests begin with.

use crate::invoicing::content::Content;
use crate::invoicing::line::{Line, LineNature};
use crate::invoicing::party::Party;
use crate::money::{Fen, decimal};

pub(super) fn line(nature: LineNature, quantity: &str, price: &str, net: &str) -> Line {
    let net = Fen::parse(net).unwrap();
    let rate = decimal("0.13").unwrap();
    Line {
        nature,
        tax_code: "1090418010000000000".into(),
        category: None,
        name: "洗衣机".into(),
        unit: "台".into(),
        model: "60L".into(),
        quantity: decimal(quantity),
        unit_price: decimal(price),
        net,
        rate,
        untaxed: None,
        tax: Fen::rounded(net.yuan() * rate).unwrap(),
    }
}

pub(super) fn content(lines: Vec<Line>) -> Content {
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
