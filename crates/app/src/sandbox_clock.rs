//! The sandbox's clock: its course is stored, so a restart does not turn it back, and other nodes follow it.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::{Decision, FirstTry, decide, get};
use core::time::Duration;
use kaipiao_domain::clock_course::{ClockChange, ClockCourse, ClockRate, ClockRefused};
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_ports::clock::SystemClock;
use kaipiao_records::server::ClockSetting;
use std::sync::{Arc, Mutex, PoisonError};

/// How often it is looked whether another node has changed the clock.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// The sandbox's clock.
pub struct SandboxClock {
    clock: Arc<SystemClock>,
    /// Of the setting that the clock follows.
    changes: Mutex<u64>,
}

/// What a clock shows at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockFace {
    /// Now.
    pub now: Timestamp,
    /// How far that is ahead of real time, in whole seconds; below zero: behind it.
    pub ahead_s: i64,
    /// How it goes on.
    pub rate: ClockRate,
}

impl ClockFace {
    fn of(course: &ClockCourse, real: Timestamp) -> Self {
        let now = course.at(real);
        let ahead_s = (now.unix_millis() - real.unix_millis()).div_euclid(1000);
        Self { now, ahead_s, rate: course.rate }
    }
}

/// Where a clock begins when its store is opened.
#[derive(Clone, Copy, Debug)]
pub enum ClockBegin {
    /// Where the store says that it is; in a store that says nothing yet, here, or with real time.
    AsStored(Option<ClockCourse>),
    /// Here, whatever the store says: it was restored.
    At(ClockCourse),
}

impl SandboxClock {
    /// Sets the clock to where it begins.
    pub async fn resume(
        app: &App,
        clock: Arc<SystemClock>,
        begin: ClockBegin,
    ) -> Result<Self, Failure> {
        let begin = |found: Option<ClockSetting>| {
            let changes = found.map_or(0, |found| found.changes + 1);
            let wanted = match (begin, found) {
                (ClockBegin::At(course) | ClockBegin::AsStored(Some(course)), None)
                | (ClockBegin::At(course), Some(_)) => Some(ClockSetting { course, changes }),
                (ClockBegin::AsStored(_), _) => None,
            };
            let setting = wanted.or(found).unwrap_or_default();
            Ok::<_, Failure>(Decision::alone(wanted, setting))
        };
        let setting = decide(app, ClockSetting::key(), FirstTry::Reads, begin).await?;
        clock.follow(setting.course);
        Ok(Self { clock, changes: Mutex::new(setting.changes) })
    }

    /// What this node's clock shows: one that another node has changed is followed within [`FOLLOW_EVERY`].
    pub fn face(&self, app: &App) -> ClockFace {
        ClockFace::of(&self.clock.course(), app.real_now())
    }

    /// Changes the clock, never to before what this node has shown. Returns what it shows from now on.
    pub async fn change(&self, app: &App, change: ClockChange) -> Result<ClockFace, Failure> {
        let changed = |found: Option<ClockSetting>| {
            let (before, real) = (found.unwrap_or_default(), app.real_now());
            // Another node may have changed it a moment ago.
            let course = before.course.not_before(self.clock.course().at(real), real);
            let course = course.changed(change, real).map_err(refused)?;
            let setting = ClockSetting { course, changes: before.changes + 1 };
            Ok::<_, Failure>(Decision::alone(Some(setting), setting))
        };
        let setting = decide(app, ClockSetting::key(), FirstTry::Reads, changed).await?;
        self.take(app, setting);
        Ok(ClockFace::of(&setting.course, app.real_now()))
    }

    /// Follows the clock that another node has changed, until `stop` resolves.
    pub async fn follow(&self, app: &App, stop: impl Future<Output = ()>) {
        let following = async {
            loop {
                pause().await;
                match get::<ClockSetting>(app, &ClockSetting::key()).await {
                    Ok(setting) => self.follow_change(app, setting.unwrap_or_default()).await,
                    Err(error) => tracing::warn!(%error, "the clock could not be read"),
                }
            }
        };
        tokio::select! {
            () = stop => {}
            () = following => {}
        }
    }

