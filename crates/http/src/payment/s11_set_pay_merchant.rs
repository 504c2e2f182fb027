//! Section 11: `setbizattr?action=set_pay_mch`.

use crate::answer::{Failed, JsonAnswer};
use crate::body::RequestBody;
use kaipiao_app::App;
use kaipiao_app::payment::s11_set_pay_merchant;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::answer::ok;
use kaipiao_wire::payment::s11_set_pay_merchant::read;

pub(crate) async fn set_pay_mch(
    app: &App,
    caller: &Account,
    body: &RequestBody,
) -> Result<JsonAnswer, Failed> {
    s11_set_pay_merchant::set_pay_merchant(app, caller, &read(&body.object()?)?).await?;
    Ok(JsonAnswer(ok()))
}
