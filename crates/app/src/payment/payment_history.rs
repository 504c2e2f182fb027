//! All that is known of one payment, for whoever wants to see what has become of it.

use crate::app::App;
use crate::authorization::order_history::{self, OrderHistory};
use crate::delivery::pushes;
use crate::failure::Failure;
use crate::payment::details::{self, Details};
use crate::payment::refunds;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::payment::refund::Refund;
use kaipiao_ports::delivery::outbox::{ListedPush, PushQuery};

/// Notices that are read: the newest.
const MOST_NOTICES: usize = 50;

/// What is known of a payment.
#[derive(Debug)]
pub struct PaymentHistory {
    /// The payment with its entry.
    pub details: Details,
    /// What of it was given back, oldest first.
    pub refunds: Vec<Refund>,
    /// Its notices and its refunds', newest first, with every attempt.
    pub notices: Vec<ListedPush>,
    /// The invoices and cards of the order that it has opened; None: it has opened none.
    pub order: Option<OrderHistory>,
}

/// What is known of the payment of these names, as they stand in an address. None: there is none.
pub async fn read(app: &App, mchid: &str, number: &str) -> Result<Option<PaymentHistory>, Failure> {
    let Some(details) = details::details(app, mchid, number).await? else { return Ok(None) };
    let payment = &details.payment;
    let query = PushQuery {
        account: Some(payment.mchid.to_string()),
        ordering_keys: pushes::ordering_keys_of(payment.out_trade_no.as_str()),
        limit: MOST_NOTICES,
        ..PushQuery::default()
    };
    let opened = payment.order_merchant.as_ref();
    let opened = opened.zip(OrderId::parse(payment.out_trade_no.as_str()).ok());
    let order = match opened {
        None => None,
        Some((merchant, order_id)) => {
            let key = OrderKey { merchant: merchant.clone(), order_id };
            Some(order_history::invoices_of(app, &key).await?)
        }
    };
    Ok(Some(PaymentHistory {
        refunds: refunds::of(app, payment).await?,
        notices: pushes::list(app, &query).await?,
        order,
        details,
    }))
}
