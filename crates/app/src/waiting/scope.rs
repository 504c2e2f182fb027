//! Where it is looked for what has happened to an order.

use super::events::{Awaited, Happened, Question, What};
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
use kaipiao_domain::access::account::{AppId, Role};
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::authorization::user_decision::{Authorization, UserDecision};
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::Refund;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_ports::delivery::outbox::{ListedPush, PushQuery, PushState};
use kaipiao_records::payment::refund::refund_key;

/// Accounts, and pay merchants, among whom an order is looked for when nobody is named.
const MOST_ACCOUNTS: usize = 100;
/// An order's pushes, and a user's messages, that are looked through: the newest.
const MOST_LISTED: usize = 100;

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
}

/// Where it is looked.
pub(super) struct Scope {
    order_id: OrderId,
    merchants: Vec<AppId>,
    pay_merchants: Vec<MchId>,
    receiver: Option<AppId>,
}

impl Scope {
    pub(super) async fn of(app: &App, asked: &Question) -> Result<Self, Failure> {
        let merchants = match &asked.appid {
            Some(appid) => vec![merchant_of(app, appid).await?],
            None => all_merchants(app).await?,
        };
        Ok(Self {
            order_id: asked.order_id.clone(),
            pay_merchants: pay_merchants_of(app, asked.appid.as_ref(), &merchants).await?,
            merchants,
            receiver: asked.appid.clone(),
        })
    }

    /// What has happened first after that moment; None: nothing yet.
    pub(super) async fn look(
        &self,
        app: &App,
        awaited: &Awaited,
        after_ms: i64,
    ) -> Result<Option<Happened>, Failure> {
        let all = match awaited {
            Awaited::Authorized | Awaited::Declined | Awaited::Rejected => {
                let orders = self.orders(app).await?;
                orders.into_iter().filter_map(|order| of_order(awaited, order)).collect()
            }
            Awaited::Paid => self.payments(app).await?.into_iter().filter_map(paid).collect(),
            Awaited::Refunded => self.refunded(app).await?,
            Awaited::Issued | Awaited::Failed | Awaited::Offset => {
                self.issued(app, awaited).await?
            }
            Awaited::Inserted => self.inserted(app).await?,
            Awaited::Message => self.messages(app).await?,
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
        Ok(There { orders, payments, invoices, pushes })
    }

    async fn orders(&self, app: &App) -> Result<Vec<Order>, Failure> {
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

    async fn messages(&self, app: &App) -> Result<Vec<Happened>, Failure> {
        let mut users: Vec<UserId> = Vec::new();
        users.extend(self.orders(app).await?.iter().filter_map(decider));
        let payments = self.payments(app).await?;
        users.extend(payments.iter().filter_map(|payment| payment.paid()?.payer.user.clone()));
        users.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        users.dedup();
        let mut found = Vec::new();
        for user in users {
            let listed = messages::list(app, &user, None, MOST_LISTED).await?;
            let about = listed.items.into_iter().filter(|message| self.is_about(message));
            found.extend(
                about.map(|message| Happened { at: message.sent_at, what: What::Message(message) }),
            );
        }
        Ok(found)
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

    /// The pushes about the order, oldest first.
    async fn pushes(
        &self,
        app: &App,
        event: Option<&'static str>,
    ) -> Result<Vec<ListedPush>, Failure> {
        let query = PushQuery {
            account: self.receiver.as_ref().map(ToString::to_string),
            ordering_keys: pushes::ordering_keys_of(self.order_id.as_str()),
            state: None,
            after: None,
            limit: MOST_LISTED,
        };
        let mut listed = pushes::list(app, &query).await?;
        listed.retain(|listed| event.is_none_or(|event| listed.push.event == event));
        listed.sort_by_key(|listed| listed.push.id.number);
        Ok(listed)
    }
}

/// The merchant whose orders an account's are.
async fn merchant_of(app: &App, appid: &AppId) -> Result<AppId, Failure> {
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

/// The pay merchants that take payments for these accounts.
async fn pay_merchants_of(
    app: &App,
    appid: Option<&AppId>,
    merchants: &[AppId],
) -> Result<Vec<MchId>, Failure> {
    let listed = pay_merchants::list(app, None, MOST_ACCOUNTS).await?;
    too_many(listed.next.is_some() && appid.is_none(), "pay merchants")?;
    let is_theirs = |accounts: &[AppId]| {
        appid.is_none_or(|appid| accounts.iter().any(|it| it == appid || merchants.contains(it)))
    };
    let theirs = listed.items.into_iter().filter(|pay_merchant| is_theirs(&pay_merchant.accounts));
    Ok(theirs.map(|pay_merchant| pay_merchant.mchid).collect())
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

fn of_order(awaited: &Awaited, order: Order) -> Option<Happened> {
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
async fn requests_of(app: &App, order: &Order) -> Result<Vec<InvoiceRequest>, Failure> {
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

fn of_request(awaited: &Awaited, request: InvoiceRequest) -> Option<Happened> {
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
