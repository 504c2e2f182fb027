//! The data of an invoice as XML, in the dialect of fully digital invoices (invoice_face f):
//! what programs read instead of the page.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_request::Colour;
use kaipiao_domain::invoicing::line::Line;
use kaipiao_domain::invoicing::party::Party;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::capitals::capitals;
use crate::dates::in_china;
use crate::figures::plain;
use crate::subject::Subject;

const TAG: &str = "SWEI4400";
const VERSION: &str = "0.33";

type Xml = Writer<Vec<u8>>;
type Written = std::io::Result<()>;

/// The document of an invoice.
pub(crate) fn xml(subject: Subject) -> Vec<u8> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    document(&mut xml, subject).expect("memory takes what is written");
    xml.into_inner()
}

fn document(xml: &mut Xml, subject: Subject) -> Written {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    group(xml, "EInvoice", |xml| {
        group(xml, "Header", |xml| header(xml, subject))?;
        group(xml, "EInvoiceData", |xml| data(xml, subject))?;
        group(xml, "TaxSupervisionInfo", |xml| supervision(xml, subject))
    })
}

fn header(xml: &mut Xml, subject: Subject) -> Written {
    let number = &subject.invoice.number;
    leaf(xml, "EIid", &number.joined())?;
    leaf(xml, "EInvoiceTag", TAG)?;
    leaf(xml, "Version", VERSION)?;
    group(xml, "InherentLabel", |xml| {
        let is_blue = subject.request.colour == Colour::Blue;
        label(xml, "InIssuType", if is_blue { "Y" } else { "N" }, "是否蓝字发票标志")?;
        let (code, name) = kind(number.face());
        label(xml, "EInvoiceType", code, name)?;
        label(xml, "GeneralOrSpecialVAT", "02", "普通发票")
    })?;
    if !subject.invoice.specimen {
        return Ok(());
    }
    // A sample says so in the data, too.
    group(xml, "UndefinedLabel", |xml| {
        group(xml, "Label", |xml| {
            leaf(xml, "LabelType", "样票")?;
            leaf(xml, "LabelCode", "SPECIMEN")?;
            leaf(xml, "LabelName", "仅供测试，不是发票")
        })
    })
}

fn label(xml: &mut Xml, kind: &str, code: &str, name: &str) -> Written {
    group(xml, kind, |xml| {
        leaf(xml, "LabelCode", code)?;
        leaf(xml, "LabelName", name)
    })
}

/// The kind and its name: that of the classic face has the number that the QR code has.
const fn kind(face: Face) -> (&'static str, &'static str) {
    match face {
        Face::Classic => ("10", Face::Classic.title()),
        Face::Digital => ("01", "电子发票"),
    }
}

fn data(xml: &mut Xml, subject: Subject) -> Written {
    let content = subject.content;
    group(xml, "SellerInformation", |xml| party(xml, "Seller", &content.seller))?;
    group(xml, "BuyerInformation", |xml| party(xml, "Buyer", &content.buyer))?;
    group(xml, "BasicInformation", |xml| basics(xml, subject))?;
    for (line, name) in content.lines.iter().zip(content.printed_names()) {
        group(xml, "IssuItemInformation", |xml| item(xml, line, &name))?;
    }
    group(xml, "AdditionalInformation", |xml| leaf(xml, "Remark", &content.remark))
}

fn party(xml: &mut Xml, side: &str, party: &Party) -> Written {
    leaf(xml, &format!("{side}IdNum"), &party.tax_id)?;
    leaf(xml, &format!("{side}Name"), &party.name)?;
    leaf(xml, &format!("{side}Addr"), &party.address)?;
    leaf(xml, &format!("{side}TelNum"), &party.phone)?;
    leaf(xml, &format!("{side}BankName"), &party.bank)?;
    leaf(xml, &format!("{side}BankAccNum"), &party.bank_account)
}

fn basics(xml: &mut Xml, subject: Subject) -> Written {
    let content: &Content = subject.content;
    leaf(xml, "TotalAmWithoutTax", &content.net.to_string())?;
    leaf(xml, "TotalTaxAm", &content.tax.to_string())?;
    leaf(xml, "TotalTax-includedAmount", &content.gross.to_string())?;
    leaf(xml, "TotalTax-includedAmountInChinese", &capitals(content.gross))?;
    leaf(xml, "Drawer", &content.drawer)?;
    leaf(xml, "Payee", &content.payee)?;
    leaf(xml, "Reviewer", &content.reviewer)?;
    leaf(xml, "RequestTime", &in_china(subject.request.accepted_at).strftime("%F").to_string())
}

fn item(xml: &mut Xml, line: &Line, name: &str) -> Written {
    leaf(xml, "ItemName", name)?;
    leaf(xml, "SpecMod", &line.model)?;
    leaf(xml, "MeaUnits", &line.unit)?;
    leaf(xml, "Quantity", &plain(line.quantity))?;
    leaf(xml, "UnPrice", &plain(line.unit_price))?;
    leaf(xml, "Amount", &line.net.to_string())?;
    leaf(xml, "TaxRate", &plain(Some(line.rate)))?;
    leaf(xml, "ComTaxAm", &line.tax.to_string())?;
    leaf(xml, "TotaltaxIncludedAmount", &(line.net + line.tax).to_string())?;
    leaf(xml, "TaxClassificationCode", &line.tax_code)
}

fn supervision(xml: &mut Xml, subject: Subject) -> Written {
    let invoice = subject.invoice;
    leaf(xml, "InvoiceCode", invoice.number.code())?;
    leaf(xml, "InvoiceNumber", invoice.number.number())?;
    leaf(xml, "CheckCode", &invoice.check_code)?;
    leaf(xml, "IssueTime", &in_china(invoice.at).strftime("%F %T").to_string())
}

fn group(xml: &mut Xml, name: &str, inner: impl FnOnce(&mut Xml) -> Written) -> Written {
    xml.create_element(name).write_inner_content(inner).map(drop)
}

/// An element with a text; none for an empty text.
fn leaf(xml: &mut Xml, name: &str, text: &str) -> Written {
    if text.is_empty() {
        return Ok(());
    }
    // XML has no place for control characters.
    let text: String = text.chars().filter(|c| is_xml(*c)).collect();
    xml.create_element(name).write_text_content(BytesText::new(&text)).map(drop)
}

const fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..) && character != '\u{7f}'
}
