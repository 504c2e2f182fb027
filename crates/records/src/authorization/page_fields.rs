//! Merchants' page fields.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::page_fields::{CustomField, FieldRule, PageFields, SideFields};
use kaipiao_domain::people::title::TitleSide;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A merchant's page fields' key.
pub fn page_fields_key(merchant: &AppId) -> Key {
    Key { kind: Kind::PageFields, owner: merchant.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct PageFieldsShape {
    personal: SideFieldsShape,
    company: SideFieldsShape,
}

#[derive(Serialize, Deserialize)]
struct SideFieldsShape {
    /// By the fields' names; those that are hidden are left out.
    rules: BTreeMap<String, RuleShape>,
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
    let to_shape = |field: &CustomField| CustomFieldShape {
        key: field.key.clone(),
        is_required: field.is_required,
        notice: field.notice.clone(),
    };
    fields.iter().map(to_shape).collect()
}

fn custom_fields_out(shapes: Vec<CustomFieldShape>) -> Vec<CustomField> {
    let to_field = |shape: CustomFieldShape| CustomField {
        key: shape.key,
        is_required: shape.is_required,
        notice: shape.notice,
    };
    shapes.into_iter().map(to_field).collect()
}

impl SideFieldsShape {
    fn of(side: TitleSide, asked: &SideFields) -> Self {
        let rules = side.fields().iter().map(|field| (field.name(), asked.rules[*field]));
        let shown = rules.filter(|(_, rule)| rule.is_shown());
        Self {
            rules: shown.map(|(name, rule)| (name.to_owned(), rule.into())).collect(),
            custom: custom_fields_in(&asked.custom),
        }
    }

    fn side_fields(self, side: TitleSide, stored: &Stored) -> Result<SideFields, StoreError> {
        let mut asked =
            SideFields { custom: custom_fields_out(self.custom), ..SideFields::default() };
        for (name, rule) in self.rules {
            asked.rules[known(stored, "rules", side.field(&name))?] = rule.into();
        }
        Ok(asked)
    }
}

impl Record for PageFields {
    const KIND: Kind = Kind::PageFields;

    fn encode(&self) -> String {
        encode(&PageFieldsShape {
            personal: SideFieldsShape::of(TitleSide::Personal, &self.personal),
            company: SideFieldsShape::of(TitleSide::Company, &self.company),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let PageFieldsShape { personal, company } = decode(stored)?;
        Ok(Self {
            personal: personal.side_fields(TitleSide::Personal, stored)?,
            company: company.side_fields(TitleSide::Company, stored)?,
        })
    }
}
