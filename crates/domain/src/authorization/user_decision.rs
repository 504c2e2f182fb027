//! Section 6: what a user chooses on the authorization page, and the decision that is kept of it.

use crate::authorization::order_id::OrderId;
use crate::authorization::page_fields::FieldProblem;
use crate::invoicing::serial::Serial;
use crate::people::title::InvoiceTitle;
use crate::people::user::{KnownAs, OpenId, UserId};
use crate::refusal::Compared;
use crate::{Refusal, Timestamp};
use core::fmt;
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// The user.
    pub user: UserId,
    /// The user, as the merchant knows them.
    pub openid: OpenId,
    /// As the payment that opened the order names them; empty: no payment has, or another user has made it (section 13).
    pub paid_as: Vec<KnownAs>,
}

/// A user's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The user.
    pub user: UserId,
    /// The user, as the merchant knows them.
    pub openid: OpenId,
    /// See [`Decider::paid_as`].
    pub paid_as: Vec<KnownAs>,
    /// The moment of the decision: `auth_time`.
    pub at: Timestamp,
    /// The title; only on type 1 pages.
    pub title: Option<InvoiceTitle>,
    /// The invoice request that uses it. It never changes again: an order has one invoice, and how
    /// far that is, the request says.
    pub used_by: Option<Serial>,
}

impl Authorization {
    /// 72013: it was given longer ago than it is good for.
    pub fn expired(&self, order_id: &OrderId, life: Duration, now: Timestamp) -> Refusal {
        let detail = format!("the user authorized order_id {order_id} too long ago");
        let age = Compared::unlike(
            "seconds since the authorization",
            format!("at most {}", life.as_secs()),
            now.since(self.at).as_secs().to_string(),
        );
        let order = Compared::same("order_id", order_id.as_str());
        Refusal::new(ErrorCode::AuthorizationExpired, detail).comparing([order, age])
    }
}

/// A user's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    /// The user.
    pub user: UserId,
    /// The user, as the merchant knows them.
    pub openid: OpenId,
    /// The moment of the decision.
    pub at: Timestamp,
}

/// The decision that a merchant rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserDecision {
    /// The user had authorized.
    Authorized(Authorization),
    /// The user had declined.
    Declined(Decline),
}

impl UserDecision {
    /// The user who had decided.
    pub fn user(&self) -> &UserId {
        match self {
            Self::Authorized(authorization) => &authorization.user,
            Self::Declined(decline) => &decline.user,
        }
    }

    /// The moment of the decision.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Authorized(authorization) => authorization.at,
            Self::Declined(decline) => decline.at,
        }
    }
}

/// A user's choice on the authorization page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserChoice {
    /// Yes, with the title of a type 1 page.
    Authorize(Option<InvoiceTitle>),
    /// No.
    Decline,
}

/// The reason for which a user's choice was not taken. Pages say it in words; it never travels as
/// an errcode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceRefused {
    /// The link's life is over.
    LinkExpired,
    /// The user had authorized before.
    AlreadyAuthorized,
    /// Another user had authorized before.
    AuthorizedByAnotherUser,
    /// The merchant has rejected the order.
    Rejected,
    /// The order's payment was refunded.
    Refunded,
    /// A type 1 page without a title.
    TitleMissing,
    /// Fields of the title that cannot stand.
    Title(Vec<FieldProblem>),
}

impl fmt::Display for ChoiceRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkExpired => {
                f.write_str("the link has expired, ask the merchant for a new one")
            }
            Self::AlreadyAuthorized => f.write_str("this user has already authorized the order"),
            Self::AuthorizedByAnotherUser => {
                f.write_str("another user has already authorized the order")
            }
            Self::Rejected => f.write_str("the merchant has rejected invoicing for the order"),
            Self::Refunded => f.write_str("the order's payment was refunded"),
            Self::TitleMissing => {
                f.write_str("title is missing: a type 1 page needs user_field or biz_field")
            }
            Self::Title(problems) => {
                let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                write!(f, "title: {}", problems.join("; "))
            }
        }
    }
}
