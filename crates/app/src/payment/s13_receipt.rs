//! Section 13: the invoice entry of a payment, shown to its payer (ruling D-148).
//!
//! The order behind the entry is made in the commit that pays, where a platform is linked by then: so the
//! merchant's own getauthurl for the same number meets it. Otherwise it is made when the entry is first opened.

use crate::app::App;
use crate::authorization::order_key::order_key_of;
use crate::failure::Failure;
use crate::signed::write_link;
use crate::store_access::{Decision, FirstTry, decide_reading, get, get_fresh};
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::authorization_request::AuthorizationRequest;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::{LinkedPayMerchant, MchId, PayMerchant, PlatformLink};
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::s13_receipt::{Condition, EntryFacts, entry_request};
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::authorization::contact::contact_key;
use kaipiao_records::payment::pay_merchant::{linked_pay_merchant_key, pay_merchant_key};
use kaipiao_records::payment::payment_alias::{PaymentAlias, taken_by_key};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::record::{self, Versioned};

/// The entry of a payment: what must hold for it, and what does.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Each condition, and whether it holds.
    pub conditions: Vec<(Condition, bool)>,
    /// Who issues, and whose the order is; None: nobody was linked.
    pub link: Option<PlatformLink>,
    /// The order of the payment's number, whoever has opened it.
    pub order: Option<Order>,
}

impl Entry {
    /// Whether the payer is shown an entry: to ask for the invoice, or, once that was done, to see where it stands.
    pub fn is_shown(&self) -> bool {
        self.meets_all() || self.is_used()
    }

    /// Whether every condition holds.
    pub fn meets_all(&self) -> bool {
        self.conditions.iter().all(|(_, is_met)| *is_met)
    }

    /// Whether its order was authorized: then nothing that ceases to hold closes it, a refund neither (D-149).
    pub fn is_used(&self) -> bool {
        let state = self.own_order().map(|order| &order.state);
        matches!(state, Some(OrderState::Authorized(_)))
    }

    /// The order, unless the merchant has opened it itself.
    pub fn own_order(&self) -> Option<&Order> {
        let is_own = self.conditions.contains(&(Condition::IsOwnOrder, true));
        self.order.as_ref().filter(|_| is_own)
    }
}

/// Why an entry was not opened.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// A condition does not hold.
    #[error("the payment has no invoice entry")]
    NotShown,
    /// The store is away, or others keep changing the order.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// What a payment's entry depends on at this moment.
pub async fn entry(app: &App, payment: &Payment) -> Result<Entry, Failure> {
    Ok(read(app, payment).await?.0)
}

/// The entry, and its order at the version that it was read at.
async fn read(app: &App, payment: &Payment) -> Result<(Entry, Option<Versioned<Order>>), Failure> {
    let linked = link_of(app, payment).await?;
    // Whoever's order it was stays that, whatever was linked since.
    let linked_by = linked.as_ref().map(|link| &link.merchant);
    let merchant = payment.order_merchant.as_ref().or(linked_by).cloned();
    let (contact, found) = match &merchant {
        Some(merchant) => {
            let key = order_key_of(merchant, &order_id(payment)?);
            let found = record::get_fresh::<Order>(&*app.store, &key).await?;
            (get::<Contact>(app, &contact_key(merchant)).await?, found)
        }
        None => (None, None),
    };
    let order = found.as_ref().map(|found| found.value.clone());
    let link = linked.filter(|link| Some(&link.merchant) == merchant.as_ref()).or_else(|| {
        let platform = order.as_ref()?.request.platform.clone();
        Some(PlatformLink { merchant: merchant?, platform })
    });
    let facts = EntryFacts {
        payment,
        link: link.as_ref(),
        has_contact: contact.is_some(),
        order: order.as_ref(),
    };
    let conditions =
        Condition::ALL.into_iter().map(|condition| (condition, facts.meet(condition))).collect();
    Ok((Entry { conditions, link, order }, found))
}

