//! Section 12: `setbizattr?action=get_pay_mch`.

use crate::answer::{Failed, JsonAnswer};
use kaipiao_app::App;
use kaipiao_app::payment::s12_get_pay_merchant;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::payment::s12_get_pay_merchant::write;

pub(crate) async fn get_pay_mch(app: &App, caller: &Account) -> Result<JsonAnswer, Failed> {
    Ok(JsonAnswer(write(&s12_get_pay_merchant::get_pay_merchant(app, caller).await?)))
}
