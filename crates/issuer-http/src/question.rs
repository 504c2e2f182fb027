//! What the issuer is asked, as JSON.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::DocumentKind;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest};
use kaipiao_domain::invoicing::line::{Line, LineNature, Untaxed};
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::money::Fen;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A question: the action that its address ends with, and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub action: &'static str,
    pub body: Vec<u8>,
}

/// The question for a request's invoice, and the digest of the content that it asks for.
pub(crate) fn for_invoice(
    request: &InvoiceRequest,
    content: &Content,
    specimen: bool,
) -> (Question, String) {
    let digest = content_digest(content);
    let (action, offsets) = match &request.colour {
        Colour::Blue => ("issue", None),
        Colour::Red { blue } => ("offset", Some(blue.as_str())),
    };
    let body = written(&InvoiceShape {
        merchant: request.merchant.as_str(),
        serial: request.serial.as_str(),
        order_id: request.order_id.as_str(),
        offsets,
        face: request.face.name(),
        specimen,
        content_digest: &digest,
        content: ContentShape::from(content),
    });
    (Question { action, body }, digest)
}

/// The digest of what the merchant has sent: without the short names of goods, which are this server's tables' and
/// may be others when the same is asked again. Members that are added later stay out of it where they are absent.
fn content_digest(content: &Content) -> String {
    let sent = content.clone().with_categories(|_| None);
    base16ct::lower::encode_string(&Sha256::digest(written(&ContentShape::from(&sent))))
}

/// The question how a serial stands.
pub(crate) fn for_status(merchant: &str, serial: &str) -> Question {
    Question { action: "status", body: written(&StatusShape { merchant, serial }) }
}

/// The question for a document of the invoice that a request has become.
pub(crate) fn for_document(request: &InvoiceRequest, kind: DocumentKind) -> Question {
    let body = written(&DocumentShape {
        merchant: request.merchant.as_str(),
        serial: request.serial.as_str(),
        kind: kind.name(),
    });
    Question { action: "document", body }
}

fn written(shape: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(shape).expect("texts and lists of texts are JSON")
}

#[derive(Serialize)]
struct StatusShape<'a> {
    merchant: &'a str,
    serial: &'a str,
}

#[derive(Serialize)]
struct DocumentShape<'a> {
    merchant: &'a str,
    serial: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct InvoiceShape<'a> {
    merchant: &'a str,
    serial: &'a str,
    order_id: &'a str,
    /// The blue invoice's serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    offsets: Option<&'a str>,
    face: &'static str,
    specimen: bool,
    content_digest: &'a str,
    content: ContentShape<'a>,
}

#[derive(Serialize)]
struct ContentShape<'a> {
    seller: PartyShape<'a>,
    buyer: PartyShape<'a>,
    drawer: &'a str,
    payee: &'a str,
    reviewer: &'a str,
    gross: String,
    net: String,
    tax: String,
    remark: &'a str,
    lines: Vec<LineShape<'a>>,
}

#[derive(Serialize)]
struct PartyShape<'a> {
    name: &'a str,
    tax_id: &'a str,
    address: &'a str,
    phone: &'a str,
    bank: &'a str,
    bank_account: &'a str,
}

#[derive(Serialize)]
struct LineShape<'a> {
    nature: &'static str,
    tax_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    name: &'a str,
    unit: &'a str,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<String>,
    net: String,
    rate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    untaxed: Option<&'static str>,
    tax: String,
}

impl<'a> From<&'a Content> for ContentShape<'a> {
    fn from(content: &'a Content) -> Self {
        Self {
            seller: (&content.seller).into(),
            buyer: (&content.buyer).into(),
            drawer: &content.drawer,
            payee: &content.payee,
            reviewer: &content.reviewer,
            gross: yuan(content.gross),
            net: yuan(content.net),
            tax: yuan(content.tax),
            remark: &content.remark,
            lines: content.lines.iter().map(LineShape::from).collect(),
        }
    }
}

impl<'a> From<&'a Party> for PartyShape<'a> {
    fn from(party: &'a Party) -> Self {
        Self {
            name: &party.name,
            tax_id: &party.tax_id,
            address: &party.address,
            phone: &party.phone,
            bank: &party.bank,
            bank_account: &party.bank_account,
        }
    }
}

impl<'a> From<&'a Line> for LineShape<'a> {
    fn from(line: &'a Line) -> Self {
        Self {
            nature: match line.nature {
                LineNature::Normal => "normal",
                LineNature::Discount => "discount",
                LineNature::Discounted => "discounted",
            },
            tax_code: &line.tax_code,
            category: line.category.as_deref(),
            name: &line.name,
            unit: &line.unit,
            model: &line.model,
            quantity: line.quantity.map(|quantity| quantity.to_string()),
            unit_price: line.unit_price.map(|price| price.to_string()),
            net: yuan(line.net),
            rate: line.rate.to_string(),
            untaxed: line.untaxed().map(|untaxed| match untaxed {
                Untaxed::Exempt => "exempt",
                Untaxed::NotTaxed => "not_taxed",
            }),
            tax: yuan(line.tax),
        }
    }
}

/// An amount with two decimals.
fn yuan(amount: Fen) -> String {
    amount.yuan().to_string()
}
