//! The log: lines on stderr that nobody waits for.
//!
//! Whoever reads the log may stall (`kaipiao serve 2>&1 | less`) or go. So lines stand in a bounded
//! queue before a thread that writes them, and count by their bytes; what finds it full is dropped,
//! and once there is room again a line says how many were.

use crate::log_filter;
use crate::settings::{Log, LogFormat, SettingsError};
use crate::telemetry::Telemetry;
use core::any::Any;
use core::time::Duration;
use std::io::{IsTerminal, Result as IoResult, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use tracing::field::display;
use tracing::{Level, Metadata};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Bytes of lines that may wait to be written.
const WAITING_BYTES: usize = 4 << 20;
/// What a line counts at least, so that they are bounded in number too.
const LEAST_BYTES: usize = 2 << 10;
/// How often it is looked at whether lines were dropped.
const LOOK: Duration = Duration::from_secs(1);
/// What waits at the end is written within this time, or lost.
const LAST_LINES: Duration = Duration::from_secs(2);

/// The log that was started. Its last lines are written by [`Started::end`].
pub struct Started {
    writing: WorkerGuard,
    waiting: Arc<Waiting>,
}

/// What stands before the writing thread.
#[derive(Default)]
struct Waiting {
    bytes: AtomicUsize,
    /// Lines that found no room.
    dropped: AtomicUsize,
}

impl Waiting {
    /// Takes room for a line; false: there is none, and it counts as dropped.
    fn enter(&self, line: &[u8]) -> bool {
        let grown = |bytes: usize| {
            let bytes = bytes + counted(line);
            (bytes <= WAITING_BYTES).then_some(bytes)
        };
        let has_room = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok();
        if !has_room {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }

    fn leave(&self, line: &[u8]) {
        self.bytes.fetch_sub(counted(line), Ordering::Relaxed);
    }

    fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed)
    }
}

fn counted(line: &[u8]) -> usize {
    line.len().max(LEAST_BYTES)
}

/// The way into the queue: each write is a line.
#[derive(Clone)]
struct Queue {
    lines: NonBlocking,
    waiting: Arc<Waiting>,
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> IoResult<usize> {
        if self.waiting.enter(line) {
            self.lines.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

/// The way out of it.
struct Out<W> {
    out: W,
    waiting: Arc<Waiting>,
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, line: &[u8]) -> IoResult<usize> {
        self.write_all(line).map(|()| line.len())
    }

    /// The thread writes each line by one call of this.
    fn write_all(&mut self, line: &[u8]) -> IoResult<()> {
        let written = self.out.write_all(line);
        self.waiting.leave(line);
        written
    }

    fn flush(&mut self) -> IoResult<()> {
        self.out.flush()
    }
}

fn queue(out: impl Write + Send + 'static) -> (Queue, WorkerGuard) {
    let waiting = Arc::<Waiting>::default();
    let (lines, writing) = NonBlockingBuilder::default()
        .lossy(true)
        // As many as there can be: what is dropped is dropped by its bytes.
        .buffered_lines_limit(WAITING_BYTES / LEAST_BYTES)
        .thread_name("log")
        .finish(Out { out, waiting: Arc::clone(&waiting) });
    (Queue { lines, waiting }, writing)
}

/// Starts the log of this process, which must run within a runtime, and hands its spans to whoever exports them.
pub fn start(log: &Log, telemetry: Option<&Telemetry>) -> Result<Started, SettingsError> {
    let wrong = |problem| SettingsError::Value(format!("log.filter: {problem}"));
    let filter = log_filter::start(&log.filter).map_err(wrong)?;
    let (queue, writing) = queue(std::io::stderr());
    let waiting = Arc::clone(&queue.waiting);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || queue.clone())
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false);
    let lines = match log.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(telemetry.map(Telemetry::layer))
        .with(filter_fn(is_told))
        .init();
    // The default hook writes to stderr itself, and would wait for its reader.
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        let place = panic.location().map(display);
        tracing::error!(place, words = words(panic.payload()), %backtrace, "a panic");
    }));
    tokio::spawn(tell_dropped(Arc::clone(&waiting)));
    Ok(Started { writing, waiting })
}

/// What a panic says, where this program's text has it word for word. Other words are made when it happens, and may
/// quote what somebody sent: a cut within a character quotes the whole text, a key too. The place says which they are.
fn words(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("(not logged)")
}

/// Whether something may be logged, whatever the filter opens. Below info tokio_postgres tells the parameters of
/// every statement: people's data and secrets.
fn is_told(metadata: &Metadata<'_>) -> bool {
    let is_postgres = metadata.target().split("::").next() == Some("tokio_postgres");
    !is_postgres || *metadata.level() <= Level::INFO
}

impl Started {
    /// Writes what waits, unless nobody reads it.
    pub fn end(self) {
        let dropped = self.waiting.dropped();
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
async fn tell_dropped(waiting: Arc<Waiting>) {
    let (mut looks, mut told) = (tokio::time::interval(LOOK), 0);
    loop {
        looks.tick().await;
        let lines = waiting.dropped();
        if lines > told {
            tracing::warn!(
                lines,
                "log lines were dropped: so many so far, nobody read them in time"
            );
            told = lines;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_tests::wait_until;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// A reader that reads while nobody holds its lock.
    #[derive(Clone, Default)]
    struct Reader(Arc<Mutex<usize>>);

    impl Reader {
        fn lines(&self) -> MutexGuard<'_, usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Write for Reader {
        fn write(&mut self, line: &[u8]) -> IoResult<usize> {
            *self.lines() += 1;
            Ok(line.len())
        }

        fn flush(&mut self) -> IoResult<()> {
            Ok(())
        }
    }

    #[test]
    fn of_a_panic_only_words_are_logged_that_the_program_holds() {
        let of = |panics: fn()| words(&*std::panic::catch_unwind(panics).unwrap_err());
        assert_eq!(of(|| panic!("it takes what is written")), "it takes what is written");
        assert_eq!(of(|| panic!("{}", std::hint::black_box("a key"))), "(not logged)");
        // A cut within a character quotes the text.
        assert_eq!(of(|| drop(std::hint::black_box("钥1920")[1..].to_owned())), "(not logged)");
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_and_every_line_is_written_or_counted() {
        const LINES: usize = 3000;
        for bytes in [1, LEAST_BYTES, 1 << 20] {
            let reader = Reader::default();
            let (mut queue, writing) = queue(reader.clone());
            let waiting = Arc::clone(&queue.waiting);
            let stalled = reader.lines();
            let line = vec![b'x'; bytes];
            for _ in 0..LINES {
                queue.write_all(&line).unwrap();
            }
            let kept = WAITING_BYTES / bytes.max(LEAST_BYTES);
            assert_eq!(waiting.dropped(), LINES - kept, "lines of {bytes} bytes");
            drop(stalled);
            wait_until("all that was kept is written", || {
                waiting.bytes.load(Ordering::Relaxed) == 0
            });
            assert_eq!(*reader.lines(), kept, "lines of {bytes} bytes");
            drop(writing);
        }
    }
}
