//! What the XML that is attached to an invoice is to say, element by element.

use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_request::Colour;
use kaipiao_domain::invoicing::line::Line;
use kaipiao_domain::invoicing::party::Party;
use kaipiao_render::capitals::capitals;
use rust_decimal::Decimal;

use super::fixtures::Fixture;

/// Names and texts of elements that hold a value, in their order.
pub type Values = Vec<(&'static str, String)>;

/// All that the attached data is to say of an invoice.
pub fn of(fixture: &Fixture) -> Values {
    let Fixture { content, invoice, .. } = fixture;
    let mut data = header(fixture);
    data.extend(party_data(&SELLER, &content.seller));
    data.extend(party_data(&BUYER, &content.buyer));
    data.extend([
        ("TotalAmWithoutTax", content.net.to_string()),
        ("TotalTaxAm", content.tax.to_string()),
        ("TotalTax-includedAmount", content.gross.to_string()),
        ("TotalTax-includedAmountInChinese", capitals(content.gross)),
        ("Drawer", content.drawer.clone()),
        ("Payee", content.payee.clone()),
        ("Reviewer", content.reviewer.clone()),
        ("RequestTime", "2017-12-04".to_owned()),
    ]);
    let names = content.printed_names();
    data.extend(content.lines.iter().zip(names).flat_map(|(line, name)| item(line, &name)));
    data.push(("Remark", content.remark.clone()));
    data.extend([
        ("InvoiceCode", invoice.number.code().to_owned()),
        ("InvoiceNumber", invoice.number.number().to_owned()),
        ("CheckCode", invoice.check_code.clone()),
        ("IssueTime", "2017-12-04 17:21:59".to_owned()),
    ]);
    data.retain(|(_, text)| !text.is_empty());
    data
}

fn header(fixture: &Fixture) -> Values {
    let Fixture { request, invoice, .. } = fixture;
    let (kind, kind_name) = match request.face {
        Face::Classic => ("10", "增值税电子普通发票"),
        Face::Digital => ("01", "电子发票"),
    };
    let is_blue = request.colour == Colour::Blue;
    vec![
        ("EIid", format!("{}{}", invoice.number.code(), invoice.number.number())),
        ("EInvoiceTag", "SWEI4400".to_owned()),
        ("Version", "0.33".to_owned()),
        ("LabelCode", if is_blue { "Y" } else { "N" }.to_owned()),
        ("LabelName", "是否蓝字发票标志".to_owned()),
        ("LabelCode", kind.to_owned()),
        ("LabelName", kind_name.to_owned()),
        ("LabelCode", "02".to_owned()),
        ("LabelName", "普通发票".to_owned()),
        ("LabelType", "样票".to_owned()),
        ("LabelCode", "SPECIMEN".to_owned()),
        ("LabelName", "仅供测试，不是发票".to_owned()),
    ]
}

const SELLER: [&str; 6] = [
    "SellerIdNum",
    "SellerName",
    "SellerAddr",
    "SellerTelNum",
    "SellerBankName",
    "SellerBankAccNum",
];
const BUYER: [&str; 6] =
    ["BuyerIdNum", "BuyerName", "BuyerAddr", "BuyerTelNum", "BuyerBankName", "BuyerBankAccNum"];

fn party_data(names: &[&'static str; 6], party: &Party) -> Values {
    let Party { name, tax_id, address, phone, bank, bank_account } = party.clone();
    names.iter().copied().zip([tax_id, name, address, phone, bank, bank_account]).collect()
}

fn item(line: &Line, name: &str) -> Values {
    let number = |number: Option<Decimal>| {
        number.map(|number| number.normalize().to_string()).unwrap_or_default()
    };
    vec![
        ("ItemName", name.to_owned()),
        ("SpecMod", line.model.clone()),
        ("MeaUnits", line.unit.clone()),
        ("Quantity", number(line.quantity)),
        ("UnPrice", number(line.unit_price)),
        ("Amount", line.net.to_string()),
        ("TaxRate", number(Some(line.rate))),
        ("ComTaxAm", line.tax.to_string()),
        ("TotaltaxIncludedAmount", (line.net + line.tax).to_string()),
        ("TaxClassificationCode", line.tax_code.clone()),
    ]
}
