//! How much work is open, and how far behind the workers are: the store is asked, so it is seen when a worker stands still too.

use crate::app::App;
use core::time::Duration;
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::errors::StoreError;
use std::time::Instant;

/// How far work is counted, and of how many turns the oldest is found: a look costs no more.
const COUNTED: usize = 10_000;
/// How long a look is good enough for whoever asks next.
const GOOD_FOR: Duration = Duration::from_secs(2);
/// How long a look may take.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Looks for the metrics, unless somebody has a moment ago. While the store does not answer they have nothing of it.
pub async fn look(app: &App) {
    let metrics = &app.metrics().backlog;
    let mut looked_at = metrics.looked_at.lock().await;
    if looked_at.is_some_and(|at| at.elapsed() < GOOD_FOR) {
        return;
    }
    if !matches!(tokio::time::timeout(TIME_LIMIT, look_now(app)).await, Ok(Ok(()))) {
        metrics.hide();
    }
    *looked_at = Some(Instant::now());
}

async fn look_now(app: &App) -> Result<(), StoreError> {
    for queue in Queue::ALL {
        let open = app.store.count_open(queue, COUNTED).await?;
        let now_ms = app.now().unix_millis();
        let due = app.store.due_turns(queue, now_ms, None, COUNTED).await?;
        let oldest_ms = due.iter().map(|due| now_ms.saturating_sub(due.due_ms)).max().unwrap_or(0);
        let oldest_due = Duration::from_millis(u64::try_from(oldest_ms).unwrap_or(0));
        app.metrics().backlog.show(queue, open, oldest_due);
    }
    Ok(())
}
