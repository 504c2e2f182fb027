//! Section 1: the ticket. A signed claim: whose, of which type, since when. Nothing is stored, so a
//! newer ticket never ends an older one (D-08).

use crate::Timestamp;
use crate::access::account::AppId;
use core::time::Duration;

/// How long a ticket lives.
pub const TICKET_LIFE: Duration = Duration::from_secs(7200);

/// What a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketType {
    /// `wx_card`: getauthurl and the invoice picker.
    WxCard,
    /// `jsapi`: a page's JS-SDK configuration.
    JsApi,
}

impl TicketType {
    /// Reads the wire's text; None for any other than `wx_card` and `jsapi`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "wx_card" => Some(Self::WxCard),
            "jsapi" => Some(Self::JsApi),
            _ => None,
        }
    }

    /// Its text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WxCard => "wx_card",
            Self::JsApi => "jsapi",
        }
    }
}

/// What a ticket says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The merchant that it serves; the apps bound to the merchant may use it too.
    pub merchant: AppId,
    /// Its purpose.
    pub ticket_type: TicketType,
    /// The beginning of its life.
    pub issued_at: Timestamp,
}

impl Ticket {
    /// Whether its life is over, or has never begun: a clock far ahead has issued it.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.issued_at.is_over(TICKET_LIFE, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_lives_7200_seconds_to_the_millisecond() {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        let issued_at = Timestamp::from_unix_millis(1_700_000_000_000);
        let ticket = Ticket { merchant, ticket_type: TicketType::WxCard, issued_at };
        assert!(!ticket.is_expired(issued_at + TICKET_LIFE));
        assert!(ticket.is_expired(issued_at + TICKET_LIFE + Duration::from_millis(1)));
        assert!(ticket.is_expired(Timestamp::default()), "issued by a clock far ahead");
    }
}
