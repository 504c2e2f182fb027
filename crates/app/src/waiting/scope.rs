//! Where it is looked for what has happened to an order.

use super::events::{Awaited, Happened, Party, Question, What};
use crate::access::accounts;
use crate::app::App;
use crate::authorization::orders;
use crate::delivery::pushes;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::payment::{pay_merchants, payments};
use crate::people::card_invoice::{CardInvoice, inserted};
use crate::people::messages;
use crate::store_access::get;
use core::iter;
use kaipiao_domain::access::account::{AppId, Role};
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::authorization::user_decision::{Authorization, UserDecision};
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::Refund;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_ports::delivery::outbox::{ListedPush, PushQuery, PushState};
use kaipiao_records::payment::refund::refund_key;
use std::collections::HashMap;

/// Accounts, and pay merchants, among whom an order is looked for.
const MOST_ACCOUNTS: usize = 100;
/// An order's pushes that are looked through, of whoever is asked for: the newest.
const MOST_PUSHES: usize = 100;
/// Pages of pushes about orders of this number, whoever has them.
const MOST_PAGES: usize = 10;

/// What is there of an order.
#[derive(Debug, Default)]
pub struct There {
    /// Orders of the number.
    pub orders: Vec<Order>,
    /// Payments of the number.
    pub payments: Vec<Payment>,
    /// Invoices of those orders, as they were asked for here; the red one beside the blue one.
    pub invoices: Vec<InvoiceRequest>,
    /// Pushes about them, oldest first.
    pub pushes: Vec<ListedPush>,
    /// Whether a user has so many messages that older ones, which may be about the order, were not looked at.
    pub may_have_older_messages: bool,
}

/// Where it is looked.
pub(super) struct Scope {
    order_id: OrderId,
    merchants: Vec<AppId>,
    pay_merchants: Vec<MchId>,
    /// Whose pushes count; None: everybody's.
    receivers: Option<Vec<String>>,
}

impl Scope {
    pub(super) async fn of(app: &App, asked: &Question) -> Result<Self, Failure> {
        let order_id = asked.order_id.clone();
        match &asked.party {
            None => {
                let (merchants, pay_merchants) =
                    (all_merchants(app).await?, all_pay_merchants(app).await?);
                Ok(Self { order_id, merchants, pay_merchants, receivers: None })
            }
            Some(Party::Account(appid)) => {
                let merchant = merchant_of(app, appid).await?;
                let pay_merchants = pay_merchants_of(app, appid, &merchant).await?;
                let mchids = pay_merchants.iter().map(MchId::to_string);
                let receivers = Some(iter::once(appid.to_string()).chain(mchids).collect());
                Ok(Self { order_id, merchants: vec![merchant], pay_merchants, receivers })
            }
            Some(Party::PayMerchant(mchid)) => {
                let merchants = merchants_of(app, mchid).await?;
                let receivers = Some(vec![mchid.to_string()]);
                Ok(Self { order_id, merchants, pay_merchants: vec![mchid.clone()], receivers })
            }
        }
    }

    /// What has happened first after that moment; None: nothing yet.
    pub(super) async fn look(
        &self,
        app: &App,
        awaited: &Awaited,
        after_ms: i64,
    ) -> Result<Option<Happened>, Failure> {
        let all = match awaited {
            Awaited::Declined => self.declined(app).await?,
            Awaited::Authorized | Awaited::Rejected => {
                let orders = self.orders(app).await?;
                orders.into_iter().filter_map(|order| of_order(awaited, order)).collect()
            }
            Awaited::Paid => self.payments(app).await?.into_iter().filter_map(paid).collect(),
            Awaited::Refunded => self.refunded(app).await?,
            Awaited::Failed => self.failed(app).await?,
            Awaited::Issued | Awaited::Offset => self.issued(app, awaited).await?,
            Awaited::Inserted => self.inserted(app).await?,
            Awaited::Message => {
                let (messages, _) = self.messages(app).await?;
                let sent = |message: Message| Happened {
                    at: message.sent_at,
                    what: What::Message(message),
                };
                messages.into_iter().map(sent).collect()
            }
            Awaited::Push(event) => {
                let pushes = self.pushes(app, *event).await?;
                pushes.into_iter().map(committed).collect()
            }
            Awaited::Delivered(event) => {
                let pushes = self.pushes(app, *event).await?;
                pushes.into_iter().filter_map(delivered).collect()
            }
        };
        let all: Vec<Happened> = all;
        let later = all.into_iter().filter(|happened| happened.at.unix_millis() > after_ms);
        Ok(later.min_by_key(|happened| happened.at))
    }

