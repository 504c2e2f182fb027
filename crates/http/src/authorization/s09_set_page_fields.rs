//! Section 9: `setbizattr?action=set_auth_field`.

use crate::answer::{Failed, JsonAnswer};
use crate::body::RequestBody;
use kaipiao_app::App;
use kaipiao_app::authorization::s09_set_page_fields::set_page_fields;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::answer::ok;
use kaipiao_wire::authorization::s09_set_page_fields::read;

pub(crate) async fn set_auth_field(
    app: &App,
    caller: &Account,
    body: &RequestBody,
) -> Result<JsonAnswer, Failed> {
    set_page_fields(app, caller, &read(&body.object()?)?).await?;
    Ok(JsonAnswer(ok()))
}
