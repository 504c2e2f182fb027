//! The dispatcher: takes pushes that are due, makes one attempt at each, settles (design 5).
//!
//! A lease is taken when there is a free place for its attempt, never earlier: nothing waits in
//! memory with its lease running out. First tries, retries and replays are the same code; what
//! tells them apart is in the store. After a crash the store offers again what was not settled.

use crate::{App, Failure};
use core::time::Duration;
use kaipiao_domain::account::AppId;
use kaipiao_domain::push::{AfterAttempt, AttemptResult, Verdict, after_attempt};
use kaipiao_seams::outbox::{Attempt, Changed, Lease, LeaseAsk, Next, Push, Report};
use kaipiao_seams::sender::Outgoing;
use kaipiao_wire::push_request::{PushRequest, compose};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;

/// How pushes are sent.
#[derive(Clone, Debug, Default)]
pub struct PushSettings {
    /// So long an attempt may take, the whole answer included.
    pub time_limit: Duration,
    /// How long each retry waits after the failure before it.
    pub retry_after: Vec<Duration>,
    /// Attempts at once for one account.
    pub per_account: usize,
    /// Attempts at once in all. Accounts whose newest attempt failed share half of them.
    pub at_once: usize,
}

/// Hints can be lost, and other processes give none: the dispatcher looks at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A lease outlives its attempt by this, so that a slow store does not make a push go out twice.
const LEASE_MARGIN: Duration = Duration::from_secs(60);
/// So much of an answer the history keeps.
const EXCERPT_BYTES: usize = 2048;
/// Between two tries to tell a store that is away.
const TELL_AGAIN: Duration = Duration::from_millis(100);

/// Sends pushes until it is stopped.
pub struct Dispatcher {
    app: Arc<App>,
    attempts: JoinSet<()>,
}

impl Dispatcher {
    /// A dispatcher over the app's outbox.
    pub fn new(app: Arc<App>) -> Self {
        Self { app, attempts: JoinSet::new() }
    }

    /// Runs until `stop` resolves; then takes no more, and lets running attempts finish.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let wait = self.take().await;
            let app = Arc::clone(&self.app);
            let something_new = tokio::time::timeout(wait, app.push_hint.notified());
            tokio::select! {
                () = &mut stop => break,
                _ = something_new => {}
                Some(ended) = self.attempts.join_next() => ended_well(ended),
            }
            while let Some(ended) = self.attempts.try_join_next() {
                ended_well(ended);
            }
        }
        while let Some(ended) = self.attempts.join_next().await {
            ended_well(ended);
        }
    }

    /// Starts attempts at what is due, as far as there are places. Returns how long there is
    /// nothing more to do, as far as is known.
    async fn take(&mut self) -> Duration {
        let settings = &self.app.settings.push;
        let limit = settings.at_once.saturating_sub(self.attempts.len());
        if limit == 0 {
            return LOOK_EVERY;
        }
        let now = self.app.now();
        let ask = LeaseAsk {
            now_ms: now.unix_millis(),
            hold_for: settings.time_limit + LEASE_MARGIN,
            limit,
            per_account: settings.per_account,
            failing_at_once: (settings.at_once / 2).max(1),
        };
        let leases = match self.app.store.lease(ask).await {
            Ok(leases) => leases,
            Err(error) => {
                tracing::error!(%error, "no pushes could be taken");
                return LOOK_EVERY;
            }
        };
        for lease in leases.taken {
            self.attempts.spawn(attempt(Arc::clone(&self.app), lease));
        }
        let due_in_ms = leases.next_due_ms.map(|due_ms| due_ms.saturating_sub(now.unix_millis()));
        let due_in = due_in_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        due_in.map_or(LOOK_EVERY, |due_in| due_in.min(LOOK_EVERY))
    }
}

fn ended_well(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        // Its lease lapses, and the push is offered again.
        tracing::error!(%error, "an attempt at a push panicked");
    }
}

/// One attempt, from the lease to the settled report.
async fn attempt(app: Arc<App>, lease: Lease) {
    let Lease { push, token } = lease;
    let (started_at, started) = (app.now(), Instant::now());
    let (result, excerpt) = match request(&app, &push).await {
        Ok(request) => send(&app, request).await,
        Err(failure) => {
            // A fault of ours is not one of the merchant's tries.
            tracing::error!(push = %push.id, why = %failure, "a push could not be prepared");
            let due_ms = (app.now() + LOOK_EVERY).unix_millis();
            let next = Next::Retry { due_ms };
            return settle(&app, Report { id: push.id, token, attempt: None, next }).await;
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
    settle(&app, Report { id: push.id, token, attempt, next }).await;
}

async fn send(app: &App, request: Option<PushRequest>) -> (AttemptResult, String) {
    let Some(PushRequest { url, body }) = request else {
        return (AttemptResult::NoAddress, String::new());
    };
    let time_limit = app.settings.push.time_limit;
    match app.sender.send(Outgoing { url, xml: Some(body), time_limit }).await {
        Ok(answer) => (AttemptResult::Answered { status: answer.status }, excerpt(&answer.body)),
        Err(error) => (AttemptResult::Failed { why: error.to_string() }, String::new()),
    }
}

/// The request as the account's callback wants it at this moment; None: it has none.
async fn request(app: &App, push: &Push) -> Result<Option<PushRequest>, Failure> {
    let Some(appid) = AppId::parse(&push.id.account) else { return Ok(None) };
    let Some(callback) = app.callback(&appid).await? else { return Ok(None) };
    let fresh = app.freshness();
    let (account, openid) = (&push.id.account, &push.openid);
    Ok(Some(compose(&callback.url, &callback.signing, account, openid, &push.body, &fresh)))
}

/// How an answer begins, as text.
fn excerpt(body: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT_BYTES)]).into_owned();
    text.truncate(text.floor_char_boundary(EXCERPT_BYTES));
    text
}

/// Reports until the store has taken it. What was sent must not go out again only because the
/// store was away for a moment.
async fn settle(app: &App, report: Report) {
    let started = Instant::now();
    while started.elapsed() < LEASE_MARGIN {
        match app.store.settle(report.clone()).await {
            Ok(Changed::Yes) => return,
            Ok(_) => {
                tracing::warn!(push = %report.id, "the lease had lapsed before the report");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, push = %report.id, "an attempt could not be recorded yet");
                pause_before_telling_again().await;
            }
        }
    }
    tracing::error!(push = %report.id, "an attempt was not recorded, the push goes out again");
}

#[expect(clippy::disallowed_methods, reason = "the store's recovery takes real time")]
async fn pause_before_telling_again() {
    tokio::time::sleep(TELL_AGAIN).await;
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
