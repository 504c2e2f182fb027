//! What companies are told of an invoice that a platform has inserted.

use crate::app::App;
use crate::platform::pdfs;
use crate::signed::pdf_url;
use kaipiao_domain::platform::inserted_invoice::{InsertedContent, InsertedInvoice};
use kaipiao_domain::reimbursement::invoice_info::InvoiceInfo;

/// What its platform said.
pub(crate) fn info_of(app: &App, inserted: &InsertedInvoice) -> InvoiceInfo {
    let content = inserted.content.clone();
    let InsertedContent { gross, net, tax, issued_at, items, buyer, seller, .. } = content;
    let base_url = &app.settings.public_base_url;
    let trip_pdf = inserted.trip_pdf.as_ref();
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
        trip_pdf_url: trip_pdf
            .map(|pdf| pdfs::url(app, &inserted.platform, pdf))
            .unwrap_or_default(),
    }
}
