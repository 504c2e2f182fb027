//! Section 11: `setbizattr?action=set_pay_mch`. No pay merchant is registered with this server yet,
//! so every mchid is unknown.

use crate::answer::{Failed, JsonAnswer};
use crate::body::RequestBody;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;

pub(crate) fn set_pay_mch(body: &RequestBody) -> Result<JsonAnswer, Failed> {
    let object = body.object()?;
    let info = object.required_object("paymch_info")?;
    let mchid = info.required_text("mchid")?;
    info.required_text("s_pappid")?;
    let detail = format!(
        "mchid {} is unknown: this version registers no pay merchants and no setting adds one; \
         leave this call out, authorization and invoicing work without it",
        text::quoted(&mchid)
    );
    Err(Refusal::new(ErrorCode::InvalidMchid, detail).into())
}
