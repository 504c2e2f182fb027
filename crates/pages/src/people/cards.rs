//! Cards & Offers: a user's invoice cards, and each card with its invoice (wire_facts 4.5).

use crate::lang::Lang;
use crate::page::{Frame, further, html, initial, mail_of, notice};
use crate::pages::Pages;
use crate::people::inserted_card::InsertedCard;
use crate::time::{china_day, china_month};
use crate::visit::{UserVisit, Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::listing::Listing;
use kaipiao_app::people::wallet;
use kaipiao_app::people::wallet::{Held, HeldCard, HeldInvoice, HeldRed, HeldReimbursement};
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_document::{DocumentKind, InvoiceDocument};
use kaipiao_domain::invoicing::line::Line;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::reimbursement::card_status::ReimburseStatus;

#[derive(Template)]
#[template(path = "cards.html")]
struct Cards<'a> {
    frame: &'a Frame,
    months: Vec<Month>,
    /// Cards of this page that cannot be read.
    hidden: usize,
    /// The next page's address; empty: this is the last.
    more: String,
    /// Whether there are pages before this one.
    is_further: bool,
}

/// The cards of a month that are on this page.
struct Month {
    name: String,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    seller: String,
    initial: String,
    buyer: String,
    /// Yuan with two places.
    amount: String,
    day: String,
    /// A bill, not an invoice.
    is_bill: bool,
    is_cancelled: bool,
    /// A company is reimbursing it.
    is_locked: bool,
}

impl From<HeldCard> for Row {
    fn from(held: HeldCard) -> Self {
        let card = held.card;
        Self {
            name: held.name,
            is_bill: card.number.card_kind() == CardKind::Bill,
            initial: initial(&card.seller),
            seller: card.seller,
            buyer: card.buyer,
            amount: card.gross.to_string(),
            day: china_day(card.issued_at.unix_seconds()),
            is_cancelled: card.status.plain() == ReimburseStatus::Cancel,
            is_locked: card.status.plain() == ReimburseStatus::Lock,
        }
    }
}

/// Cards in their order, under the names of their months.
fn by_month(lang: Lang, cards: Vec<HeldCard>) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for held in cards {
        let name = china_month(lang, held.card.issued_at.unix_seconds());
        let row = Row::from(held);
        match months.last_mut().filter(|month| month.name == name) {
            Some(month) => month.rows.push(row),
            None => months.push(Month { name, rows: vec![row] }),
        }
    }
    months
}

/// `GET /me/cards?after=`
pub(crate) async fn list(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let after = visit.after();
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match wallet::cards(&pages.app, &user.id, after.as_deref()).await {
        Ok(Listing { items, damaged, next }) => {
            let months = by_month(frame.lang, items);
            let (more, is_further) = (further("/me/cards", next), after.is_some());
            let hidden = damaged.len();
            html(StatusCode::OK, &Cards { frame: &frame, months, hidden, more, is_further })
        }
        Err(failure) => unavailable(&frame, &failure),
    }
}

#[derive(Template)]
#[template(path = "card.html")]
struct Card<'a> {
    frame: &'a Frame,
    name: &'a str,
    seller: String,
    initial: String,
    amount: String,
    /// The invoice's, which its saved file is named after.
    number: String,
    /// Label in Chinese and English, and value.
    facts: Vec<(&'static str, &'static str, String)>,
    /// Name and amount with tax of the first lines.
    items: Vec<(String, String)>,
    /// Lines that the page leaves to the PDF.
    further_items: usize,
    /// Lines that a printed page leaves to the PDF.
    further_on_paper: usize,
    /// The address of a new mail with the PDF's.
    mail: String,
    /// Whether its face is drawn here: its issuer gave no PDF.
    is_drawn: bool,
    /// What can be saved besides the PDF.
    files: Vec<SavedFile>,
    /// The red invoice that has taken it back; empty: it stands.
    red_name: String,
    red_files: Vec<SavedFile>,
    reimbursement: Option<HeldReimbursement>,
}

