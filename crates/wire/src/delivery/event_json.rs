//! An event as JSON: the members of its XML under the same names, texts as texts and numbers as numbers
//! (wire_facts 3.1, wire_facts 3.3).

use crate::answer;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// An event's members, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EventJson(Vec<(String, Value)>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(i64),
}

impl EventJson {
    /// Reads an event that this server has written.
    pub(crate) fn of_xml(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        let mut json = Self::default();
        loop {
            match reader.read_event().expect("this server has written it") {
                Event::Start(tag) if tag.name().as_ref() != "xml" => {
                    let name = tag.name().as_ref().to_owned();
                    json.0.push((name, Value::Text(String::new())));
                }
                // A text that holds `]]>` is written as two.
                Event::CData(part) => {
                    if let Some((_, Value::Text(text))) = json.0.last_mut() {
                        text.push_str(&part);
                    }
                }
                Event::Text(digits) => {
                    if let (Some(last), Ok(number)) = (json.0.last_mut(), digits.parse()) {
                        last.1 = Value::Number(number);
                    }
                }
                Event::Eof => return json,
                _ => {}
            }
        }
    }

    /// Compat: with `Encrypt` beside the event.
    pub(crate) fn with_encrypted(mut self, encrypted: &str) -> Self {
        self.0.push(("Encrypt".to_owned(), Value::Text(encrypted.to_owned())));
        self
    }

    /// Safe: `ToUserName` and `Encrypt` alone.
    pub(crate) fn encrypted_alone(mut self, encrypted: &str) -> Self {
        self.0.retain(|(name, _)| name == "ToUserName");
        self.with_encrypted(encrypted)
    }

    /// The JSON text.
    pub(crate) fn written(&self) -> String {
        answer::bare(self)
    }
}

impl Serialize for EventJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::event_xml::EventXml;

    #[test]
    fn the_members_keep_their_order_texts_and_numbers() {
        let mut xml = EventXml::begin("gh_1", "o1", "e");
        xml.text("SuccOrderId", "18050610074402878502");
        xml.text("FailOrderId", "");
        xml.text("attach", "a]]>b<\"&\n");
        xml.number("status", 100);
        let xml = xml.end();
        let xml = format!("{}1714112445{}", xml.before, xml.after);
        let json = EventJson::of_xml(&xml);
        assert_eq!(
            json.written(),
            r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714112445,"MsgType":"event","Event":"e","SuccOrderId":"18050610074402878502","FailOrderId":"","attach":"a]]>b<\"&\n","status":100}"#
        );
        assert_eq!(
            json.clone().encrypted_alone("x").written(),
            r#"{"ToUserName":"gh_1","Encrypt":"x"}"#
        );
        assert!(json.with_encrypted("x").written().ends_with(r#","status":100,"Encrypt":"x"}"#));
    }
}
