//! What users have of an account, and what cards and their documents are found by.

use super::scope::Scope;
use super::walk::{Walk, remove_keys, remove_those};
use crate::failure::Failure;
use crate::store_access::get_fresh;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::people::card::{CardId, InvoiceCard};
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::platform::card_template::CardTemplate;
use kaipiao_domain::platform::pdf::PlatformPdf;
use kaipiao_ports::record::Kind;
use kaipiao_records::invoicing::taken_number::TakenNumber;
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::people::card::CodeOwner;
use kaipiao_records::record;
use std::collections::HashSet;

pub(super) async fn remove(scope: &Scope<'_>) -> Result<(), Failure> {
    let Scope { app, appid, .. } = scope;
    remove_those(app, async |_, message: &Message| is_its_message(scope, message).await).await?;
    // What it has inserted for other merchants is theirs, and so is what that needs.
    let mut of_others = HashSet::new();
    remove_those(app, async |_, card: &InvoiceCard| {
        let is_its = card.merchant == *appid;
        if !is_its && card.template_owner() == appid {
            of_others.insert(card.card_id.clone());
        }
        Ok(is_its)
    })
    .await?;
    remove_those(app, async |_, code: &CodeOwner| Ok(code.merchant == *appid)).await?;
    remove_those(app, async |_, taken: &TakenNumber| Ok(taken.merchant == *appid)).await?;
    remove_those(app, async |_, pdf: &PlatformPdf| {
        Ok(pdf.attached_to.as_ref().map_or(&pdf.owner, |order| &order.merchant) == appid)
    })
    .await?;
    remove_templates(scope, &of_others).await
}

/// A payment's message is its payee's, whichever account the payment was placed with.
async fn is_its_message(scope: &Scope<'_>, message: &Message) -> Result<bool, Failure> {
    let Message { merchant, order_id, event, .. } = message;
    if let MessageEvent::Paid { mchid, .. } | MessageEvent::PaymentToConfirm { mchid, .. } = event
        && let Ok(number) = OutTradeNo::parse(order_id.as_str())
        && let Some(payment) = get_fresh::<Payment>(scope.app, &payment_key(mchid, &number)).await?
    {
        return Ok(scope.has(&payment));
    }
    Ok(scope.sharing.contains(merchant))
}

async fn remove_templates(
    Scope { app, appid, .. }: &Scope<'_>,
    of_others: &HashSet<CardId>,
) -> Result<(), Failure> {
    let mut walk = Walk::of_owner(app, Kind::CardTemplate, appid.as_str());
    while let Some(found) = walk.next().await? {
        let is_needed = |template: CardTemplate| of_others.contains(&template.card_id);
        let unneeded = found
            .into_iter()
            .filter(|stored| !record::value::<CardTemplate>(stored).is_ok_and(is_needed));
        remove_keys(app, unneeded.map(|stored| stored.key).collect()).await?;
    }
    Ok(())
}
