//! Orders, and what became of them.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::people::known_as::KnownAsShape;
use crate::people::title::TitleShape;
use crate::record::Record;
use kaipiao_domain::access::account::PlatformId;
use kaipiao_domain::authorization::authorization_request::{
    AuthorizationRequest, PageType, Source,
};
use kaipiao_domain::authorization::order::{Order, OrderPayment, OrderState};
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::authorization::user_decision::{Authorization, Decline, UserDecision};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::user::{OpenId, UserId};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Field, Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// An order's key.
pub fn order_key(key: &OrderKey) -> Key {
    Key { kind: Kind::Order, owner: key.merchant.to_string(), id: key.order_id.to_string() }
}

#[derive(Serialize, Deserialize)]
struct OrderShape {
    s_pappid: String,
    money_fen: i64,
    timestamp: u32,
    source: String,
    redirect_url: String,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    is_of_bill: bool,
    page_type: i64,
    asked_by: String,
    offered_at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment: Option<OrderPaymentShape>,
    state: OrderStateShape,
}

#[derive(Serialize, Deserialize)]
struct OrderPaymentShape {
    mchid: String,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    is_refunded: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderStateShape {
    Offered,
    Declined(DecisionShape),
    Authorized(DecisionShape),
    Rejected {
        was_authorized: bool,
        decided: DecisionShape,
        reason: String,
        url: String,
        at_ms: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct DecisionShape {
    user: String,
    openid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    paid_as: Vec<KnownAsShape>,
    at_ms: i64,
    title: Option<TitleShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_by: Option<String>,
}

impl From<&Authorization> for DecisionShape {
    fn from(authorization: &Authorization) -> Self {
        Self {
            user: authorization.user.as_str().to_owned(),
            openid: authorization.openid.as_str().to_owned(),
            paid_as: KnownAsShape::all(&authorization.paid_as),
            at_ms: authorization.at.unix_millis(),
            title: authorization.title.as_ref().map(TitleShape::from),
            used_by: authorization.used_by.as_ref().map(Serial::to_string),
        }
    }
}

impl From<&Decline> for DecisionShape {
    fn from(decline: &Decline) -> Self {
        Self {
            user: decline.user.as_str().to_owned(),
            openid: decline.openid.as_str().to_owned(),
            paid_as: Vec::new(),
            at_ms: decline.at.unix_millis(),
            title: None,
            used_by: None,
        }
    }
}

impl DecisionShape {
    fn authorization(self, stored: &Stored) -> Result<Authorization, StoreError> {
        let used_by = self.used_by.map(|text| known(stored, "used_by", Serial::parse(&text)));
        Ok(Authorization {
            user: known(stored, "user", UserId::parse(&self.user))?,
            openid: OpenId::from_checked(self.openid),
            paid_as: KnownAsShape::known(self.paid_as, stored)?,
            at: at(self.at_ms),
            title: self.title.map(|title| title.title(stored)).transpose()?,
            used_by: used_by.transpose()?,
        })
    }

    fn decline(self, stored: &Stored) -> Result<Decline, StoreError> {
        let Authorization { user, openid, at, .. } = self.authorization(stored)?;
        Ok(Decline { user, openid, at })
    }
}

impl From<&OrderState> for OrderStateShape {
    fn from(state: &OrderState) -> Self {
        match state {
            OrderState::Offered => Self::Offered,
            OrderState::Declined(decline) => Self::Declined(decline.into()),
            OrderState::Authorized(authorization) => Self::Authorized(authorization.into()),
            OrderState::Rejected { decided, reason, at } => {
                let (was_authorized, decided) = match decided {
                    UserDecision::Authorized(authorization) => (true, authorization.into()),
                    UserDecision::Declined(decline) => (false, decline.into()),
                };
                Self::Rejected {
                    was_authorized,
                    decided,
                    reason: reason.reason.clone(),
                    url: reason.url.clone(),
                    at_ms: at.unix_millis(),
                }
            }
        }
    }
}

impl OrderStateShape {
    fn state(self, stored: &Stored) -> Result<OrderState, StoreError> {
        Ok(match self {
            Self::Offered => OrderState::Offered,
            Self::Declined(decision) => OrderState::Declined(decision.decline(stored)?),
            Self::Authorized(decision) => OrderState::Authorized(decision.authorization(stored)?),
            Self::Rejected { was_authorized, decided, reason, url, at_ms } => {
                OrderState::Rejected {
                    decided: if was_authorized {
                        UserDecision::Authorized(decided.authorization(stored)?)
                    } else {
                        UserDecision::Declined(decided.decline(stored)?)
                    },
                    reason: RejectionReason { reason, url },
                    at: at(at_ms),
                }
            }
        })
    }
}

impl Record for Order {
    const KIND: Kind = Kind::Order;

    fn encode(&self) -> String {
        encode(&OrderShape {
            s_pappid: self.request.platform.as_str().to_owned(),
            money_fen: self.request.money_fen,
            timestamp: self.request.timestamp,
            source: self.request.source.as_str().to_owned(),
            redirect_url: self.request.redirect_url.clone(),
            is_of_bill: self.request.card_kind == CardKind::Bill,
            page_type: self.request.page_type.number(),
            asked_by: self.request.asked_by.to_string(),
            offered_at_ms: self.offered_at.unix_millis(),
            payment: self.payment.as_ref().map(|payment| OrderPaymentShape {
                mchid: payment.mchid.to_string(),
                is_refunded: payment.is_refunded,
            }),
            state: (&self.state).into(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: OrderShape = decode(stored)?;
        let payment = shape.payment.map(|OrderPaymentShape { mchid, is_refunded }| {
            let mchid = known(stored, "payment.mchid", MchId::parse(&mchid))?;
            Ok(OrderPayment { mchid, is_refunded })
        });
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            request: AuthorizationRequest {
                platform: PlatformId::from_checked(shape.s_pappid),
                order_id: known(stored, "the key", OrderId::parse(&stored.key.id).ok())?,
                money_fen: shape.money_fen,
                timestamp: shape.timestamp,
                source: known(stored, "source", Source::parse(&shape.source))?,
                redirect_url: shape.redirect_url,
                card_kind: if shape.is_of_bill { CardKind::Bill } else { CardKind::Invoice },
                page_type: known(stored, "page_type", PageType::from_number(shape.page_type))?,
                asked_by: stored_appid(stored, "asked_by", &shape.asked_by)?,
            },
            offered_at: at(shape.offered_at_ms),
            payment: payment.transpose()?,
            state: shape.state.state(stored)?,
        })
    }

    /// An order that nobody has authorized is of no use once its link is old.
    fn index(&self) -> Index {
        let found = match &self.state {
            // Most orders are offered and nothing more: listings by time have them.
            OrderState::Offered => None,
            OrderState::Declined(decline) => Some(("declined", &decline.user)),
            OrderState::Authorized(authorization) => Some(("authorized", &authorization.user)),
            OrderState::Rejected { decided, .. } => Some(("rejected", decided.user())),
        };
        // What a payment has opened is the payment's: it stays as long as that, and says that it was refunded.
        let is_unused = self.payment.is_none()
            && matches!(self.state, OrderState::Offered | OrderState::Declined(_));
        let offered_ms = self.offered_at.unix_millis();
        let fields = found.map(|(state, user)| {
            [(Field::State, state.to_owned()), (Field::User, user.as_str().to_owned())]
        });
        Index {
            time_ms: offered_ms,
            unused_since_ms: is_unused.then_some(offered_ms),
            fields: fields.into_iter().flatten().collect(),
        }
    }
}
