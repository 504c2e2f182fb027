//! Whether the store is there.

use crate::app::{App, Look};
use crate::failure::Failure;
use crate::store_access::commit;
use kaipiao_ports::store::Commit;
use std::time::Instant;

/// Lets a commit without content through the whole way of one: it waits behind what waits, and changes
/// nothing. A store that has failed fails this too until it writes again. Whoever asks while somebody's
/// commit is under way shares its answer.
pub async fn check(app: &App) -> Result<(), Failure> {
    let asked_at = Instant::now();
    let mut newest = app.health.lock().await;
    if let Some(look) = &*newest
        && look.ended_at >= asked_at
    {
        return look.found.clone();
    }
    let found = commit(app, Commit::default()).await.map_err(Failure::from);
    *newest = Some(Look { ended_at: Instant::now(), found: found.clone() });
    found
}
