//! Section 8: rejectinsert.

use crate::authorization::s02_auth_url;
use crate::object::Object;
use crate::url::check_host;
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::authorization::requests::RejectRequest;

/// Reads the body: 72031 naming the field, in the contract's order. `orderid` is read, too
/// (clients A9).
pub fn read(object: &Object) -> Result<RejectRequest, Refusal> {
    let (platform, _) = s02_auth_url::read_platform(object)?;
    let order_id = OrderId::parse(&object.text_or("order_id", "orderid")?)?;
    let reason = RejectionReason {
        reason: object.text("reason")?.into_owned(),
        url: object.text("url")?.into_owned(),
    };
    reason.check()?;
    if !reason.url.is_empty() {
        check_host("url", &reason.url)?;
    }
    Ok(RejectRequest { platform, order_id, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "d3g1YjVkOTM3MWM3MzMwMmRjX1MbTXulxSJ+UckPKeOzT5sOW03JCEfhGLW+q0iGP+o9";

    fn read(rest: &str) -> Result<RejectRequest, Refusal> {
        let body = format!(r#"{{"s_pappid":"{ID}",{rest}}}"#);
        super::read(&Object::read(body.as_bytes(), None).unwrap())
    }

    #[test]
    fn a_rejection_is_read_and_each_field_is_named() {
        let read_one = read(r#""orderid":"111229","reason":"1234","url":null"#).unwrap();
        assert_eq!(read_one.order_id.as_str(), "111229");
        assert_eq!(read_one.reason.url, "");
        let text = |rest| read(rest).unwrap_err().to_string();
        assert!(text(r#""reason":"x""#).contains("order_id is empty"));
        assert!(text(r#""order_id":"1""#).contains("reason is empty"));
        assert!(text(r#""order_id":"1","reason":"x","url":"ftp://x""#).contains("url must be"));
        let backslash = r#""order_id":"1","reason":"x","url":"http://a.cn\\@b.cn""#;
        assert!(text(backslash).contains("url holds a backslash before its path"));
    }
}
