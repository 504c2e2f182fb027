//! Section 2: `POST /card/invoice/getauthurl`.

use crate::Server;
use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use axum::extract::State;
use kaipiao_wire::answer::ok_with;
use kaipiao_wire::authorization::s02_auth_url::AuthUrlRequest;

/// The contact is checked before the members of the body (facts 6.3).
pub(crate) async fn get_auth_url(
    State(server): State<Server>,
    Call { caller, sent }: Call,
) -> Result<Answer, Failed> {
    let object = sent.object()?;
    server.app.require_contact(&caller).await?;
    let asked = AuthUrlRequest::read(&object, caller.appid.clone())?;
    Ok(Answer(ok_with(&server.app.auth_url(&caller, asked).await?)))
}
