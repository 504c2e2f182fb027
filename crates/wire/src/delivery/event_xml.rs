//! What the pushed events have in common (sections 6 and 19; wire_facts 3.5).

use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesEnd, BytesStart, BytesText, Event};

/// A push's XML, whole but for its CreateTime, which the store fills in as it commits
/// (`max(now, the user's last + 1)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntimedXml {
    /// What stands before CreateTime's digits.
    pub before: String,
    /// What stands behind them.
    pub after: String,
}

/// An event's XML as it grows: no blanks within or between elements, texts in CDATA
/// (clients 3.10).
pub(crate) struct EventXml {
    writer: Writer<Vec<u8>>,
    time_at: usize,
}

impl EventXml {
    pub(crate) fn begin(to_user: &str, from_user: &str, event: &str) -> Self {
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
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.write(Event::Start(BytesStart::new(name)));
        for part in BytesCData::escaped(text) {
            self.write(Event::CData(part));
        }
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// `<name>number</name>`
    pub(crate) fn number(&mut self, name: &str, number: u8) {
        self.write(Event::Start(BytesStart::new(name)));
        self.write(Event::Text(BytesText::new(&number.to_string())));
        self.write(Event::End(BytesEnd::new(name)));
    }

    fn write(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("memory takes what is written");
    }

    pub(crate) fn end(mut self) -> UntimedXml {
        self.write(Event::End(BytesEnd::new("xml")));
        let mut before = String::from_utf8(self.writer.into_inner()).expect("it was made of text");
        let after = before.split_off(self.time_at);
        UntimedXml { before, after }
    }
}
