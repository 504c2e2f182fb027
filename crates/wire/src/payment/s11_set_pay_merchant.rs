//! Section 11: set_pay_mch.

use crate::object::Object;
use kaipiao_domain::Refusal;
use kaipiao_domain::payment::pay_merchant::PayMerchantInfo;

/// Reads set_pay_mch's body. 72031 names what is missing.
pub fn read(object: &Object) -> Result<PayMerchantInfo, Refusal> {
    let info = object.required_object("paymch_info")?;
    let mchid = info.required_text("mchid")?.trim().to_owned();
    let s_pappid = info.required_text("s_pappid")?.into_owned();
    Ok(PayMerchantInfo { mchid, s_pappid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_golden_request_is_read() {
        let info = read(&golden::request("s11_set_pay_merchant/request.json")).unwrap();
        assert_eq!((&*info.mchid, &*info.s_pappid), ("1234", "wxabcd"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = |body: &str| {
            read(&Object::read(body.as_bytes(), None).unwrap()).unwrap_err().to_string()
        };
        assert!(text("{}").contains("paymch_info is missing"));
        assert!(text(r#"{"paymch_info":{}}"#).contains("paymch_info.mchid is empty"));
        assert!(
            text(r#"{"paymch_info":{"mchid":1234}}"#).contains("paymch_info.s_pappid is empty")
        );
    }
}
