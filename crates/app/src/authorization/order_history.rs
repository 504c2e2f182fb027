//! All that is known of one order, for whoever wants to see how it went.
//!
//! Each part is bounded, so that an order that somebody plays with costs no more than a long one.

use crate::access::{accounts, sight};
use crate::app::App;
use crate::authorization::orders;
use crate::delivery::pushes;
use crate::failure::Failure;
use crate::invoicing::requests as invoice_requests;
use crate::listing::{Damaged, Filter, readable};
use crate::payment::{pay_merchants, payments, refunds};
use crate::people::messages;
use crate::platform::inserted;
use crate::platform::inserted::ListedInserted;
use crate::requests;
use crate::signed::platform_id;
use crate::store_access::get;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::PayMerchant;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::Refund;
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::people::message::Message;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::delivery::outbox::{ListedPush, PushQuery};
use kaipiao_ports::record::Field;
use kaipiao_ports::request_log::{LoggedRequest, OrderOwner, RequestQuery};
use kaipiao_records::people::card::card_key_of;

/// Requests of the log that are read with their bodies: the newest, and those that the order began with.
const MOST_REQUESTS: usize = 60;
const FIRST_REQUESTS: usize = 20;
/// Who waits for what happens does nothing to the order.
const WAIT_ROUTE: &str = "/sandbox/v1/wait";
/// Pushes of one receiver.
const MOST_PUSHES: usize = 50;
/// The merchant's pay merchants, among which a payment of the order's number is looked for.
const MOST_PAY_MERCHANTS: usize = 100;
/// An order has one invoice and what takes it back; tries that were given up leave more.
const MOST_INVOICES: usize = 20;

/// What is known of an order.
#[derive(Debug, Default)]
pub struct OrderHistory {
    /// The order; None: nothing but requests that name it.
    pub order: Option<Order>,
    /// The payment that opened it, or one of its number that has opened no order.
    pub payment: Option<Payment>,
    /// What of that was given back.
    pub refunds: Vec<Refund>,
    /// The requests for its invoice, and for the red one that takes it back.
    pub invoices: Vec<InvoiceRequest>,
    /// What was issued elsewhere for it.
    pub inserted: Vec<ListedInserted>,
    /// The cards of its invoices.
    pub cards: Vec<InvoiceCard>,
    /// Its pushes with every attempt.
    pub pushes: Vec<ListedPush>,
    /// What its user was told.
    pub messages: Vec<Message>,
    /// This node's logged requests that concern it, oldest first, with their bodies.
    pub requests: Vec<LoggedRequest>,
    /// Whether requests between the first and the newest were left out.
    pub has_more_requests: bool,
    /// Whether its user has so many messages that older ones were not looked at.
    pub may_have_older_messages: bool,
    /// Records that cannot be read.
    pub damaged: Vec<Damaged>,
}

/// What is known of a merchant's order, as far as somebody may see it: what concerns the merchant, and of others (who asked in
/// its name, the platform, the pay merchant) what they may see by themselves. None: nothing is known.
pub async fn read(
    app: &App,
    key: &OrderKey,
    role: &ConsoleRole,
) -> Result<Option<OrderHistory>, Failure> {
    let mut history = OrderHistory::default();
    history.order = readable(orders::find(app, key).await, &mut history.damaged)?;
    read_payment(app, key, role, &mut history).await?;
    read_invoices(app, key, &mut history).await?;
    let parties = parties(app, key, &history, role).await?;
    read_pushes(app, key, parties, &mut history).await?;
    read_messages(app, key, &mut history).await?;
    read_requests(app, key, role, &mut history).await?;
    let is_known = history.order.is_some()
        || history.payment.is_some()
        || !history.requests.is_empty()
        || !history.inserted.is_empty()
        || !history.damaged.is_empty();
    Ok(is_known.then_some(history))
}

/// An order with what was issued and inserted for it, and the cards of that: nothing else is read.
pub async fn invoices_of(app: &App, key: &OrderKey) -> Result<OrderHistory, Failure> {
    let mut history = OrderHistory::default();
    history.order = readable(orders::find(app, key).await, &mut history.damaged)?;
    read_invoices(app, key, &mut history).await?;
    Ok(history)
}

