//! The dispatcher: claims pushes that are due, makes one attempt at each, and reports it.
//!
//! First tries, retries and replays are the same code; what tells them apart is in the store. What
//! counts as delivered and when to try again belong to the push's kind.

use crate::app::App;
use crate::delivery::callbacks;
use crate::delivery::overtaking;
use crate::delivery::push_faults::{Course, LOST, Oddity, Overtaking, Sending};
use crate::delivery::worker::{Ended, Hold, LOOK_EVERY, Place, Work, Worker, until_recorded};
use crate::failure::Failure;
use crate::metrics::PushResult;
use crate::metrics::history::Event;
use crate::settings::Concurrency;
use crate::signed::{PushRequest, compose, notice};
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::delivery::push::{AfterAttempt, AttemptResult, Outcome, PushKind};
use kaipiao_ports::delivery::claims::{Claim, ClaimRequest, ClaimToken, Claimed, Queue, Reported};
use kaipiao_ports::delivery::outbox::{Attempt, Destination, Next, Push, PushReport};
use kaipiao_ports::delivery::sender::{Content, Outgoing};
use kaipiao_ports::errors::StoreError;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// How much of an answer the history keeps.
const EXCERPT_BYTES: usize = 2048;
/// The Content-Type of a payment notice.
const XML: &str = "text/xml";

/// Sends the pushes of the app's outbox until `stop` resolves.
pub async fn run(app: Arc<App>, stop: impl Future<Output = ()>) {
    Worker::new(Dispatch(app)).run(stop).await;
}

struct Dispatch(Arc<App>);

#[async_trait::async_trait]
impl Work for Dispatch {
    type Item = Push;
    const QUEUE: Queue = Queue::Push;

    fn app(&self) -> &App {
        &self.0
    }

    fn name(push: &Push) -> String {
        format!("{} {}", push.id, push.attempts)
    }

    fn concurrency(&self) -> Concurrency {
        self.0.settings.push.concurrency
    }

