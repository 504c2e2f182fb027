//! Section 9: set_auth_field.

use crate::authorization::page_fields::{require_name, show_name};
use crate::object::{AtMost, Object};
use crate::people::title::side_name;
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::page_fields::{
    CustomField, FieldRule, MAX_CUSTOM_FIELDS, PageFields, SideFields,
};
use kaipiao_domain::people::title::{TitleField, TitleSide};

/// Reads set_auth_field's body; keys that are not sent are 0 (wire_facts 1.5).
///
/// # Errors
/// 72031, naming the member that is missing or has another shape.
pub fn read(object: &Object) -> Result<PageFields, Refusal> {
    let auth_field = object.required_object("auth_field")?;
    let personal = auth_field.required_object(side_name(TitleSide::Personal))?;
    let company = auth_field.required_object(side_name(TitleSide::Company))?;
    Ok(PageFields {
        personal: read_side(TitleSide::Personal, &personal)?,
        company: read_side(TitleSide::Company, &company)?,
    })
}

fn read_side(side: TitleSide, members: &Object) -> Result<SideFields, Refusal> {
    let mut asked = SideFields::default();
    for field in side.fields() {
        asked.rules[*field] = read_rule(*field, members)?;
    }
    asked.custom = read_custom(members)?;
    Ok(asked)
}

fn read_rule(field: TitleField, members: &Object) -> Result<FieldRule, Refusal> {
    let show = members.flag(&show_name(field))?;
    match require_name(field) {
        None => Ok(FieldRule::of_title(show)),
        Some(require) => Ok(FieldRule::from_flags(show, members.flag(&require)?)),
    }
}

fn read_custom(object: &Object) -> Result<Vec<CustomField>, Refusal> {
    let read = |item: Object| {
        Ok(CustomField {
            key: item.required_text("key")?.into_owned(),
            is_required: item.flag("is_require")? || item.flag("Is_require")?,
            notice: item.text("notice")?.into_owned(),
        })
    };
    object
        .objects("custom_field", AtMost(MAX_CUSTOM_FIELDS, "fields"))?
        .into_iter()
        .map(read)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn read_text(body: &str) -> Result<PageFields, Refusal> {
        read(&Object::read(body.as_bytes(), None).unwrap())
    }

    #[test]
    fn the_golden_request_is_read() {
        let fields = read(&golden::request("s09_set_page_fields/request.json")).unwrap();
        assert_eq!(fields.personal.rules[TitleField::Phone], FieldRule::Required);
        assert_eq!(fields.personal.custom[0].key, "field1");
        assert_eq!(fields.company.rules[TitleField::BankNo], FieldRule::Optional);
        assert!(!fields.company.custom[0].is_required);
    }

    #[test]
    fn clients_spellings_are_read() {
        let fields = read_text(
            r#"{"auth_field":{"user_field":{"require_email":"1","custom_field":{"key":"k","value":null,"Is_require":1,"notice":""}},"biz_field":{}}}"#,
        )
        .unwrap();
        assert_eq!(fields.personal.rules[TitleField::Email], FieldRule::Required);
        assert!(fields.personal.custom[0].is_required);
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = |body| read_text(body).unwrap_err().to_string();
        assert!(text("{}").contains("auth_field is missing"));
        assert!(
            text(r#"{"auth_field":{"user_field":{}}}"#).contains("auth_field.biz_field is missing")
        );
        let bad = r#"{"auth_field":{"user_field":{"show_phone":2},"biz_field":{}}}"#;
        assert!(text(bad).contains("auth_field.user_field.show_phone must be 0 or 1, not 2"));
    }
}