/// A file that an invoice brought from its issuer, beside a PDF.
struct SavedFile {
    /// Of its name, and in its address.
    ending: &'static str,
    /// What people call it.
    label: &'static str,
}

impl SavedFile {
    fn all(documents: &[InvoiceDocument]) -> Vec<Self> {
        let file = |document: &InvoiceDocument| {
            let label = match document.kind {
                DocumentKind::Pdf => return None,
                DocumentKind::Ofd => "OFD",
                DocumentKind::Xml => "XML",
            };
            Some(Self { ending: document.kind.name(), label })
        };
        documents.iter().filter_map(file).collect()
    }
}

impl<'a> Card<'a> {
    fn of(frame: &'a Frame, name: &'a str, held: HeldInvoice) -> Self {
        let HeldInvoice { request, invoice, content, pdf_url, red, reimbursement } = held;
        let (red_name, red_documents) =
            red.map_or_else(Default::default, |HeldRed { name, documents }| (name, documents));
        let kind = match request.face {
            Face::Classic => frame.t("电子普通发票", "Electronic invoice"),
            Face::Digital => frame.t("数电普通发票", "Fully digital invoice"),
        };
        let number = invoice.number.number().to_owned();
        let summary = request.summary;
        let facts = [
            ("发票类型", "Kind", kind.to_owned()),
            ("发票代码", "Code", invoice.number.code().to_owned()),
            ("发票号码", "Number", number.clone()),
            ("校验码", "Check code", invoice.check_code.clone()),
            ("开票日期", "Issued", china_day(invoice.at.unix_seconds())),
            ("销售方税号", "Seller's tax no.", summary.seller_tax_id),
            ("购买方", "Buyer", summary.buyer_name),
            ("购买方税号", "Buyer's tax no.", summary.buyer_tax_id),
            ("不含税金额", "Net", format!("¥{}", summary.net)),
            ("税额", "Tax", format!("¥{}", summary.tax)),
            ("订单号", "Order", request.order_id.as_str().to_owned()),
        ];
        Self {
            frame,
            name,
            initial: initial(&summary.seller_name),
            amount: summary.gross.to_string(),
            number,
            items: items(&content),
            further_items: content.lines.len().saturating_sub(ITEMS),
            further_on_paper: content.lines.len().saturating_sub(PRINTED_ITEMS),
            mail: mail_of(&summary.seller_name, &pdf_url),
            seller: summary.seller_name,
            facts: facts.into_iter().filter(|(_, _, value)| !value.is_empty()).collect(),
            is_drawn: invoice.document(DocumentKind::Pdf).is_none(),
            files: SavedFile::all(&invoice.documents),
            red_name,
            red_files: SavedFile::all(&red_documents),
            reimbursement,
        }
    }
}

/// Lines that the page shows; an invoice has up to 2,000.
const ITEMS: usize = 20;
/// As many of them fit on a sheet below the invoice.
const PRINTED_ITEMS: usize = 8;

fn items(content: &Content) -> Vec<(String, String)> {
    let total = |line: &Line| Fen::new(line.net.get() + line.tax.get()).to_string();
    let lines = content.printed_names().zip(&content.lines).take(ITEMS);
    lines.map(|(name, line)| (name.into_owned(), total(line))).collect()
}

/// `GET /me/cards/{name}`
pub(crate) async fn show(
    State(pages): State<Pages>,
    PathNames(name): PathNames<String>,
    request: Request,
) -> Response {
    let UserVisit { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match wallet::held_invoice(&pages.app, &user.id, &name).await {
        Ok(Some(Held::Issued(held))) => html(StatusCode::OK, &Card::of(&frame, &name, *held)),
        Ok(Some(Held::Inserted(held))) => {
            html(StatusCode::OK, &InsertedCard::of(&frame, &name, *held))
        }
        Ok(None) => notice(
            &frame,
            StatusCode::NOT_FOUND,
            ("发票不存在", "Invoice not found"),
            (
                "它不在你的卡包里。请在卡包中查看你的发票。",
                "It isn't in your Cards & Offers. You'll find your invoices there.",
            ),
        ),
        Err(failure) => unavailable(&frame, &failure),
    }
}
