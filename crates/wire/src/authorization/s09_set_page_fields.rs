//! Sections 9 and 10: the authorization page's fields.

use crate::object::Object;
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::page_fields::{
    CompanyFields, CustomField, FieldRule, PageFields, PersonalFields,
};
use serde::Serialize;

/// Reads set_auth_field's body; keys that are not sent are 0 (facts 1.5).
pub fn read(object: &Object) -> Result<PageFields, Refusal> {
    let auth_field = object.required_object("auth_field")?;
    let user = auth_field.required_object("user_field")?;
    let biz = auth_field.required_object("biz_field")?;
    Ok(PageFields {
        personal: PersonalFields {
            show_title: user.flag("show_title")?,
            phone: read_rule(&user, "show_phone", "require_phone")?,
            email: read_rule(&user, "show_email", "require_email")?,
            custom: read_custom(&user)?,
        },
        company: CompanyFields {
            show_title: biz.flag("show_title")?,
            tax_no: read_rule(&biz, "show_tax_no", "require_tax_no")?,
            addr: read_rule(&biz, "show_addr", "require_addr")?,
            phone: read_rule(&biz, "show_phone", "require_phone")?,
            bank_type: read_rule(&biz, "show_bank_type", "require_bank_type")?,
            bank_no: read_rule(&biz, "show_bank_no", "require_bank_no")?,
            custom: read_custom(&biz)?,
        },
    })
}

fn read_rule(object: &Object, show: &str, require: &str) -> Result<FieldRule, Refusal> {
    Ok(FieldRule::from_flags(object.flag(show)?, object.flag(require)?))
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

/// Section 10's answer, behind errcode and errmsg. Every flag stands, as 0 or 1.
#[derive(Serialize)]
pub struct PageFieldsAnswer<'a> {
    auth_field: AuthFieldOut<'a>,
}

#[derive(Serialize)]
struct AuthFieldOut<'a> {
    user_field: UserOut<'a>,
    biz_field: BizOut<'a>,
}

#[derive(Serialize)]
struct UserOut<'a> {
    show_title: u8,
    show_phone: u8,
    show_email: u8,
    require_phone: u8,
    require_email: u8,
    custom_field: Vec<CustomOut<'a>>,
}

#[derive(Serialize)]
struct BizOut<'a> {
    show_title: u8,
    show_tax_no: u8,
    show_addr: u8,
    show_phone: u8,
    show_bank_type: u8,
    show_bank_no: u8,
    require_tax_no: u8,
    require_addr: u8,
    require_phone: u8,
    require_bank_type: u8,
    require_bank_no: u8,
    custom_field: Vec<CustomOut<'a>>,
}

#[derive(Serialize)]
struct CustomOut<'a> {
    key: &'a str,
    is_require: u8,
    #[serde(skip_serializing_if = "str::is_empty")]
    notice: &'a str,
}

impl<'a> From<&'a PageFields> for PageFieldsAnswer<'a> {
    fn from(fields: &'a PageFields) -> Self {
        let PageFields { personal, company } = fields;
        let show = |rule: FieldRule| u8::from(rule.is_shown());
        let require = |rule: FieldRule| u8::from(rule.is_required());
        Self {
            auth_field: AuthFieldOut {
                user_field: UserOut {
                    show_title: personal.show_title.into(),
                    show_phone: show(personal.phone),
                    show_email: show(personal.email),
                    require_phone: require(personal.phone),
                    require_email: require(personal.email),
                    custom_field: write_custom(&personal.custom),
                },
                biz_field: BizOut {
                    show_title: company.show_title.into(),
                    show_tax_no: show(company.tax_no),
                    show_addr: show(company.addr),
                    show_phone: show(company.phone),
                    show_bank_type: show(company.bank_type),
                    show_bank_no: show(company.bank_no),
                    require_tax_no: require(company.tax_no),
                    require_addr: require(company.addr),
                    require_phone: require(company.phone),
                    require_bank_type: require(company.bank_type),
                    require_bank_no: require(company.bank_no),
                    custom_field: write_custom(&company.custom),
                },
            },
        }
    }
}

fn write_custom(fields: &[CustomField]) -> Vec<CustomOut<'_>> {
    fields
        .iter()
        .map(|CustomField { key, is_required, notice }| CustomOut {
            key,
            is_require: u8::from(*is_required),
            notice,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{answer, golden};

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
        let written = answer::ok_with(&PageFieldsAnswer::from(&fields));
        assert_eq!(written, golden::response("s10_get_page_fields/response.json"));
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