    async fn claim(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Push>, StoreError> {
        self.0.store.claim_pushes(request).await
    }

    async fn work(
        &self,
        Claim { work: push, token }: Claim<Push>,
        place: Place,
        hold: &Hold,
    ) -> Ended {
        let span = tracing::debug_span!("push attempt", push = %push.id, attempt = push.tries + 1);
        attempt(&self.0, &push, token, place, hold).instrument(span).await
    }

    async fn panicked(&self, Claim { work: push, token }: Claim<Push>) -> Ended {
        let result = AttemptResult::Failed { why: "an internal error of this server".to_owned() };
        let sending = Sending::new(self.0.now(), Instant::now(), result);
        finish(&self.0, &push, token, sending, None).await
    }
}

/// One attempt, from the claim to the report.
async fn attempt(app: &App, push: &Push, token: ClaimToken, place: Place, hold: &Hold) -> Ended {
    let faults = app.push_faults.as_ref();
    let course = faults.map_or(Course::IsSent, |faults| faults.course(push, app.now()));
    let (sending, place) = match course {
        Course::IsSent => (sending(app, push, hold).await, Some(place)),
        Course::IsDuplicated => {
            let sending = sending(app, push, hold).await;
            let twice = |sending| Sending { oddity: Some(Oddity::IsDuplicated), ..sending };
            (sending.map(twice), Some(place))
        }
        Course::IsOvertaken(overtaking) => {
            // While it waits it burdens no receiver.
            place.give_back(None);
            (let_overtake(app, push, &overtaking, hold).await, None)
        }
        Course::WentOut(sending) => (Ok(sending), Some(place)),
        Course::IsPutOff(due) => return put_off(app, push, token, due).await,
        Course::IsLost => return lost(app, push, token).await,
    };
    match sending {
        Ok(sending) => finish(app, push, token, sending, place).await,
        // Whoever has the claim now may have sent it, and the order's next one after it.
        Err(Unsent::Lapsed) => lapsed(push),
        Err(Unsent::Failed(failure)) => {
            // A fault of ours is not one of the merchant's tries.
            tracing::error!(push = %push.id, why = %failure, "a push could not be prepared");
            put_off(app, push, token, app.now() + LOOK_EVERY).await
        }
    }
}

/// Why a push was not sent.
enum Unsent {
    /// The claim was over before its answer was there.
    Lapsed,
    /// It could not be prepared.
    Failed(Failure),
}

/// Sends a push, whatever comes back.
async fn sending(app: &App, push: &Push, hold: &Hold) -> Result<Sending, Unsent> {
    let (started_at, started) = (app.now(), Instant::now());
    let result = match outgoing(app, push).await.map_err(Unsent::Failed)? {
        None => AttemptResult::NoAddress,
        Some(outgoing) => match hold.while_it_lasts(app.sender.send(outgoing)).await {
            None => return Err(Unsent::Lapsed),
            Some(Ok(answer)) => AttemptResult::Answered {
                status: answer.status,
                says_success: push.kind == PushKind::PaymentNotice
                    && notice::is_acknowledged(&answer.body),
                body: answer.body,
            },
            Some(Err(error)) => AttemptResult::Failed { why: error.to_string() },
        },
    };
    Ok(Sending::new(started_at, started, result))
}

/// Sends a push behind the order's next one, if that comes in time. What that one's sending came to is recorded when its turn
/// has come.
async fn let_overtake(
    app: &App,
    push: &Push,
    overtaking: &Overtaking,
    hold: &Hold,
) -> Result<Sending, Unsent> {
    let next = hold.while_it_lasts(overtaking::next(app, push, overtaking)).await;
    let next = next.ok_or(Unsent::Lapsed)?;
    if let Some(next) = next.map_err(Unsent::Failed)? {
        let sent = Sending { oddity: Some(Oddity::Overtook), ..sending(app, &next, hold).await? };
        if let Some(faults) = &app.push_faults {
            faults.went_out(&next, sent);
        }
    }
    sending(app, push, hold).await
}

/// Has a push wait until this moment; that is no try.
async fn put_off(app: &App, push: &Push, token: ClaimToken, due: Timestamp) -> Ended {
    let next = Next::Retry { due_ms: due.unix_millis() };
    report(app, push, PushReport { token, attempt: None, next }, None).await
}

/// Records a push as delivered that is never sent.
async fn lost(app: &App, push: &Push, token: ClaimToken) -> Ended {
    let (problem, excerpt, now_ms) = (LOST.to_owned(), String::new(), app.now().unix_millis());
    let attempt = Attempt { started_ms: now_ms, took_ms: 0, status: None, problem, excerpt };
    let next = Next::Complete { outcome: Outcome::Delivered, now_ms };
    app.metrics().work.note_attempt(PushResult::Over(Outcome::Delivered), None);
    log(push, &next, LOST);
    report(app, push, PushReport { token, attempt: Some(attempt), next }, None).await
}

/// Records what an attempt came to.
async fn finish(
    app: &App,
    push: &Push,
    token: ClaimToken,
    sending: Sending,
    place: Option<Place>,
) -> Ended {
    let Sending { started_ms, took, result, oddity } = sending;
    let now = app.now();
    let retries = &app.settings.push.retries;
    let next = match push.kind.after_attempt(&result, push.tries + 1, retries, now) {
        AfterAttempt::Retry(due) => Next::Retry { due_ms: due.unix_millis() },
        AfterAttempt::Complete(outcome) => Next::Complete { outcome, now_ms: now.unix_millis() },
    };
    let failed = (result != AttemptResult::NoAddress).then(|| !push.kind.delivers(&result));
    if let Some(place) = place {
        place.give_back(failed);
    }
    let next = match (&app.push_faults, oddity, failed) {
        (Some(faults), Some(Oddity::IsDuplicated), Some(false)) => {
            faults.was_delivered(push);
            Next::Retry { due_ms: now.unix_millis() }
        }
        _ => next,
    };
    let result_of_attempt = match &next {
        Next::Retry { .. } => PushResult::Retry,
        Next::Complete { outcome, .. } => PushResult::Over(*outcome),
    };
    app.metrics().work.note_attempt(result_of_attempt, failed.map(|_| took));
    let took_ms = match app.is_seeded() {
        // Where whole bodies are compared no real time stands in them.
        true => now.unix_millis() - started_ms,
        false => i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
    };
    let attempt =
        |status, problem, excerpt| Some(Attempt { started_ms, took_ms, status, problem, excerpt });
    let attempt = match result {
        AttemptResult::NoAddress => None,
        AttemptResult::Failed { why } => attempt(None, why, String::new()),
        AttemptResult::Answered { status, body, .. } => {
            let problem = match status {
                _ if failed == Some(false) => oddity.map_or("", Oddity::note).to_owned(),
                200..=299 => "the answer is not <xml><return_code><![CDATA[SUCCESS]]></return_code></xml>, which alone acknowledges a notice".to_owned(),
                _ => format!("status {status} is not a success"),
            };
            attempt(Some(status), problem, excerpt(&body))
        }
    };
    let problem = attempt.as_ref().map_or("", |attempt| &*attempt.problem);
    log(push, &next, problem);
    report(app, push, PushReport { token, attempt, next }, failed).await
}

async fn report(app: &App, push: &Push, report: PushReport, failed: Option<bool>) -> Ended {
    let complete =
        || async { app.store.complete_push(report.clone()).await.map_err(Failure::from) };
    match until_recorded(&push.id, complete).await {
        Ok(Reported::Counted { next_due_ms }) => {
            note_end(app, push, &report.next);
            Ended { failed, next_due_ms }
        }
        Ok(Reported::Lapsed) => lapsed(push),
        Err(error) => {
            tracing::error!(%error, push = %push.id, "not recorded; it will be sent again");
            Ended { failed, next_due_ms: None }
        }
    }
}

/// Counts how a try ended and a push that is over, and tells whoever waits for it in the sandbox.
fn note_end(app: &App, push: &Push, next: &Next) {
    match next {
        Next::Complete { outcome: Outcome::Delivered, .. } => app.note(Event::PushDelivered),
        Next::Complete { outcome: Outcome::GaveUp, .. } => {
            app.note(Event::PushTryFailed);
            app.note(Event::PushFailed);
        }
        Next::Complete { outcome: Outcome::Unroutable, .. } => app.note(Event::PushUnroutable),
        Next::Retry { .. } => app.note(Event::PushTryFailed),
    }
    if let (Some(faults), Next::Complete { .. }) = (&app.push_faults, next) {
        faults.ended(push);
    }
    app.tell_change();
}

/// Nothing to report: somebody else may have the push.
fn lapsed(push: &Push) -> Ended {
    tracing::warn!(push = %push.id, "the claim had lapsed before the report");
    Ended::default()
}

/// The request as its destination wants it at this moment; None: there is no address.
async fn outgoing(app: &App, push: &Push) -> Result<Option<Outgoing>, Failure> {
    let time_limit = app.settings.push.concurrency.time_limit;
    let post = |url: String, content_type, body: String| {
        let content = Content { content_type, bytes: body.into_bytes() };
        Some(Outgoing {
            url,
            headers: Vec::new(),
            content: Some(content),
            time_limit,
            most_answer_bytes: Outgoing::MOST_ANSWER_BYTES,
        })
    };
    if let Destination::Fixed { url, .. } = &push.destination {
        return Ok(post(url.clone(), XML, push.body.to_string()));
    }
    let Some(appid) = AppId::parse(&push.id.account) else { return Ok(None) };
    let Some(callback) = callbacks::open_callback(app, &appid).await? else { return Ok(None) };
    let fresh = callbacks::freshness(app);
    let (account, openid) = (&push.id.account, &push.openid);
    let PushRequest { url, content_type, body } =
        compose(&callback.url, &callback.signing, account, openid, &push.body, &fresh);
    Ok(post(url, content_type, body))
}

/// How an answer begins, as text.
fn excerpt(body: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT_BYTES)]).into_owned();
    text.truncate(text.floor_char_boundary(EXCERPT_BYTES));
    text
}

fn log(push: &Push, next: &Next, problem: &str) {
    let (id, tries) = (&push.id, push.tries + 1);
    match next {
        Next::Retry { .. } => tracing::info!(push = %id, tries, problem, "a push failed"),
        Next::Complete { outcome: Outcome::GaveUp, .. } => {
            tracing::warn!(push = %id, tries, problem, "a push was given up");
        }
        Next::Complete { outcome: Outcome::Unroutable, .. } => {
            tracing::info!(push = %id, "a push has no callback to go to");
        }
        Next::Complete { outcome: Outcome::Delivered, .. } => {
            tracing::debug!(push = %id, tries, "a push was delivered");
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
