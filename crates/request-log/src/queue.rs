//! What waits to be written: bounded by its bytes, and taken as a whole.

use core::time::Duration;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_ports::request_log::{MOST_BODY_BYTES, SeenRequest};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

/// Bytes of requests that may wait.
const MOST_BYTES: usize = 8 << 20;
/// What a request takes besides its texts.
const LEAST_BYTES: usize = 1 << 10;
/// After the first request that came, so long others gather.
const GATHERING: Duration = Duration::from_millis(50);

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

#[derive(Default)]
struct State {
    requests: Vec<SeenRequest>,
    /// Who waits until all of them are written.
    waiting: Vec<oneshot::Sender<()>>,
    is_stopped: bool,
    /// Nobody will take anything any more.
    is_closed: bool,
}

/// What was taken.
pub(crate) struct Taken {
    pub(crate) requests: Vec<SeenRequest>,
    /// Told once they are written.
    pub(crate) waiting: Vec<oneshot::Sender<()>>,
    /// It is the last.
    pub(crate) is_end: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the largest request would find room; if not, it is counted as dropped.
    pub(crate) fn admits(&self) -> bool {
        let most = 2 * MOST_BODY_BYTES + LEAST_BYTES;
        let has_room = self.bytes.load(Ordering::Relaxed) + most <= MOST_BYTES;
        if !has_room {
            self.lost(1);
        }
        has_room
    }

    /// How many wait.
    pub(crate) fn length(&self) -> usize {
        self.state().requests.len()
    }

    /// Takes a request in, or drops it.
    pub(crate) fn add(&self, request: SeenRequest) {
        let bytes = counted(&request);
        let mut state = self.state();
        if self.bytes.load(Ordering::Relaxed) + bytes > MOST_BYTES || state.is_closed {
            drop(state);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let is_first = state.requests.is_empty();
        state.requests.push(request);
        drop(state);
        // One wake for all that gather.
        if is_first {
            self.changed.notify_one();
        }
    }

    /// How many were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Counts requests that were taken and could not be written.
    pub(crate) fn lost(&self, requests: usize) {
        self.dropped.fetch_add(requests as u64, Ordering::Relaxed);
    }

    /// Resolves once all is written that was added before; an error: the writer has stopped.
    pub(crate) fn written(&self) -> oneshot::Receiver<()> {
        let (writer, written) = oneshot::channel();
        let mut state = self.state();
        if !state.is_closed {
            state.waiting.push(writer);
            self.changed.notify_one();
        }
        written
    }

    /// Asks the writer to write what waits, and to end.
    pub(crate) fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_one();
    }

    /// What waits, once some does and `rested` is over; at once when somebody waits for it. Nothing, where none came
    /// for `idle`.
    pub(crate) fn take(&self, rested: Instant, idle: Duration) -> Taken {
        let begun = Instant::now();
        let mut state = self.state();
        let mut gathered = None;
        loop {
            let now = Instant::now();
            let until = if state.requests.is_empty() {
                begun + idle
            } else {
                rested.max(*gathered.get_or_insert(now + GATHERING))
            };
            if state.is_stopped || !state.waiting.is_empty() || now >= until {
                break;
            }
            let waited = self.changed.wait_timeout(state, until - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let requests = core::mem::take(&mut state.requests);
        let waiting = core::mem::take(&mut state.waiting);
        let bytes: usize = requests.iter().map(counted).sum();
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        Taken { requests, waiting, is_end: state.is_stopped }
    }

    /// Nothing is taken any more: whoever waits is told so, and what comes is dropped.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.waiting.clear();
        state.requests.clear();
    }
}

fn counted(request: &SeenRequest) -> usize {
    let texts = [&request.target, &request.method, &request.request.content_type];
    let texts: usize = texts.into_iter().map(String::len).sum();
    let names = |order: &OrderKey| order.merchant.as_str().len() + order.order_id.as_str().len();
    let orders: usize = request.orders.iter().map(names).sum();
    LEAST_BYTES + texts + orders + request.request.bytes.len() + request.answer.bytes.len()
}
