//! Section 10: get_auth_field's answer. Every flag stands, as 0 or 1.

use crate::answer;
use crate::authorization::page_fields::flags_of;
use kaipiao_domain::authorization::page_fields::{
    CompanyFields, CustomField, FieldRule, PageFields, PersonalFields,
};
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

/// One side of the page: first what is shown, then what is required.
struct SideJson<'a> {
    show_title: bool,
    fields: Vec<(&'static str, FieldRule)>,
    custom: &'a [CustomField],
}

impl Serialize for SideJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("show_title", &u8::from(self.show_title))?;
        for (field, rule) in &self.fields {
            map.serialize_entry(&flags_of(field).0, &u8::from(rule.is_shown()))?;
        }
        for (field, rule) in &self.fields {
            map.serialize_entry(&flags_of(field).1, &u8::from(rule.is_required()))?;
        }
        let custom: Vec<_> = self.custom.iter().map(CustomJson::from).collect();
        map.serialize_entry("custom_field", &custom)?;
        map.end()
    }
}

#[derive(Serialize)]
struct CustomJson<'a> {
    key: &'a str,
    is_require: u8,
    #[serde(skip_serializing_if = "str::is_empty")]
    notice: &'a str,
}

impl<'a> From<&'a CustomField> for CustomJson<'a> {
    fn from(CustomField { key, is_required, notice }: &'a CustomField) -> Self {
        Self { key, is_require: u8::from(*is_required), notice }
    }
}

/// Writes the answer.
pub fn write(fields: &PageFields) -> String {
    let auth_field = AuthFieldJson {
        user_field: personal(&fields.personal),
        biz_field: company(&fields.company),
    };
    answer::ok_with(&PageFieldsAnswer { auth_field })
}

fn personal(PersonalFields { show_title, phone, email, custom }: &PersonalFields) -> SideJson<'_> {
    SideJson { show_title: *show_title, fields: vec![("phone", *phone), ("email", *email)], custom }
}

fn company(fields: &CompanyFields) -> SideJson<'_> {
    let CompanyFields { show_title, tax_no, addr, phone, bank_type, bank_no, custom } = fields;
    let fields = vec![
        ("tax_no", *tax_no),
        ("addr", *addr),
        ("phone", *phone),
        ("bank_type", *bank_type),
        ("bank_no", *bank_no),
    ];
    SideJson { show_title: *show_title, fields, custom }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_answer_is_the_golden_one() {
        let shown = FieldRule::Optional;
        let custom = |key: &str| {
            vec![CustomField { key: key.into(), is_required: false, notice: String::new() }]
        };
        let fields = PageFields {
            personal: PersonalFields {
                show_title: true,
                phone: shown,
                email: shown,
                custom: custom("field1"),
            },
            company: CompanyFields {
                show_title: true,
                tax_no: shown,
                addr: shown,
                phone: shown,
                bank_type: shown,
                bank_no: shown,
                custom: custom("field2"),
            },
        };
        assert_eq!(write(&fields), golden::response("s10_get_page_fields/response.json"));
    }
}
