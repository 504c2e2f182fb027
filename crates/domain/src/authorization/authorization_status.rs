//! Section 7: where an order's authorization is, as getauthdata answers it.

use crate::Timestamp;
use crate::access::account::PlatformId;
use crate::authorization::order::{Order, OrderState};
use crate::authorization::order_id::OrderId;
use crate::authorization::user_decision::UserDecision;
use crate::people::title::InvoiceTitle;

/// Section 7's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationStatus {
    /// "never auth": nobody has authorized; `hint` says why it looks so (wire_facts 7 no. 3).
    Never {
        /// For people; goes into errmsg behind "ok".
        hint: String,
    },
    /// "auth success".
    Authorized {
        /// `auth_time`.
        at: Timestamp,
        /// `user_auth_info`, type 1 only.
        title: Option<InvoiceTitle>,
    },
    /// "reject insert".
    Rejected {
        /// `auth_time`: when the user had decided.
        decided_at: Timestamp,
        /// `user_auth_info`, type 1 only.
        title: Option<InvoiceTitle>,
    },
}

impl AuthorizationStatus {
    /// Reads an order's status for a merchant that names `platform`. An unknown order and a
    /// foreign platform both read "never auth" (wire_facts 6.2, D-15).
    pub fn of(order: Option<&Order>, order_id: &OrderId, platform: &PlatformId) -> Self {
        let never = |hint: &str| Self::Never { hint: format!("order_id {order_id}: {hint}") };
        let Some(order) = order else {
            return never("this account never called getauthurl for it");
        };
        if order.request.platform != *platform {
            return never("getauthurl was called with another s_pappid");
        }
        match &order.state {
            OrderState::Offered => never("the user has not authorized yet"),
            OrderState::Declined(_) => never("the user declined"),
            OrderState::Authorized(authorization) => {
                Self::Authorized { at: authorization.at, title: authorization.title.clone() }
            }
            OrderState::Rejected { decided, .. } => Self::Rejected {
                decided_at: decided.at(),
                title: match decided {
                    UserDecision::Authorized(authorization) => authorization.title.clone(),
                    UserDecision::Declined(_) => None,
                },
            },
        }
    }
}
