//! Cards & Offers: the invoice cards that a user holds (wire_facts 4.5).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::invoicing::invoice_request::{Colour, InvoiceRequest, RequestState};
use crate::invoicing::serial::Serial;
use crate::money::Fen;
use crate::people::card_number::CardNumber;
use crate::people::user::UserId;
use crate::reimbursement::card_status::CardStatus;
use core::fmt;

/// A card's template: 28 characters that begin with `p`. A merchant's cards share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CardId(String);

impl CardId {
    /// Characters that a card_id has.
    pub const CHARS: usize = 28;

    /// A card_id's text; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let fits = text.len() == Self::CHARS && text.starts_with('p') && text.bytes().all(is_known);
        fits.then(|| Self(text.to_owned()))
    }

    /// The 28 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A card's code: 12 digits, told apart from the codes of all cards with its card_id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CardCode(String);

impl CardCode {
    /// Digits that a code has.
    pub const DIGITS: usize = 12;

    /// A code out of a random number.
    pub fn from_random(random: u64) -> Self {
        Self(format!("{:0width$}", random % 10_u64.pow(12), width = Self::DIGITS))
    }

    /// A code's text; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == Self::DIGITS && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A blue invoice or a bill in its user's wallet. It is made when the invoice is issued or inserted, and has a life of
/// its own from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceCard {
    /// The wallet's owner.
    pub user: UserId,
    /// The merchant whose order it is for.
    pub merchant: AppId,
    /// The invoice's name among the merchant's: the serial of its request, or of the inserted invoice.
    pub serial: Serial,
    /// The platform that has inserted it; None: it was issued here.
    pub platform: Option<AppId>,
    /// The merchant's template, or the platform's.
    pub card_id: CardId,
    /// The card among those of the template.
    pub code: CardCode,
    /// The seller's name.
    pub seller: String,
    /// The buyer's name; empty on cards from before it was kept.
    pub buyer: String,
    /// The amount with tax.
    pub gross: Fen,
    /// The invoice's or the bill's code and number.
    pub number: CardNumber,
    /// The moment of issue.
    pub issued_at: Timestamp,
    /// How far it is on its way to being written off.
    pub status: CardStatus,
}

impl InvoiceCard {
    /// The card of an invoice that was issued just now; None: the request has no invoice, or a red
    /// one, which no card is made of.
    pub fn of(request: &InvoiceRequest, card_id: CardId, code: CardCode) -> Option<Self> {
        let RequestState::Issued { invoice, .. } = &request.state else { return None };
        (request.colour == Colour::Blue).then(|| Self {
            user: request.user.clone(),
            merchant: request.merchant.clone(),
            serial: request.serial.clone(),
            platform: None,
            card_id,
            code,
            seller: request.summary.seller_name.clone(),
            buyer: request.summary.buyer_name.clone(),
            gross: request.summary.gross,
            number: invoice.number.clone().into(),
            issued_at: invoice.at,
            status: CardStatus::Init,
        })
    }

    /// The account whose template it is: among that one's cards its code is unique.
    pub fn template_owner(&self) -> &AppId {
        self.platform.as_ref().unwrap_or(&self.merchant)
    }

    /// The card in another status.
    #[must_use]
    pub fn with_status(&self, status: CardStatus) -> Self {
        Self { status, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_id_and_a_code_are_known_by_their_form() {
        for text in ["pjZ8Yt9WoOePThU0NfUKz5-tBEWU", "p-mcP1FC6QHZ515goRP3CsXZcX_I"] {
            assert_eq!(CardId::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "ojZ8Yt9WoOePThU0NfUKz5-tBEWU",
            "pjZ8Yt9WoOePThU0NfUKz5-tBEW",
            "p+mcP1FC6QHZ515goRP3CsXZcXmI",
        ] {
            assert_eq!(CardId::parse(text), None, "{text}");
        }
        assert_eq!(CardCode::parse("186921658591").unwrap().as_str(), "186921658591");
        for text in ["", "18692165859", "1869216585910", "18692165859a"] {
            assert_eq!(CardCode::parse(text), None, "{text}");
        }
        for (random, code) in [(0, "000000000000"), (7, "000000000007"), (u64::MAX, "073709551615")]
        {
            assert_eq!(CardCode::from_random(random).as_str(), code);
        }
    }
}
