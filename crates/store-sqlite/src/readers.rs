//! The pool of read-only connections. Reads run on tokio's blocking threads, never on a thread
//! that serves requests.

use crate::connection::open_reading;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::metrics::{number, reading};
use prometheus::IntGauge;
use prometheus::core::Collector;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    at_once: Arc<Semaphore>,
    limit: usize,
    /// Reads that wait for a place.
    waiting: IntGauge,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, at_once: usize) -> Self {
        let help = "Reads that wait for one of the store's readers";
        let waiting = IntGauge::new("kaipiao_store_readers_waiting", help);
        Self {
            path,
            idle: Mutex::default(),
            at_once: Arc::new(Semaphore::new(at_once)),
            limit: at_once,
            waiting: waiting.expect("its name is well-formed"),
        }
    }

    /// What metrics tell of them.
    pub(crate) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        let (places, limit) = (Arc::clone(&self.at_once), self.limit);
        vec![
            Box::new(self.waiting.clone()),
            reading(
                "kaipiao_store_readers_in_use",
                "Reads of the store at this moment",
                move || number(limit.saturating_sub(places.available_permits())),
            ),
            reading(
                "kaipiao_store_readers_limit",
                "Reads of the store at once at most",
                move || number(limit),
            ),
        ]
    }

    /// A place for a read; whoever goes while they wait no longer counts.
    async fn place(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        if let Ok(permit) = Arc::clone(&self.at_once).try_acquire_owned() {
            return Ok(permit);
        }
        let _waits = Waits::new(&self.waiting);
        Arc::clone(&self.at_once).acquire_owned().await.map_err(away)
    }

    /// Runs a read. A connection that failed is not used again.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.place().await?;
        let this = Arc::clone(self);
        let result = tokio::task::spawn_blocking(move || {
            // The place is taken as long as the read runs, also when its caller has gone.
            let _permit = permit;
            let connection = this.take()?;
            let result = read(&connection)?;
            if !this.at_once.is_closed() {
                this.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            Ok::<_, rusqlite::Error>(result)
        });
        result.await.map_err(away)?.map_err(away)
    }

    /// Begins no more reads, and waits for those that run. Their connections are closed.
    pub(crate) async fn end(&self) {
        self.at_once.close();
        while self.at_once.available_permits() < self.limit {
            tokio::task::yield_now().await;
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self) -> rusqlite::Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open_reading(&self.path), Ok)
    }
}

/// One who waits, until it is dropped.
struct Waits<'a>(&'a IntGauge);

impl<'a> Waits<'a> {
    fn new(waiting: &'a IntGauge) -> Self {
        waiting.inc();
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn away(error: impl ToString) -> StoreError {
    StoreError::Away(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FILE_NAME, Options, SqliteStore};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_more_reads_run_at_once_than_there_are_places() {
        let directory = tempfile::tempdir().unwrap();
        let _store = SqliteStore::open(directory.path(), Options::default()).unwrap();
        let readers = Arc::new(Readers::new(directory.path().join(FILE_NAME), 2));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let reads: Vec<_> = (0..200)
            .map(|_| {
                let (readers, running) = (Arc::clone(&readers), Arc::clone(&running));
                let most = Arc::clone(&most);
                tokio::spawn(async move {
                    let read = move |connection: &Connection| {
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        let read = connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0));
                        running.fetch_sub(1, Ordering::SeqCst);
                        read
                    };
                    readers.run(read).await
                })
            })
            .collect();
        for read in reads {
            assert_eq!(read.await.unwrap(), Ok(1));
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
    }
}
