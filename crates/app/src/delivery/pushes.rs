//! The pushes as an operator sees them: what was sent, what came back, what waits for what.

use crate::app::App;
use crate::failure::Failure;
use kaipiao_ports::delivery::outbox::{
    Attempt, Changed, Push, PushId, PushQuery, PushState, StateFilter,
};

/// A push with its history.
#[derive(Clone, Debug)]
pub struct PushReport {
    /// The push.
    pub push: Push,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The push of the same lane that it waits for; None: it waits for nobody.
    pub waits_behind: Option<Push>,
}

/// Lists pushes with their attempts.
pub async fn list(app: &App, query: &PushQuery) -> Result<Vec<PushReport>, Failure> {
    let mut reports = Vec::new();
    for push in app.store.pushes(query).await? {
        let attempts = app.store.attempts(&push.id).await?;
        let waits_behind = match push.state {
            PushState::Waiting => first_of_lane(app, &push).await?,
            PushState::Ready { .. } | PushState::Settled { .. } => None,
        };
        reports.push(PushReport { push, attempts, waits_behind });
    }
    Ok(reports)
}

async fn first_of_lane(app: &App, push: &Push) -> Result<Option<Push>, Failure> {
    let query = PushQuery {
        account: Some(push.id.account.clone()),
        lane: Some(push.lane.clone()),
        state: Some(StateFilter::Open),
        after: None,
        limit: 1000,
    };
    let open = app.store.pushes(&query).await?;
    Ok(open.into_iter().find(|push| matches!(push.state, PushState::Ready { .. })))
}

/// Sends a settled push again, through the same tries and retries as the first time.
pub async fn replay(app: &App, id: PushId) -> Result<Changed, Failure> {
    let changed = app.store.replay(id, app.now().unix_millis()).await?;
    app.push_hint.notify_one();
    Ok(changed)
}
