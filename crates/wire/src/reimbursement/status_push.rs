//! The push that says what has become of a card (wire_facts 1.1).

use crate::delivery::event_xml::{EventXml, UntimedXml};
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::people::user::OpenId;

/// `Event` of this push.
pub const EVENT: &str = "update_invoice_status";

/// The push's XML: `card` as it is now.
pub fn xml(to_user: &str, from_user: &OpenId, card: &InvoiceCard) -> UntimedXml {
    let mut xml = EventXml::begin(to_user, from_user.as_str(), EVENT);
    xml.text("Status", card.status.plain().name());
    xml.text("CardId", card.card_id.as_str());
    xml.text("Code", card.code.as_str());
    xml.end()
}
