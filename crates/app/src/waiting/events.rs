//! What can be waited for.

use crate::payment::notices;
use crate::signed::{auth_push, result_push, status_push};
use core::fmt;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::people::message::Message;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_ports::delivery::outbox::ListedPush;

/// What is waited for.
#[derive(Clone, Debug)]
pub struct Question {
    /// The order, or the payment of this number.
    pub order_id: OrderId,
    /// Whose order or payment it is, or of a push, who receives it; None: whoever.
    pub party: Option<Party>,
    /// What is to happen.
    pub awaited: Awaited,
    /// Only later than this counts, in the domain's milliseconds.
    pub after_ms: i64,
}

/// Who is asked for.
#[derive(Clone, Debug)]
pub enum Party {
    /// An account: orders of its merchant, payments of its pay merchants, and the pushes of both.
    Account(AppId),
    /// A pay merchant: its payments and their pushes, and the orders of those whom it takes payments for.
    PayMerchant(MchId),
}

/// Something that happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Its user has said yes.
    Authorized,
    /// Its user has said no.
    Declined,
    /// Its merchant has said no.
    Rejected,
    /// The payment of its number was made.
    Paid,
    /// Something of that payment was given back.
    Refunded,
    /// Its invoice was issued here.
    Issued,
    /// Its invoice could not be issued.
    Failed,
    /// Its invoice was taken back.
    Offset,
    /// A platform has put an invoice into the wallet for it.
    Inserted,
    /// Its user was sent a message.
    Message,
    /// A push about it was committed: of this event, or any.
    Push(Option<&'static str>),
    /// A push about it was delivered: of this event, or any.
    Delivered(Option<&'static str>),
}

/// Events of pushes that are about an order.
const PUSHED: [&str; 5] =
    [auth_push::EVENT, result_push::EVENT, status_push::EVENT, notices::PAID, notices::REFUNDED];

impl Awaited {
    /// Those whose name says all.
    const PLAIN: [(&str, Self); 12] = [
        ("authorized", Self::Authorized),
        ("declined", Self::Declined),
        ("rejected", Self::Rejected),
        ("paid", Self::Paid),
        ("refunded", Self::Refunded),
        ("issued", Self::Issued),
        ("failed", Self::Failed),
        ("offset", Self::Offset),
        ("inserted", Self::Inserted),
        ("message", Self::Message),
        ("push", Self::Push(None)),
        ("delivered", Self::Delivered(None)),
    ];

    /// The one with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let event = |event: &str| PUSHED.into_iter().find(|pushed| *pushed == event);
        match name.split_once(':') {
            None => Self::PLAIN.into_iter().find(|(known, _)| *known == name).map(|(_, it)| it),
            Some(("push", name)) => event(name).map(|event| Self::Push(Some(event))),
            Some(("delivered", name)) => event(name).map(|event| Self::Delivered(Some(event))),
            Some(_) => None,
        }
    }

    /// Every name, for whoever gave another one.
    pub fn names() -> String {
        let plain: Vec<_> = Self::PLAIN.iter().map(|(name, _)| *name).collect();
        format!("{}, and push:… and delivered:… with {}", plain.join(", "), PUSHED.join(", "))
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push(Some(event)) => write!(f, "push:{event}"),
            Self::Delivered(Some(event)) => write!(f, "delivered:{event}"),
            plain => {
                let mut all = Self::PLAIN.iter();
                f.write_str(all.find(|(_, known)| known == plain).map_or("", |(name, _)| name))
            }
        }
    }
}

/// What has happened, and when.
#[derive(Debug)]
pub struct Happened {
    /// The domain's time.
    pub at: Timestamp,
    /// What it has happened to, as it is now.
    pub what: What,
}

/// What something has happened to.
#[derive(Debug)]
pub enum What {
    /// An order.
    Order(Order),
    /// A payment.
    Payment(Payment),
    /// An invoice that was asked for here.
    Invoice(InvoiceRequest),
    /// An invoice that was issued elsewhere.
    Inserted(InsertedInvoice),
    /// A message.
    Message(Message),
    /// A push.
    Push(Box<ListedPush>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let pushed = PUSHED
            .into_iter()
            .flat_map(|event| [Awaited::Push(Some(event)), Awaited::Delivered(Some(event))]);
        for awaited in Awaited::PLAIN.into_iter().map(|(_, it)| it).chain(pushed) {
            assert_eq!(Awaited::from_name(&awaited.to_string()), Some(awaited));
        }
        for none in ["", "Authorized", "push:", "push:no_event", "paid:payment_notice"] {
            assert_eq!(Awaited::from_name(none), None, "{none}");
        }
    }
}
