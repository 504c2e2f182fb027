//! Section 6: the push of a user's decision (wire_facts 3.5, D-33).

use crate::delivery::event_xml::{EventXml, UntimedXml};
use crate::delivery::read_push::members;
use kaipiao_domain::access::account::{AppId, PlatformId};
use kaipiao_domain::authorization::authorization_request::Source;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::people::user::OpenId;

/// `Event` of this push.
pub const EVENT: &str = "user_authorize_invoice";

/// What the push says.
#[derive(Clone, Debug)]
pub struct AuthPush<'a> {
    /// The receiving account's original id.
    pub to_user: &'a str,
    /// The user, as the receiving account knows them.
    pub from_user: &'a OpenId,
    /// The order.
    pub order_id: &'a OrderId,
    /// Did the user authorize? Otherwise they declined.
    pub is_authorized: bool,
    /// The account that called getauthurl.
    pub asked_by: &'a AppId,
    /// The request's source.
    pub source: Source,
    /// The invoicing platform.
    pub platform: &'a PlatformId,
}

impl AuthPush<'_> {
    /// The push's XML. Both order tags stand, one of them empty; the caller stands in
    /// AuthorizeAppId and, for older clients, in AppId (clients 3.11).
    pub fn xml(&self) -> UntimedXml {
        let order_id = self.order_id.as_str();
        let (succeeded, failed) = if self.is_authorized { (order_id, "") } else { ("", order_id) };
        let mut xml = EventXml::begin(self.to_user, self.from_user.as_str(), EVENT);
        xml.text("SuccOrderId", succeeded);
        xml.text("FailOrderId", failed);
        xml.text("AuthorizeAppId", self.asked_by.as_str());
        xml.text("AppId", self.asked_by.as_str());
        xml.text("Source", self.source.as_str());
        xml.text("SPAppId", self.platform.as_str());
        xml.end()
    }
}

/// Whether a push's body says that the user has declined.
pub fn is_declined(body: &str) -> bool {
    let members = members(body).unwrap_or_default();
    members.iter().any(|(name, value)| name == "FailOrderId" && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use quick_xml::events::Event;

    fn xml(order_id: &str, is_authorized: bool) -> String {
        let push = AuthPush {
            to_user: "gh_fc0a06a20993",
            from_user: &OpenId::from_checked("oZI8Fj040-be6rlDohc6gkoPOQTQ".into()),
            order_id: &OrderId::parse(order_id).unwrap(),
            is_authorized,
            asked_by: &AppId::parse("wxf83dd777cffa4eab").unwrap(),
            source: Source::Web,
            platform: &PlatformId::from_checked(
                "d3hmODNkZDc3N2NmZmE0ZWFiXyDcTFRposi2bKRMqFrqphW1boY7gmkPXCscC6VB_t-_".into(),
            ),
        };
        let UntimedXml { before, after } = push.xml();
        format!("{before}1475134700{after}")
    }

    #[test]
    fn the_pushes_are_the_golden_ones() {
        assert_eq!(xml("1202933957956", true), golden::response("s06_auth_push/authorized.xml"));
        assert_eq!(xml("1202933957956", false), golden::response("s06_auth_push/declined.xml"));
        assert!(is_declined(&xml("1202933957956", false)));
        assert!(!is_declined(&xml("1202933957956", true)));
    }

    #[test]
    fn an_order_number_cannot_break_out() {
        let text = xml("a]]><Event>&<", true);
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut found = String::new();
        let mut inside = false;
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => inside = tag.name().as_ref() == "SuccOrderId",
                Event::CData(part) if inside => found += &part,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(found, "a]]><Event>&<");
    }
}
