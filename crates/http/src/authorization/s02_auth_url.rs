//! Section 2: `POST /card/invoice/getauthurl`, and `POST /nontax/getbillauthurl` (wire_facts 1.4).

use crate::access::caller::Call;
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::authorization::s02_auth_url::{AuthUrl, auth_url, require_contact};
use kaipiao_domain::authorization::order::BILL_LINK_LIFE;
use kaipiao_wire::answer::ok_with;
use kaipiao_wire::authorization::s02_auth_url::{
    AuthUrlAnswer, BillAuthUrlAnswer, read, read_bill,
};

/// The contact is checked before the members of the body (wire_facts 6.3).
pub(crate) async fn get_auth_url(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<JsonAnswer, Failed> {
    let object = body.object()?;
    require_contact(&server.app, &caller).await?;
    let asked = read(&object, caller.appid.clone())?;
    let AuthUrl { link, mini_program } = auth_url(&server.app, &caller, asked).await?;
    Ok(JsonAnswer(ok_with(&AuthUrlAnswer { auth_url: link, appid: mini_program })))
}

/// Who collects a fee needs no contact: the published family of calls has none that sets it (D-210).
pub(crate) async fn get_bill_auth_url(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<JsonAnswer, Failed> {
    let asked = read_bill(&body.object()?, caller.appid.clone())?;
    let auth_url = auth_url(&server.app, &caller, asked).await?.link;
    let expire_time = BILL_LINK_LIFE.as_secs();
    Ok(JsonAnswer(ok_with(&BillAuthUrlAnswer { auth_url, expire_time })))
}
