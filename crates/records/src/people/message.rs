//! Service messages.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A message's key. It sorts by time. The order's name may hold any character, so it stands last.
pub fn message_key(message: &Message) -> Key {
    let sent_ms = message.sent_at.unix_millis();
    let Message { merchant, order_id, .. } = message;
    // What each event adds keeps apart two that an order meets in the same millisecond.
    let event = match &message.event {
        MessageEvent::Rejected { .. } => "rejected",
        MessageEvent::Issued(_) => "issued",
        MessageEvent::Failed => "failed",
        MessageEvent::TakenBack(_) => "taken_back",
        MessageEvent::WrittenOff { .. } => "written_off",
        MessageEvent::PaymentToConfirm { .. } => "payment_to_confirm",
        MessageEvent::Paid { .. } => "paid",
    };
    Key {
        kind: Kind::Message,
        owner: message.user.as_str().to_owned(),
        id: format!("{sent_ms:016}/{merchant}/{event}/{order_id}"),
    }
}

#[derive(Serialize, Deserialize)]
struct MessageShape {
    merchant: String,
    order_id: String,
    sent_at_ms: i64,
    #[serde(flatten)]
    event: EventShape,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum EventShape {
    Rejected { reason: String, url: String },
    Issued { issued: String },
    TakenBack { taken_back: String },
    WrittenOff { written_off: String, by: String },
    Failed { failed: bool },
    Paid { paid_to: String, total_fee_fen: i64 },
    PaymentToConfirm { asked_by: String, total_fee_fen: i64, prepay_id: String },
}

impl From<&MessageEvent> for EventShape {
    fn from(event: &MessageEvent) -> Self {
        match event {
            MessageEvent::Rejected { reason, url } => {
                Self::Rejected { reason: reason.clone(), url: url.clone() }
            }
            MessageEvent::Issued(serial) => Self::Issued { issued: serial.to_string() },
            MessageEvent::TakenBack(serial) => Self::TakenBack { taken_back: serial.to_string() },
            MessageEvent::WrittenOff { serial, by } => {
                Self::WrittenOff { written_off: serial.to_string(), by: by.to_string() }
            }
            MessageEvent::Failed => Self::Failed { failed: true },
            MessageEvent::PaymentToConfirm { mchid, total_fee_fen, prepay_id } => {
                Self::PaymentToConfirm {
                    asked_by: mchid.to_string(),
                    total_fee_fen: *total_fee_fen,
                    prepay_id: prepay_id.clone(),
                }
            }
            MessageEvent::Paid { mchid, total_fee_fen } => {
                Self::Paid { paid_to: mchid.to_string(), total_fee_fen: *total_fee_fen }
            }
        }
    }
}

impl EventShape {
    fn event(self, stored: &Stored) -> Result<MessageEvent, StoreError> {
        let serial = |member, text: &str| known(stored, member, Serial::parse(text));
        Ok(match self {
            Self::Rejected { reason, url } => MessageEvent::Rejected { reason, url },
            Self::Issued { issued } => MessageEvent::Issued(serial("issued", &issued)?),
            Self::TakenBack { taken_back } => {
                MessageEvent::TakenBack(serial("taken_back", &taken_back)?)
            }
            Self::WrittenOff { written_off, by } => MessageEvent::WrittenOff {
                serial: serial("written_off", &written_off)?,
                by: stored_appid(stored, "by", &by)?,
            },
            Self::Failed { .. } => MessageEvent::Failed,
            Self::PaymentToConfirm { asked_by, total_fee_fen, prepay_id } => {
                let mchid = known(stored, "asked_by", MchId::parse(&asked_by))?;
                MessageEvent::PaymentToConfirm { mchid, total_fee_fen, prepay_id }
            }
            Self::Paid { paid_to, total_fee_fen } => {
                let mchid = known(stored, "paid_to", MchId::parse(&paid_to))?;
                MessageEvent::Paid { mchid, total_fee_fen }
            }
        })
    }
}

impl Record for Message {
    const KIND: Kind = Kind::Message;

    fn encode(&self) -> String {
        encode(&MessageShape {
            merchant: self.merchant.to_string(),
            order_id: self.order_id.to_string(),
            sent_at_ms: self.sent_at.unix_millis(),
            event: (&self.event).into(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: MessageShape = decode(stored)?;
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            merchant: stored_appid(stored, "merchant", &shape.merchant)?,
            order_id: known(stored, "order_id", OrderId::parse(&shape.order_id).ok())?,
            sent_at: at(shape.sent_at_ms),
            event: shape.event.event(stored)?,
        })
    }

    /// A message can be forgotten some time after it was sent.
    fn index(&self) -> Index {
        Index { unused_since_ms: Some(self.sent_at.unix_millis()), ..Index::default() }
    }
}
