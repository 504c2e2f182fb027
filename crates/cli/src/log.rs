//! The log: lines on stderr that nobody waits for.
//!
//! Whoever reads the log may stall (`kaipiao serve 2>&1 | less`) or go. So lines stand in a bounded
//! queue before a thread that writes them; what finds it full is dropped, and once there is room
//! again a line says how many were.

use crate::settings::{Log, LogFormat, SettingsError};
use core::time::Duration;
use std::io::IsTerminal;
use std::sync::mpsc::channel;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Lines that may wait to be written.
const WAITING_LINES: usize = 2048;
/// How often it is looked at whether lines were dropped.
const LOOK: Duration = Duration::from_secs(1);
/// What waits at the end is written within this time, or lost.
const LAST_LINES: Duration = Duration::from_secs(2);

/// The log that was started. Its last lines are written by [`Started::end`].
pub struct Started {
    writing: WorkerGuard,
    dropped: ErrorCounter,
}

/// Starts the log of this process, which must run within a runtime.
pub fn start(log: &Log) -> Result<Started, SettingsError> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|error| SettingsError::Value(format!("log.filter: {error}")))?;
    // Below that it tells the parameters of every statement: people's data.
    let filter = filter.add_directive("tokio_postgres=info".parse().expect("a directive"));
    let (lines, writing) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(std::io::stderr());
    let dropped = lines.error_counter();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines)
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false);
    match log.format {
        LogFormat::Text => subscriber.with_target(false).init(),
        LogFormat::Json => subscriber.json().init(),
    }
    // The default hook writes to stderr itself, and would wait for its reader.
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(%panic, %backtrace, "a panic");
    }));
    tokio::spawn(tell_dropped(dropped.clone()));
    Ok(Started { writing, dropped })
}

impl Started {
    /// Writes what waits, unless nobody reads it.
    pub fn end(self) {
        let dropped = self.dropped.dropped_lines();
        if dropped > 0 {
            tracing::warn!(lines = dropped, "log lines were dropped in all");
        }
        // The guard tells stdout when it cannot write, and stdout may have the same reader.
        let (done, is_done) = channel();
        std::thread::spawn(move || {
            drop(self.writing);
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(LAST_LINES);
    }
}

/// Logs how many lines were dropped so far, each time that there are more. This line may be dropped
/// itself: that makes one more, and another look.
async fn tell_dropped(dropped: ErrorCounter) {
    let (mut looks, mut told) = (tokio::time::interval(LOOK), 0);
    loop {
        looks.tick().await;
        let lines = dropped.dropped_lines();
        if lines > told {
            tracing::warn!(
                lines,
                "log lines were dropped: so many so far, nobody read them in time"
            );
            told = lines;
        }
    }
}
