//! update_invoice_status: the push that says what has become of a card (wire_facts 1.1, D-169).

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::signed::{openid, status_push};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush};

/// What the ordering keys of these pushes begin with; the order's number follows.
const CARD: &str = "card/";

/// The ordering key of what becomes of an order's card.
pub(crate) fn ordering_key(order_id: &str) -> String {
    format!("{CARD}{order_id}")
}

/// The order's number in an ordering key of one of these pushes.
pub(crate) fn order_id_in(ordering_key: &str) -> &str {
    ordering_key.strip_prefix(CARD).unwrap_or(ordering_key)
}

/// The push to an account about an order's card as it is now; None: the account is gone. What becomes of a card
/// goes out in order, and waits for none of the order's own pushes.
pub(crate) async fn to(
    app: &App,
    receiver: &AppId,
    order_id: &OrderId,
    card: &InvoiceCard,
) -> Result<Option<NewPush>, Failure> {
    let Some(receiver) = accounts::find(app, receiver).await? else { return Ok(None) };
    let openid = openid::make(&app.keys, &receiver.appid, &card.user);
    let xml = status_push::xml(&receiver.original_id, &openid, card);
    Ok(Some(NewPush {
        account: receiver.appid.to_string(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: ordering_key(order_id.as_str()),
        openid: openid.as_str().to_owned(),
        event: status_push::EVENT,
        body: NewBody::Untimed { before: xml.before, after: xml.after },
        now_ms: app.now().unix_millis(),
    }))
}

/// The pushes to whom the card is of: its merchant, and the platform that has inserted it (D-198).
pub(crate) async fn to_owners(
    app: &App,
    order_id: &OrderId,
    card: &InvoiceCard,
) -> Result<Vec<NewPush>, Failure> {
    let mut pushes = Vec::new();
    let platform = card.platform.as_ref().filter(|platform| **platform != card.merchant);
    for owner in std::iter::once(&card.merchant).chain(platform) {
        pushes.extend(to(app, owner, order_id, card).await?);
    }
    Ok(pushes)
}
