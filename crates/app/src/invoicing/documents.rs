//! Invoices as documents, by the names that they have in addresses.

use crate::app::App;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::fair_turns::WorkSize;
use crate::invoicing::document_cache::{DocumentKey, Drawing, NotDrawn};
use crate::invoicing::{outside_documents, requests};
use crate::people::card_invoice;
use crate::platform::pdfs;
use crate::signed::{pdf_name, read_pdf_name};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::DocumentKind;
use kaipiao_domain::invoicing::line::Line;
use kaipiao_domain::invoicing::serial::Serial;
use std::sync::Arc;

pub use crate::invoicing::document_cache::{Document, DocumentFormat, DocumentMemory};

/// Texts of lines in a small document, at most.
const SMALL_BYTES: usize = 16 * 1024;

/// An invoice's name in the addresses of its documents.
pub fn name_of(app: &App, merchant: &AppId, serial: &Serial) -> String {
    pdf_name(&app.keys, merchant, serial)
}

/// The document behind an address's last part; None: no invoice is there.
pub async fn document(
    app: &App,
    name: &str,
    format: DocumentFormat,
) -> Result<Option<Arc<Document>>, Failure> {
    let Some((merchant, serial)) = read_pdf_name(&app.keys, name) else { return Ok(None) };
    if serial.is_inserted() {
        return inserted(app, &merchant, &serial, format).await;
    }
    let key = (merchant, serial, format);
    match app.documents.document(&key, drawing(app, &key)).await {
        Ok(document) => {
            if let Some(order) = &document.order {
                concerns(&order.merchant, &order.order_id);
            }
            Ok(Some(document))
        }
        Err(NotDrawn::NoInvoice) => Ok(None),
        Err(NotDrawn::Brought(number, own)) => {
            outside_documents::read(app, &number, &own).await.map(Some)
        }
        Err(NotDrawn::Failed(failure)) => Err(failure),
    }
}

/// The document of this kind that an invoice has brought from outside, behind an address's last part; None: there is no
/// such invoice, or it brought none.
pub async fn brought(
    app: &App,
    name: &str,
    kind: DocumentKind,
) -> Result<Option<Arc<Document>>, Failure> {
    let Some((merchant, serial)) = read_pdf_name(&app.keys, name) else { return Ok(None) };
    let request = requests::find(app, &merchant, &serial).await?;
    if let Some(request) = &request {
        concerns(&merchant, &request.order_id);
    }
    let Some(invoice) = request.as_ref().and_then(|request| request.invoice().ok()) else {
        return Ok(None);
    };
    match invoice.document(kind) {
        Some(document) => outside_documents::read(app, &invoice.number, document).await.map(Some),
        None => Ok(None),
    }
}

/// The PDF that a platform has inserted an invoice with: it is the document itself, and no picture is drawn of it.
async fn inserted(
    app: &App,
    merchant: &AppId,
    serial: &Serial,
    format: DocumentFormat,
) -> Result<Option<Arc<Document>>, Failure> {
    if format == DocumentFormat::Picture {
        return Ok(None);
    }
    let Some(invoice) = card_invoice::inserted(app, merchant, serial).await? else {
        return Ok(None);
    };
    concerns(merchant, &invoice.order_id);
    let document = pdfs::document(app, &invoice.platform, &invoice.pdf).await?;
    let digits = invoice.number.joined();
    Ok(document.map(|document| Arc::new(Document { digits, ..Document::clone(&document) })))
}

/// What will be drawn, or why nothing is.
async fn drawing(app: &App, key: &DocumentKey) -> Result<Drawing, NotDrawn> {
    let (merchant, serial, format) = key;
    let request = requests::find(app, merchant, serial).await.map_err(NotDrawn::Failed)?;
    let request = request.ok_or(NotDrawn::NoInvoice)?;
    let invoice = request.invoice().map_err(|_| NotDrawn::NoInvoice)?.clone();
    match (invoice.document(DocumentKind::Pdf), format) {
        (None, _) => {}
        (Some(own), DocumentFormat::Pdf) => {
            concerns(merchant, &request.order_id);
            return Err(NotDrawn::Brought(invoice.number.clone(), own.clone()));
        }
        // What is drawn here is not what that PDF shows.
        (Some(_), DocumentFormat::Picture) => return Err(NotDrawn::NoInvoice),
    }
    let content = requests::content_of(app, &request).await.map_err(NotDrawn::Failed)?;
    let (merchant, order_id) = (merchant.clone(), request.order_id.clone());
    let order = OrderKey { merchant, order_id };
    let (renderer, format) = (Arc::clone(&app.renderer), *format);
    let size = size_of(&content);
    let draw = move || {
        let bytes = match format {
            DocumentFormat::Pdf => renderer.pdf(&request, &content, &invoice),
            DocumentFormat::Picture => renderer.picture(&request, &content, &invoice).into_bytes(),
        };
        Document::new(bytes, &invoice.number, order)
    };
    Ok(Drawing { size, draw: Box::new(draw) })
}

/// An invoice of a hundred ordinary lines is small, one of a thousand or of long names is not.
fn size_of(content: &Content) -> WorkSize {
    let figures_bytes = 64;
    let bytes = |line: &Line| {
        let category = line.category.as_ref().map_or(0, String::len);
        category + line.name.len() + line.model.len() + line.unit.len() + figures_bytes
    };
    let lines_bytes: usize = content.lines.iter().map(bytes).sum();
    if lines_bytes > SMALL_BYTES { WorkSize::Large } else { WorkSize::Small }
}
