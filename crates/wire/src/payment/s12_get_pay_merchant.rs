//! Section 12: get_pay_mch's answer.

use crate::answer;
use kaipiao_domain::payment::pay_merchant::PayMerchantInfo;
use serde::Serialize;

#[derive(Serialize)]
struct PayMerchantAnswer<'a> {
    paymch_info: PayMerchantJson<'a>,
}

#[derive(Serialize)]
struct PayMerchantJson<'a> {
    mchid: &'a str,
    s_pappid: &'a str,
}

/// Writes the answer.
pub fn write(PayMerchantInfo { mchid, s_pappid }: &PayMerchantInfo) -> String {
    answer::ok_with(&PayMerchantAnswer { paymch_info: PayMerchantJson { mchid, s_pappid } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_answer_is_the_golden_one() {
        let info = PayMerchantInfo { mchid: "1234".into(), s_pappid: "wxabcd".into() };
        assert_eq!(write(&info), golden::response("s12_get_pay_merchant/response.json"));
    }
}
