//! The pushes as an operator sees them: what was sent, what came back, what waits for what.

use crate::app::App;
use crate::failure::Failure;
use crate::payment::notices;
use crate::reimbursement::status_push;
use crate::signed::status_push::EVENT as STATUS_EVENT;
use crate::signed::title_link::EVENT as TITLE_EVENT;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_ports::delivery::outbox::{ListedPush, Push, PushId, PushQuery, Replayed};

/// The ordering keys of an order's pushes: its events, what has become of its card, and the notices of the payment of
/// the same number and of its refunds. Theirs is another receiver, the pay merchant (D-160).
pub fn ordering_keys_of(order_id: &str) -> Vec<String> {
    let mut keys = vec![order_id.to_owned(), status_push::ordering_key(order_id)];
    if let Ok(number) = OutTradeNo::parse(order_id) {
        keys.extend(notices::ordering_keys(&number));
    }
    keys
}

/// The order that a push is about; empty: it is about a title.
pub fn order_id_of(push: &Push) -> &str {
    match push.kind {
        PushKind::Event if push.event == STATUS_EVENT => {
            status_push::order_id_in(&push.ordering_key)
        }
        PushKind::Event if push.event == TITLE_EVENT => "",
        PushKind::Event => &push.ordering_key,
        PushKind::PaymentNotice => notices::number_in(&push.ordering_key),
    }
}

/// Lists pushes with their attempts.
pub async fn list(app: &App, query: &PushQuery) -> Result<Vec<ListedPush>, Failure> {
    Ok(app.store.pushes(query).await?)
}

/// Sends a completed push again, through the same tries and retries as the first time.
pub async fn replay(app: &App, id: &PushId) -> Result<Replayed, Failure> {
    let replayed = app.store.replay(id, app.now().unix_millis()).await?;
    app.mailboxes.look();
    Ok(replayed)
}
