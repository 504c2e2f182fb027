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

    /// Changes the clock. Returns what it shows from now on.
    pub async fn change(&self, app: &App, change: ClockChange) -> Result<ClockFace, Failure> {
        let changed = |found: Option<ClockSetting>| {
            let before = found.unwrap_or_default();
            let course = before.course.changed(change, app.real_now()).map_err(refused)?;
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
                    Ok(setting) => self.take(app, setting.unwrap_or_default()),
                    Err(error) => tracing::warn!(%error, "the clock could not be read"),
                }
            }
        };
        tokio::select! {
            () = stop => {}
            () = following => {}
        }
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
