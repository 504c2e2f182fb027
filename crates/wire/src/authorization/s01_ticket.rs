//! Section 1: the ticket's text, 86 characters that are a signed claim, and the answer.

use crate::access::appid::{appid_bytes, appid_from_bytes};
use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use kaipiao_domain::Timestamp;
use kaipiao_domain::authorization::ticket::{Ticket, TicketType};
use serde::Serialize;

/// Bytes of the claim that say nothing.
const PADDING: [u8; 15] = [0; 15];

/// Writes the ticket's text.
pub fn write(keys: &Keys, ticket: &Ticket) -> String {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(&appid_bytes(&ticket.merchant));
    bytes.push(match ticket.ticket_type {
        TicketType::WxCard => 1,
        TicketType::JsApi => 2,
    });
    bytes.extend_from_slice(&ticket.issued_at.unix_millis().to_be_bytes());
    bytes.extend_from_slice(&PADDING);
    let mac = keys.ticket_mac(&bytes).finalize().into_bytes();
    bytes.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a ticket's text; None when this server never wrote it.
pub fn read(keys: &Keys, text: &str) -> Option<Ticket> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
    let (claim, mac) = bytes.split_at_checked(32)?;
    keys.ticket_mac(claim).verify_slice(mac).ok()?;
    let (appid, rest) = claim.split_first_chunk::<8>()?;
    let (ticket_type, rest) = rest.split_first()?;
    let (issued_at, _padding) = rest.split_first_chunk::<8>()?;
    Some(Ticket {
        merchant: appid_from_bytes(*appid)?,
        ticket_type: match ticket_type {
            1 => TicketType::WxCard,
            2 => TicketType::JsApi,
            _ => return None,
        },
        issued_at: Timestamp::from_unix_millis(i64::from_be_bytes(*issued_at)),
    })
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
    use kaipiao_domain::access::account::AppId;

    #[test]
    fn a_ticket_has_86_characters_and_reads_back() {
        let ticket = Ticket {
            merchant: AppId::parse("wx6b61697069616f31").unwrap(),
            ticket_type: TicketType::WxCard,
            issued_at: Timestamp::from_unix_millis(1_700_000_000_000),
        };
        let text = write(&test_keys(), &ticket);
        assert_eq!(text.len(), 86);
        assert_eq!(read(&test_keys(), &text).as_ref(), Some(&ticket));
        assert_eq!(read(&test_keys(), "tttt"), None);
        assert_eq!(read(&Keys::derive(&[8; 32]), &text), None);
    }

    #[test]
    fn the_answer_is_the_golden_one() {
        let ticket = "m7RQzjA_ljjEkt-JCoklRM5zrzYr-6PI09QydZmNXXz-opTqMv53aFj1ykRt_AOtvqidqZZsLhCDgwGC6nBDiA";
        let written = answer::ok_with(&TicketAnswer { ticket: ticket.into(), expires_in: 7200 });
        assert_eq!(written, golden::response("s01_ticket/response.json"));
    }
}
