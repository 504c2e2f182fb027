//! Cards & Offers: the invoices that a user holds (wire_facts 4.5).

use crate::access::accounts;
use crate::app::App;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::listing::{self, Ask, Listing};
use crate::people::card_invoice::CardInvoice;
use crate::platform::{cards, pdfs};
use crate::signed::{pdf_name, pdf_url, read_pdf_name};
use crate::store_access::get;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::InvoiceDocument;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, RequestState};
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::platform::card_template::{CardLink, CardTemplate};
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_domain::reimbursement::card_status::ReimburseStatus;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::PageOrder;
use kaipiao_records::people::card::{card_key_of, card_key_of_inserted};
use kaipiao_records::platform::card_template::card_template_key;

/// A card, and where it leads.
#[derive(Clone, Debug)]
pub struct HeldCard {
    /// The card.
    pub card: InvoiceCard,
    /// The name of its invoice in addresses.
    pub name: String,
}

/// An invoice as its user sees it.
#[derive(Clone, Debug)]
pub struct HeldInvoice {
    /// The request that it was issued to.
    pub request: InvoiceRequest,
    /// The invoice.
    pub invoice: IssuedInvoice,
    /// What it is for.
    pub content: Content,
    /// The address of its PDF.
    pub pdf_url: String,
    /// The red invoice that has taken it back; None: it stands.
    pub red: Option<HeldRed>,
    /// The reimbursement that it is in, or has been through.
    pub reimbursement: Option<HeldReimbursement>,
}

/// The red invoice that has taken a user's invoice back.
#[derive(Clone, Debug)]
pub struct HeldRed {
    /// Its name in addresses.
    pub name: String,
    /// The documents that it brought from outside.
    pub documents: Vec<InvoiceDocument>,
}

/// An invoice that a platform has inserted, as its user sees it.
#[derive(Clone, Debug)]
pub struct HeldInserted {
    /// The invoice.
    pub invoice: InsertedInvoice,
    /// The address of its PDF.
    pub pdf_url: String,
    /// The address of the PDF of what was consumed; None: there is none.
    pub trip_pdf_url: Option<String>,
    /// Whether its platform has taken it back.
    pub is_cancelled: bool,
    /// Where the entries of its card lead.
    pub links: Vec<CardLink>,
    /// The reimbursement that it is in, or has been through.
    pub reimbursement: Option<HeldReimbursement>,
}

/// An invoice of a user's.
#[derive(Clone, Debug)]
pub enum Held {
    /// It was issued here.
    Issued(Box<HeldInvoice>),
    /// It was issued elsewhere.
    Inserted(Box<HeldInserted>),
}

/// A company that has a user's invoice.
#[derive(Clone, Debug)]
pub struct HeldReimbursement {
    /// Its name on pages.
    pub company_name: String,
    /// Whether it has written the invoice off.
    pub is_closed: bool,
}

/// Cards on a page.
const PAGE: usize = 20;

/// A page of a user's cards, newest first. What was written off is in a wallet no more (wire_facts 4.5).
pub async fn cards(
    app: &App,
    user: &UserId,
    after: Option<&str>,
) -> Result<Listing<HeldCard>, Failure> {
    let ask = Ask { owner: Some(user.as_str()), after, order: PageOrder::Descending, limit: PAGE };
    let mut page = listing::list::<InvoiceCard>(app, Kind::Card, ask).await?;
    let with_name = |card: InvoiceCard| HeldCard {
        name: pdf_name(&app.keys, &card.merchant, &card.serial),
        card,
    };
    page.items.retain(|card| card.status.plain() != ReimburseStatus::Closure);
    Ok(page.map(with_name))
}

/// An invoice of the user, by its name; None: there is none, or it is somebody else's.
pub async fn held_invoice(app: &App, user: &UserId, name: &str) -> Result<Option<Held>, Failure> {
    let Some((merchant, serial)) = read_pdf_name(&app.keys, name) else { return Ok(None) };
    let found = CardInvoice::find(app, &merchant, &serial).await?;
    if let Some(invoice) = &found {
        concerns(&merchant, invoice.order_id());
    }
    Ok(match found {
        Some(CardInvoice::Issued(request)) if request.user == *user => {
            let held = held_issued(app, *request).await?;
            held.map(|held| Held::Issued(Box::new(held)))
        }
        Some(CardInvoice::Inserted(invoice)) if invoice.user == *user => {
            let held = held_inserted(app, *invoice).await?;
            held.map(|held| Held::Inserted(Box::new(held)))
        }
        _ => None,
    })
}

