//! Section 12: `setbizattr?action=get_pay_mch`, while section 11 can link nothing.

use crate::answer::{Failed, JsonAnswer};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_errcode::ErrorCode;

pub(crate) fn get_pay_mch(caller: &Account) -> Result<JsonAnswer, Failed> {
    let detail = format!("{} is linked to no pay merchant", caller.merchant());
    Err(Refusal::new(ErrorCode::NeverSetPayMch, detail).into())
}
