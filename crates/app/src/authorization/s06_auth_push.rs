//! Section 6: a user answers on the authorization page, and the merchant gets a push. The page and
//! the sandbox's scripted user both come through here.

use crate::access::accounts;
use crate::app::App;
use crate::authorization::order_key::order_key_of;
use crate::authorization::s10_get_page_fields;
use crate::concerned::concerns;
use crate::delivery::new_push::{new_push, receiver};
use crate::failure::Failure;
use crate::metrics::history::Event;
use crate::payment::details::paid_as;
use crate::people::{known_as, titles};
use crate::signed::auth_push::{AuthPush, EVENT};
use crate::signed::read_link;
use crate::store_access::{Decision, FirstTry, decide_reading, get};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::authorization_request::{AuthorizationRequest, PageType};
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::user_decision::{ChoiceRefused, Decider, UserChoice};
use kaipiao_domain::people::user::{User, UserId};
use kaipiao_ports::delivery::outbox::NewPush;
use kaipiao_records::people::user::user_key;

/// An answer that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenAnswer {
    /// Whether the user authorized.
    pub is_authorized: bool,
    /// The request that was answered: it says where the user goes now.
    pub request: AuthorizationRequest,
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The link was never written by this server, or was changed since.
    #[error(
        "auth_url was not issued by this server, or was changed since; use it exactly as getauthurl returned it"
    )]
    ForgedLink,
    /// The merchant has asked for something else since the page was shown.
    #[error("the merchant has changed its request since the page was shown")]
    RequestChanged,
    /// No such user.
    #[error("no user has the id \"{0}\"")]
    UnknownUser(String),
    /// The order's state, the link's life or the title forbid it.
    #[error("{0}")]
    Refused(ChoiceRefused),
    /// The store is away, or others keep changing the order.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// Takes a user's answer; its push is in the same commit. `shown` is the
/// [`shown_mark`] of the page that was answered: nobody consents to what they did not see.
/// Before authorization the order's newest request counts, whatever an older link says
/// (D-13).
pub async fn answer(
    app: &App,
    link: &str,
    user: &UserId,
    choice: UserChoice,
    shown: Option<&str>,
) -> Result<TakenAnswer, AnswerError> {
    let asked = read_link(&app.keys, link).ok_or(AnswerError::ForgedLink)?;
    let merchant = merchant_of(app, &asked.asked_by).await?;
    let known: Option<User> = get(app, &user_key(user)).await?;
    if known.is_none() {
        return Err(AnswerError::UnknownUser(user.as_str().to_owned()));
    }
    let fields = s10_get_page_fields::page_fields(app, &merchant).await?;
    let now = app.now();
    let link_life = app.settings.link_life;
    concerns(&merchant, &asked.order_id);
    let key = order_key_of(&merchant, &asked.order_id);
    let (choice, merchant, fields) = (&choice, &merchant, &fields);
    let (taken, is_new) =
        decide_reading(app, key, FirstTry::Reads, |found: Option<Order>, _| async move {
            let order = found.ok_or(AnswerError::ForgedLink)?;
            let is_yes = matches!(choice, UserChoice::Authorize(_));
            if is_yes && shown.is_some_and(|shown| shown != shown_mark(&order.request)) {
                return Err(AnswerError::RequestChanged);
            }
            let paid_as = paid_as(app, &order, user).await?;
            let openid = known_as::openid_of(app, merchant, user, &paid_as);
            let decider = Decider { user: user.clone(), openid, paid_as };
            let next = order
                .decide(decider.clone(), choice.clone(), fields, link_life, now)
                .map_err(AnswerError::Refused)?;
            let result = taken(next.as_ref().unwrap_or(&order));
            // A second no changes nothing, and makes no push.
            let push = match &next {
                Some(next) => Some(answer_push(app, next, &decider, result.is_authorized).await?),
                None => None,
            };
            let pushes = push.into_iter().collect();
            let is_new = next.is_some();
            Ok::<_, AnswerError>(Decision { pushes, ..Decision::alone(next, (result, is_new)) })
        })
        .await?;
    if is_new && taken.is_authorized {
        app.note(Event::Authorized);
    }
    Ok(taken)
}

/// Takes a user's yes as a scripted user gives it, who needs not say more than that: on a page that asks
/// for a title, theirs is the first of their book.
pub async fn authorize_with_default_title(
    app: &App,
    link: &str,
    user: &UserId,
) -> Result<TakenAnswer, AnswerError> {
    let asked = read_link(&app.keys, link).ok_or(AnswerError::ForgedLink)?;
    let merchant = merchant_of(app, &asked.asked_by).await?;
    let known: Option<User> = get(app, &user_key(user)).await?;
    let order: Option<Order> = get(app, &order_key_of(&merchant, &asked.order_id)).await?;
    let asks_title = order.is_some_and(|order| order.request.page_type == PageType::FillTitle);
    let title = match known {
        Some(user) if asks_title => titles::title_book(app, &user).await?.into_iter().next(),
        _ => None,
    };
    let fields = s10_get_page_fields::page_fields(app, &merchant).await?;
    let choice = UserChoice::Authorize(title.map(|entry| fields.taken_from(&entry.title)));
    answer(app, link, user, choice, None).await
}

/// The merchant that an asking account works for. A link outlives its account's removal.
pub(crate) async fn merchant_of(app: &App, asked_by: &AppId) -> Result<AppId, AnswerError> {
    let account = accounts::find(app, asked_by).await?.ok_or(AnswerError::ForgedLink)?;
    Ok(account.merchant().clone())
}

/// What a page shows of a request, in a form that a page can carry.
pub fn shown_mark(request: &AuthorizationRequest) -> String {
    let AuthorizationRequest { platform, money_fen, card_kind, page_type, .. } = request;
    let (kind, page_type) = (card_kind.name(), page_type.number());
    format!("{money_fen}.{kind}.{page_type}.{}", platform.as_str())
}

fn taken(order: &Order) -> TakenAnswer {
    let is_authorized = matches!(order.state, OrderState::Authorized(_));
    TakenAnswer { is_authorized, request: order.request.clone() }
}

/// The push for an order that a user has just authorized or declined.
async fn answer_push(
    app: &App,
    order: &Order,
    decider: &Decider,
    is_authorized: bool,
) -> Result<NewPush, Failure> {
    let receiver = receiver(app, &order.request.asked_by, &order.merchant).await?;
    let openid = known_as::openid_of(app, &receiver.appid, &decider.user, &decider.paid_as);
    let push = AuthPush {
        to_user: &receiver.original_id,
        from_user: &openid,
        order_id: &order.request.order_id,
        is_authorized,
        asked_by: &order.request.asked_by,
        source: order.request.source,
        platform: &order.request.platform,
    };
    Ok(new_push(app, &receiver, &order.request.order_id, &openid, EVENT, push.xml()))
}
