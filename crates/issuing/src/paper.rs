//! An invoice's values as a plain sheet: everything that was issued, nothing of its official face.

use crate::font::has_glyph;
use crate::in_china;
use crate::pdf::{Align, Column, Row, Sheet, render};
use kaipiao_domain::invoice::{Content, Line};
use kaipiao_domain::invoice_request::{Colour, InvoiceRequest, IssuedInvoice};
use kaipiao_domain::taxpayer::{Face, Party};
use kaipiao_seams::paper::Paper;

/// Prints plain sheets, marked as specimens: who runs this server need not be licensed to issue.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainPaper;

impl Paper for PlainPaper {
    fn can_print(&self, character: char) -> bool {
        has_glyph(character)
    }

    fn pdf(&self, request: &InvoiceRequest, invoice: &IssuedInvoice) -> Vec<u8> {
        let content = &request.content;
        let mut rows = identity(invoice);
        rows.extend(party("购买方 Buyer", &content.buyer));
        rows.extend(party("销售方 Seller", &content.seller));
        rows.push(heading("项目 Items"));
        rows.push(table(&content.lines));
        rows.extend(totals(content));
        let title = match (&request.colour, request.face) {
            (Colour::Blue, Face::Classic) => "电子发票 E-Invoice",
            (Colour::Blue, Face::Digital) => "数电发票 Digital E-Invoice",
            (Colour::Red { .. }, Face::Classic) => "红字电子发票 Red E-Invoice",
            (Colour::Red { .. }, Face::Digital) => "红字数电发票 Red Digital E-Invoice",
        };
        render(&Sheet { title, author: &content.seller.name, rows, specimen: true })
    }
}

fn heading(text: &str) -> Row {
    Row::Heading(text.to_owned())
}

fn pair(label: &str, value: impl ToString) -> Row {
    Row::Pair { label: label.to_owned(), value: value.to_string() }
}

/// A row for each value that there is.
fn pairs(values: &[(&str, &str)]) -> Vec<Row> {
    let there = values.iter().filter(|(_, value)| !value.is_empty());
    there.map(|(label, value)| pair(label, value)).collect()
}

fn identity(invoice: &IssuedInvoice) -> Vec<Row> {
    let issued = in_china(invoice.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut rows = vec![heading("发票 Invoice")];
    rows.extend(pairs(&[
        ("发票代码 Code", invoice.number.code()),
        ("发票号码 Number", invoice.number.number()),
        ("开票日期 Issued", &issued),
        ("校验码 Check code", &invoice.check_code),
    ]));
    rows
}

fn party(title: &str, party: &Party) -> Vec<Row> {
    let mut rows = vec![heading(title)];
    rows.extend(pairs(&[
        ("名称 Name", &party.name),
        ("纳税人识别号 Tax id", &party.tax_id),
        ("地址 Address", &party.address),
        ("电话 Phone", &party.phone),
        ("开户行 Bank", &party.bank),
        ("账号 Account", &party.bank_account),
    ]));
    rows
}

fn table(lines: &[Line]) -> Row {
    let column = |title: &str, share, align| Column { title: title.to_owned(), share, align };
    Row::Table {
        columns: vec![
            column("名称 Name", 26, Align::Left),
            column("规格 Model", 14, Align::Left),
            column("单位 Unit", 8, Align::Center),
            column("数量 Qty", 12, Align::Right),
            column("单价 Price", 14, Align::Right),
            column("金额 Net", 16, Align::Right),
            column("税率 Rate", 9, Align::Right),
            column("税额 Tax", 14, Align::Right),
        ],
        rows: lines.iter().map(cells).collect(),
    }
}

fn cells(line: &Line) -> Vec<String> {
    let number = |number: Option<rust_decimal::Decimal>| {
        number.map(|number| number.normalize().to_string()).unwrap_or_default()
    };
    vec![
        line.name.clone(),
        line.model.clone(),
        line.unit.clone(),
        number(line.quantity),
        number(line.unit_price),
        line.net.to_string(),
        format!("{}%", (line.rate * rust_decimal::Decimal::ONE_HUNDRED).normalize()),
        line.tax.to_string(),
    ]
}

fn totals(content: &Content) -> Vec<Row> {
    let mut rows = vec![
        heading("合计 Totals"),
        pair("合计金额 Net", format!("¥{}", content.net)),
        pair("合计税额 Tax", format!("¥{}", content.tax)),
        pair("价税合计 Gross", format!("¥{}", content.gross)),
    ];
    rows.extend(pairs(&[
        ("开票人 Drawer", &content.drawer),
        ("收款人 Payee", &content.payee),
        ("复核 Reviewer", &content.reviewer),
        ("备注 Remarks", &content.remark),
    ]));
    rows
}