async fn held_issued(app: &App, request: InvoiceRequest) -> Result<Option<HeldInvoice>, Failure> {
    let Ok(invoice) = request.invoice().cloned() else { return Ok(None) };
    let InvoiceRequest { merchant, serial, .. } = &request;
    let red = match request.offset_by() {
        Some(red) => Some(held_red(app, merchant, red).await?),
        None => None,
    };
    let content = requests::content_of(app, &request).await?;
    let pdf_url = pdf_url(&app.keys, &app.settings.public_base_url, merchant, serial);
    let card = match card_key_of(&request) {
        Some(key) => get::<InvoiceCard>(app, &key).await?,
        None => None,
    };
    let reimbursement = match card {
        Some(card) => reimbursement_of(app, &card).await?,
        None => None,
    };
    Ok(Some(HeldInvoice { request, invoice, content, pdf_url, red, reimbursement }))
}

async fn held_red(app: &App, merchant: &AppId, serial: &Serial) -> Result<HeldRed, Failure> {
    let request = requests::find(app, merchant, serial).await?;
    let invoice = request.as_ref().and_then(|request| request.invoice().ok());
    let documents = invoice.map(|invoice| invoice.documents.clone()).unwrap_or_default();
    Ok(HeldRed { name: pdf_name(&app.keys, merchant, serial), documents })
}

async fn held_inserted(
    app: &App,
    invoice: InsertedInvoice,
) -> Result<Option<HeldInserted>, Failure> {
    let card: Option<InvoiceCard> = get(app, &card_key_of_inserted(&invoice)).await?;
    let Some(card) = card else { return Ok(None) };
    let InsertedInvoice { merchant, platform, card_id, .. } = &invoice;
    let base_url = &app.settings.public_base_url;
    let template: Option<CardTemplate> = get(app, &card_template_key(platform, card_id)).await?;
    let links = template.map(|CardTemplate { face, .. }| [face.custom, face.promotion]);
    let links = links.into_iter().flatten().flatten();
    let with_target = |link: CardLink| CardLink { url: cards::target(app, &card, &link), ..link };
    Ok(Some(HeldInserted {
        pdf_url: pdf_url(&app.keys, base_url, merchant, &card.serial),
        trip_pdf_url: invoice.trip_pdf.as_ref().map(|pdf| pdfs::url(app, platform, pdf)),
        is_cancelled: card.status.plain() == ReimburseStatus::Cancel,
        links: links.map(with_target).collect(),
        reimbursement: reimbursement_of(app, &card).await?,
        invoice,
    }))
}

async fn reimbursement_of(
    app: &App,
    card: &InvoiceCard,
) -> Result<Option<HeldReimbursement>, Failure> {
    let Some(company) = card.status.company() else { return Ok(None) };
    let account = accounts::find(app, company).await?;
    Ok(Some(HeldReimbursement {
        company_name: account.map_or_else(|| company.to_string(), |account| account.name),
        is_closed: card.status.plain() == ReimburseStatus::Closure,
    }))
}

/// How far the invoice of an order is, as the user may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvoiceProgress {
    /// The merchant has not asked for it yet.
    Awaited,
    /// It is being issued.
    Underway,
    /// It could not be issued; the merchant may try again.
    Failed,
    /// There is an invoice.
    Issued {
        /// Its name in addresses.
        name: String,
        /// Its total, which need not be the order's.
        total: Fen,
        /// Whether it has been taken back.
        is_taken_back: bool,
    },
}

/// How far the invoice is that has used an order's authorization.
pub(crate) async fn progress(
    app: &App,
    merchant: &AppId,
    serial: &Serial,
) -> Result<InvoiceProgress, Failure> {
    let invoice = CardInvoice::find(app, merchant, serial).await?;
    let (total, is_taken_back) = match invoice {
        None => return Ok(InvoiceProgress::Awaited),
        Some(CardInvoice::Issued(request)) => match &request.state {
            RequestState::Running { .. } => return Ok(InvoiceProgress::Underway),
            RequestState::Failed { .. } => return Ok(InvoiceProgress::Failed),
            RequestState::Issued { .. } => (request.summary.gross, request.offset_by().is_some()),
        },
        Some(CardInvoice::Inserted(inserted)) => {
            let card: Option<InvoiceCard> = get(app, &card_key_of_inserted(&inserted)).await?;
            let status = card.map(|card| card.status.plain());
            (inserted.content.gross, status == Some(ReimburseStatus::Cancel))
        }
    };
    let name = pdf_name(&app.keys, merchant, serial);
    Ok(InvoiceProgress::Issued { name, total, is_taken_back })
}
