//! Invoices, their cards in wallets, and the cards' codes.

use super::look::Look;
use super::violation::{Found, Invariant};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::people::card::{CardCode, InvoiceCard};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Key;
use kaipiao_records::people::card::{CodeOwner, card_key, card_key_of, card_key_of_inserted};

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
    let shows_it =
        card.number == invoice.number.clone().into() && card.gross == request.summary.gross;
    found.unless(shows_it, Invariant::Card, "its card shows another number or amount");
    let agrees = card.status.offset_by() == request.offset_by();
    found.unless(agrees, Invariant::Card, "it and its card disagree on whether it was taken back");
    Ok(())
}

/// A card is that of an issued blue invoice or of an inserted one, and its code names it.
pub(super) async fn card(
    look: &Look<'_>,
    card: &InvoiceCard,
    found: &mut Found,
) -> Result<(), StoreError> {
    let key = invoices_card_key(look, &card.merchant, &card.serial).await?;
    let what = format!("no invoice of {} {} has it", card.merchant, card.serial);
    found.unless(key == Some(card_key(card)), Invariant::CardOrphan, what);
    let owner = look.find(&CodeOwner::key(card.template_owner(), &card.code)).await?;
    let owner: Option<CodeOwner> = owner;
    let names_it = owner == Some(CodeOwner::from(card));
    let what = format!("its code {} does not name it", card.code);
    found.unless(names_it, Invariant::CardCode, what);
    Ok(())
}

/// The key of the card of a merchant's invoice, issued or inserted; None: there is no such invoice, or a red one.
async fn invoices_card_key(
    look: &Look<'_>,
    merchant: &AppId,
    serial: &Serial,
) -> Result<Option<Key>, StoreError> {
    if serial.is_inserted() {
        let inserted = look.inserted(merchant, serial).await?;
        return Ok(inserted.as_ref().map(card_key_of_inserted));
    }
    let request = look.request(merchant, serial).await?;
    let blue = request.filter(|request| request.colour == Colour::Blue);
    Ok(blue.as_ref().and_then(card_key_of))
}

/// A code is that of a card.
pub(super) async fn code(
    look: &Look<'_>,
    template_owner: &AppId,
    code: &CardCode,
    owner: &CodeOwner,
    found: &mut Found,
) -> Result<(), StoreError> {
    let card = match invoices_card_key(look, &owner.merchant, &owner.serial).await? {
        Some(key) => look.find::<InvoiceCard>(&key).await?,
        None => None,
    };
    let is_its = card.is_some_and(|card| {
        card.code == *code && card.user == owner.user && card.template_owner() == template_owner
    });
    let what =
        format!("no card of {} in the wallet of {} has it", owner.serial, owner.user.as_str());
    found.unless(is_its, Invariant::CardCode, what);
    Ok(())
}
