//! The pushes as an operator sees them: what was sent, what came back, what waits for what.

use crate::app::App;
use crate::failure::Failure;
use kaipiao_ports::delivery::outbox::{ListedPush, PushId, PushQuery, Replayed};

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
