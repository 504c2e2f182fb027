//! Which rules a record is held to.

use super::known::{self, Known};
use super::look::Look;
use super::violation::{Found, Invariant, Subject, Violation};
use super::{
    cards, contents, files, inserted, numbers, offsets, orders, payments, results, uploads,
};
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::platform::pdf::PlatformPdf;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Stored;

/// What is wrong with a record, seen now. That a running request has a job is asked elsewhere.
pub(super) async fn violations(
    look: &Look<'_>,
    stored: &Stored,
) -> Result<Vec<Violation>, StoreError> {
    let mut found = Found::of(Subject::from(&stored.key));
    match known::read(stored) {
        Err(StoreError::Damaged { why, .. }) => found.add(Invariant::Readable, why),
        Err(error) => return Err(error),
        Ok(known) => {
            let is_there = known.key().is_none_or(|key| key == stored.key);
            found.unless(is_there, Invariant::Key, "its content says another key");
            hold(look, stored, &known, &mut found).await?;
        }
    }
    Ok(found.violations)
}

async fn hold(
    look: &Look<'_>,
    stored: &Stored,
    known: &Known,
    found: &mut Found,
) -> Result<(), StoreError> {
    passed(match known {
        Known::Order(order) => return hold_order(look, order, found).await,
        Known::Request(request) => return hold_request(look, request, found).await,
        Known::Content(content) => contents::content(look, &stored.key, content, found).await,
        Known::Number(merchant, owner) => numbers::number(look, merchant, owner, found).await,
        Known::Range(range) => numbers::range(look, range, found).await,
        Known::Allotment(allotment) => numbers::allotment(look, allotment, found).await,
        Known::Gaps(merchant, gaps) => numbers::gaps(look, merchant, gaps, found).await,
        Known::Card(card) => cards::card(look, card, found).await,
        Known::CardCode(merchant, code, owner) => {
            cards::code(look, merchant, code, owner, found).await
        }
        Known::Payment(payment) => payments::payment(look, payment, found).await,
        Known::Refund(refund) => payments::refund(look, refund, found).await,
        Known::PaymentAlias(mchid, name, alias) => {
            payments::alias(look, mchid, name, alias, found).await
        }
        Known::PlatformPdf(pdf) => return hold_pdf(look, pdf, found).await,
        Known::UploadTally(tally) => uploads::tally(look, tally, found).await,
        Known::Inserted(invoice) => inserted::invoice(look, invoice, found).await,
        Known::TakenNumber(taken) => inserted::taken_number(look, taken, found).await,
        Known::Message(_) | Known::PayerCode(_) | Known::Template(_) | Known::Other => Ok(()),
    })
}

async fn hold_order(look: &Look<'_>, order: &Order, found: &mut Found) -> Result<(), StoreError> {
    passed(orders::order(look, order, found).await)?;
    passed(payments::order(look, order, found).await)
}

async fn hold_pdf(look: &Look<'_>, pdf: &PlatformPdf, found: &mut Found) -> Result<(), StoreError> {
    passed(files::pdf(look, pdf, found).await)?;
    passed(uploads::pdf(look, pdf, found).await)
}

async fn hold_request(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    passed(orders::request(look, request, found).await)?;
    passed(contents::request(look, request, found).await)?;
    passed(numbers::request(look, request, found).await)?;
    passed(files::request(look, request, found).await)?;
    passed(cards::request(look, request, found).await)?;
    passed(offsets::request(look, request, found).await)?;
    passed(results::push(look, request, found).await)
}

/// Another record that cannot be read is reported where that one is looked at.
pub(super) fn passed(ruled: Result<(), StoreError>) -> Result<(), StoreError> {
    match ruled {
        Err(StoreError::Damaged { .. }) => Ok(()),
        other => other,
    }
}
