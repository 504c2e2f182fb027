//! Service messages: what became of the orders that a user has answered.

use crate::access::accounts;
use crate::app::App;
use crate::authorization::order_key::order_key_of;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing, readable};
use crate::payment::details::{is_payer, named, payee_name};
use crate::payment::s13_receipt::{self, Entry};
use crate::people::card_invoice;
use crate::signed::pdf_name;
use crate::store_access::get;
use kaipiao_domain::Timestamp;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::PageOrder;
use kaipiao_records::authorization::contact::contact_key;

/// Messages on a page of the inbox.
const PAGE: usize = 20;

/// A message, and what people are shown with it.
#[derive(Clone, Debug)]
pub struct InboxMessage {
    /// The message.
    pub message: Message,
    /// The merchant's name on pages; of a payment the payee's.
    pub merchant_name: String,
    /// The merchant's contact number; empty when it has none.
    pub merchant_phone: String,
    /// The company's name that has written the invoice off; empty: nobody has.
    pub company_name: String,
    /// The name of the invoice that it is about; None: it is about none.
    pub invoice_name: Option<String>,
    /// What the order is about: an invoice or a bill.
    pub card_kind: CardKind,
    /// The invoice entry of the payment that it tells of (section 13); None: it tells of none.
    pub entry: Option<Entry>,
}

/// A user's service messages, newest first.
pub async fn list(
    app: &App,
    user: &UserId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Message>, Failure> {
    let ask = Ask { owner: Some(user.as_str()), after, order: PageOrder::Descending, limit };
    listing::list(app, Kind::Message, ask).await
}

/// Messages that are read at once, and pages of so many in which those about something are looked for.
const MOST_READ: usize = 100;
const MOST_PAGES: usize = 10;

/// A user's messages about something that began at a moment, newest first, and whether there may be older ones: the newest
/// thousand of the user's are looked through.
pub async fn about(
    app: &App,
    user: &UserId,
    since: Timestamp,
    is_about: impl Fn(&Message) -> bool,
) -> Result<(Vec<Message>, bool), Failure> {
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page = list(app, user, after.as_deref(), MOST_READ).await?;
        let is_over = page.items.last().is_some_and(|message| message.sent_at < since);
        found.extend(page.items.into_iter().filter(&is_about));
        after = page.next;
        if is_over || after.is_none() {
            return Ok((found, false));
        }
    }
    Ok((found, true))
}

/// A page of a user's inbox, newest first.
pub async fn inbox(
    app: &App,
    user: &UserId,
    after: Option<&str>,
) -> Result<Listing<InboxMessage>, Failure> {
    let Listing { items, damaged, next } = list(app, user, after, PAGE).await?;
    let mut inbox = Vec::new();
    for message in items {
        inbox.push(shown(app, message).await?);
    }
    Ok(Listing { items: inbox, damaged, next })
}

async fn shown(app: &App, message: Message) -> Result<InboxMessage, Failure> {
    // What a message is shown with hides nothing but itself.
    let mut left_out = Vec::new();
    let merchant = readable(accounts::find(app, &message.merchant).await, &mut left_out)?;
    let contact: Option<Contact> =
        readable(get(app, &contact_key(&message.merchant)).await, &mut left_out)?;
    let serial = serial_of(&message);
    let invoice_name = serial.map(|serial| pdf_name(&app.keys, &message.merchant, serial));
    let card_kind = readable(card_kind_of(app, &message).await, &mut left_out)?;
    let company = match &message.event {
        MessageEvent::WrittenOff { by, .. } => {
            readable(accounts::find(app, by).await, &mut left_out)?
        }
        _ => None,
    };
    let payment = readable(payment_of(app, &message).await, &mut left_out)?;
    let payment = payment.as_ref();
    let entry = readable(entry_of(app, &message, payment).await, &mut left_out)?;
    let payee_name = readable(payee_name_of(app, payment).await, &mut left_out)?;
    let account_name = merchant.map_or_else(String::new, |account| account.name);
    Ok(InboxMessage {
        entry,
        company_name: company.map_or_else(String::new, |account| account.name),
        message,
        merchant_name: payee_name.unwrap_or(account_name),
        merchant_phone: contact.map_or_else(String::new, |contact| contact.phone),
        invoice_name,
        card_kind: card_kind.unwrap_or(CardKind::Invoice),
    })
}

/// The invoice or the bill that a message is about, by its name among its merchant's; None: it is about none.
fn serial_of(message: &Message) -> Option<&Serial> {
    match &message.event {
        MessageEvent::Issued(serial)
        | MessageEvent::TakenBack(serial)
        | MessageEvent::WrittenOff { serial, .. } => Some(serial),
        MessageEvent::Rejected { .. }
        | MessageEvent::Failed
        | MessageEvent::PaymentToConfirm { .. }
        | MessageEvent::Paid { .. } => None,
    }
}

/// What a message is about; None: nobody knows any more. What was issued here is an invoice.
async fn card_kind_of(app: &App, message: &Message) -> Result<Option<CardKind>, Failure> {
    if let MessageEvent::Rejected { .. } = message.event {
        let key = order_key_of(&message.merchant, &message.order_id);
        let order: Option<Order> = get(app, &key).await?;
        return Ok(order.map(|order| order.request.card_kind));
    }
    let Some(serial) = serial_of(message).filter(|serial| serial.is_inserted()) else {
        return Ok(None);
    };
    let inserted = card_invoice::inserted(app, &message.merchant, serial).await?;
    Ok(inserted.map(|inserted| inserted.number.card_kind()))
}

/// The payment that a message tells of; None: it tells of none.
async fn payment_of(app: &App, message: &Message) -> Result<Option<Payment>, Failure> {
    match &message.event {
        MessageEvent::Paid { mchid, .. } | MessageEvent::PaymentToConfirm { mchid, .. } => {
            named(app, mchid.as_str(), message.order_id.as_str()).await
        }
        _ => Ok(None),
    }
}

/// Whom a payment was taken for, as the cashier and its details name them.
async fn payee_name_of(app: &App, payment: Option<&Payment>) -> Result<Option<String>, Failure> {
    let Some(payment) = payment else { return Ok(None) };
    payee_name(app, payment).await.map(Some)
}

/// The invoice entry of the payment that a message says was made, as the payment's details show it.
async fn entry_of(
    app: &App,
    message: &Message,
    payment: Option<&Payment>,
) -> Result<Option<Entry>, Failure> {
    let MessageEvent::Paid { .. } = &message.event else { return Ok(None) };
    match payment.filter(|payment| is_payer(app, payment, &message.user)) {
        Some(payment) => s13_receipt::entry(app, payment).await.map(Some),
        None => Ok(None),
    }
}
