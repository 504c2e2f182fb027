//! Section 7: `POST /card/invoice/getauthdata`.

use crate::Server;
use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use axum::extract::State;
use kaipiao_wire::authorization::s07_auth_data::{AuthDataRequest, write};

pub(crate) async fn get_auth_data(
    State(server): State<Server>,
    Call { caller, sent }: Call,
) -> Result<Answer, Failed> {
    let asked = AuthDataRequest::read(&sent.object()?)?;
    let status = server.app.auth_status(&caller, &asked).await?;
    Ok(Answer(write(&status)))
}