    /// All that is there.
    pub(super) async fn there(&self, app: &App) -> Result<There, Failure> {
        let orders = self.orders(app).await?;
        let mut invoices = Vec::new();
        for order in &orders {
            invoices.extend(requests_of(app, order).await?);
        }
        let (payments, pushes) = (self.payments(app).await?, self.pushes(app, None).await?);
        let (_, may_have_older_messages) = self.messages(app).await?;
        Ok(There { orders, payments, invoices, pushes, may_have_older_messages })
    }

    pub(super) async fn orders(&self, app: &App) -> Result<Vec<Order>, Failure> {
        let mut found = Vec::new();
        for merchant in &self.merchants {
            let (merchant, order_id) = (merchant.clone(), self.order_id.clone());
            found.extend(orders::find(app, &OrderKey { merchant, order_id }).await?);
        }
        Ok(found)
    }

    async fn payments(&self, app: &App) -> Result<Vec<Payment>, Failure> {
        let mut found = Vec::new();
        // A number that no payment can have.
        let Ok(number) = OutTradeNo::parse(self.order_id.as_str()) else { return Ok(found) };
        for mchid in &self.pay_merchants {
            found.extend(payments::find(app, mchid, &number).await?);
        }
        Ok(found)
    }

    async fn refunded(&self, app: &App) -> Result<Vec<Happened>, Failure> {
        let mut found = Vec::new();
        for payment in self.payments(app).await? {
            let newest = match payment.refunds.last() {
                Some(number) => get::<Refund>(app, &refund_key(&payment.mchid, number)).await?,
                None => None,
            };
            // One that was reported has no refund of its own.
            let at = newest
                .map(|refund| refund.at)
                .or_else(|| (payment.refunded_fen > 0).then_some(payment.placed_at));
            found.extend(at.map(|at| Happened { at, what: What::Payment(payment) }));
        }
        Ok(found)
    }

    async fn issued(&self, app: &App, awaited: &Awaited) -> Result<Vec<Happened>, Failure> {
        let mut found = Vec::new();
        for order in self.orders(app).await? {
            let requests = requests_of(app, &order).await?;
            found.extend(requests.into_iter().filter_map(|request| of_request(awaited, request)));
        }
        Ok(found)
    }

    async fn inserted(&self, app: &App) -> Result<Vec<Happened>, Failure> {
        let mut found = Vec::new();
        for order in self.orders(app).await? {
            let used_by = authorization_of(&order).and_then(|yes| yes.used_by.as_ref());
            let Some(serial) = used_by.filter(|serial| serial.is_inserted()) else { continue };
            let invoice = inserted(app, &order.merchant, serial).await?;
            found.extend(invoice.map(|invoice| Happened {
                at: invoice.inserted_at,
                what: What::Inserted(invoice),
            }));
        }
        Ok(found)
    }

    /// The messages about the order, and whether there may be older ones.
    async fn messages(&self, app: &App) -> Result<(Vec<Message>, bool), Failure> {
        let (orders, payments) = (self.orders(app).await?, self.payments(app).await?);
        let mut users: Vec<UserId> = orders.iter().filter_map(decider).collect();
        users.extend(payments.iter().filter_map(|payment| payment.paid()?.payer.user.clone()));
        users.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        users.dedup();
        let offered = orders.iter().map(|order| order.offered_at);
        let placed = payments.iter().map(|payment| payment.placed_at);
        let Some(since) = offered.chain(placed).min() else { return Ok((Vec::new(), false)) };
        // An order that is offered again has a past.
        let pushes = self.all_pushes(app, None).await?;
        let pushed = pushes.iter().map(|listed| listed.push.committed_ms).min();
        let since = pushed.map_or(since, |ms| since.min(Timestamp::from_unix_millis(ms)));
        let (mut found, mut may_have_older) = (Vec::new(), false);
        for user in users {
            let (about, may_have) =
                messages::about(app, &user, since, |message| self.is_about(message)).await?;
            found.extend(about);
            may_have_older |= may_have;
        }
        Ok((found, may_have_older))
    }

