//! The dispatcher: takes pushes that are due, makes one attempt at each, settles.
//!
//! First tries, retries and replays are the same code; what tells them apart is in the store.

use crate::app::App;
use crate::delivery::callbacks;
use crate::delivery::worker::{LOOK_EVERY, Work, until_taken};
use crate::failure::Failure;
use crate::settings::Concurrency;
use crate::signed::{PushRequest, compose};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::delivery::push::{AfterAttempt, AttemptResult, Verdict, after_attempt};
use kaipiao_ports::delivery::outbox::{Attempt, Changed, Lease, LeaseAsk, Next, Push, Report};
use kaipiao_ports::delivery::sender::Outgoing;
use kaipiao_ports::store::ReadError;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// So much of an answer the history keeps.
const EXCERPT_BYTES: usize = 2048;

/// Sends the pushes of the app's outbox.
pub struct Dispatch(pub Arc<App>);

#[async_trait::async_trait]
impl Work for Dispatch {
    type Item = Lease;

    fn app(&self) -> &App {
        &self.0
    }

    fn concurrency(&self) -> Concurrency {
        self.0.settings.push.concurrency
    }

    fn hint(&self) -> &Notify {
        &self.0.push_hint
    }

    async fn lease(&self, ask: LeaseAsk) -> Result<(Vec<Lease>, Option<i64>), ReadError> {
        let leases = self.0.store.lease(ask).await?;
        Ok((leases.taken, leases.next_due_ms))
    }

    async fn work(&self, lease: Lease) {
        attempt(&self.0, lease).await;
    }
}

/// One attempt, from the lease to the settled report.
async fn attempt(app: &App, lease: Lease) {
    let Lease { push, token } = lease;
    let (started_at, started) = (app.now(), Instant::now());
    let (result, excerpt) = match request(app, &push).await {
        Ok(request) => send(app, request).await,
        Err(failure) => {
            // A fault of ours is not one of the merchant's tries.
            tracing::error!(push = %push.id, why = %failure, "a push could not be prepared");
            let due_ms = (app.now() + LOOK_EVERY).unix_millis();
            let next = Next::Retry { due_ms };
            return settle(app, Report { id: push.id, token, attempt: None, next }).await;
        }
    };
    let now = app.now();
    let next = after_attempt(&result, push.tries + 1, &app.settings.push.retry_after, now);
    let next = match next {
        AfterAttempt::Retry(due) => Next::Retry { due_ms: due.unix_millis() },
        AfterAttempt::Settle(verdict) => Next::Settle { verdict, now_ms: now.unix_millis() },
    };
    let was_made = result != AttemptResult::NoAddress;
    let (status, problem) = match result {
        AttemptResult::Answered { status: status @ 200..=299 } => (Some(status), String::new()),
        AttemptResult::Answered { status } => {
            (Some(status), format!("status {status} is not a success"))
        }
        AttemptResult::Failed { why } => (None, why),
        AttemptResult::NoAddress => (None, String::new()),
    };
    log(&push, &next, &problem);
    let took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    let started_ms = started_at.unix_millis();
    let attempt = Attempt { started_ms, took_ms, status, problem, excerpt };
    let attempt = was_made.then_some(attempt);
    settle(app, Report { id: push.id, token, attempt, next }).await;
}

async fn send(app: &App, request: Option<PushRequest>) -> (AttemptResult, String) {
    let Some(PushRequest { url, body }) = request else {
        return (AttemptResult::NoAddress, String::new());
    };
    let time_limit = app.settings.push.concurrency.time_limit;
    match app.sender.send(Outgoing { url, xml: Some(body), time_limit }).await {
        Ok(answer) => (AttemptResult::Answered { status: answer.status }, excerpt(&answer.body)),
        Err(error) => (AttemptResult::Failed { why: error.to_string() }, String::new()),
    }
}

/// The request as the account's callback wants it at this moment; None: it has none.
async fn request(app: &App, push: &Push) -> Result<Option<PushRequest>, Failure> {
    let Some(appid) = AppId::parse(&push.id.account) else { return Ok(None) };
    let Some(callback) = callbacks::open_callback(app, &appid).await? else { return Ok(None) };
    let fresh = callbacks::freshness(app);
    let (account, openid) = (&push.id.account, &push.openid);
    Ok(Some(compose(&callback.url, &callback.signing, account, openid, &push.body, &fresh)))
}

/// How an answer begins, as text.
fn excerpt(body: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT_BYTES)]).into_owned();
    text.truncate(text.floor_char_boundary(EXCERPT_BYTES));
    text
}

async fn settle(app: &App, report: Report) {
    let tell = || async { app.store.settle(report.clone()).await.map_err(Failure::from) };
    let told = until_taken(&report.id, tell).await;
    if told.is_some_and(|changed| changed != Changed::Yes) {
        tracing::warn!(push = %report.id, "the lease had lapsed before the report");
    }
}

fn log(push: &Push, next: &Next, problem: &str) {
    match next {
        Next::Retry { .. } => {
            tracing::info!(push = %push.id, tries = push.tries + 1, problem, "a push failed");
        }
        Next::Settle { verdict: Verdict::GaveUp, .. } => {
            tracing::warn!(push = %push.id, tries = push.tries + 1, problem, "a push was given up");
        }
        Next::Settle { verdict: Verdict::Unroutable, .. } => {
            tracing::info!(push = %push.id, "a push has no callback to go to");
        }
        Next::Settle { verdict, .. } => {
            tracing::debug!(push = %push.id, verdict = verdict.name(), problem, "a push is settled");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_2_kib_at_most_and_whole_characters() {
        assert_eq!(excerpt(b"success"), "success");
        for body in ["中".repeat(2000).into_bytes(), vec![0xff; 5000], vec![b'x'; 5000]] {
            let text = excerpt(&body);
            assert!(
                text.len() <= EXCERPT_BYTES && text.len() > EXCERPT_BYTES - 4,
                "{}",
                text.len()
            );
        }
    }
}
