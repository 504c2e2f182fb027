//! The names that WeChat Pay gives to payments and refunds (wire_facts 5.2).
//!
//! Each names one thing among its pay merchant's: the commit that gives it out expects that it is new. A
//! `prepay_id` ends with the pay merchant, so that whoever has nothing else finds the payment.

use crate::app::App;
use crate::signed::pay_time;
use kaipiao_domain::Timestamp;
use kaipiao_domain::payment::pay_merchant::MchId;

/// `wx`, the time, 16 hexadecimal digits.
const BEFORE_MCHID: usize = 2 + 14 + 16;

/// A new `prepay_id`: 33 to 64 letters and digits.
pub(super) fn new_prepay_id(app: &App, mchid: &MchId, now: Timestamp) -> String {
    let random = base16ct::lower::encode_string(&app.random::<8>());
    format!("wx{}{random}{mchid}", pay_time::write(now))
}

/// Whose payment a `prepay_id` names; None: no server has given it out.
pub(super) fn mchid_of_prepay_id(prepay_id: &str) -> Option<MchId> {
    let (head, mchid) = prepay_id.split_at_checked(BEFORE_MCHID)?;
    head.starts_with("wx").then(|| MchId::parse(mchid))?
}

/// A new `transaction_id`: 28 digits.
pub(super) fn new_transaction_id(app: &App, now: Timestamp) -> String {
    let (day, number) = (&pay_time::write(now)[..8], random_below(app, 10_000_000_000));
    format!("4200000000{day}{number:010}")
}

/// A new `refund_id`: 29 digits.
pub(super) fn new_refund_id(app: &App, now: Timestamp) -> String {
    let (day, number) = (&pay_time::write(now)[..8], random_below(app, 100_000_000_000));
    format!("5030000000{day}{number:011}")
}

/// A new `nonce_str`.
pub fn new_nonce_str(app: &App) -> String {
    base16ct::lower::encode_string(&app.random::<16>())
}

fn random_below(app: &App, end: u64) -> u64 {
    u64::from_le_bytes(app.random()) % end
}
