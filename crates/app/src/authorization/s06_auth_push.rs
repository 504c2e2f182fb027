//! Section 6, first half: a user answers on the authorization page. The page and the sandbox's
//! scripted user both come through here.

use crate::authorization::s02_auth_url::order_key_of;
use crate::{App, Decision, Failure, FirstTry};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order::{
    Answer, AnswerRefused, AuthorizationRequest, Order, OrderState,
};
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_domain::people::user::{User, UserId};
use kaipiao_records::authorization::page_fields::page_fields_key;
use kaipiao_records::people::user::user_key;
use kaipiao_wire::authorization::s02_auth_url::{
    RETURN_AUTHORIZED, RETURN_DENIED, Return, read_link, return_after,
};
use kaipiao_wire::people::openid;

/// An answer that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Did the user authorize?
    pub is_authorized: bool,
    /// Where the user goes now.
    pub back: Return,
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
    Refused(AnswerRefused),
    /// The store is away, or others keep changing the order.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl App {
    /// Takes a user's answer; the push that tells the merchant is in the same commit. `shown` is the
    /// [`shown_mark`] of the page that was answered: nobody consents to what they did not see.
    /// Before authorization the order's newest request counts, whatever an older link says
    /// (rulings 2).
    pub async fn answer(
        &self,
        link: &str,
        user: &UserId,
        answer: Answer,
        shown: Option<&str>,
    ) -> Result<Answered, AnswerError> {
        let asked = read_link(&self.keys, link).ok_or(AnswerError::ForgedLink)?;
        let merchant = self.merchant_of(&asked.asked_by).await?;
        let known: Option<User> = self.get(&user_key(user)).await?;
        if known.is_none() {
            return Err(AnswerError::UnknownUser(user.as_str().to_owned()));
        }
        let fields = self.page_fields(&merchant).await?;
        let openid = openid::make(&self.keys, &merchant, user);
        let now = self.now();
        let link_life = self.settings.link_life;
        let key = order_key_of(&merchant, &asked.order_id);
        let (answer, openid, fields) = (&answer, &openid, &fields);
        self.decide_reading(key, FirstTry::Reads, |found: Option<Order>, _| async move {
            let order = found.ok_or(AnswerError::ForgedLink)?;
            let is_yes = matches!(answer, Answer::Authorize(_));
            if is_yes && shown.is_some_and(|shown| shown != shown_mark(&order.request)) {
                return Err(AnswerError::RequestChanged);
            }
            let next = order
                .answer(user.clone(), openid.clone(), answer.clone(), fields, link_life, now)
                .map_err(AnswerError::Refused)?;
            let result = answered(next.as_ref().unwrap_or(&order));
            // A second no changes nothing, and tells nobody.
            let push = match &next {
                Some(next) => Some(self.answer_push(next, user, result.is_authorized).await?),
                None => None,
            };
            let pushes = push.into_iter().collect();
            Ok(Decision { pushes, ..Decision::alone(next, result) })
        })
        .await
    }

    /// The merchant that an asking account works for. A link outlives its account's removal.
    pub(crate) async fn merchant_of(&self, asked_by: &AppId) -> Result<AppId, AnswerError> {
        let account = self.account(asked_by).await?.ok_or(AnswerError::ForgedLink)?;
        Ok(account.merchant().clone())
    }

    /// What the merchant's type 1 page asks.
    pub(crate) async fn page_fields(&self, merchant: &AppId) -> Result<PageFields, Failure> {
        Ok(self.get(&page_fields_key(merchant)).await?.unwrap_or_else(PageFields::never_set))
    }
}

/// What a page shows of a request, in a form that a page can carry.
pub fn shown_mark(request: &AuthorizationRequest) -> String {
    let AuthorizationRequest { platform, money_fen, page_type, .. } = request;
    format!("{money_fen}.{}.{}", page_type.number(), platform.as_str())
}

fn answered(order: &Order) -> Answered {
    let is_authorized = matches!(order.state, OrderState::Authorized(_));
    let err_code = if is_authorized { RETURN_AUTHORIZED } else { RETURN_DENIED };
    Answered { is_authorized, back: return_after(&order.request, err_code) }
}
