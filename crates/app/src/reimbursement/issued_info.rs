//! What companies are told of an invoice that was issued here.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::signed::pdf_url;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::line::Line;
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::money::Fen;
use kaipiao_domain::reimbursement::invoice_info::{InfoItem, InfoParty, InvoiceInfo};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// What stands on the request's invoice.
pub(crate) async fn info_of(app: &App, request: &InvoiceRequest) -> Result<InvoiceInfo, Failure> {
    let invoice = request.invoice()?;
    let content = requests::content_of(app, request).await?;
    let names: Vec<String> = content.printed_names().map(Cow::into_owned).collect();
    let Content { seller, buyer, drawer, payee, reviewer: _, gross, net, tax, remark, lines } =
        content;
    let base_url = &app.settings.public_base_url;
    Ok(InvoiceInfo {
        kind: request.face.title().to_owned(),
        detail: names.first().cloned().unwrap_or_default(),
        order_id: request.order_id.as_str().to_owned(),
        gross,
        net,
        tax,
        issued_at: invoice.at,
        check_code: invoice.check_code.clone(),
        items: lines.iter().zip(names).map(|(line, name)| item(line, name)).collect(),
        buyer: party(buyer),
        seller: party(seller),
        remarks: remark,
        payee,
        drawer,
        pdf_url: pdf_url(&app.keys, base_url, &request.merchant, &request.serial),
        trip_pdf_url: String::new(),
    })
}

/// A line; a discount is one of what it takes off.
fn item(line: &Line, name: String) -> InfoItem {
    let price = line.unit_price.and_then(Fen::rounded).unwrap_or(line.net);
    InfoItem {
        name,
        quantity: line.quantity.unwrap_or(Decimal::ONE),
        unit: line.unit.clone(),
        price,
    }
}

fn party(party: Party) -> InfoParty {
    let Party { name, tax_id, address, phone, bank, bank_account } = party;
    let joined = |first: String, second: String| format!("{first} {second}").trim().to_owned();
    InfoParty {
        name,
        tax_id,
        address_and_phone: joined(address, phone),
        bank_account: joined(bank, bank_account),
    }
}
