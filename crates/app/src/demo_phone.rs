//! The sandbox's phone: three apps of the demo merchant, each of which has its user authorize an order in its own
//! way (sections 2 to 5). The orders are the demo shop's, and all of it goes through the same use cases.

use crate::access::accounts;
use crate::app::App;
use crate::authorization::s02_auth_url::AuthUrl;
use crate::authorization::{orders, s07_auth_data};
use crate::delivery::new_push::receiver;
use crate::delivery::{callbacks, pushes};
use crate::demo_shop::{account, ask, issue, new_number};
use crate::failure::Failure;
use crate::invoicing::s14_make_out::MakeOutError;
use crate::people::wallet::{self, InvoiceProgress};
use crate::sandbox::{DEMO_MERCHANT, DEMO_MINI_PROGRAM, DEMO_MOBILE_APP};
use crate::signed::write_link;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::authorization_request::{AuthorizationRequest, Source};
use kaipiao_domain::authorization::authorization_status::AuthorizationStatus;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::authorization::requests::AuthDataRequest;
use kaipiao_domain::authorization::user_decision::UserDecision;
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::delivery::outbox::{Attempt, ListedPush, PushQuery, PushState};
use std::sync::Arc;

/// Where the phone shows an order, with its number behind it. What its app was told stands in the query.
pub const ORDERS_PATH: &str = "/phone/orders/";
/// What its orders' numbers begin with, in front of 20 digits: others of the merchant are its programs' own affair.
const ORDER_PREFIX: &str = "phone-";
const DIGITS: usize = 20;
/// Events that are shown of an order: its user's decision, its invoice's result, and what follows by hand.
const MAX_PUSHES: usize = 20;

/// An app on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneApp {
    /// A page of the merchant's Official Account, inside WeChat.
    WebPage,
    /// A mini program, bound to the merchant.
    MiniProgram,
    /// A mobile app, bound to the merchant.
    MobileApp,
}

impl PhoneApp {
    /// Every app, in the order of the home screen.
    pub const ALL: [Self; 3] = [Self::WebPage, Self::MiniProgram, Self::MobileApp];

    /// The account that calls getauthurl.
    pub const fn appid(self) -> &'static str {
        match self {
            Self::WebPage => DEMO_MERCHANT,
            Self::MiniProgram => DEMO_MINI_PROGRAM,
            Self::MobileApp => DEMO_MOBILE_APP,
        }
    }

    /// The source that it names.
    pub const fn source(self) -> Source {
        match self {
            Self::WebPage => Source::Web,
            Self::MiniProgram => Source::Wxa,
            Self::MobileApp => Source::App,
        }
    }

    /// The app with the source of this name.
    pub fn from_name(source: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app| app.source().as_str() == source)
    }

    /// The app that asked; None: it was no app of the phone.
    pub fn of(request: &AuthorizationRequest) -> Option<Self> {
        number(request.order_id.as_str())?;
        let has_asked =
            |app: &Self| app.appid() == request.asked_by.as_str() && app.source() == request.source;
        Self::ALL.into_iter().find(has_asked)
    }
}

/// An order of the phone's, from all sides.
#[derive(Debug)]
pub struct PhoneOrder {
    /// The app that asked.
    pub app: PhoneApp,
    /// The order.
    pub order: Order,
    /// The merchant's name.
    pub merchant_name: String,
    /// What getauthurl has answered.
    pub auth_url: AuthUrl,
    /// Where this server is reached, without a slash at its end.
    pub base_url: String,
    /// What getauthdata answers the app's account.
    pub status: AuthorizationStatus,
    /// Its events, oldest first.
    pub pushes: Vec<PhonePush>,
    /// The account that its next event would go to.
    pub receiver: AppId,
    /// Whether that account has a callback.
    pub has_callback: bool,
    /// How far its invoice is.
    pub invoice: InvoiceProgress,
    /// Why makeoutinvoice was refused to the shop; empty: it was not.
    pub refusal: String,
}

/// An event of an order.
#[derive(Debug)]
pub struct PhonePush {
    /// Its name in the admin API.
    pub id: String,
    /// The receiving account.
    pub receiver: String,
    /// `Event`.
    pub event: String,
    /// The event in clear.
    pub body: Arc<str>,
    /// How far its delivery is.
    pub delivery: Delivery,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
}

/// How far an event's delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// An earlier event of the order goes out first.
    Waiting,
    /// It is due, now or later.
    Due,
    /// It is being tried.
    UnderWay,
    /// It is over.
    Over(Outcome),
}

impl From<ListedPush> for PhonePush {
    fn from(listed: ListedPush) -> Self {
        let ListedPush { push, attempts, in_flight_for, .. } = listed;
        let delivery = match push.state {
            PushState::Waiting => Delivery::Waiting,
            PushState::Ready { .. } if in_flight_for.is_some() => Delivery::UnderWay,
            PushState::Ready { .. } => Delivery::Due,
            PushState::Completed { outcome, .. } => Delivery::Over(outcome),
        };
        Self {
            id: push.id.to_string(),
            receiver: push.id.account,
            event: push.event,
            body: push.body,
            delivery,
            attempts,
        }
    }
}

/// An order as a user of the phone may see it.
#[derive(Debug)]
pub enum Seen {
    /// The phone has no such order.
    NoOrder,
    /// Somebody else has answered it: its authorization page, whose link this is, says more.
    Anothers(String),
    /// The user has answered it, or nobody has.
    Theirs(Box<PhoneOrder>),
}