/// The accounts and pay merchants whose pushes are shown.
async fn parties(
    app: &App,
    key: &OrderKey,
    history: &OrderHistory,
    role: &ConsoleRole,
) -> Result<Vec<String>, Failure> {
    let mut others: Vec<AppId> = Vec::new();
    if let Some(order) = &history.order {
        others.push(order.request.asked_by.clone());
        others.extend(platform_id::read(order.request.platform.as_str()).map(|(_, appid)| appid));
    }
    others.extend(history.inserted.iter().map(|listed| listed.invoice.platform.clone()));
    others.sort();
    others.dedup();
    let mut parties = vec![key.merchant.to_string()];
    for other in others.into_iter().filter(|other| *other != key.merchant) {
        let is_seen = sight::sees(app, role, other.as_str()).await?;
        parties.extend(is_seen.then(|| other.to_string()));
    }
    if let Some(payment) = &history.payment
        && sight::sees(app, role, payment.mchid.as_str()).await?
    {
        parties.push(payment.mchid.to_string());
    }
    Ok(parties)
}

async fn read_payment(
    app: &App,
    key: &OrderKey,
    role: &ConsoleRole,
    history: &mut OrderHistory,
) -> Result<(), Failure> {
    let Ok(number) = OutTradeNo::parse(key.order_id.as_str()) else { return Ok(()) };
    let opened = history.order.as_ref().and_then(|order| order.payment.as_ref());
    let found = match opened {
        Some(opened) => payments::find(app, &opened.mchid, &number).await,
        None => payment_without_order(app, key, role, &number).await,
    };
    history.payment = readable(found, &mut history.damaged)?;
    if let Some(payment) = &history.payment {
        history.refunds = refunds::of(app, payment).await?;
    }
    Ok(())
}

/// A payment of the order's number that has opened no order, taken for the merchant by a pay merchant whose payments
/// somebody may see.
async fn payment_without_order(
    app: &App,
    key: &OrderKey,
    role: &ConsoleRole,
    number: &OutTradeNo,
) -> Result<Option<Payment>, Failure> {
    let is_theirs = |one: &PayMerchant| {
        one.accounts.contains(&key.merchant) && sight::sees_pay_merchant(role, one)
    };
    for one in pay_merchants::find_all(app, MOST_PAY_MERCHANTS, is_theirs).await?.first {
        let Some(payment) = payments::find(app, &one.mchid, number).await? else { continue };
        let taken_by = accounts::find(app, &payment.request.appid).await?;
        let is_theirs = taken_by.is_some_and(|account| *account.merchant() == key.merchant);
        if is_theirs && payment.order_merchant.is_none() {
            return Ok(Some(payment));
        }
    }
    Ok(None)
}

async fn read_invoices(
    app: &App,
    key: &OrderKey,
    history: &mut OrderHistory,
) -> Result<(), Failure> {
    let of_order = || Filter::Field(Field::Order, key.order_id.to_string());
    let found = invoice_requests::list(app, &key.merchant, of_order(), None, MOST_INVOICES).await?;
    history.damaged.extend(found.damaged);
    history.invoices = found.items;
    // What a listing by order lags behind with, the order and the blue invoice name.
    let used_by = history.order.as_ref().and_then(Order::authorization);
    let mut named: Vec<_> = used_by.and_then(|yes| yes.used_by.clone()).into_iter().collect();
    while let Some(serial) = named.pop() {
        let known = history.invoices.iter().find(|request| request.serial == serial);
        let request = match known.cloned() {
            Some(request) => request,
            None => {
                let found = invoice_requests::find(app, &key.merchant, &serial).await;
                let Some(request) = readable(found, &mut history.damaged)? else { continue };
                history.invoices.push(request.clone());
                request
            }
        };
        named.extend(red_of(&request));
    }
    for request in &history.invoices {
        let Some(card) = card_key_of(request) else { continue };
        let card = get::<InvoiceCard>(app, &card).await;
        history.cards.extend(readable(card, &mut history.damaged)?);
    }
    let found = inserted::list(app, &key.merchant, of_order(), None, MOST_INVOICES).await?;
    history.damaged.extend(found.damaged);
    history.inserted = found.items;
    Ok(())
}

