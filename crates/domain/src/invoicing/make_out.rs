//! Section 14: makeoutinvoice begins an invoice request.

use crate::Refusal;
use crate::authorization::order::{Order, OrderState};
use crate::authorization::order_id::OrderId;
use crate::invoicing::acceptance::{
    Accepted, KnownStatus, NotAccepted, RequestContext, another_user, next_content_number,
};
use crate::invoicing::content::Content;
use crate::invoicing::invoice_request::{Colour, InvoiceRequest, RequestState};
use crate::invoicing::serial::Serial;
use crate::people::card_kind::CardKind;
use crate::refusal::Compared;
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// What makeoutinvoice asks, its members read and checked one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeOut {
    /// The order.
    pub order_id: OrderId,
    /// The request's serial.
    pub serial: Serial,
    /// What the invoice is to say.
    pub content: Content,
}

impl MakeOut {
    /// Section 14, in the order of D-59: the serial's prefix, the taxpayer, the order's
    /// authorization, who, the serial's identity, the content. What is accepted bears the short names
    /// of its tax codes from then on.
    pub fn decide(
        &self,
        order: Option<&Order>,
        context: &RequestContext<'_>,
        authorization_life: Duration,
        can_print: &dyn Fn(char) -> bool,
        category_of: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Accepted<Order>, NotAccepted> {
        let RequestContext { taxpayer, openid, names_user, known, now } = context;
        self.serial.check_prefix(&taxpayer.code)?;
        taxpayer.check_id(&self.content.seller.tax_id)?;
        let order = order.ok_or_else(|| {
            let why = "this account never called getauthurl for it";
            Order::never_asked_for(&self.order_id, &taxpayer.merchant, None, why)
        })?;
        order.check_kind(CardKind::Invoice)?;
        let authorization = match &order.state {
            OrderState::Rejected { .. } => return Err(self.rejected().into()),
            OrderState::Offered => {
                return Err(self.never(order, "the user has not authorized yet").into());
            }
            OrderState::Declined(_) => return Err(self.never(order, "the user declined").into()),
            OrderState::Authorized(authorization) => authorization,
        };
        // One that is used keeps: an invoice may be asked after as long as there is a record of it.
        let is_over = authorization.at.is_over(authorization_life, *now);
        if authorization.used_by.is_none() && is_over {
            return Err(authorization.expired(&self.order_id, authorization_life, *now).into());
        }
        if !names_user(&authorization.user) {
            let expected = authorization.openid.as_str();
            return Err(another_user(&self.order_id, expected, openid).into());
        }
        if let Some(known) = known {
            match self.check_identity(known)? {
                KnownStatus::Issued => return Ok(Accepted::Before),
                KnownStatus::Silent => return Ok(known.asks_again(*now)),
                KnownStatus::Failed => {}
            }
        }
        if let Some(used_by) = authorization.used_by.as_ref().filter(|by| **by != self.serial) {
            let detail = match used_by.is_inserted() {
                true => format!("order {} has an invoice that a platform inserted", self.order_id),
                false => format!("order {} belongs to {}", self.order_id, used_by.quoted()),
            };
            let compared = [
                Compared::same("order_id", self.order_id.as_str()),
                Compared::unlike("serial", used_by.as_str(), self.serial.as_str()),
            ];
            let refusal = Refusal::new(ErrorCode::OrderOfOtherSerial, detail);
            return Err(refusal.comparing(compared).into());
        }
        self.content.check_arithmetic().map_err(NotAccepted::Content)?;
        self.content.check_characters(can_print).map_err(NotAccepted::Content)?;
        Ok(Accepted::Begins {
            other: order.used_by(authorization, &self.serial),
            request: InvoiceRequest {
                merchant: taxpayer.merchant.clone(),
                serial: self.serial.clone(),
                order_id: self.order_id.clone(),
                asked_by: order.request.asked_by.clone(),
                user: authorization.user.clone(),
                paid_as: authorization.paid_as.clone(),
                colour: Colour::Blue,
                face: taxpayer.face,
                content_number: next_content_number(*known),
                summary: self.content.summary(),
                accepted_at: known.map_or(*now, |known| known.accepted_at),
                state: RequestState::Running { since: *now },
            },
            content: Box::new(self.content.clone().with_categories(category_of)),
        })
    }

    fn check_identity(&self, known: &InvoiceRequest) -> Result<KnownStatus, Refusal> {
        if known.colour != Colour::Blue {
            return Err(known.serial_of_another("an offset", &self.own_use()));
        }
        if known.order_id != self.order_id {
            return Err(
                known.serial_of_another(&format!("order {}", known.order_id), &self.own_use())
            );
        }
        known.known_status()
    }

    fn own_use(&self) -> String {
        format!("order {}", self.order_id)
    }

    fn never(&self, order: &Order, why: &str) -> Refusal {
        let appid = Compared::same("appid", order.merchant.as_str());
        let order_id = Compared::same("order_id", self.order_id.as_str());
        let compared = [appid, order_id, order.undecided()];
        Order::never_authorized(&self.order_id, why).comparing(compared)
    }

    fn rejected(&self) -> Refusal {
        let detail = format!("order_id {} was rejected, use a new order", self.order_id);
        Refusal::new(ErrorCode::RejectedByBiz, detail)
    }
}
