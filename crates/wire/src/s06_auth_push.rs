//! Section 6: the push that tells a merchant what a user decided (facts 3.5, rulings 6).

use kaipiao_domain::account::{AppId, PlatformId};
use kaipiao_domain::order::{OrderId, Source};
use kaipiao_domain::user::OpenId;
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesEnd, BytesStart, Event};

/// `Event` of this push.
pub const EVENT: &str = "user_authorize_invoice";

/// A push's XML, whole but for its CreateTime, which the store fills in as it commits
/// (`max(now, the user's last + 1)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntimedXml {
    /// What stands before CreateTime's digits.
    pub before: String,
    /// What stands behind them.
    pub after: String,
}

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
    /// AuthorizeAppId and, for older clients, in AppId (clients.md 3.11).
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

/// An event's XML as it grows: no blanks within or between elements, texts in CDATA
/// (clients.md 3.10).
struct EventXml {
    writer: Writer<Vec<u8>>,
    time_at: usize,
}

impl EventXml {
    fn begin(to_user: &str, from_user: &str, event: &str) -> Self {
        let mut xml = Self { writer: Writer::new(Vec::with_capacity(1024)), time_at: 0 };
        xml.write(Event::Start(BytesStart::new("xml")));
        xml.text("ToUserName", to_user);
        xml.text("FromUserName", from_user);
        xml.write(Event::Start(BytesStart::new("CreateTime")));
        xml.time_at = xml.writer.get_ref().len();
        xml.write(Event::End(BytesEnd::new("CreateTime")));
        xml.text("MsgType", "event");
        xml.text("Event", event);
        xml
    }

    /// `<name><![CDATA[text]]></name>`; a text that holds `]]>` is written as two.
    fn text(&mut self, name: &str, text: &str) {
        self.write(Event::Start(BytesStart::new(name)));
        for part in BytesCData::escaped(text) {
            self.write(Event::CData(part));
        }
        self.write(Event::End(BytesEnd::new(name)));
    }

    fn write(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("memory takes what is written");
    }

    fn end(mut self) -> UntimedXml {
        self.write(Event::End(BytesEnd::new("xml")));
        let mut before = String::from_utf8(self.writer.into_inner()).expect("it was made of text");
        let after = before.split_off(self.time_at);
        UntimedXml { before, after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

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
