//! Section 17: `setbizattr?action=set_contact`.

use crate::answer::{Failed, JsonAnswer};
use crate::body::RequestBody;
use kaipiao_app::App;
use kaipiao_app::authorization::s17_set_contact;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::answer::ok;
use kaipiao_wire::authorization::s17_set_contact::read;

pub(crate) async fn set_contact(
    app: &App,
    caller: &Account,
    body: &RequestBody,
) -> Result<JsonAnswer, Failed> {
    s17_set_contact::set_contact(app, caller, &read(&body.object()?)?).await?;
    Ok(JsonAnswer(ok()))
}
