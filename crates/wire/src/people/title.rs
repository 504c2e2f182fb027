//! `user_field` and `biz_field`: an invoice title on the wire (section 7).

use crate::object::Object;
use kaipiao_domain::Refusal;
use kaipiao_domain::people::title::{CompanyTitle, CustomValue, InvoiceTitle, PersonalTitle};
use serde::Serialize;

/// An invoice title as the wire writes it: fields left empty are omitted, custom_field always
/// stands (a real client calls `.size()` on it, facts 1.5).
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TitleOut<'a> {
    /// An individual's.
    UserField(PersonalOut<'a>),
    /// A company's.
    BizField(CompanyOut<'a>),
}

/// See [`TitleOut`].
#[derive(Serialize)]
pub struct PersonalOut<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    custom_field: Vec<CustomOut<'a>>,
}

/// See [`TitleOut`].
#[derive(Serialize)]
pub struct CompanyOut<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    tax_no: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    addr: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    bank_type: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    bank_no: &'a str,
    custom_field: Vec<CustomOut<'a>>,
}

#[derive(Serialize)]
struct CustomOut<'a> {
    key: &'a str,
    value: &'a str,
}

impl<'a> From<&'a InvoiceTitle> for TitleOut<'a> {
    fn from(title: &'a InvoiceTitle) -> Self {
        match title {
            InvoiceTitle::Personal(title) => Self::UserField(PersonalOut {
                title: &title.title,
                phone: &title.phone,
                email: &title.email,
                custom_field: write_custom(&title.custom),
            }),
            InvoiceTitle::Company(title) => Self::BizField(CompanyOut {
                title: &title.title,
                tax_no: &title.tax_no,
                addr: &title.addr,
                phone: &title.phone,
                bank_type: &title.bank_type,
                bank_no: &title.bank_no,
                custom_field: write_custom(&title.custom),
            }),
        }
    }
}

fn write_custom(values: &[CustomValue]) -> Vec<CustomOut<'_>> {
    values.iter().map(|value| CustomOut { key: &value.key, value: &value.value }).collect()
}

/// Reads `{"user_field":{…}}` or `{"biz_field":{…}}`: exactly one of them.
pub fn read(object: &Object) -> Result<InvoiceTitle, Refusal> {
    match (object.object("user_field")?, object.object("biz_field")?) {
        (Some(field), None) => Ok(InvoiceTitle::Personal(PersonalTitle {
            title: field.text("title")?.into_owned(),
            phone: field.text("phone")?.into_owned(),
            email: field.text("email")?.into_owned(),
            custom: read_custom(&field)?,
        })),
        (None, Some(field)) => Ok(InvoiceTitle::Company(CompanyTitle {
            title: field.text("title")?.into_owned(),
            tax_no: field.text("tax_no")?.into_owned(),
            addr: field.text("addr")?.into_owned(),
            phone: field.text("phone")?.into_owned(),
            bank_type: field.text("bank_type")?.into_owned(),
            bank_no: field.text("bank_no")?.into_owned(),
            custom: read_custom(&field)?,
        })),
        _ => Err(Refusal::invalid("title", "must hold user_field or biz_field, one of them")),
    }
}

fn read_custom(field: &Object) -> Result<Vec<CustomValue>, Refusal> {
    let read = |item: Object| {
        Ok(CustomValue {
            key: item.text("key")?.into_owned(),
            value: item.text("value")?.into_owned(),
        })
    };
    field.objects("custom_field")?.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let bodies = [
            r#"{"user_field":{"title":"张三 ","phone":"5554545","custom_field":[{"key":"field1","value":"ABCD"}]}}"#,
            r#"{"biz_field":{"title":"xxCompany","tax_no":"6464646766","addr":"a","phone":"1","bank_type":"b","bank_no":"5","custom_field":[]}}"#,
        ];
        for body in bodies {
            let title = read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
            assert_eq!(serde_json::to_string(&TitleOut::from(&title)).unwrap(), body);
        }
        for bad in ["{}", r#"{"user_field":{},"biz_field":{}}"#] {
            assert!(read(&Object::read(bad.as_bytes(), None).unwrap()).is_err());
        }
    }
}
