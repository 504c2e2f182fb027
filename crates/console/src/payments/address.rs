//! Where payments are.

use kaipiao_domain::payment::payments::Payment;
use kaipiao_pages::encoded;

/// The listing.
pub(crate) const PATH: &str = "/console/payments";
/// What the form that adds a pay merchant sends; its page is the listing's.
pub(crate) const MERCHANTS_PATH: &str = "/console/pay-merchants";
/// One payment's page.
pub(crate) const PAYMENT_PATH: &str = "/console/payments/payment";
/// Where one is paid as a user.
pub(crate) const PAY_PATH: &str = "/console/payments/pay";

/// A payment's page. Its number may hold any character, so it stands in the query.
pub(crate) fn payment_address(payment: &Payment) -> String {
    address(PAYMENT_PATH, payment)
}

/// The page on which a payment is paid as a user.
pub(crate) fn pay_address(payment: &Payment) -> String {
    address(PAY_PATH, payment)
}

fn address(path: &str, payment: &Payment) -> String {
    let number = encoded(payment.out_trade_no.as_str());
    format!("{path}?mchid={}&out_trade_no={number}", payment.mchid)
}
