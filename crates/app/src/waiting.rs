//! Waiting in the sandbox until something has happened to an order, instead of asking again and again (D-260).
//!
//! Whoever waits looks into the store when this node has committed something, and each second by itself: what other nodes
//! commit, nobody tells.

mod events;
mod scope;
mod told;

pub use self::events::{Awaited, Happened, Party, Question, What};
use self::scope::Scope;
pub use self::scope::There;
use crate::app::App;
use crate::changes::MOST_WAITING;
use crate::failure::Failure;
use crate::life::Stage;
use core::time::Duration;
use std::time::Instant;
use tokio::time::timeout;

/// How often is looked whatever is told.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is committed within so long is looked for once.
const PAUSE: Duration = Duration::from_millis(20);

/// What waiting came to.
#[derive(Debug)]
pub enum Waited {
    /// It has happened.
    Happened(Box<Happened>),
    /// It has not in time: this is there.
    NotYet(Box<There>),
    /// The server stops, or its name space is restored, reset or removed, before it has happened: this is there.
    CutShort(Box<There>),
    /// So many wait already that nobody else may.
    TooMany(usize),
}

/// Waits until something has happened, for so long in real time.
pub async fn wait(app: &App, asked: &Question, limit: Duration) -> Result<Waited, Failure> {
    let none = || Failure::Damaged("nothing can be waited for without a sandbox".to_owned());
    let changes = app.changes.as_ref().ok_or_else(none)?;
    let Some(_place) = changes.place() else { return Ok(Waited::TooMany(MOST_WAITING)) };
    let until = Instant::now() + limit;
    let scope = Scope::of(app, asked).await?;
    loop {
        let (next, looked) = (app.next_change(), Instant::now());
        if let Some(happened) = scope.look(app, &asked.awaited, asked.after_ms).await? {
            return Ok(Waited::Happened(Box::new(happened)));
        }
        let left = until.saturating_duration_since(Instant::now());
        if app.life().stage() == Stage::Stopping {
            return Ok(Waited::CutShort(Box::new(scope.there(app).await?)));
        }
        if left.is_zero() {
            return Ok(Waited::NotYet(Box::new(scope.there(app).await?)));
        }
        let took = looked.elapsed();
        // An error: nobody has told of anything, and it is looked all the same.
        let _ = timeout(left.min(LOOK_EVERY), next).await;
        // Whoever looks for long looks less often.
        pause(PAUSE.max(took).min(until.saturating_duration_since(Instant::now()))).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever waits does so in real time")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
