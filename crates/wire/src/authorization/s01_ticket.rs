//! Section 1: the ticket. 86 characters that are a signed claim: whose, of which type, since when.
//! Nothing is stored, so a newer ticket never ends an older one (rulings 1).

use crate::access::token::{appid_bytes, appid_from_bytes};
use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::time::Duration;
use hmac::Mac;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use serde::Serialize;

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
    /// Reads the wire's text.
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
    /// What it is for.
    pub ticket_type: TicketType,
    /// Its life begins here.
    pub issued_at: Timestamp,
}

impl Ticket {
    /// Writes the ticket's text; `nonce` makes each one different.
    pub fn write(&self, keys: &Keys, nonce: [u8; 15]) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&appid_bytes(&self.merchant));
        bytes.push(match self.ticket_type {
            TicketType::WxCard => 1,
            TicketType::JsApi => 2,
        });
        bytes.extend_from_slice(&self.issued_at.unix_millis().to_be_bytes());
        bytes.extend_from_slice(&nonce);
        let mac = keys.ticket_mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a ticket's text; None when this server never wrote it.
    pub fn read(keys: &Keys, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        let (claim, mac) = bytes.split_at_checked(32)?;
        keys.ticket_mac(claim).verify_slice(mac).ok()?;
        let (appid, rest) = claim.split_first_chunk::<8>()?;
        let (ticket_type, rest) = rest.split_first()?;
        let (issued_at, _nonce) = rest.split_first_chunk::<8>()?;
        Some(Self {
            merchant: appid_from_bytes(*appid)?,
            ticket_type: match ticket_type {
                1 => TicketType::WxCard,
                2 => TicketType::JsApi,
                _ => return None,
            },
            issued_at: Timestamp::from_unix_millis(i64::from_be_bytes(*issued_at)),
        })
    }

    /// Is its life over?
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now > self.issued_at + TICKET_LIFE
    }
}

/// Section 1's answer, behind errcode and errmsg.
#[derive(Serialize)]
pub struct TicketAnswer {
    /// The ticket.
    pub ticket: String,
    /// Seconds that remain.
    pub expires_in: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{answer, golden, keys::test_keys};

    #[test]
    fn a_ticket_has_86_characters_and_reads_back() {
        let ticket = Ticket {
            merchant: AppId::parse("wx6b61697069616f31").unwrap(),
            ticket_type: TicketType::WxCard,
            issued_at: Timestamp::from_unix_millis(1_700_000_000_000),
        };
        let text = ticket.write(&test_keys(), [9; 15]);
        assert_eq!(text.len(), 86);
        assert_eq!(Ticket::read(&test_keys(), &text).as_ref(), Some(&ticket));
        assert_ne!(text, ticket.write(&test_keys(), [8; 15]));
        assert_eq!(Ticket::read(&test_keys(), "tttt"), None);
        assert_eq!(Ticket::read(&Keys::derive(&[8; 32]), &text), None);
        assert!(!ticket.is_expired(ticket.issued_at + TICKET_LIFE));
        assert!(ticket.is_expired(ticket.issued_at + TICKET_LIFE + Duration::from_millis(1)));
    }

    #[test]
    fn the_answer_is_the_golden_one() {
        let ticket = "m7RQzjA_ljjEkt-JCoklRM5zrzYr-6PI09QydZmNXXz-opTqMv53aFj1ykRt_AOtvqidqZZsLhCDgwGC6nBDiA";
        let written = answer::ok_with(&TicketAnswer { ticket: ticket.into(), expires_in: 7200 });
        assert_eq!(written, golden::response("s01_ticket/response.json"));
    }
}
