//! Payments.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::{
    Paid, PayKey, Payer, Payment, PaymentRequest, PaymentState, Prepay, SignType, SubMerchant,
    TradeType,
};
use kaipiao_domain::people::user::{OpenId, UserId};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Field, Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A payment's key.
pub fn payment_key(mchid: &MchId, number: &OutTradeNo) -> Key {
    Key { kind: Kind::Payment, owner: mchid.to_string(), id: number.to_string() }
}

#[derive(Serialize, Deserialize)]
struct PaymentShape {
    request: RequestShape,
    sign_type: String,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    is_sandbox_key: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prepay: Option<PrepayShape>,
    placed_at_ms: i64,
    state: StateShape,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<String>,
    refunded_fen: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order_merchant: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PrepayShape {
    id: String,
    at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct RequestShape {
    appid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub_merchant: Option<SubMerchantShape>,
    trade_type: String,
    total_fee_fen: i64,
    description: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    attach: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    device_info: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    openid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notify_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contract_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    has_receipt: bool,
}

#[derive(Serialize, Deserialize)]
struct SubMerchantShape {
    mchid: String,
    appid: Option<String>,
    openid: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateShape {
    NotPaid,
    UserPaying(PayerShape),
    Paid(PaidShape),
    Closed {
        at_ms: i64,
    },
    Revoked {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paid: Option<PaidShape>,
        at_ms: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct PayerShape {
    user: Option<String>,
    openid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub_openid: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PaidShape {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction_id: Option<String>,
    #[serde(flatten)]
    payer: PayerShape,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
}

fn text(openid: &OpenId) -> String {
    openid.as_str().to_owned()
}

impl From<&PaymentRequest> for RequestShape {
    fn from(request: &PaymentRequest) -> Self {
        let sub_merchant = request.sub_merchant.as_ref().map(|sub| SubMerchantShape {
            mchid: sub.mchid.to_string(),
            appid: sub.appid.as_ref().map(AppId::to_string),
            openid: sub.openid.as_ref().map(text),
        });
        Self {
            appid: request.appid.to_string(),
            sub_merchant,
            trade_type: request.trade_type.as_str().to_owned(),
            total_fee_fen: request.total_fee_fen,
            description: request.description.clone(),
            detail: request.detail.clone(),
            attach: request.attach.clone(),
            device_info: request.device_info.clone(),
            openid: request.openid.as_ref().map(text),
            notify_url: request.notify_url.clone(),
            contract_id: request.contract_id.clone(),
            expires_at_ms: request.expires_at.map(|at| at.unix_millis()),
            has_receipt: request.has_receipt,
        }
    }
}

impl RequestShape {
    fn request(self, stored: &Stored) -> Result<PaymentRequest, StoreError> {
        let sub_merchant = self.sub_merchant.map(|sub| sub.sub_merchant(stored)).transpose()?;
        Ok(PaymentRequest {
            appid: stored_appid(stored, "appid", &self.appid)?,
            sub_merchant,
            trade_type: known(stored, "trade_type", TradeType::parse(&self.trade_type))?,
            total_fee_fen: self.total_fee_fen,
            description: self.description,
            detail: self.detail,
            attach: self.attach,
            device_info: self.device_info,
            openid: self.openid.map(OpenId::from_checked),
            notify_url: self.notify_url,
            contract_id: self.contract_id,
            expires_at: self.expires_at_ms.map(at),
            has_receipt: self.has_receipt,
        })
    }
}

impl SubMerchantShape {
    fn sub_merchant(self, stored: &Stored) -> Result<SubMerchant, StoreError> {
        let appid = self.appid.map(|text| stored_appid(stored, "sub_merchant.appid", &text));
        Ok(SubMerchant {
            mchid: known(stored, "sub_merchant.mchid", MchId::parse(&self.mchid))?,
            appid: appid.transpose()?,
            openid: self.openid.map(OpenId::from_checked),
        })
    }
}

impl From<&Payer> for PayerShape {
    fn from(payer: &Payer) -> Self {
        Self {
            user: payer.user.as_ref().map(|user| user.as_str().to_owned()),
            openid: text(&payer.openid),
            sub_openid: payer.sub_openid.as_ref().map(text),
        }
    }
}

impl PayerShape {
    fn payer(self, stored: &Stored) -> Result<Payer, StoreError> {
        let user = self.user.map(|user| known(stored, "user", UserId::parse(&user)));
        Ok(Payer {
            user: user.transpose()?,
            openid: OpenId::from_checked(self.openid),
            sub_openid: self.sub_openid.map(OpenId::from_checked),
        })
    }
}

impl From<&Paid> for PaidShape {
    fn from(paid: &Paid) -> Self {
        Self {
            transaction_id: paid.transaction_id.clone(),
            payer: (&paid.payer).into(),
            at_ms: paid.at.map(Timestamp::unix_millis),
        }
    }
}

impl PaidShape {
    fn paid(self, stored: &Stored) -> Result<Paid, StoreError> {
        let payer = self.payer.payer(stored)?;
        Ok(Paid { transaction_id: self.transaction_id, payer, at: self.at_ms.map(at) })
    }
}

impl From<&PaymentState> for StateShape {
    fn from(state: &PaymentState) -> Self {
        match state {
            PaymentState::NotPaid => Self::NotPaid,
            PaymentState::UserPaying { payer } => Self::UserPaying(payer.into()),
            PaymentState::Paid(paid) => Self::Paid(paid.into()),
            PaymentState::Closed { at } => Self::Closed { at_ms: at.unix_millis() },
            PaymentState::Revoked { paid, at } => {
                let paid = paid.as_ref().map(PaidShape::from);
                Self::Revoked { paid, at_ms: at.unix_millis() }
            }
        }
    }
}

impl StateShape {
    fn state(self, stored: &Stored) -> Result<PaymentState, StoreError> {
        Ok(match self {
            Self::NotPaid => PaymentState::NotPaid,
            Self::UserPaying(payer) => PaymentState::UserPaying { payer: payer.payer(stored)? },
            Self::Paid(paid) => PaymentState::Paid(paid.paid(stored)?),
            Self::Closed { at_ms } => PaymentState::Closed { at: at(at_ms) },
            Self::Revoked { paid, at_ms } => {
                let paid = paid.map(|paid| paid.paid(stored)).transpose()?;
                PaymentState::Revoked { paid, at: at(at_ms) }
            }
        })
    }
}

impl Record for Payment {
    const KIND: Kind = Kind::Payment;

    fn encode(&self) -> String {
        encode(&PaymentShape {
            request: (&self.request).into(),
            sign_type: self.sign_type.as_str().to_owned(),
            is_sandbox_key: self.key == PayKey::Sandbox,
            prepay: self.prepay.as_ref().map(|prepay| PrepayShape {
                id: prepay.id.clone(),
                at_ms: prepay.at.unix_millis(),
            }),
            placed_at_ms: self.placed_at.unix_millis(),
            state: (&self.state).into(),
            refunds: self.refunds.iter().map(OutRefundNo::to_string).collect(),
            refunded_fen: self.refunded_fen,
            order_merchant: self.order_merchant.as_ref().map(AppId::to_string),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: PaymentShape = decode(stored)?;
        let order_merchant = shape.order_merchant.as_ref();
        let order_merchant =
            order_merchant.map(|text| stored_appid(stored, "order_merchant", text));
        let number = |text: &String| known(stored, "refunds", OutRefundNo::parse(text).ok());
        Ok(Self {
            mchid: known(stored, "the key", MchId::parse(&stored.key.owner))?,
            out_trade_no: known(stored, "the key", OutTradeNo::parse(&stored.key.id).ok())?,
            request: shape.request.request(stored)?,
            sign_type: known(stored, "sign_type", SignType::parse(&shape.sign_type))?,
            key: if shape.is_sandbox_key { PayKey::Sandbox } else { PayKey::Own },
            prepay: shape.prepay.map(|prepay| Prepay { id: prepay.id, at: at(prepay.at_ms) }),
            placed_at: at(shape.placed_at_ms),
            state: shape.state.state(stored)?,
            refunds: shape.refunds.iter().map(number).collect::<Result<_, _>>()?,
            refunded_fen: shape.refunded_fen,
            order_merchant: order_merchant.transpose()?,
        })
    }

    /// A payment that nobody has paid is of no use once its newest prepay_id is old.
    fn index(&self) -> Index {
        let placed_ms = self.placed_at.unix_millis();
        let mut fields = vec![(Field::State, self.trade_state().to_ascii_lowercase())];
        if let Some(user) = self.paid().and_then(|paid| paid.payer.user.as_ref()) {
            fields.push((Field::User, user.as_str().to_owned()));
        }
        Index {
            time_ms: placed_ms,
            unused_since_ms: self.unused_since().map(Timestamp::unix_millis),
            fields: if self.is_open() { Vec::new() } else { fields },
        }
    }
}
