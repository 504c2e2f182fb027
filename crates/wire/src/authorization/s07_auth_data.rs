//! Section 7: getauthdata.

use crate::answer;
use crate::authorization::s02_auth_url;
use crate::object::Object;
use crate::people::title::TitleJson;
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::authorization_status::AuthorizationStatus;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::authorization::requests::AuthDataRequest;
use serde::Serialize;

/// Reads the body: 72031 naming the field. `s_appid` and `orderid` are read, too (D-17).
pub fn read(object: &Object) -> Result<AuthDataRequest, Refusal> {
    let (platform, _) = s02_auth_url::read_platform(object)?;
    let order_id = OrderId::parse(&object.text_or("order_id", "orderid")?)?;
    Ok(AuthDataRequest { platform, order_id })
}

#[derive(Serialize)]
struct AuthDataAnswer<'a> {
    invoice_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_auth_info: Option<TitleJson<'a>>,
}

/// Writes the status (wire_facts 6.2): auth_time only with "auth success" and "reject insert".
pub fn write(status: &AuthorizationStatus) -> String {
    let decided = |invoice_status, at: kaipiao_domain::Timestamp, title| AuthDataAnswer {
        invoice_status,
        auth_time: Some(at.unix_seconds()),
        user_auth_info: Option::as_ref(title).map(TitleJson),
    };
    match status {
        AuthorizationStatus::Never { hint } => {
            let never = AuthDataAnswer {
                invoice_status: "never auth",
                auth_time: None,
                user_auth_info: None,
            };
            answer::ok_with_hint(hint, &never)
        }
        AuthorizationStatus::Authorized { at, title } => {
            answer::ok_with(&decided("auth success", *at, title))
        }
        AuthorizationStatus::Rejected { decided_at, title } => {
            answer::ok_with(&decided("reject insert", *decided_at, title))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use kaipiao_domain::Timestamp;
    use kaipiao_domain::people::title::{CustomValue, InvoiceTitle, TitleField, TitleSide};

    fn custom(key: &str, value: &str) -> Vec<CustomValue> {
        vec![CustomValue { key: key.into(), value: value.into() }]
    }

    #[test]
    fn the_answers_are_the_golden_ones() {
        let mut personal = InvoiceTitle::new(TitleSide::Personal)
            .with(TitleField::Title, "Dhxhhx ")
            .with(TitleField::Phone, "5554545")
            .with(TitleField::Email, "dhxhxhhx@qq.cind");
        personal.custom = custom("field1", "ABCD");
        let mut company = InvoiceTitle::new(TitleSide::Company)
            .with(TitleField::Title, "xxCompany")
            .with(TitleField::TaxNo, "6464646766")
            .with(TitleField::Addr, "xxBuilding")
            .with(TitleField::Phone, "1557548768")
            .with(TitleField::BankType, "xxBank")
            .with(TitleField::BankNo, "545454646");
        company.custom = custom("field2", "EFGH");
        let at = |seconds: i64| Timestamp::from_unix_millis(seconds * 1000 + 999);
        let user = AuthorizationStatus::Authorized { at: at(1_480_342_498), title: Some(personal) };
        assert_eq!(write(&user), golden::response("s07_auth_data/response_user.json"));
        let biz = AuthorizationStatus::Authorized { at: at(1_480_342_897), title: Some(company) };
        assert_eq!(write(&biz), golden::response("s07_auth_data/response_biz.json"));
    }

    #[test]
    fn never_auth_has_no_time_and_a_hint_for_people() {
        let never = AuthorizationStatus::Never { hint: "order_id 1: the user declined".into() };
        assert_eq!(
            write(&never),
            r#"{"errcode":0,"errmsg":"ok, order_id 1: the user declined","invoice_status":"never auth"}"#
        );
    }

    #[test]
    fn s_appid_and_orderid_are_read() {
        let id = "d3g1YjVkOTM3MWM3MzMwMmRjX1MbTXulxSJ-UckPKeOzT5sOW03JCEfhGLW-q0iGP-o9";
        let body = format!(r#"{{"s_appid":"{id}","orderid":111229}}"#);
        let read = read(&Object::read(body.as_bytes(), None).unwrap()).unwrap();
        assert_eq!((read.platform.as_str(), read.order_id.as_str()), (id, "111229"));
    }
}
