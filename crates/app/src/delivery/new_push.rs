//! What the pushes of every section have in common: who receives them, and in which order.

use crate::access::accounts;
use crate::app::App;
use crate::delivery::callbacks;
use crate::failure::Failure;
use crate::signed::UntimedXml;
use kaipiao_domain::access::account::{Account, AppId, Role};
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_domain::people::user::OpenId;
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush};

/// A push that goes out behind the order's earlier ones.
pub(crate) fn new_push(
    app: &App,
    receiver: &Account,
    order_id: &OrderId,
    openid: &OpenId,
    event: &'static str,
    xml: UntimedXml,
) -> NewPush {
    NewPush {
        account: receiver.appid.to_string(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: order_id.as_str().to_owned(),
        openid: openid.as_str().to_owned(),
        event,
        body: NewBody::Untimed { before: xml.before, after: xml.after },
        now_ms: app.now().unix_millis(),
    }
}

/// The mini program that asked for the link, if it has a callback of its own, otherwise the
/// merchant's Official Account (D-38).
pub(crate) async fn receiver(
    app: &App,
    asked_by: &AppId,
    merchant: &AppId,
) -> Result<Account, Failure> {
    let asked_by = accounts::find(app, asked_by).await?;
    if let Some(mini_program) = asked_by.filter(|account| account.role == Role::MiniProgram)
        && callbacks::find(app, &mini_program.appid).await?.is_some()
    {
        return Ok(mini_program);
    }
    let account = accounts::find(app, merchant).await?;
    account.ok_or_else(|| Failure::Damaged(format!("the account {merchant} is gone")))
}
