//! Section 10: `setbizattr?action=get_auth_field`.

use crate::answer::{Failed, JsonAnswer};
use kaipiao_app::App;
use kaipiao_app::authorization::s10_get_page_fields::get_page_fields;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::authorization::s10_get_page_fields::write;

pub(crate) async fn get_auth_field(app: &App, caller: &Account) -> Result<JsonAnswer, Failed> {
    Ok(JsonAnswer(write(&get_page_fields(app, caller).await?)))
}
