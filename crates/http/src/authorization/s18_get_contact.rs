//! Section 18: `setbizattr?action=get_contact`.

use crate::answer::{Failed, JsonAnswer};
use kaipiao_app::App;
use kaipiao_app::authorization::s18_get_contact;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::authorization::s18_get_contact::write;

pub(crate) async fn get_contact(app: &App, caller: &Account) -> Result<JsonAnswer, Failed> {
    Ok(JsonAnswer(write(&s18_get_contact::get_contact(app, caller).await?)))
}
