//! The thread that writes.

use crate::entry;
use crate::file::LogFile;
use crate::queue::{Queue, Taken};
use crate::table;
use crate::trim::Limits;
use core::time::Duration;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::request_log::SeenRequest;
use std::sync::Arc;
use std::time::Instant;

/// It rests so many times as long as it has worked: a tenth of one processor at most is its own.
const REST: u32 = 9;
/// And no longer.
const LONGEST_REST: Duration = Duration::from_secs(2);
/// Where nothing comes, it looks for what has become too old so often.
const IDLE: Duration = Duration::from_secs(60);
/// Between steps that remove what is old, where nothing comes.
const BETWEEN_STEPS: Duration = Duration::from_millis(100);
/// Dropped requests are told of so often.
const TOLD: Duration = Duration::from_secs(10);

/// The writer.
pub(crate) struct Writer {
    file: LogFile,
    queue: Arc<Queue>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    /// The newest place that is taken; None: not read yet.
    newest: Option<i64>,
    told: u64,
    told_at: Option<Instant>,
    is_failing: bool,
}

impl Writer {
    /// Over an open file.
    pub(crate) fn new(
        file: LogFile,
        queue: Arc<Queue>,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (newest, told, told_at) = (None, 0, None);
        Self { file, queue, limits, clock, newest, told, told_at, is_failing: false }
    }

    /// Writes until the queue is stopped, and then what waits.
    pub(crate) fn run(mut self) {
        // Also when a panic ends this thread: whoever waits for it must not wait for ever.
        let _closing = Closing(Arc::clone(&self.queue));
        let (mut rested, mut idle) = (Instant::now(), BETWEEN_STEPS);
        loop {
            let Taken { requests, waiting, is_end } = self.queue.take(rested, idle);
            let begun = Instant::now();
            let has_more = self.write(requests);
            for waiting in waiting {
                let _ = waiting.send(());
            }
            self.tell_dropped();
            if is_end {
                return;
            }
            rested = Instant::now() + (begun.elapsed() * REST).min(LONGEST_REST);
            idle = if has_more { BETWEEN_STEPS } else { IDLE };
        }
    }

    /// Writes a group; true: more is too old, or too much, than one step removes.
    fn write(&mut self, requests: Vec<SeenRequest>) -> bool {
        let count = requests.len();
        match self.try_write(requests) {
            Ok(has_more) => {
                if core::mem::take(&mut self.is_failing) {
                    tracing::info!("the request log is written again");
                }
                has_more
            }
            Err(error) => {
                self.queue.lost(count);
                if !core::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(%error, "requests could not be logged");
                }
                self.newest = None;
                self.file.close(&error);
                false
            }
        }
    }

    fn try_write(&mut self, requests: Vec<SeenRequest>) -> rusqlite::Result<bool> {
        let real_now_ms = self.clock.real_now().unix_millis();
        let connection = self.file.connection()?;
        let mut newest = match self.newest {
            Some(newest) => newest,
            None => table::newest(connection)?,
        };
        let added = requests.len();
        let transaction = connection.transaction()?;
        for request in requests {
            let noted_us = request.real_ms.saturating_mul(1000);
            let took_us = i64::try_from(request.took_us).unwrap_or(0);
            newest = noted_us.saturating_add(took_us).max(newest + 1);
            table::insert(&transaction, &entry::logged(request, newest))?;
        }
        let mut has_more = self.limits.step(&transaction, real_now_ms, added)?;
        transaction.commit()?;
        self.newest = Some(newest);
        // Large requests take the room of many small ones: it is made before more are taken, a commit a step.
        while has_more && self.limits.is_full(connection)? {
            let transaction = connection.transaction()?;
            has_more = self.limits.step(&transaction, real_now_ms, 0)?;
            transaction.commit()?;
        }
        self.limits.shrink(connection)?;
        Ok(has_more)
    }

    /// Says how many requests are missing, now and then.
    fn tell_dropped(&mut self) {
        let dropped = self.queue.dropped();
        let is_time = self.told_at.is_none_or(|at| at.elapsed() >= TOLD);
        if dropped > self.told && is_time {
            tracing::warn!(
                requests = dropped,
                "requests were left out of the request log: so many so far, they came faster than it writes"
            );
            (self.told, self.told_at) = (dropped, Some(Instant::now()));
        }
    }
}

/// Tells the queue that nobody takes anything any more.
struct Closing(Arc<Queue>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
