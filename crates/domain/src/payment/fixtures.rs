//! A payment for the tests of this subject.

use crate::Timestamp;
use crate::access::account::AppId;
use crate::payment::out_trade_no::OutTradeNo;
use crate::payment::pay_merchant::MchId;
use crate::payment::payments::{
    Paid, PayKey, Payer, Payment, PaymentRequest, PaymentState, SignType, TradeType,
};
use crate::people::user::OpenId;

pub(crate) const NOW: Timestamp = Timestamp::from_unix_millis(1_760_000_000_000);

/// NATIVE, 100 fen, paid just now.
pub(crate) fn paid() -> Payment {
    let openid = OpenId::from_checked("o1".into());
    let payer = Payer { user: None, openid, sub_openid: None };
    let appid = AppId::parse("wx6b61697069616f31").unwrap();
    Payment {
        mchid: MchId::parse("1900000109").unwrap(),
        out_trade_no: OutTradeNo::parse("1415659990").unwrap(),
        request: PaymentRequest::of(appid, TradeType::Native, 100, "test".into()),
        sign_type: SignType::Md5,
        key: PayKey::Own,
        prepay: None,
        placed_at: NOW,
        state: PaymentState::Paid(Paid {
            transaction_id: Some("4200".into()),
            payer,
            at: Some(NOW),
        }),
        refunds: Vec::new(),
        refunded_fen: 0,
        order_merchant: None,
    }
}
