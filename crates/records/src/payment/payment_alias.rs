//! What else payments and refunds are found by: the names that WeChat Pay gives them, and a sub-merchant's own numbers.

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
    /// A sub-merchant's payment that waits for its entry: which service provider has taken it (the partner form).
    TakenBy(MchId),
}

/// An alias's key.
pub fn payment_alias_key(mchid: &MchId, name: &str) -> Key {
    Key { kind: Kind::PaymentAlias, owner: mchid.to_string(), id: name.to_owned() }
}

/// The key under which a sub-merchant's payment is found, whoever has taken it. No name of WeChat Pay's has a slash.
pub fn taken_by_key(sub_merchant: &MchId, number: &OutTradeNo) -> Key {
    payment_alias_key(sub_merchant, &format!("{TAKEN}{number}"))
}

/// The number in the name of such a key; None: it is another name.
pub fn number_taken(name: &str) -> Option<OutTradeNo> {
    OutTradeNo::parse(name.strip_prefix(TAKEN)?).ok()
}

const TAKEN: &str = "taken/";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PaymentAliasShape {
    Prepay { payment: String, at_ms: i64 },
    Transaction(String),
    Refund(String),
    TakenBy(String),
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
            Self::TakenBy(provider) => PaymentAliasShape::TakenBy(provider.to_string()),
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
            PaymentAliasShape::TakenBy(text) => {
                Self::TakenBy(known(stored, "the provider", MchId::parse(&text))?)
            }
        })
    }

    /// A page's name is forgotten with the payment that nobody has paid.
    fn index(&self) -> Index {
        let unused_since_ms = match self {
            Self::Prepay { at, .. } => Some(at.unix_millis()),
            Self::Transaction(_) | Self::Refund(_) | Self::TakenBy(_) => None,
        };
        Index { unused_since_ms, ..Index::default() }
    }
}