/// Opens the entry for its payer: the link of the authorization page. The link's life begins anew. Payment and order
/// are one commit, so a refund that comes at the same time closes what is opened here, or finds it closed.
pub async fn open(app: &App, payment: &Payment) -> Result<String, EntryError> {
    let key = payment_key(&payment.mchid, &payment.out_trade_no);
    let now = app.now();
    decide_reading(app, key, FirstTry::Reads, async |found: Option<Payment>, _| {
        let payment = found.ok_or(EntryError::NotShown)?;
        let (entry, order) = read(app, &payment).await?;
        let link = entry.link.as_ref().filter(|_| entry.is_shown()).ok_or(EntryError::NotShown)?;
        let request = entry_request(&payment, link, now).map_err(Failure::from)?;
        let written = write_link(&app.keys, &app.settings.public_base_url, &request);
        let key = order_key_of(&link.merchant, &request.order_id);
        let expect = Versioned::expect(order.as_ref());
        let offered = match order {
            None => {
                let merchant = link.merchant.clone();
                Some(Order::of_payment(merchant, request, payment.mchid.clone(), now))
            }
            Some(order) => order.value.offer_again(request, now).map_err(Failure::from)?,
        };
        let also = offered.iter().map(|order| record::save(key.clone(), expect, order)).collect();
        let next = Payment { order_merchant: Some(link.merchant.clone()), ..payment.clone() };
        let next = (next != payment).then_some(next);
        Ok(Decision { also, ..Decision::alone(next, written) })
    })
    .await
}

/// Opens the order of a payment as it is paid: the payment that remembers it, and the order's save. The payment as
/// it was: it has no receipt, the number is an order already, or nobody is linked; then a sub-merchant's is made to be found
/// by its number.
pub(super) async fn opened_by(
    app: &App,
    payment: Payment,
) -> Result<(Payment, Option<Save>), Failure> {
    if !payment.request.has_receipt {
        return Ok((payment, None));
    }
    let Some(link) = link_of(app, &payment).await? else {
        let found_by = taken_by(app, &payment).await?;
        return Ok((payment, found_by));
    };
    let now = app.now();
    let request = entry_request(&payment, &link, now)?;
    let key = order_key_of(&link.merchant, &request.order_id);
    if get_fresh::<Order>(app, &key).await?.is_some() {
        return Ok((payment, None));
    }
    let order = Order::of_payment(link.merchant.clone(), request, payment.mchid.clone(), now);
    let payment = Payment { order_merchant: Some(link.merchant), ..payment };
    Ok((payment, Some(record::save(key, Expect::Absent, &order))))
}

/// The payment of a number for which the merchant asks, with an entry that nobody has opened yet: it was paid while
/// nobody was linked (D-163). None: the number is free, or an order already, which it stays.
pub(crate) async fn waiting_payment(
    app: &App,
    merchant: &AppId,
    order_id: &OrderId,
) -> Result<Option<Versioned<Payment>>, Failure> {
    // What is remembered is enough, so that a merchant without a link costs no read: on another node it counts 2 s later.
    let key = linked_pay_merchant_key(merchant);
    let linked = record::get::<LinkedPayMerchant>(&*app.store, &key).await?;
    let number = OutTradeNo::parse(order_id.as_str());
    let (Some(linked), Ok(number)) = (linked, number) else { return Ok(None) };
    let LinkedPayMerchant(mchid) = linked.value;
    let mut found = waiting_at(app, &mchid, &number, merchant).await?;
    if found.is_none()
        && let Some(PaymentAlias::TakenBy(provider)) =
            get_fresh(app, &taken_by_key(&mchid, &number)).await?
    {
        found = waiting_at(app, &provider, &number, merchant).await?;
    }
    let Some(payment) = found else { return Ok(None) };
    let order = get_fresh::<Order>(app, &order_key_of(merchant, order_id)).await?;
    Ok(Some(payment).filter(|_| order.is_none()))
}

/// The payment that a pay merchant has taken, if it waits for its entry and its payee's link is this merchant's.
async fn waiting_at(
    app: &App,
    mchid: &MchId,
    number: &OutTradeNo,
    merchant: &AppId,
) -> Result<Option<Versioned<Payment>>, Failure> {
    let found: Option<Versioned<Payment>> =
        record::get_fresh(&*app.store, &payment_key(mchid, number)).await?;
    let Some(payment) = found.filter(|payment| payment.value.is_waiting_for_entry()) else {
        return Ok(None);
    };
    let link = link_of(app, &payment.value).await?;
    Ok(Some(payment).filter(|_| link.is_some_and(|link| link.merchant == *merchant)))
}

