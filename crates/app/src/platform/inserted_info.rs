//! What companies are told of an invoice that a platform has inserted.

use crate::app::App;
use crate::signed::{media_link, pdf_url};
use kaipiao_domain::platform::inserted_invoice::{InsertedContent, InsertedInvoice};
use kaipiao_domain::reimbursement::invoice_info::InvoiceInfo;

/// What its platform said.
pub(crate) fn info_of(app: &App, inserted: &InsertedInvoice) -> InvoiceInfo {
    let content = inserted.content.clone();
    let InsertedContent { gross, net, tax, issued_at, items, buyer, seller, .. } = content;
    let base_url = &app.settings.public_base_url;
    InvoiceInfo {
        kind: inserted.kind.clone(),
        detail: inserted.detail.clone(),
        order_id: inserted.order_id.as_str().to_owned(),
        gross,
        net,
        tax,
        issued_at,
        check_code: inserted.check_code.clone(),
        items,
        buyer,
        seller,
        remarks: content.remarks,
        payee: content.cashier,
        drawer: content.maker,
        pdf_url: pdf_url(&app.keys, base_url, &inserted.merchant, &inserted.serial()),
        trip_pdf_url: trip_pdf_url(app, inserted).unwrap_or_default(),
    }
}

/// The address of the PDF of what was consumed, for two hours; None: there is none.
pub(crate) fn trip_pdf_url(app: &App, inserted: &InsertedInvoice) -> Option<String> {
    let InsertedInvoice { platform, trip_pdf, .. } = inserted;
    let until = app.now() + media_link::LIFE;
    let base_url = &app.settings.public_base_url;
    let trip_pdf = trip_pdf.as_ref()?;
    Some(media_link::url(&app.keys, base_url, platform, trip_pdf, until))
}
