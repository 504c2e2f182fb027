//! What else payments and refunds are called: the names that WeChat Pay gives them.

use crate::codec::{at, decode, encode, known};
use crate::record::Record;
use kaipiao_domain::Timestamp;
use kaipiao_domain::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A name and what it names. Names of both kinds and pages never look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentAlias {
    /// `prepay_id`: the page where a payment is paid. It serves for a while.
    Prepay {
        /// The payment.
        payment: OutTradeNo,
        /// When it was given out.
        at: Timestamp,
    },
    /// `transaction_id` of a payment that was made.
    Transaction(OutTradeNo),
    /// `refund_id`.
    Refund(OutRefundNo),
}

/// An alias's key.
pub fn payment_alias_key(mchid: &MchId, name: &str) -> Key {
    Key { kind: Kind::PaymentAlias, owner: mchid.to_string(), id: name.to_owned() }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PaymentAliasShape {
    Prepay { payment: String, at_ms: i64 },
    Transaction(String),
    Refund(String),
}

impl Record for PaymentAlias {
    const KIND: Kind = Kind::PaymentAlias;

    fn encode(&self) -> String {
        encode(&match self {
            Self::Prepay { payment, at } => {
                PaymentAliasShape::Prepay { payment: payment.to_string(), at_ms: at.unix_millis() }
            }
            Self::Transaction(payment) => PaymentAliasShape::Transaction(payment.to_string()),
            Self::Refund(refund) => PaymentAliasShape::Refund(refund.to_string()),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let payment = |text: &str| known(stored, "the payment", OutTradeNo::parse(text).ok());
        Ok(match decode(stored)? {
            PaymentAliasShape::Prepay { payment: text, at_ms } => {
                Self::Prepay { payment: payment(&text)?, at: at(at_ms) }
            }
            PaymentAliasShape::Transaction(text) => Self::Transaction(payment(&text)?),
            PaymentAliasShape::Refund(text) => {
                Self::Refund(known(stored, "the refund", OutRefundNo::parse(&text).ok())?)
            }
        })
    }

    /// A page's name is forgotten with the payment that nobody has paid.
    fn index(&self) -> Index {
        let unused_since_ms = match self {
            Self::Prepay { at, .. } => Some(at.unix_millis()),
            Self::Transaction(_) | Self::Refund(_) => None,
        };
        Index { unused_since_ms, ..Index::default() }
    }
}
