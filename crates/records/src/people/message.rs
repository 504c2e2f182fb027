//! Service messages.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::people::message::RejectionMessage;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A rejection message's key. It sorts by time; an order is rejected once, so it is unique.
pub fn message_key(message: &RejectionMessage) -> Key {
    let sent_ms = message.sent_at.unix_millis();
    Key {
        kind: Kind::Message,
        owner: message.user.as_str().to_owned(),
        id: format!("{sent_ms:016}/{}/{}", message.merchant, message.order_id),
    }
}

#[derive(Serialize, Deserialize)]
struct MessageShape {
    merchant: String,
    order_id: String,
    sent_at_ms: i64,
    reason: String,
    url: String,
}

impl Record for RejectionMessage {
    const KIND: Kind = Kind::Message;

    fn encode(&self) -> String {
        encode(&MessageShape {
            merchant: self.merchant.to_string(),
            order_id: self.order_id.to_string(),
            sent_at_ms: self.sent_at.unix_millis(),
            reason: self.reason.clone(),
            url: self.url.clone(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: MessageShape = decode(stored)?;
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            merchant: stored_appid(stored, "merchant", &shape.merchant)?,
            order_id: known(stored, "order_id", OrderId::parse(&shape.order_id).ok())?,
            sent_at: at(shape.sent_at_ms),
            reason: shape.reason,
            url: shape.url,
        })
    }

    /// A message can be forgotten some time after it was sent.
    fn index(&self) -> Index {
        Index { unused_since_ms: Some(self.sent_at.unix_millis()), ..Index::default() }
    }
}
