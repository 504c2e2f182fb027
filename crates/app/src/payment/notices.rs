//! Notices to a payment's `notify_url`: pushes of their own kind, to an address of their own.

use crate::app::App;
use crate::failure::Failure;
use crate::payment::names::new_nonce_str;
use crate::payment::pay_merchants::{find, signing_key};
use crate::signed::notice;
use core::iter;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::payments::{MAX_REFUNDS, Paid, Payment};
use kaipiao_domain::payment::refund::Refund;
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush};

/// `Event` of a payment's notice in listings.
pub const PAID: &str = "payment_notice";
/// `Event` of a refund's notice in listings.
pub const REFUNDED: &str = "refund_notice";

/// The notice of a payment that was made; None: it names no address.
pub(super) async fn of_payment(
    app: &App,
    payment: &Payment,
    paid: &Paid,
) -> Result<Option<NewPush>, Failure> {
    let Some(url) = &payment.request.notify_url else { return Ok(None) };
    let xml =
        notice::of_payment(payment, paid, &secret_of(app, payment).await?, &new_nonce_str(app));
    let ordering_key = key_of_payment(&payment.out_trade_no);
    Ok(Some(new_notice(app, payment, paid, url, ordering_key, PAID, xml)))
}

/// The notice of a refund that was made, the payment's newest; None: it names no address.
pub(super) async fn of_refund(
    app: &App,
    payment: &Payment,
    paid: &Paid,
    refund: &Refund,
) -> Result<Option<NewPush>, Failure> {
    let Some(url) = &refund.request.notify_url else { return Ok(None) };
    let xml =
        notice::of_refund(payment, refund, &secret_of(app, payment).await?, &new_nonce_str(app));
    let ordering_key = key_of_refund(&payment.out_trade_no, payment.refunds.len());
    Ok(Some(new_notice(app, payment, paid, url, ordering_key, REFUNDED, xml)))
}

/// Each notice has an ordering key of its own: a refund's does not wait behind another one, which may fail for a day.
fn key_of_payment(number: &OutTradeNo) -> String {
    format!("payment/{number}")
}

/// Of a payment's n-th refund, from 1.
fn key_of_refund(number: &OutTradeNo, nth: usize) -> String {
    format!("refund/{number}/{nth}")
}

/// The ordering keys that notices of a payment and of its refunds have.
pub(crate) fn ordering_keys(number: &OutTradeNo) -> Vec<String> {
    let of_refunds = (1..=MAX_REFUNDS).map(|nth| key_of_refund(number, nth));
    iter::once(key_of_payment(number)).chain(of_refunds).collect()
}

/// The payment's number, as the ordering key of a notice has it.
pub(crate) fn number_in(ordering_key: &str) -> &str {
    ordering_key.split('/').nth(1).unwrap_or(ordering_key)
}

async fn secret_of(app: &App, payment: &Payment) -> Result<String, Failure> {
    let mchid = &payment.mchid;
    let pay_merchant = find(app, mchid).await?;
    let pay_merchant = pay_merchant
        .ok_or_else(|| Failure::Damaged(format!("the pay merchant {mchid} is gone")))?;
    signing_key(app, &pay_merchant, payment.key)
}

fn new_notice(
    app: &App,
    payment: &Payment,
    paid: &Paid,
    url: &str,
    ordering_key: String,
    event: &'static str,
    xml: String,
) -> NewPush {
    NewPush {
        account: payment.mchid.to_string(),
        destination: Destination::Fixed { url: url.to_owned(), origin: origin(url) },
        kind: PushKind::PaymentNotice,
        ordering_key,
        openid: paid.payer.openid.as_str().to_owned(),
        event,
        body: NewBody::Whole(xml),
        now_ms: app.now().unix_millis(),
    }
}

/// Scheme, host and port of an address that was checked.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split('/').next().unwrap_or(rest);
    format!("{scheme}://{authority}").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_found_by_its_payments_number() {
        let number = OutTradeNo::parse("order-1").unwrap();
        let keys = ordering_keys(&number);
        assert_eq!(keys[..2], ["payment/order-1", "refund/order-1/1"]);
        assert_eq!(keys.len(), 1 + MAX_REFUNDS);
        assert!(keys.iter().all(|key| number_in(key) == "order-1"));
    }

    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(origin("HTTPS://Shop.example:8443/a/b"), "https://shop.example:8443");
        assert_eq!(origin("http://shop.example"), "http://shop.example");
    }
}
