//! Invoices, their cards in wallets, and the cards' codes.

use super::look::Look;
use super::violation::{Found, Invariant};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest};
use kaipiao_domain::people::card::{CardCode, InvoiceCard};
use kaipiao_ports::errors::StoreError;
use kaipiao_records::people::card::{CodeOwner, card_key, card_key_of};

/// An issued blue invoice has a card that shows it.
pub(super) async fn request(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    if request.colour != Colour::Blue {
        return Ok(());
    }
    let (Ok(invoice), Some(key)) = (request.invoice(), card_key_of(request)) else { return Ok(()) };
    let Some(card) = look.find::<InvoiceCard>(&key).await? else {
        let user = request.user.as_str();
        found.add(Invariant::Card, format!("it has no card in the wallet of {user}"));
        return Ok(());
    };
    let shows_it = card.number == invoice.number && card.gross == request.summary.gross;
    found.unless(shows_it, Invariant::Card, "its card shows another number or amount");
    let agrees = card.status.offset_by() == request.offset_by();
    found.unless(agrees, Invariant::Card, "it and its card disagree on whether it was taken back");
    Ok(())
}

/// A card is that of an issued blue invoice, and its code names it.
pub(super) async fn card(
    look: &Look<'_>,
    card: &InvoiceCard,
    found: &mut Found,
) -> Result<(), StoreError> {
    let request = look.request(&card.merchant, &card.serial).await?;
    let blue = request.filter(|request| request.colour == Colour::Blue);
    let is_its = blue.and_then(|request| card_key_of(&request)) == Some(card_key(card));
    let what = format!("no invoice of {} {} has it", card.merchant, card.serial);
    found.unless(is_its, Invariant::CardOrphan, what);
    let owner: Option<CodeOwner> = look.find(&CodeOwner::key(&card.merchant, &card.code)).await?;
    let names_it = owner == Some(CodeOwner::from(card));
    let what = format!("its code {} does not name it", card.code);
    found.unless(names_it, Invariant::CardCode, what);
    Ok(())
}

/// A code is that of a card.
pub(super) async fn code(
    look: &Look<'_>,
    merchant: &AppId,
    code: &CardCode,
    owner: &CodeOwner,
    found: &mut Found,
) -> Result<(), StoreError> {
    let request = look.request(merchant, &owner.serial).await?;
    let request = request.filter(|request| request.user == owner.user);
    let card = match request.as_ref().and_then(card_key_of) {
        Some(key) => look.find::<InvoiceCard>(&key).await?,
        None => None,
    };
    let is_its = card.is_some_and(|card| card.code == *code);
    let what =
        format!("no card of {} in the wallet of {} has it", owner.serial, owner.user.as_str());
    found.unless(is_its, Invariant::CardCode, what);
    Ok(())
}
