//! Refunds.

use crate::codec::{at, decode, encode, known};
use crate::record::Record;
use kaipiao_domain::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::refund::{Refund, RefundRequest};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A refund's key.
pub fn refund_key(mchid: &MchId, number: &OutRefundNo) -> Key {
    Key { kind: Kind::Refund, owner: mchid.to_string(), id: number.to_string() }
}

#[derive(Serialize, Deserialize)]
struct RefundShape {
    refund_id: String,
    out_trade_no: String,
    total_fee_fen: i64,
    refund_fee_fen: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notify_url: Option<String>,
    at_ms: i64,
}

impl Record for Refund {
    const KIND: Kind = Kind::Refund;

    fn encode(&self) -> String {
        encode(&RefundShape {
            refund_id: self.refund_id.clone(),
            out_trade_no: self.out_trade_no.to_string(),
            total_fee_fen: self.request.total_fee_fen,
            refund_fee_fen: self.request.refund_fee_fen,
            reason: self.request.reason.clone(),
            notify_url: self.request.notify_url.clone(),
            at_ms: self.at.unix_millis(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: RefundShape = decode(stored)?;
        let out_trade_no = OutTradeNo::parse(&shape.out_trade_no).ok();
        Ok(Self {
            mchid: known(stored, "the key", MchId::parse(&stored.key.owner))?,
            refund_id: shape.refund_id,
            out_trade_no: known(stored, "out_trade_no", out_trade_no)?,
            request: RefundRequest {
                out_refund_no: known(stored, "the key", OutRefundNo::parse(&stored.key.id).ok())?,
                total_fee_fen: shape.total_fee_fen,
                refund_fee_fen: shape.refund_fee_fen,
                reason: shape.reason,
                notify_url: shape.notify_url,
            },
            at: at(shape.at_ms),
        })
    }
}
