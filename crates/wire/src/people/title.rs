//! `user_field` and `biz_field`: an invoice title on the wire (section 7).

use crate::object::{AtMost, Object};
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::page_fields::MAX_CUSTOM_FIELDS;
use kaipiao_domain::people::title::{CustomValue, InvoiceTitle, TitleField, TitleSide};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// The member that holds a side of a title or of a page.
pub(crate) const fn side_name(side: TitleSide) -> &'static str {
    match side {
        TitleSide::Personal => "user_field",
        TitleSide::Company => "biz_field",
    }
}

/// An invoice title as the wire writes it: fields left empty are omitted, custom_field always
/// stands (a real client calls `.size()` on it, wire_facts 1.5).
pub struct TitleJson<'a>(
    /// The title.
    pub &'a InvoiceTitle,
);

struct SideJson<'a>(&'a InvoiceTitle);

#[derive(Serialize)]
struct CustomJson<'a> {
    key: &'a str,
    value: &'a str,
}

impl Serialize for TitleJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(side_name(self.0.side()), &SideJson(self.0))?;
        map.end()
    }
}

impl Serialize for SideJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in self.0.values().filter(|(_, value)| !value.is_empty()) {
            map.serialize_entry(field.name(), value)?;
        }
        map.serialize_entry("custom_field", &write_custom(&self.0.custom))?;
        map.end()
    }
}

fn write_custom(values: &[CustomValue]) -> Vec<CustomJson<'_>> {
    values.iter().map(|value| CustomJson { key: &value.key, value: &value.value }).collect()
}

/// Reads `{"user_field":{…}}` or `{"biz_field":{…}}`: exactly one of them.
pub fn read(object: &Object) -> Result<InvoiceTitle, Refusal> {
    let side = |side| object.object(side_name(side));
    match (side(TitleSide::Personal)?, side(TitleSide::Company)?) {
        (Some(members), None) => read_side(TitleSide::Personal, &members),
        (None, Some(members)) => read_side(TitleSide::Company, &members),
        _ => Err(Refusal::invalid("title", "must hold user_field or biz_field, one of them")),
    }
}

fn read_side(side: TitleSide, members: &Object) -> Result<InvoiceTitle, Refusal> {
    let mut title = InvoiceTitle::new(side);
    for field in side.fields() {
        let value = members.text(field.name())?;
        // As on the page (D-54): a title is the user's own words, around the others blanks are
        // never meant.
        title =
            title.with(*field, if *field == TitleField::Title { &*value } else { value.trim() });
    }
    title.custom = read_custom(members)?;
    Ok(title)
}

fn read_custom(field: &Object) -> Result<Vec<CustomValue>, Refusal> {
    let read = |item: Object| {
        Ok(CustomValue {
            key: item.text("key")?.into_owned(),
            value: item.text("value")?.into_owned(),
        })
    };
    field
        .objects("custom_field", AtMost(MAX_CUSTOM_FIELDS, "fields"))?
        .into_iter()
        .map(read)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_all_but_the_title_are_taken_off() {
        let body =
            r#"{"biz_field":{"title":" x ","tax_no":" 91440300MA5KP0001N ","phone":"\t1\n"}}"#;
        let title = read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
        let kept = [TitleField::Title, TitleField::TaxNo, TitleField::Phone].map(|f| title.get(f));
        assert_eq!(kept, [" x ", "91440300MA5KP0001N", "1"]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let bodies = [
            r#"{"user_field":{"title":"张三 ","phone":"5554545","custom_field":[{"key":"field1","value":"ABCD"}]}}"#,
            r#"{"biz_field":{"title":"xxCompany","tax_no":"6464646766","addr":"a","phone":"1","bank_type":"b","bank_no":"5","custom_field":[]}}"#,
        ];
        for body in bodies {
            let title = read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
            assert_eq!(serde_json::to_string(&TitleJson(&title)).unwrap(), body);
        }
        for bad in ["{}", r#"{"user_field":{},"biz_field":{}}"#] {
            assert!(read(&Object::read(bad.as_bytes(), None).unwrap()).is_err());
        }
    }
}
