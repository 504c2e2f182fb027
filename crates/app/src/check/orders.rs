//! An order and the blue request that uses its authorization.

use super::look::Look;
use super::violation::{Found, Invariant};
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::authorization::user_decision::{Authorization, UserDecision};
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::errors::StoreError;
use kaipiao_records::authorization::order::order_key;

/// What the user has said yes to, whatever the merchant said later.
pub(super) fn authorization(order: &Order) -> Option<&Authorization> {
    match &order.state {
        OrderState::Authorized(authorization)
        | OrderState::Rejected { decided: UserDecision::Authorized(authorization), .. } => {
            Some(authorization)
        }
        _ => None,
    }
}

/// The request that an order names uses that order, and stands as the order does.
pub(super) async fn order(
    look: &Look<'_>,
    order: &Order,
    found: &mut Found,
) -> Result<(), StoreError> {
    let Some(authorization) = authorization(order) else { return Ok(()) };
    let Some(serial) = &authorization.used_by else { return Ok(()) };
    if serial.is_inserted() {
        return inserted(look, order, authorization, serial, found).await;
    }
    let mut wrong = |what| found.add(Invariant::OrderRequest, what);
    let Some(request) = look.request(&order.merchant, serial).await? else {
        wrong(format!("it is used by {serial}, which is not there"));
        return Ok(());
    };
    if request.colour != Colour::Blue || request.order_id != order.request.order_id {
        wrong(format!("it is used by {serial}, which is for another order"));
    }
    if request.user != authorization.user {
        let (user, other) = (authorization.user.as_str(), request.user.as_str());
        wrong(format!("{user} authorized it, and {serial} is {other}'s"));
    }
    let is_rejected = matches!(order.state, OrderState::Rejected { .. });
    if is_rejected && let Some(obstacle) = request.obstacle_to_rejection() {
        wrong(format!("it is rejected, and yet {obstacle}"));
    }
    Ok(())
}

/// The inserted invoice that an order names is for that order and its user.
async fn inserted(
    look: &Look<'_>,
    order: &Order,
    authorization: &Authorization,
    serial: &Serial,
    found: &mut Found,
) -> Result<(), StoreError> {
    let inserted = look.inserted(&order.merchant, serial).await?;
    let is_its = inserted.is_some_and(|inserted| {
        inserted.order_id == order.request.order_id && inserted.user == authorization.user
    });
    let what = format!("it is used by {serial}, which is not there, or is another's");
    found.unless(is_its, Invariant::Inserted, what);
    Ok(())
}

/// A blue request uses the authorization of its order.
pub(super) async fn request(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    if request.colour != Colour::Blue {
        return Ok(());
    }
    let (merchant, order_id) = (request.merchant.clone(), request.order_id.clone());
    let order: Option<Order> = look.find(&order_key(&OrderKey { merchant, order_id })).await?;
    let Some(order) = order else {
        found.add(Invariant::OrderRequest, format!("its order {} is not there", request.order_id));
        return Ok(());
    };
    let used_by = authorization(&order).and_then(|yes| yes.used_by.as_ref());
    if used_by != Some(&request.serial) {
        let says = used_by.map_or_else(|| "nobody".to_owned(), ToString::to_string);
        let what = format!("its order {} says that {says} uses it", request.order_id);
        found.add(Invariant::OrderRequest, what);
    }
    Ok(())
}