/// The number of a new order.
pub fn new_order_id(app: &App) -> Result<OrderId, Failure> {
    new_number(app, ORDER_PREFIX)
}

/// A number that may be one of the phone's orders.
pub fn number(text: &str) -> Option<OrderId> {
    let digits = text.strip_prefix(ORDER_PREFIX)?;
    let is_number = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    OrderId::parse(text).ok().filter(|_| is_number)
}

/// The name of an app's account.
pub async fn account_name(app: &App, asking: PhoneApp) -> Result<String, Failure> {
    Ok(account(app, asking.appid()).await?.name)
}

/// getauthurl, as an app's server calls it: the link of the authorization page.
pub async fn get_auth_url(
    app: &App,
    asking: PhoneApp,
    order_id: OrderId,
) -> Result<String, Failure> {
    let source = asking.source();
    let redirect_url = if source.redirects() {
        format!("{}{ORDERS_PATH}{order_id}", app.settings.public_base_url)
    } else {
        String::new()
    };
    Ok(ask(app, asking.appid(), source, order_id, redirect_url).await?.link)
}

/// An order, from all sides.
pub async fn see(app: &App, user: &UserId, order_id: &str) -> Result<Seen, Failure> {
    let Some(order_id) = number(order_id) else { return Ok(Seen::NoOrder) };
    let merchant = account(app, DEMO_MERCHANT).await?;
    let key = OrderKey { merchant: merchant.appid.clone(), order_id };
    let Some(order) = orders::find(app, &key).await? else { return Ok(Seen::NoOrder) };
    let Some(asking) = PhoneApp::of(&order.request) else { return Ok(Seen::NoOrder) };
    let base_url = app.settings.public_base_url.clone();
    let link = write_link(&app.keys, &base_url, &order.request);
    if answered_by(&order).is_some_and(|answered| answered != user) {
        return Ok(Seen::Anothers(link));
    }
    let mini_program = (asking.source() == Source::Wxa).then(|| app.settings.wxa_appid.clone());
    let merchant_name = merchant.name.clone();
    let caller = accounts::find(app, &order.request.asked_by).await?.unwrap_or(merchant);
    let asked = AuthDataRequest {
        platform: order.request.platform.clone(),
        order_id: order.request.order_id.clone(),
    };
    let status = s07_auth_data::auth_status(app, &caller, &asked).await?;
    let receiver = receiver(app, &caller.appid, &order.merchant).await?.appid;
    let has_callback = callbacks::find(app, &receiver).await?.is_some();
    let used_by = order.authorization().and_then(|yes| yes.used_by.as_ref());
    let invoice = match used_by {
        Some(serial) => wallet::progress(app, &order.merchant, serial).await?,
        None => InvoiceProgress::Awaited,
    };
    Ok(Seen::Theirs(Box::new(PhoneOrder {
        app: asking,
        merchant_name,
        auth_url: AuthUrl { link, mini_program },
        base_url,
        status,
        pushes: events(app, &order, &caller).await?,
        receiver,
        has_callback,
        invoice,
        refusal: String::new(),
        order,
    })))
}

/// The same once the app is in sight again. Its server asks getauthdata, whatever the app was told; on "auth
/// success" the invoice is asked for, once.
pub async fn come_back(app: &App, user: &UserId, order_id: &str) -> Result<Seen, Failure> {
    let seen = see(app, user, order_id).await?;
    let Seen::Theirs(before) = &seen else { return Ok(seen) };
    let Some(yes) = before.order.authorization().filter(|yes| yes.used_by.is_none()) else {
        return Ok(seen);
    };
    let merchant = account(app, DEMO_MERCHANT).await?;
    let refusal = match issue(app, &merchant, &before.order, yes).await {
        Ok(()) => String::new(),
        Err(MakeOutError::Content(problem)) => problem.problem.to_string(),
        Err(MakeOutError::Failed(Failure::Refused(why))) => why.to_string(),
        Err(MakeOutError::Failed(failure)) => return Err(failure),
    };
    Ok(match see(app, user, order_id).await? {
        Seen::Theirs(after) => Seen::Theirs(Box::new(PhoneOrder { refusal, ..*after })),
        other => other,
    })
}

/// Who has answered an order.
fn answered_by(order: &Order) -> Option<&UserId> {
    match &order.state {
        OrderState::Offered => None,
        OrderState::Declined(no) => Some(&no.user),
        OrderState::Authorized(yes) => Some(&yes.user),
        OrderState::Rejected { decided, .. } => Some(UserDecision::user(decided)),
    }
}

/// An order's events, to the merchant or to the app's own account, oldest first.
async fn events(app: &App, order: &Order, caller: &Account) -> Result<Vec<PhonePush>, Failure> {
    let query = PushQuery {
        ordering_keys: pushes::ordering_keys_of(order.request.order_id.as_str()),
        limit: MAX_PUSHES,
        ..PushQuery::default()
    };
    let mut listed = pushes::list(app, &query).await?;
    let receivers = [order.merchant.as_str(), caller.appid.as_str()];
    listed.retain(|listed| receivers.contains(&listed.push.id.account.as_str()));
    listed.sort_by_key(|listed| listed.push.id.number);
    Ok(listed.into_iter().map(PhonePush::from).collect())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn only_numbers_of_the_phones_own_shape_are_its_orders() {
        let own = "phone-01234567890123456789";
        assert_eq!(number(own).unwrap().as_str(), own);
        for other in [
            "",
            "phone-",
            "phone-1",
            "phone-012345678901234567890",
            "phone-0123456789012345678x",
            "shop-01234567890123456789",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