fn red_of(request: &InvoiceRequest) -> Option<Serial> {
    match &request.state {
        RequestState::Issued { offset: Offset::Underway(red) | Offset::Done(red), .. } => {
            Some(red.clone())
        }
        _ => None,
    }
}

/// Who has decided about the order, or paid it.
fn user_of(history: &OrderHistory) -> Option<UserId> {
    let decided = history.order.as_ref().and_then(|order| match &order.state {
        OrderState::Offered => None,
        OrderState::Declined(no) => Some(no.user.clone()),
        OrderState::Authorized(yes) => Some(yes.user.clone()),
        OrderState::Rejected { decided, .. } => Some(decided.user().clone()),
    });
    let paid = || history.payment.as_ref()?.paid()?.payer.user.clone();
    decided.or_else(paid)
}

/// The first that is known of it: an order that was offered again has a past.
fn began(history: &OrderHistory) -> Option<Timestamp> {
    let offered = history.order.iter().map(|order| order.offered_at);
    let placed = history.payment.iter().map(|payment| payment.placed_at);
    let pushed = history.pushes.iter().map(|listed| listed.push.committed_ms);
    offered.chain(placed).chain(pushed.map(Timestamp::from_unix_millis)).min()
}

async fn read_messages(
    app: &App,
    key: &OrderKey,
    history: &mut OrderHistory,
) -> Result<(), Failure> {
    let Some(user) = user_of(history) else { return Ok(()) };
    let is_of_order =
        |message: &Message| message.merchant == key.merchant && message.order_id == key.order_id;
    let began = began(history).unwrap_or_else(|| app.now());
    (history.messages, history.may_have_older_messages) =
        messages::about(app, &user, began, is_of_order).await?;
    Ok(())
}

async fn read_pushes(
    app: &App,
    key: &OrderKey,
    parties: Vec<String>,
    history: &mut OrderHistory,
) -> Result<(), Failure> {
    let ordering_keys = pushes::ordering_keys_of(key.order_id.as_str());
    for receiver in parties {
        let query = PushQuery {
            account: Some(receiver),
            ordering_keys: ordering_keys.clone(),
            limit: MOST_PUSHES,
            ..PushQuery::default()
        };
        history.pushes.extend(pushes::list(app, &query).await?);
    }
    Ok(())
}

async fn read_requests(
    app: &App,
    key: &OrderKey,
    role: &ConsoleRole,
    history: &mut OrderHistory,
) -> Result<(), Failure> {
    let owner = OrderOwner {
        merchant: key.merchant.to_string(),
        accounts: own_accounts(app, key, history).await?,
    };
    let query = RequestQuery {
        order_id: Some(key.order_id.to_string()),
        order_owner: Some(owner),
        except_route: Some(WAIT_ROUTE.to_owned()),
        limit: MOST_REQUESTS,
        ..RequestQuery::default()
    };
    let mut page = requests::list(app, &query).await?;
    if let Some(before) = page.next {
        // One more than are shown tells that there are others between.
        let limit = FIRST_REQUESTS + 1;
        let query = RequestQuery { oldest_first: true, before: Some(before), limit, ..query };
        let first = requests::list(app, &query).await?;
        history.has_more_requests = first.requests.len() > FIRST_REQUESTS || first.next.is_some();
        page.requests.extend(first.requests.into_iter().take(FIRST_REQUESTS).rev());
    }
    for head in page.requests.into_iter().rev() {
        if requests::is_seen_by(app, &head, role).await? {
            // One that was trimmed a moment ago keeps its line.
            let whole = requests::at(app, head.id).await?;
            history.requests.push(whole.unwrap_or(head));
        }
    }
    Ok(())
}

/// The merchant, and the app bound to it that has asked for the order.
async fn own_accounts(
    app: &App,
    key: &OrderKey,
    history: &OrderHistory,
) -> Result<Vec<String>, Failure> {
    let mut own = vec![key.merchant.to_string()];
    if let Some(order) = &history.order
        && order.request.asked_by != key.merchant
    {
        let asked_by = accounts::find(app, &order.request.asked_by).await?;
        let is_bound = asked_by.is_some_and(|account| *account.merchant() == key.merchant);
        own.extend(is_bound.then(|| order.request.asked_by.to_string()));
    }
    Ok(own)
}
