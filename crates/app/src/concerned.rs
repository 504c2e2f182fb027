//! Which orders the request under way concerns, as the use cases find them: a request may name its order by a serial, an
//! invoice's number, a card, a document or a `prepay_id`, and only who has read those knows whose order it is.

use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::payment::payments::Payment;
use std::sync::{Arc, Mutex, PoisonError};

tokio::task_local! {
    static CONCERNED: Arc<Concerned>;
}

/// Orders of one request that are remembered at most: a company names up to so many cards at once.
const MOST_ORDERS: usize = 100;

/// The orders that a request concerns.
#[derive(Default)]
pub(crate) struct Concerned(Mutex<Vec<OrderKey>>);

impl Concerned {
    /// Those that were found, once each.
    pub(crate) fn take(&self) -> Vec<OrderKey> {
        core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, merchant: &AppId, order_id: &OrderId) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |one: &OrderKey| one.merchant == *merchant && one.order_id == *order_id;
        if found.len() < MOST_ORDERS && !found.iter().any(is_known) {
            found.push(OrderKey { merchant: merchant.clone(), order_id: order_id.clone() });
        }
    }
}

/// Answers a request, and remembers the orders that it turns out to concern.
pub(crate) async fn collecting<T>(into: &Arc<Concerned>, answering: impl Future<Output = T>) -> T {
    CONCERNED.scope(Arc::clone(into), answering).await
}

/// Says that the request under way concerns a merchant's order. Where no request is logged, nothing.
pub(crate) fn concerns(merchant: &AppId, order_id: &OrderId) {
    let _ = CONCERNED.try_with(|concerned| concerned.add(merchant, order_id));
}

/// The same of a payment: the order that it opens, or would, is of its number.
pub(crate) fn concerns_payment(payment: &Payment) {
    let sub_appid = payment.request.sub_merchant.as_ref().and_then(|sub| sub.appid.as_ref());
    let merchant = payment.order_merchant.as_ref().or(sub_appid);
    if let Ok(order_id) = OrderId::parse(payment.out_trade_no.as_str()) {
        concerns(merchant.unwrap_or(&payment.request.appid), &order_id);
    }
}
