//! Section 9: set_auth_field.

use crate::authorization::page_fields::flags_of;
use crate::object::Object;
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::page_fields::{
    CompanyFields, CustomField, FieldRule, PageFields, PersonalFields,
};

/// Reads set_auth_field's body; keys that are not sent are 0 (facts 1.5).
pub fn read(object: &Object) -> Result<PageFields, Refusal> {
    let auth_field = object.required_object("auth_field")?;
    let user = auth_field.required_object("user_field")?;
    let biz = auth_field.required_object("biz_field")?;
    Ok(PageFields {
        personal: PersonalFields {
            show_title: user.flag("show_title")?,
            phone: read_rule(&user, "phone")?,
            email: read_rule(&user, "email")?,
            custom: read_custom(&user)?,
        },
        company: CompanyFields {
            show_title: biz.flag("show_title")?,
            tax_no: read_rule(&biz, "tax_no")?,
            addr: read_rule(&biz, "addr")?,
            phone: read_rule(&biz, "phone")?,
            bank_type: read_rule(&biz, "bank_type")?,
            bank_no: read_rule(&biz, "bank_no")?,
            custom: read_custom(&biz)?,
        },
    })
}

fn read_rule(object: &Object, field: &str) -> Result<FieldRule, Refusal> {
    let (show, require) = flags_of(field);
    Ok(FieldRule::from_flags(object.flag(&show)?, object.flag(&require)?))
}

fn read_custom(object: &Object) -> Result<Vec<CustomField>, Refusal> {
    let read = |item: Object| {
        Ok(CustomField {
            key: item.required_text("key")?.into_owned(),
            is_required: item.flag("is_require")? || item.flag("Is_require")?,
            notice: item.text("notice")?.into_owned(),
        })
    };
    object.objects("custom_field")?.into_iter().map(read).collect()
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
        assert_eq!(fields.personal.phone, FieldRule::Required);
        assert_eq!(fields.personal.custom[0].key, "field1");
        assert_eq!(fields.company.bank_no, FieldRule::Optional);
        assert!(!fields.company.custom[0].is_required);
    }

    #[test]
    fn clients_spellings_are_read() {
        let fields = read_text(
            r#"{"auth_field":{"user_field":{"require_email":"1","custom_field":{"key":"k","value":null,"Is_require":1,"notice":""}},"biz_field":{}}}"#,
        )
        .unwrap();
        assert_eq!(fields.personal.email, FieldRule::Required);
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
