//! Section 12: what section 11 has linked.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::get_fresh;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::payment::pay_merchant::{LinkedPayMerchant, PayMerchant, PayMerchantInfo};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::payment::pay_merchant::{linked_pay_merchant_key, pay_merchant_key};

/// The pay merchant that the caller's merchant has linked, and the platform that issues for it. 72028: it has
/// linked none, or the operator has taken the pay merchant away from it since.
pub async fn get_pay_merchant(app: &App, caller: &Account) -> Result<PayMerchantInfo, Failure> {
    let merchant = caller.merchant();
    let linked = get_fresh::<LinkedPayMerchant>(app, &linked_pay_merchant_key(merchant)).await?;
    if let Some(LinkedPayMerchant(mchid)) = linked
        && let Some(pay_merchant) = get_fresh::<PayMerchant>(app, &pay_merchant_key(&mchid)).await?
        && let Some(platform) = pay_merchant.platform_of(merchant)
    {
        let s_pappid = platform.as_str().to_owned();
        return Ok(PayMerchantInfo { mchid: mchid.to_string(), s_pappid });
    }
    let detail = format!(
        "{merchant} has linked no pay merchant, POST /card/invoice/setbizattr?action=set_pay_mch does"
    );
    Err(Refusal::new(ErrorCode::NeverSetPayMch, detail).into())
}