    /// Follows a setting. One that is behind what this node has shown, whose machine's clock is ahead of the other's or which has
    /// gone on fast until now, is moved on first, for all nodes.
    async fn follow_change(&self, app: &App, setting: ClockSetting) {
        let real = app.real_now();
        if setting.course.at(real) >= self.clock.course().at(real) || !self.is_new(setting) {
            return self.take(app, setting);
        }
        if let Err(error) = self.change(app, ClockChange::default()).await {
            tracing::warn!(%error, "the clock could not be moved on to what this node has shown");
        }
    }

    fn is_new(&self, setting: ClockSetting) -> bool {
        setting.changes > *self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a setting, unless a later one is followed already.
    fn take(&self, app: &App, setting: ClockSetting) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if setting.changes <= *changes {
            return;
        }
        *changes = setting.changes;
        self.clock.follow(setting.course);
        // Retries may be due by now, and issuers that said "not yet".
        app.mailboxes.look();
        app.clock_moved.notify_one();
        app.tell_change();
    }
}

/// Both name the members of the control's body.
fn refused(why: ClockRefused) -> Refusal {
    match why {
        ClockRefused::Back(now) => {
            let shown = now.unix_seconds();
            Refusal::invalid(
                "set",
                format!("is before {shown}, which the clock shows: it only goes forward"),
            )
        }
        ClockRefused::BeyondEnd => Refusal::invalid(
            "advance_s",
            "would move the clock beyond the year 2099, where it ends",
        ),
    }
}

#[expect(clippy::disallowed_methods, reason = "other nodes change the clock in real time")]
async fn pause() {
    tokio::time::sleep(FOLLOW_EVERY).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoicing::samples::app;
    use kaipiao_store_memory::MemoryStore;

    async fn stored(app: &App) -> ClockSetting {
        get::<ClockSetting>(app, &ClockSetting::key()).await.unwrap().unwrap_or_default()
    }

    /// Stores what another node, whose machine's clock is behind, has made of the clock.
    async fn changed_elsewhere(app: &App, behind: Duration, rate: ClockRate) {
        let before = stored(app).await;
        let at = app.real_now();
        let shown = before.course.at(at).unix_millis() - i64::try_from(behind.as_millis()).unwrap();
        let course = ClockCourse { shown: Timestamp::from_unix_millis(shown), real: at, rate };
        let setting = ClockSetting { course, changes: before.changes + 1 };
        let change = |_| Ok::<_, Failure>(Decision::alone(Some(setting), ()));
        decide(app, ClockSetting::key(), FirstTry::Reads, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_clock_that_another_node_has_stopped_behind_it_goes_back_on_neither() {
        let app = app(Arc::new(MemoryStore::default()));
        let clock = Arc::new(SystemClock::default());
        let begin = ClockBegin::At(ClockCourse::default());
        let clock = SandboxClock::resume(&app, clock, begin).await.unwrap();
        let day = Duration::from_secs(86_400);
        let shown = clock.face(&app).now;
        changed_elsewhere(&app, day, ClockRate::STOPPED).await;
        clock.follow_change(&app, stored(&app).await).await;
        let face = clock.face(&app);
        assert!(face.now >= shown, "{face:?}");
        assert_eq!(face.rate, ClockRate::STOPPED);
        // The others are told.
        assert_eq!(stored(&app).await.course.shown, face.now);
        // Nor does a change that comes before the other node's is followed turn it back.
        changed_elsewhere(&app, day, ClockRate::STOPPED).await;
        let on = ClockChange { advance_s: Some(7), ..ClockChange::default() };
        let moved = clock.change(&app, on).await.unwrap();
        assert_eq!(moved.now, face.now + Duration::from_secs(7));
        // One that is ahead is followed as it is.
        let ahead = ClockChange { advance_s: Some(86_400), ..ClockChange::default() };
        let other = Arc::new(SystemClock::default());
        let other = SandboxClock::resume(&app, other, ClockBegin::AsStored(None)).await.unwrap();
        let ahead = other.change(&app, ahead).await.unwrap();
        clock.follow_change(&app, stored(&app).await).await;
        assert_eq!((clock.face(&app).now, stored(&app).await.changes), (ahead.now, 5));
    }
}