/// Takes back what finds a payment under a seller that a report has named by mistake. None: nothing does, or what does
/// leads to another service provider's.
pub(super) async fn no_longer_taken_by(
    app: &App,
    before: &Payment,
    next: &Payment,
) -> Result<Option<Save>, Failure> {
    if before.payee() == next.payee() {
        return Ok(None);
    }
    let key = taken_by_key(before.payee(), &before.out_trade_no);
    let found: Option<Versioned<PaymentAlias>> = record::get_fresh(&*app.store, &key).await?;
    let is_its = |alias: &PaymentAlias| *alias == PaymentAlias::TakenBy(before.mchid.clone());
    let found = found.filter(|found| is_its(&found.value));
    Ok(found.map(|found| record::removal(key, Versioned::expect(Some(&found)))))
}

/// What finds a sub-merchant's payment by its number, so that the merchant's own link may open what its entry would
/// (D-163). None: it is the pay merchant's own, or another service provider's of that number came first.
async fn taken_by(app: &App, payment: &Payment) -> Result<Option<Save>, Failure> {
    if payment.request.sub_merchant.is_none() {
        return Ok(None);
    }
    let key = taken_by_key(payment.payee(), &payment.out_trade_no);
    if get_fresh::<PaymentAlias>(app, &key).await?.is_some() {
        return Ok(None);
    }
    let alias = PaymentAlias::TakenBy(payment.mchid.clone());
    Ok(Some(record::save(key, Expect::Absent, &alias)))
}

/// The order that a merchant's own link opens for a waiting payment, as its entry would have, and the payment that
/// remembers it.
pub(crate) fn opened_by_link(
    payment: Versioned<Payment>,
    merchant: &AppId,
    request: AuthorizationRequest,
    now: Timestamp,
) -> (Order, Save) {
    let Versioned { value: payment, version } = payment;
    let order = Order::of_payment(merchant.clone(), request, payment.mchid.clone(), now);
    let payment = Payment { order_merchant: Some(merchant.clone()), ..payment };
    let key = payment_key(&payment.mchid, &payment.out_trade_no);
    (order, record::save(key, Expect::Version(version), &payment))
}

/// What closes the entry of a payment that was given back in full. None: nothing is open.
pub(super) async fn closed_by_refund(
    app: &App,
    payment: &Payment,
) -> Result<Option<Save>, Failure> {
    if !payment.is_fully_refunded() {
        return Ok(None);
    }
    let Some(found) = order_of(app, payment).await? else { return Ok(None) };
    let closed = found.value.refunded(&payment.mchid);
    Ok(closed.map(|closed| save_in_place_of(&found, &closed)))
}

/// The order that a payment has opened. None: it has opened none, or that is forgotten.
pub(super) async fn order_of(
    app: &App,
    payment: &Payment,
) -> Result<Option<Versioned<Order>>, Failure> {
    let Some(merchant) = &payment.order_merchant else { return Ok(None) };
    let key = order_key_of(merchant, &order_id(payment)?);
    let found: Option<Versioned<Order>> = record::get_fresh(&*app.store, &key).await?;
    let is_its = |order: &Order| order.payment.as_ref().is_some_and(|by| by.mchid == payment.mchid);
    Ok(found.filter(|found| is_its(&found.value)))
}

/// The order of a payment that was corrected: with its amount, and closed where all of that was given back. It is
/// saved for another payer too, so that a yes that came first is seen. None: nothing changes.
pub(super) fn corrected(
    found: &Versioned<Order>,
    before: &Payment,
    next: &Payment,
) -> Option<Save> {
    let payer = |payment: &Payment| payment.paid().map(|paid| paid.payer.clone());
    let is_same = before.request == next.request
        && payer(before) == payer(next)
        && before.refunded_fen == next.refunded_fen;
    if is_same || !found.value.is_unused() {
        return None;
    }
    let order = found.value.corrected(before.request.total_fee_fen, next.request.total_fee_fen);
    let closed = order.refunded(&next.mchid).filter(|_| next.is_fully_refunded());
    Some(save_in_place_of(found, &closed.unwrap_or(order)))
}

fn save_in_place_of(found: &Versioned<Order>, order: &Order) -> Save {
    let key = order_key_of(&order.merchant, &order.request.order_id);
    record::save(key, Versioned::expect(Some(found)), order)
}

/// The platform link of the payment's payee, as it is now: an order that was not opened is nobody's to find.
async fn link_of(app: &App, payment: &Payment) -> Result<Option<PlatformLink>, Failure> {
    let payee = get_fresh::<PayMerchant>(app, &pay_merchant_key(payment.payee())).await?;
    Ok(payee.and_then(|payee| payee.link))
}

fn order_id(payment: &Payment) -> Result<OrderId, Failure> {
    Ok(OrderId::parse(payment.out_trade_no.as_str())?)
}
