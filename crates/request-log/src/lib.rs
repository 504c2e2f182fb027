//! The request log: a SQLite file beside the store, which nobody waits for.
//!
//! What is noted goes into a bounded queue; a thread takes all that waits, masks what is secret, and writes it in one
//! commit that does not wait for the disk. So a crash of the machine may cost the log its tail, or the whole file, which
//! is then begun anew. The thread rests after its work, so that it takes a small part of one processor at most: what
//! comes faster is dropped, and counted.

mod candidates;
mod entry;
mod file;
mod queue;
mod table;
mod tally;
mod trim;
mod writer;

use async_trait::async_trait;
use core::time::Duration;
use file::LogFile;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::request_log::{
    LoggedRequest, RequestLog, RequestLogError, RequestPage, RequestQuery, RequestTally,
    SeenRequest,
};
use queue::Queue;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use writer::Writer;

/// Where it is, and how much is kept.
pub struct Options {
    /// The file, in a folder that is there.
    pub path: PathBuf,
    /// How long a request is kept.
    pub keep: Duration,
    /// How many bytes the file has at most; older requests go before their time.
    pub most_bytes: u64,
    /// Tells the age of requests, in real time.
    pub clock: Arc<dyn Clock>,
}

/// Why the log could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("the request log {path} cannot be opened: {error}")]
pub struct OpenError {
    path: String,
    error: rusqlite::Error,
}

/// Reading waits so long for what was noted before.
const PATIENCE: Duration = Duration::from_secs(5);

/// The log.
pub struct SqliteRequestLog {
    queue: Arc<Queue>,
    path: PathBuf,
    /// None: it has ended.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteRequestLog {
    /// Opens the file, or makes it, and starts the thread that writes it.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let Options { path, keep, most_bytes, clock } = options;
        let file = LogFile::open(path.clone())
            .map_err(|error| OpenError { path: path.display().to_string(), error })?;
        let queue = Arc::<Queue>::default();
        let limits = trim::Limits { keep, most_bytes };
        let writer = Writer::new(file, Arc::clone(&queue), limits, clock);
        let thread = std::thread::Builder::new()
            .name("request-log".into())
            .spawn(move || writer.run())
            .expect("the process can start one more thread");
        Ok(Self { queue, path, thread: Mutex::new(Some(thread)) })
    }

    /// Reads, once all is written that was noted before.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, RequestLogError> {
        let away = |why: String| RequestLogError::Away(why);
        let written = self.queue.written();
        let written = tokio::time::timeout(PATIENCE, written).await;
        written
            .map_err(|_| away("it is busy".to_owned()))?
            .map_err(|_| away("it has stopped".to_owned()))?;
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || {
            file::open_reading(&path).and_then(|connection| work(&connection))
        });
        let read = read.await.map_err(|error| away(error.to_string()))?;
        read.map_err(|error| away(error.to_string()))
    }
}

#[async_trait]
impl RequestLog for SqliteRequestLog {
    fn admits(&self) -> bool {
        self.queue.admits()
    }

    fn note(&self, request: SeenRequest) {
        self.queue.add(request);
    }

    fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    fn queued(&self) -> usize {
        self.queue.length()
    }

    async fn page(&self, query: &RequestQuery) -> Result<RequestPage, RequestLogError> {
        let query = query.clone();
        self.read(move |connection| candidates::page(connection, &query)).await
    }

    async fn at(&self, id: i64) -> Result<Option<LoggedRequest>, RequestLogError> {
        self.read(move |connection| table::whole_at(connection, id)).await
    }

    async fn find(&self, rid: &str) -> Result<Option<LoggedRequest>, RequestLogError> {
        let rid = rid.to_owned();
        self.read(move |connection| table::find(connection, &rid)).await
    }

    async fn tally(&self, account: &str, from_ms: i64) -> Result<RequestTally, RequestLogError> {
        let account = account.to_owned();
        self.read(move |connection| tally::tally(connection, &account, from_ms)).await
    }

    async fn end(&self) {
        self.queue.stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let joined = tokio::task::spawn_blocking(move || thread.map(JoinHandle::join));
        if !matches!(joined.await, Ok(None | Some(Ok(())))) {
            tracing::error!("the request log did not end in order");
        }
    }
}

impl Drop for SqliteRequestLog {
    fn drop(&mut self) {
        self.queue.stop();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the writer was logged where it happened; here it only means "stopped".
            let _ = thread.join();
        }
    }
}
