//! update_invoice_status: the push that says what has become of a card (wire_facts 1.1, D-169).

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::people::known_as;
use crate::signed::status_push;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::people::user::KnownAs;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
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

/// The order that a card is for, as its invoice has it.
pub(crate) struct CardOrder<'a> {
    /// The order's number.
    pub(crate) order_id: &'a OrderId,
    /// How accounts know its payer otherwise than by this server's openids.
    pub(crate) paid_as: &'a [KnownAs],
}

impl<'a> From<&'a InvoiceRequest> for CardOrder<'a> {
    fn from(request: &'a InvoiceRequest) -> Self {
        Self { order_id: &request.order_id, paid_as: &request.paid_as }
    }
}

impl<'a> From<&'a InsertedInvoice> for CardOrder<'a> {
    fn from(invoice: &'a InsertedInvoice) -> Self {
        Self { order_id: &invoice.order_id, paid_as: &invoice.paid_as }
    }
}

/// The push to an account about an order's card as it is now; None: the account is gone. What becomes of a card
/// goes out in order, and waits for none of the order's own pushes.
pub(crate) async fn to(
    app: &App,
    receiver: &AppId,
    order: &CardOrder<'_>,
    card: &InvoiceCard,
) -> Result<Option<NewPush>, Failure> {
    let Some(receiver) = accounts::find(app, receiver).await? else { return Ok(None) };
    let openid = known_as::openid_of(app, &receiver.appid, &card.user, order.paid_as);
    let xml = status_push::xml(&receiver.original_id, &openid, card);
    Ok(Some(NewPush {
        account: receiver.appid.to_string(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: ordering_key(order.order_id.as_str()),
        openid: openid.as_str().to_owned(),
        event: status_push::EVENT,
        body: NewBody::Untimed { before: xml.before, after: xml.after },
        now_ms: app.now().unix_millis(),
    }))
}

/// The pushes to whom the card is of: its merchant, and the platform that has inserted it (D-192).
pub(crate) async fn to_owners(
    app: &App,
    order: &CardOrder<'_>,
    card: &InvoiceCard,
) -> Result<Vec<NewPush>, Failure> {
    let mut pushes = Vec::new();
    let platform = card.platform.as_ref().filter(|platform| **platform != card.merchant);
    for owner in std::iter::once(&card.merchant).chain(platform) {
        pushes.extend(to(app, owner, order, card).await?);
    }
    Ok(pushes)
}
