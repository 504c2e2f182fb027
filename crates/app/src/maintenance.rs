//! What the server does by itself, beside the queues: makes records findable by their fields, and
//! removes what may be forgotten, and files that nothing names. One node's work is enough; several don't disturb each other.

use crate::app::App;
use crate::platform::collector::Walk;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::Forgettable;
use std::time::Instant;

/// How often it is looked whether there is something to index: the lag of a search, with the time
/// that the indexing takes. The longer, the more rows that lie beside each other are written together.
const INDEX_EVERY: Duration = Duration::from_secs(2);
/// Changes that are indexed at once.
const INDEX_BATCH: usize = 20_000;
/// How often it is looked whether something may be forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// The same by the domain's clock, which may go faster.
const PURGE_EVERY_HOUR: Duration = Duration::from_secs(3600);
/// A clock that is further ahead of the store's is told of.
const AHEAD_IS_TOLD: Duration = Duration::from_secs(60);
/// What is removed in one commit.
const PURGE_BATCH: usize = 256;

/// When it was looked last.
#[derive(Clone, Copy)]
struct Purged {
    really: Instant,
    at: Timestamp,
}

impl Purged {
    /// A clock that goes fast makes more old in the same real time.
    fn is_over(self, app: &App) -> bool {
        self.really.elapsed() >= PURGE_EVERY || app.now().since(self.at) >= PURGE_EVERY_HOUR
    }
}

/// Runs until `stop` resolves.
pub async fn run(app: &App, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let (mut purged, mut walk): (Option<Purged>, _) = (None, Walk::default());
    loop {
        let work = async {
            index(app).await;
            if purged.is_none_or(|purged| purged.is_over(app)) {
                purged = Some(Purged { really: Instant::now(), at: app.now() });
                purge(app).await;
                collect(app, &mut walk).await;
            }
            tokio::select! {
                () = pause() => {}
                // What was kept for a month may be old by now.
                () = app.clock_moved.notified() => (purged, walk) = (None, Walk::default()),
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = work => {}
        }
    }
}

/// Makes findable what was changed; what comes meanwhile as well.
async fn index(app: &App) {
    loop {
        match app.store.index(INDEX_BATCH).await {
            // What came meanwhile waits for the next time, and for neighbours.
            Ok(indexed) if indexed < INDEX_BATCH => return,
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => return tracing::warn!(%error, "records could not be indexed yet"),
        }
    }
}

async fn purge(app: &App) {
    let ahead = match ahead_of_store(app).await {
        Ok(ahead) => ahead,
        Err(error) => return tracing::warn!(%error, "nothing could be removed yet"),
    };
    if ahead > AHEAD_IS_TOLD {
        let ahead_s = ahead.as_secs();
        tracing::warn!(
            ahead_s,
            "this machine's clock is ahead of the store's, which decides what is old"
        );
    }
    let forgettable = forgettable(app, ahead);
    loop {
        match app.store.purge(&forgettable, PURGE_BATCH).await {
            Ok(0) => return,
            Ok(removed) => tracing::debug!(removed, "what may be forgotten was removed"),
            Err(error) => return tracing::warn!(%error, "nothing could be removed yet"),
        }
        tokio::task::yield_now().await;
    }
}

/// Removes files whose records have gone, after these.
async fn collect(app: &App, walk: &mut Walk) {
    match walk.go_on(app).await {
        Ok(0) => {}
        Ok(removed) => tracing::debug!(removed, "files that nothing names were removed"),
        Err(error) => tracing::warn!(%error, "files that nothing names could not be removed yet"),
    }
}

/// By how much this machine's clock is ahead of the one that the store's processes share. What a wrong clock makes old is
/// lost for all of them; one that is behind only keeps it longer.
async fn ahead_of_store(app: &App) -> Result<Duration, StoreError> {
    let shared = app.store.shared_clock_ms().await?.map(Timestamp::from_unix_millis);
    Ok(shared.map_or(Duration::ZERO, |shared| app.real_now().since(shared)))
}

/// What may be forgotten at this moment, by a machine whose clock is so far ahead.
fn forgettable(app: &App, ahead: Duration) -> Forgettable {
    let retention = app.settings.retention;
    let earlier = |now: Timestamp, age: Duration| {
        let age_ms = i64::try_from(age.saturating_add(ahead).as_millis()).unwrap_or(i64::MAX);
        now.unix_millis().saturating_sub(age_ms)
    };
    let before = |age| earlier(app.now(), age);
    Forgettable {
        records: vec![
            (Kind::Message, before(retention.messages)),
            // Cookies live in real time.
            (Kind::EndedSession, earlier(app.real_now(), Duration::ZERO)),
            (Kind::Order, before(app.settings.link_life + retention.unused_orders)),
            // A name goes before what it names.
            (Kind::PaymentAlias, before(retention.unpaid_payments)),
            (Kind::Payment, before(retention.unpaid_payments)),
            (Kind::PlatformPdf, before(retention.unattached_pdfs)),
            (Kind::UploadTally, before(retention.unattached_pdfs)),
        ],
        pushes_before_ms: before(retention.pushes),
        jobs_before_ms: before(retention.failed_jobs),
    }
}

#[expect(clippy::disallowed_methods, reason = "it looks again after a while of real time")]
async fn pause() {
    tokio::time::sleep(INDEX_EVERY).await;
}