    fn is_about(&self, message: &Message) -> bool {
        let is_theirs = match &message.event {
            MessageEvent::Paid { mchid, .. } | MessageEvent::PaymentToConfirm { mchid, .. } => {
                self.pay_merchants.contains(mchid)
            }
            _ => self.merchants.contains(&message.merchant),
        };
        is_theirs && message.order_id == self.order_id
    }

    /// The pushes about the order to whoever is asked for, oldest first.
    async fn pushes(
        &self,
        app: &App,
        event: Option<&'static str>,
    ) -> Result<Vec<ListedPush>, Failure> {
        let is_theirs = |account: &String| {
            self.receivers.as_ref().is_none_or(|receivers| receivers.contains(account))
        };
        let mut found = self.all_pushes(app, event).await?;
        found.retain(|listed| is_theirs(&listed.push.id.account));
        Ok(found)
    }

    /// The newest pushes about orders of this number, oldest first: those of whoever is asked for, and of the accounts of
    /// their merchants.
    pub(super) async fn all_pushes(
        &self,
        app: &App,
        event: Option<&'static str>,
    ) -> Result<Vec<ListedPush>, Failure> {
        let (mut found, mut is_seen) = (Vec::new(), HashMap::new());
        let mut query = PushQuery {
            account: None,
            ordering_keys: pushes::ordering_keys_of(self.order_id.as_str()),
            state: None,
            after: None,
            limit: MOST_PUSHES,
        };
        for _ in 0..MOST_PAGES {
            let page = pushes::list(app, &query).await?;
            query.after = page.last().map(|listed| listed.push.id.clone());
            let is_last = page.len() < MOST_PUSHES;
            for listed in page {
                let account = &listed.push.id.account;
                if !is_seen.contains_key(account) {
                    is_seen.insert(account.clone(), self.sees(app, account).await?);
                }
                let is_asked_for = event.is_none_or(|event| listed.push.event == event);
                if is_asked_for && is_seen[account] {
                    found.push(listed);
                }
            }
            if is_last || found.len() >= MOST_PUSHES {
                break;
            }
        }
        found.truncate(MOST_PUSHES);
        found.sort_by_key(|listed| listed.push.id.number);
        Ok(found)
    }

    /// Whether a receiver's pushes are about what is asked for.
    async fn sees(&self, app: &App, receiver: &str) -> Result<bool, Failure> {
        if self.receivers.as_ref().is_none_or(|all| all.iter().any(|one| one == receiver)) {
            return Ok(true);
        }
        let Some(appid) = AppId::parse(receiver) else { return Ok(false) };
        let account = accounts::find(app, &appid).await?;
        Ok(account.is_some_and(|account| self.merchants.contains(account.merchant())))
    }
}

/// The merchant whose orders an account's are.
pub(super) async fn merchant_of(app: &App, appid: &AppId) -> Result<AppId, Failure> {
    let account = accounts::find(app, appid).await?;
    let unknown = || Refusal::invalid("appid", format!("{appid} is no account's"));
    let account = account.ok_or_else(unknown)?;
    Ok(account.bound_to.unwrap_or(account.appid))
}

async fn all_merchants(app: &App) -> Result<Vec<AppId>, Failure> {
    let listed = accounts::list(app, None, MOST_ACCOUNTS).await?;
    too_many(listed.next.is_some(), "accounts")?;
    let merchants = listed.items.into_iter().filter(|account| account.role == Role::Merchant);
    Ok(merchants.map(|account| account.appid).collect())
}

async fn all_pay_merchants(app: &App) -> Result<Vec<MchId>, Failure> {
    let listed = pay_merchants::list(app, None, MOST_ACCOUNTS).await?;
    too_many(listed.next.is_some(), "pay merchants")?;
    Ok(listed.items.into_iter().map(|pay_merchant| pay_merchant.mchid).collect())
}

/// The pay merchants that take payments for an account, or for its merchant.
async fn pay_merchants_of(
    app: &App,
    appid: &AppId,
    merchant: &AppId,
) -> Result<Vec<MchId>, Failure> {
    let is_theirs = |one: &PayMerchant| {
        one.accounts.iter().any(|account| account == appid || account == merchant)
    };
    let found = pay_merchants::find_all(app, MOST_ACCOUNTS, is_theirs).await?;
    if !found.are_all {
        let problem =
            format!("may have more than {MOST_ACCOUNTS} pay merchants: give the mchid of one");
        return Err(Refusal::invalid("appid", problem).into());
    }
    Ok(found.first.into_iter().map(|one| one.mchid).collect())
}

