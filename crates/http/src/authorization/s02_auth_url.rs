//! Section 2: `POST /card/invoice/getauthurl`.

use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::authorization::s02_auth_url;
use kaipiao_wire::answer::ok_with;
use kaipiao_wire::authorization::s02_auth_url::AuthUrlRequest;

/// The contact is checked before the members of the body (facts 6.3).
pub(crate) async fn get_auth_url(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<Answer, Failed> {
    let object = body.object()?;
    s02_auth_url::require_contact(&server.app, &caller).await?;
    let asked = AuthUrlRequest::read(&object, caller.appid.clone())?;
    Ok(Answer(ok_with(&s02_auth_url::auth_url(&server.app, &caller, asked).await?)))
}
