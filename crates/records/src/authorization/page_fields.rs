//! Merchants' page fields.

use crate::codec::{decode, encode};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::page_fields::{
    CompanyFields, CustomField, FieldRule, PageFields, PersonalFields,
};
use kaipiao_ports::store::{Key, Kind, ReadError, Stored};
use serde::{Deserialize, Serialize};

/// A merchant's page fields' key.
pub fn page_fields_key(merchant: &AppId) -> Key {
    Key { kind: Kind::PageFields, owner: merchant.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct PageFieldsShape {
    personal: PersonalFieldsShape,
    company: CompanyFieldsShape,
}

#[derive(Serialize, Deserialize)]
struct PersonalFieldsShape {
    show_title: bool,
    phone: RuleShape,
    email: RuleShape,
    custom: Vec<CustomFieldShape>,
}

#[derive(Serialize, Deserialize)]
struct CompanyFieldsShape {
    show_title: bool,
    tax_no: RuleShape,
    addr: RuleShape,
    phone: RuleShape,
    bank_type: RuleShape,
    bank_no: RuleShape,
    custom: Vec<CustomFieldShape>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RuleShape {
    Hidden,
    Optional,
    Required,
}

#[derive(Serialize, Deserialize)]
struct CustomFieldShape {
    key: String,
    is_required: bool,
    notice: String,
}

impl From<FieldRule> for RuleShape {
    fn from(rule: FieldRule) -> Self {
        match rule {
            FieldRule::Hidden => Self::Hidden,
            FieldRule::Optional => Self::Optional,
            FieldRule::Required => Self::Required,
        }
    }
}

impl From<RuleShape> for FieldRule {
    fn from(rule: RuleShape) -> Self {
        match rule {
            RuleShape::Hidden => Self::Hidden,
            RuleShape::Optional => Self::Optional,
            RuleShape::Required => Self::Required,
        }
    }
}

fn custom_fields_in(fields: &[CustomField]) -> Vec<CustomFieldShape> {
    let shape = |field: &CustomField| CustomFieldShape {
        key: field.key.clone(),
        is_required: field.is_required,
        notice: field.notice.clone(),
    };
    fields.iter().map(shape).collect()
}

fn custom_fields_out(shapes: Vec<CustomFieldShape>) -> Vec<CustomField> {
    let field = |shape: CustomFieldShape| CustomField {
        key: shape.key,
        is_required: shape.is_required,
        notice: shape.notice,
    };
    shapes.into_iter().map(field).collect()
}

impl Record for PageFields {
    const KIND: Kind = Kind::PageFields;

    fn encode(&self) -> String {
        let Self { personal, company } = self;
        encode(&PageFieldsShape {
            personal: PersonalFieldsShape {
                show_title: personal.show_title,
                phone: personal.phone.into(),
                email: personal.email.into(),
                custom: custom_fields_in(&personal.custom),
            },
            company: CompanyFieldsShape {
                show_title: company.show_title,
                tax_no: company.tax_no.into(),
                addr: company.addr.into(),
                phone: company.phone.into(),
                bank_type: company.bank_type.into(),
                bank_no: company.bank_no.into(),
                custom: custom_fields_in(&company.custom),
            },
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let PageFieldsShape { personal, company } = decode(stored)?;
        Ok(Self {
            personal: PersonalFields {
                show_title: personal.show_title,
                phone: personal.phone.into(),
                email: personal.email.into(),
                custom: custom_fields_out(personal.custom),
            },
            company: CompanyFields {
                show_title: company.show_title,
                tax_no: company.tax_no.into(),
                addr: company.addr.into(),
                phone: company.phone.into(),
                bank_type: company.bank_type.into(),
                bank_no: company.bank_no.into(),
                custom: custom_fields_out(company.custom),
            },
        })
    }
}
