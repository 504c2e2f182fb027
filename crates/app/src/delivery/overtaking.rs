//! A push that lets the order's next one go first, by a fault of the sandbox.

use crate::app::App;
use crate::delivery::push_faults::Overtaking;
use crate::failure::Failure;
use crate::life::Stage;
use core::time::Duration;
use kaipiao_ports::delivery::outbox::{Push, PushQuery, PushState, StateFilter};
use tokio::time::timeout;

/// How often it is looked whatever is told whether the push has come that is to overtake.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Open pushes of an order that are looked through for it.
const MOST_OF_AN_ORDER: usize = 100;

/// The order's next push as soon as there is one; None: none has come in time, or the server stops. Nothing is written
/// meanwhile: whoever waits holds the push's claim.
pub(crate) async fn next(
    app: &App,
    push: &Push,
    overtaking: &Overtaking,
) -> Result<Option<Push>, Failure> {
    loop {
        let told = app.next_change();
        if let Some(next) = next_of(app, push).await? {
            return Ok(Some(next));
        }
        if app.now() >= overtaking.until || app.life().stage() == Stage::Stopping {
            return Ok(None);
        }
        // An error: nobody has told of anything, and it is looked all the same.
        let _ = timeout(LOOK_EVERY, told).await;
    }
}

/// The push that waits right behind this one.
async fn next_of(app: &App, push: &Push) -> Result<Option<Push>, Failure> {
    let query = PushQuery {
        account: Some(push.id.account.clone()),
        ordering_keys: vec![push.ordering_key.clone()],
        state: Some(StateFilter::Open),
        after: None,
        limit: MOST_OF_AN_ORDER,
    };
    let listed = app.store.pushes(&query).await?;
    let waiting = listed.into_iter().map(|listed| listed.push);
    let behind = waiting.filter(|one| one.id.number > push.id.number);
    Ok(behind.filter(|one| one.state == PushState::Waiting).min_by_key(|one| one.id.number))
}
