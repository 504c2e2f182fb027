//! The place of a name space: its requests go to what runs there, and wait while that is changed.

use super::super::instance::Instance;
use super::super::workers::Workers;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use core::cell::RefCell;
use core::sync::atomic::{AtomicI64, Ordering};
use core::time::Duration;
use kaipiao_app::name_spaces::DEFAULT_NAME_SPACE;
use kaipiao_app::requests;
use kaipiao_domain::Timestamp;
use kaipiao_wire::answer as wire_answer;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, OwnedRwLockReadGuard, RwLock, watch};
use tower::ServiceExt;

/// So long a request waits for a name space that is being changed.
const WAIT_FOR_CHANGE: Duration = Duration::from_secs(20);
/// So long a change waits for requests that are under way; those that take longer are answered -1.
const WAIT_FOR_REQUESTS: Duration = Duration::from_secs(2);
/// So long a change waits for pushes and issuing; what they would report is of no more use.
const WAIT_FOR_WORKERS: Duration = Duration::from_secs(2);
/// So often it is tried at most to open one that could not be opened.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// What runs in a name space.
pub(in super::super) struct Running {
    pub(in super::super) instance: Instance,
    workers: Mutex<Option<Workers>>,
    /// Read by each request, written by whoever waits for the last one.
    requests: Arc<RwLock<()>>,
}

impl Running {
    pub(super) fn new(instance: Instance) -> Arc<Self> {
        Arc::new(Self { instance, workers: Mutex::default(), requests: Arc::default() })
    }

    pub(super) fn start(&self, one_has_ended: &Arc<Notify>) {
        let workers = Workers::of(&self.instance, one_has_ended);
        *self.workers.lock().unwrap_or_else(PoisonError::into_inner) = Some(workers);
        self.instance.app.life().serves();
    }

    /// False: something was broken off.
    pub(super) async fn end_workers(&self, within: Duration) -> bool {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner).take();
        match workers {
            Some(workers) => workers.end(within).await,
            None => true,
        }
    }
}

#[derive(Clone)]
enum State {
    Serving(Arc<Running>),
    Changing,
    /// It could not be opened, the last time at this moment.
    Broken(Arc<str>, Instant),
    Removed,
}

/// Why a request finds nobody.
enum Away {
    Changing,
    Broken,
    Removed,
}

tokio::task_local! {
    /// The count of the request that the task answers.
    static OWN_COUNT: RefCell<Option<OwnedRwLockReadGuard<()>>>;
}

/// The request that the task answers asks for a change: no change waits for it from now on.
pub(super) fn holds_nothing_up() {
    // An error: nobody counts this one.
    let _ = OWN_COUNT.try_with(|count| count.take());
}

/// The place of a name space.
pub(in super::super) struct Slot {
    state: watch::Sender<State>,
    /// Held by whoever changes it.
    pub(super) changing: tokio::sync::Mutex<()>,
    /// In unix milliseconds of real time; 0: never.
    last_called_ms: AtomicI64,
}

impl Slot {
    pub(super) fn new(running: Arc<Running>) -> Self {
        Self::of(State::Serving(running))
    }

    pub(super) fn being_made() -> Self {
        Self::of(State::Changing)
    }

    pub(super) fn broken(why: String) -> Self {
        Self::of(State::Broken(why.into(), Instant::now()))
    }

    fn of(state: State) -> Self {
        let (state, _) = watch::channel(state);
        Self { state, changing: tokio::sync::Mutex::default(), last_called_ms: AtomicI64::new(0) }
    }

    /// It is called at this real moment.
    pub(super) fn called(&self, real: Timestamp) {
        self.last_called_ms.store(real.unix_millis(), Ordering::Relaxed);
    }

    /// When it was last called, in real time; None: never.
    pub(super) fn last_called(&self) -> Option<Timestamp> {
        let ms = self.last_called_ms.load(Ordering::Relaxed);
        (ms != 0).then(|| Timestamp::from_unix_millis(ms))
    }

    /// What runs; None: nothing at the moment.
    pub(super) fn running(&self) -> Option<Arc<Running>> {
        match &*self.state.borrow() {
            State::Serving(running) => Some(Arc::clone(running)),
            State::Changing | State::Broken(..) | State::Removed => None,
        }
    }

