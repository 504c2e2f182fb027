//! Section 10: get_auth_field's answer. Every flag stands, as 0 or 1.

use crate::answer;
use crate::authorization::page_fields::{require_name, show_name};
use kaipiao_domain::authorization::page_fields::{CustomField, PageFields, SideFields};
use kaipiao_domain::people::title::TitleSide;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct PageFieldsAnswer<'a> {
    auth_field: AuthFieldJson<'a>,
}

#[derive(Serialize)]
struct AuthFieldJson<'a> {
    user_field: SideJson<'a>,
    biz_field: SideJson<'a>,
}

struct SideJson<'a>(TitleSide, &'a SideFields);

#[derive(Serialize)]
struct CustomJson<'a> {
    key: &'a str,
    is_require: u8,
    #[serde(skip_serializing_if = "str::is_empty")]
    notice: &'a str,
}

/// Writes the answer.
pub fn write(fields: &PageFields) -> String {
    let auth_field = AuthFieldJson {
        user_field: SideJson(TitleSide::Personal, &fields.personal),
        biz_field: SideJson(TitleSide::Company, &fields.company),
    };
    answer::ok_with(&PageFieldsAnswer { auth_field })
}

impl Serialize for SideJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(side, asked) = self;
        let mut map = serializer.serialize_map(None)?;
        for field in side.fields() {
            map.serialize_entry(&show_name(*field), &u8::from(asked.rules[*field].is_shown()))?;
        }
        for field in side.fields() {
            if let Some(name) = require_name(*field) {
                map.serialize_entry(&name, &u8::from(asked.rules[*field].is_required()))?;
            }
        }
        map.serialize_entry("custom_field", &write_custom(&asked.custom))?;
        map.end()
    }
}

fn write_custom(fields: &[CustomField]) -> Vec<CustomJson<'_>> {
    fields
        .iter()
        .map(|CustomField { key, is_required, notice }| CustomJson {
            key,
            is_require: u8::from(*is_required),
            notice,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_answer_is_the_golden_one() {
        let custom = |key: &str| {
            vec![CustomField { key: key.into(), is_required: false, notice: String::new() }]
        };
        let mut fields = PageFields::of_a_title_book();
        fields.personal.custom = custom("field1");
        fields.company.custom = custom("field2");
        assert_eq!(write(&fields), golden::response("s10_get_page_fields/response.json"));
    }
}
