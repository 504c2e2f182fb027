//! Notices to a payment's `notify_url`: pushes of their own kind, to an address of their own.

use crate::app::App;
use crate::failure::Failure;
use crate::payment::names::new_nonce_str;
use crate::payment::pay_merchants::{find, signing_key};
use crate::signed::notice;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_domain::payment::payments::{Paid, Payment};
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
    let xml = notice::of_payment(payment, paid, &key_of(app, payment).await?, &new_nonce_str(app));
    // A refund's notice does not wait behind its payment's, which may fail for a day.
    let ordering_key = format!("payment/{}", payment.out_trade_no);
    Ok(Some(new_notice(app, payment, paid, url, ordering_key, PAID, xml)))
}

/// The notice of a refund that was made; None: it names no address.
pub(super) async fn of_refund(
    app: &App,
    payment: &Payment,
    paid: &Paid,
    refund: &Refund,
) -> Result<Option<NewPush>, Failure> {
    let Some(url) = &refund.request.notify_url else { return Ok(None) };
    let xml = notice::of_refund(payment, refund, &key_of(app, payment).await?, &new_nonce_str(app));
    let ordering_key = format!("refund/{}", refund.request.out_refund_no);
    Ok(Some(new_notice(app, payment, paid, url, ordering_key, REFUNDED, xml)))
}

async fn key_of(app: &App, payment: &Payment) -> Result<String, Failure> {
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
    use super::origin;

    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(origin("HTTPS://Shop.example:8443/a/b"), "https://shop.example:8443");
        assert_eq!(origin("http://shop.example"), "http://shop.example");
    }
}