/// The merchants whose payments a pay merchant takes.
async fn merchants_of(app: &App, mchid: &MchId) -> Result<Vec<AppId>, Failure> {
    let pay_merchant = pay_merchants::find(app, mchid).await?;
    let unknown = || Refusal::invalid("appid", format!("{mchid} is no pay merchant's"));
    let mut merchants: Vec<AppId> = Vec::new();
    for appid in pay_merchant.ok_or_else(unknown)?.accounts.iter().take(MOST_ACCOUNTS) {
        merchants.push(merchant_of(app, appid).await?);
    }
    merchants.sort();
    merchants.dedup();
    Ok(merchants)
}

/// 72031 where an order would be looked for among too many.
fn too_many(are_more: bool, whom: &str) -> Result<(), Refusal> {
    let problem = || format!("is needed: there are more than {MOST_ACCOUNTS} {whom}");
    if are_more { Err(Refusal::invalid("appid", problem())) } else { Ok(()) }
}

/// The user's yes, also where the merchant has rejected the order since.
fn authorization_of(order: &Order) -> Option<&Authorization> {
    match &order.state {
        OrderState::Authorized(authorization)
        | OrderState::Rejected { decided: UserDecision::Authorized(authorization), .. } => {
            Some(authorization)
        }
        OrderState::Offered | OrderState::Declined(_) | OrderState::Rejected { .. } => None,
    }
}

fn decider(order: &Order) -> Option<UserId> {
    match &order.state {
        OrderState::Offered => None,
        OrderState::Declined(decline) => Some(decline.user.clone()),
        OrderState::Authorized(authorization) => Some(authorization.user.clone()),
        OrderState::Rejected { decided, .. } => Some(decided.user().clone()),
    }
}

pub(super) fn of_order(awaited: &Awaited, order: Order) -> Option<Happened> {
    let at = match (awaited, &order.state) {
        (Awaited::Authorized, _) => authorization_of(&order)?.at,
        (
            Awaited::Declined,
            OrderState::Declined(decline)
            | OrderState::Rejected { decided: UserDecision::Declined(decline), .. },
        ) => decline.at,
        (Awaited::Rejected, OrderState::Rejected { at, .. }) => *at,
        _ => return None,
    };
    Some(Happened { at, what: What::Order(order) })
}

fn paid(payment: Payment) -> Option<Happened> {
    // Of a payment that was made elsewhere nobody may have said when.
    let at = payment.paid()?.at.unwrap_or(payment.placed_at);
    Some(Happened { at, what: What::Payment(payment) })
}

/// The request that uses the order's yes, and the red one that takes its invoice back.
pub(super) async fn requests_of(app: &App, order: &Order) -> Result<Vec<InvoiceRequest>, Failure> {
    let used_by = authorization_of(order).and_then(|yes| yes.used_by.as_ref());
    let Some(serial) = used_by else { return Ok(Vec::new()) };
    let found = CardInvoice::find(app, &order.merchant, serial).await?;
    let Some(CardInvoice::Issued(blue)) = found else { return Ok(Vec::new()) };
    let red = match &blue.state {
        RequestState::Issued { offset: Offset::Underway(red) | Offset::Done(red), .. } => {
            requests::find(app, &order.merchant, red).await?
        }
        _ => None,
    };
    Ok([*blue].into_iter().chain(red).collect())
}

pub(super) fn of_request(awaited: &Awaited, request: InvoiceRequest) -> Option<Happened> {
    let is_red = matches!(request.colour, Colour::Red { .. });
    let at = match (awaited, &request.state) {
        (Awaited::Failed, RequestState::Failed { at, .. }) => *at,
        (Awaited::Issued, RequestState::Issued { invoice, .. }) if !is_red => invoice.at,
        (Awaited::Offset, RequestState::Issued { invoice, .. }) if is_red => invoice.at,
        _ => return None,
    };
    Some(Happened { at, what: What::Invoice(request) })
}

fn committed(listed: ListedPush) -> Happened {
    let at = Timestamp::from_unix_millis(listed.push.committed_ms);
    Happened { at, what: What::Push(Box::new(listed)) }
}

fn delivered(listed: ListedPush) -> Option<Happened> {
    let PushState::Completed { outcome: Outcome::Delivered, at_ms } = listed.push.state else {
        return None;
    };
    let at = Timestamp::from_unix_millis(at_ms);
    Some(Happened { at, what: What::Push(Box::new(listed)) })
}
