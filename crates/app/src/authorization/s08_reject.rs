//! Section 8: the merchant rejects, and the user gets a message.

use crate::app::App;
use crate::authorization::never_asked_for::explained;
use crate::authorization::order_key::order_key_of;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::store_access::{Decision, FirstTry, decide_reading};
use core::time::Duration;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::requests::RejectRequest;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_ports::record::Expect;
use kaipiao_records::people::message::message_key;
use kaipiao_records::record;

/// Rejects an order that a user has decided. The user's message is in the same commit. The
/// invoice is read after the order: a new try at it changes the order too, so that a try that
/// begins meanwhile is a conflict.
pub async fn reject(app: &App, caller: &Account, asked: &RejectRequest) -> Result<(), Failure> {
    let now = app.now();
    concerns(caller.merchant(), &asked.order_id);
    let key = order_key_of(caller.merchant(), &asked.order_id);
    decide_reading(app, key, FirstTry::Reads, |found: Option<Order>, attempt| async move {
        let Some(order) = found else {
            let why = "this account never called getauthurl for it";
            let (order_id, account, came) =
                (&asked.order_id, caller.merchant(), Some(&asked.platform));
            let refusal = Order::never_asked_for(order_id, account, came, why);
            return Err(explained(app, order_id, account, came, refusal).await?.into());
        };
        let used_by = order.authorization().and_then(|yes| yes.used_by.as_ref());
        let invoice = match used_by {
            Some(serial) => requests::find(app, &order.merchant, serial).await?,
            None => None,
        };
        let reason = asked.reason.clone();
        let obstacle = invoice.as_ref().and_then(InvoiceRequest::obstacle_to_rejection);
        let obstacle = obstacle.or_else(|| order.obstacle_of_card());
        // Each attempt after a conflict says a moment of its own: the message's name may be taken.
        let moment = now + Duration::from_millis(attempt as u64);
        let next = order.reject(&asked.platform, reason, obstacle, moment)?;
        let message = message_of(&next);
        let also = message.map(|m| record::save(message_key(&m), Expect::Absent, &m));
        let also = also.into_iter().collect();
        Ok::<_, Failure>(Decision { also, ..Decision::alone(Some(next), ()) })
    })
    .await
}

fn message_of(order: &Order) -> Option<Message> {
    let OrderState::Rejected { decided, reason, at } = &order.state else { return None };
    Some(Message {
        user: decided.user().clone(),
        merchant: order.merchant.clone(),
        order_id: order.request.order_id.clone(),
        sent_at: *at,
        event: MessageEvent::Rejected { reason: reason.reason.clone(), url: reason.url.clone() },
    })
}
