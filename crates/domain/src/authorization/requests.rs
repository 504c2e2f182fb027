//! What merchants ask for of an order's authorization, their members read and checked one by one
//! (sections 2, 7 and 8).

use crate::access::account::{AppId, PlatformId};
use crate::authorization::authorization_request::AuthorizationRequest;
use crate::authorization::order_id::OrderId;
use crate::authorization::rejection::RejectionReason;
use crate::{Refusal, text};

/// What getauthurl asks: a link for this request, allowed by a ticket.
#[derive(Clone, Debug)]
pub struct AuthUrlRequest {
    /// The request that the link is for.
    pub request: AuthorizationRequest,
    /// The platform's appid, read out of s_pappid: where to look the platform up.
    pub platform_appid: AppId,
    /// The ticket's text, unchecked.
    pub ticket: String,
}

/// What getauthdata asks: has the user authorized?
#[derive(Clone, Debug)]
pub struct AuthDataRequest {
    /// The invoicing platform.
    pub platform: PlatformId,
    /// The order.
    pub order_id: OrderId,
}

/// What rejectinsert asks: no invoice for this order.
#[derive(Clone, Debug)]
pub struct RejectRequest {
    /// The invoicing platform.
    pub platform: PlatformId,
    /// The order.
    pub order_id: OrderId,
    /// The merchant's words for the user.
    pub reason: RejectionReason,
}

/// 72031: no platform of this server has that s_pappid.
pub fn unknown_platform(s_pappid: &str) -> Refusal {
    let shown = text::quoted(s_pappid);
    Refusal::invalid("s_pappid", format!("{shown} is not a platform of this server"))
}
