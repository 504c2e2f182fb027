//! Inserted invoices, and whose the numbers of all invoices are.

use super::look::Look;
use super::orders::authorization;
use super::violation::{Found, Invariant};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_domain::platform::pdf::PlatformPdf;
use kaipiao_ports::errors::StoreError;
use kaipiao_records::authorization::order::order_key;
use kaipiao_records::invoicing::taken_number::TakenNumber;
use kaipiao_records::people::card::card_key_of_inserted;
use kaipiao_records::platform::pdf::platform_pdf_key;

/// An inserted invoice has its order, its card, its PDFs and its number.
pub(super) async fn invoice(
    look: &Look<'_>,
    inserted: &InsertedInvoice,
    found: &mut Found,
) -> Result<(), StoreError> {
    let InsertedInvoice { merchant, order_id, platform, .. } = inserted;
    let serial = inserted.serial();
    let key = OrderKey { merchant: merchant.clone(), order_id: order_id.clone() };
    let order: Option<Order> = look.find(&order_key(&key)).await?;
    let used_by = order.as_ref().and_then(authorization).and_then(|yes| yes.used_by.as_ref());
    let what = format!("its order {order_id} does not say that it uses it");
    found.unless(used_by == Some(&serial), Invariant::Inserted, what);

    let card: Option<InvoiceCard> = look.find(&card_key_of_inserted(inserted)).await?;
    let shows_it = card.is_some_and(|card| {
        card.number == inserted.number
            && card.gross == inserted.content.gross
            && card.code == inserted.code
            && card.platform.as_ref() == Some(platform)
    });
    found.unless(shows_it, Invariant::Inserted, "no card in its user's wallet shows it");

    for media_id in std::iter::once(&inserted.pdf).chain(&inserted.trip_pdf) {
        let pdf: Option<PlatformPdf> = look.find(&platform_pdf_key(platform, media_id)).await?;
        let is_its = pdf.is_some_and(|pdf| pdf.attached_to.as_ref() == Some(&key));
        let what = format!("its PDF {media_id} is not there, or is attached to another invoice");
        found.unless(is_its, Invariant::Inserted, what);
    }
    is_taken_by(look, &inserted.number, merchant, &serial, found).await
}

/// An invoice's number is recorded as that invoice's, whoever issued it.
pub(super) async fn is_taken_by(
    look: &Look<'_>,
    number: &CardNumber,
    merchant: &AppId,
    serial: &Serial,
    found: &mut Found,
) -> Result<(), StoreError> {
    let (code, digits) = (number.code(), number.number());
    match look.find::<TakenNumber>(&TakenNumber::key(number)).await? {
        None => {
            let what = format!("nobody is recorded to have its number {code} {digits}");
            found.add(Invariant::TakenNumber, what);
        }
        Some(taken) => {
            let what = format!(
                "its number {code} {digits} is that of {} {}",
                taken.merchant, taken.serial
            );
            let is_its = taken.merchant == *merchant && taken.serial == *serial;
            found.unless(is_its, Invariant::TakenNumber, what);
        }
    }
    Ok(())
}

/// A number that is recorded as an invoice's stands on it.
pub(super) async fn taken_number(
    look: &Look<'_>,
    taken: &TakenNumber,
    found: &mut Found,
) -> Result<(), StoreError> {
    let TakenNumber { number, merchant, serial } = taken;
    let stands_on = match serial.is_inserted() {
        true => look.inserted(merchant, serial).await?.map(|inserted| inserted.number),
        false => {
            let request = look.request(merchant, serial).await?;
            request.and_then(|request| Some(request.invoice().ok()?.number.clone().into()))
        }
    };
    let what = format!("{merchant} {serial} has another number, or none");
    found.unless(stands_on.as_ref() == Some(number), Invariant::TakenNumber, what);
    Ok(())
}