    /// Why nothing runs; None: it does, or is being changed.
    pub(super) fn problem(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::Broken(why, _) => Some(why.to_string()),
            State::Serving(_) | State::Changing | State::Removed => None,
        }
    }

    /// Whether it is broken, and nobody has tried to open it for a while.
    pub(super) fn may_be_tried(&self) -> bool {
        let state = self.state.borrow();
        matches!(&*state, State::Broken(_, tried) if tried.elapsed() >= BETWEEN_TRIES)
    }

    /// Answers a request. An error: it was removed.
    pub(super) async fn answer(&self, name: &str, request: Request) -> Result<Response, Request> {
        self.answer_by(name, request, |instance| &instance.router).await
    }

    /// Answers what operators ask. An error: it was removed.
    pub(super) async fn answer_operators(&self, request: Request) -> Result<Response, Request> {
        self.answer_by(DEFAULT_NAME_SPACE, request, |instance| &instance.operations).await
    }

    async fn answer_by(
        &self,
        name: &str,
        request: Request,
        router: fn(&Instance) -> &Router,
    ) -> Result<Response, Request> {
        loop {
            let running = match self.next_running().await {
                Ok(running) => running,
                Err(Away::Removed) => return Err(request),
                Err(Away::Changing) => return Ok(refused(IS_CHANGED)),
                Err(Away::Broken) => return Ok(refused(&is_broken(name))),
            };
            let count = Arc::clone(&running.requests).read_owned().await;
            // It may have been stopped while the request waited for its count.
            if self.running().is_none_or(|now| !Arc::ptr_eq(&now, &running)) {
                continue;
            }
            let answering = router(&running.instance).clone().oneshot(request);
            let Ok(response) = OWN_COUNT.scope(RefCell::new(Some(count)), answering).await;
            return Ok(response);
        }
    }

    async fn next_running(&self) -> Result<Arc<Running>, Away> {
        if let Some(running) = self.running() {
            return Ok(running);
        }
        let mut state = self.state.subscribe();
        let changed = state.wait_for(|state| !matches!(state, State::Changing));
        match tokio::time::timeout(WAIT_FOR_CHANGE, changed).await {
            Ok(Ok(state)) => match &*state {
                State::Serving(running) => Ok(Arc::clone(running)),
                State::Removed => Err(Away::Removed),
                State::Changing | State::Broken(..) => Err(Away::Broken),
            },
            Ok(Err(_)) | Err(_) => Err(Away::Changing),
        }
    }

    /// Stops what runs, and closes its store: its files can be changed.
    pub(super) async fn stop(&self) {
        let Some(running) = self.begin_change() else { return };
        // Whoever waits there for something to happen is answered now, with what is there.
        running.instance.app.stops();
        // None that is still under way finds the store when it is closed.
        let _ = tokio::time::timeout(WAIT_FOR_REQUESTS, running.requests.write()).await;
        running.end_workers(WAIT_FOR_WORKERS).await;
        requests::end(&running.instance.app).await;
        running.instance.store.close().await;
    }

    /// What ran until now; None: nothing did, and what is said of that stays.
    fn begin_change(&self) -> Option<Arc<Running>> {
        let mut stopped = None;
        self.state.send_if_modified(|state| {
            if let State::Serving(running) = state {
                stopped = Some(Arc::clone(running));
                *state = State::Changing;
            }
            stopped.is_some()
        });
        stopped
    }

    pub(super) fn serve(&self, running: Arc<Running>) {
        self.state.send_replace(State::Serving(running));
    }

    pub(super) fn break_off(&self, why: String) {
        self.state.send_replace(State::Broken(why.into(), Instant::now()));
    }

    pub(super) fn removed(&self) {
        self.state.send_replace(State::Removed);
    }
}

const IS_CHANGED: &str = "the name space is being changed, try again";

/// What to do about it is done by any other name space.
fn is_broken(name: &str) -> String {
    format!(
        "the name space \"{name}\" cannot be opened; GET /sandbox/v1/namespaces says why, and the next call tries again. POST \
         /sandbox/v1/namespaces/{name}/reset empties it, POST /sandbox/v1/namespaces/{name}/snapshots/{{snapshot}}/restore brings a \
         snapshot back, DELETE /sandbox/v1/namespaces/{name} removes it"
    )
}

/// -1, as from every server that is busy.
fn refused(why: &str) -> Response {
    let body = wire_answer::name_space_is_away(why);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let content_type = HeaderValue::from_static(wire_answer::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
