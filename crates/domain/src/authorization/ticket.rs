//! Section 1: the ticket. A signed claim: whose, of which type, since when. Nothing is stored, so a
//! newer ticket never ends an older one (D-08).

use crate::Timestamp;
use crate::access::account::AppId;
use core::time::Duration;

/// How long a ticket lives at least.
pub const TICKET_LIFE: Duration = Duration::from_secs(7200);
/// Tickets that are asked for within so many seconds are the same one: so those that live are few enough
/// to be tried one after the other, where a signature hides which of them it was made with (D-174).
const SAME_FOR: Duration = Duration::from_secs(10);

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
    /// The account's ticket at this moment.
    pub fn at(merchant: AppId, ticket_type: TicketType, now: Timestamp) -> Self {
        let same_for_ms = i64::try_from(SAME_FOR.as_millis()).expect("it is short");
        let since_ms = now.unix_millis().rem_euclid(same_for_ms);
        let issued_at = Timestamp::from_unix_millis(now.unix_millis() - since_ms);
        Self { merchant, ticket_type, issued_at }
    }

    /// Every ticket of the account that lives at this moment, newest first.
    pub fn all_alive(
        merchant: &AppId,
        ticket_type: TicketType,
        now: Timestamp,
    ) -> impl Iterator<Item = Self> {
        let newest = Self::at(merchant.clone(), ticket_type, now);
        let earlier = move |ticket: &Self| {
            let before_ms = ticket.issued_at.unix_millis() - 1;
            Some(Self::at(
                ticket.merchant.clone(),
                ticket_type,
                Timestamp::from_unix_millis(before_ms),
            ))
        };
        core::iter::successors(Some(newest), earlier)
            .take_while(move |ticket| !ticket.is_expired(now))
    }

    /// Whether its life is over, or has never begun: a clock far ahead has issued it.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.issued_at.is_over(TICKET_LIFE + SAME_FOR, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_lives_7200_seconds_from_whenever_it_was_asked_for() {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        let begin = Timestamp::from_unix_millis(1_700_000_000_000);
        let at = |now| Ticket::at(merchant.clone(), TicketType::WxCard, now);
        let last = begin + Duration::from_millis(9_999);
        assert_eq!(at(begin), at(last));
        assert_ne!(at(begin), at(begin + SAME_FOR));
        assert!(!at(last).is_expired(last + TICKET_LIFE));
        assert!(at(begin).is_expired(begin + TICKET_LIFE + SAME_FOR + Duration::from_millis(1)));
        assert!(at(begin).is_expired(Timestamp::default()), "issued by a clock far ahead");
        let alive: Vec<_> = Ticket::all_alive(&merchant, TicketType::WxCard, last).collect();
        assert_eq!((alive.len(), &alive[0]), (721, &at(last)));
        assert!(alive.iter().all(|ticket| !ticket.is_expired(last)));
    }
}
