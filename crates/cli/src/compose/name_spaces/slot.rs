//! The place of a name space: its requests go to what runs there, and wait while that is changed.

use super::super::instance::Instance;
use super::super::workers::Workers;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::requests;
use kaipiao_wire::answer as wire_answer;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, RwLock, watch};
use tower::ServiceExt;

/// So long a request waits for a name space that is being changed.
const WAIT_FOR_CHANGE: Duration = Duration::from_secs(20);
/// So long a change waits for requests that are under way; those that take longer are answered -1.
const WAIT_FOR_REQUESTS: Duration = Duration::from_secs(2);
/// So long a change waits for pushes and issuing; what they would report is of no more use.
const WAIT_FOR_WORKERS: Duration = Duration::from_secs(2);

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
    /// It could not be opened.
    Broken(Arc<str>),
}

/// Why a request finds nobody.
enum Away {
    Changing,
    Broken,
}

/// The place of a name space.
pub(in super::super) struct Slot {
    state: watch::Sender<State>,
    /// Held by whoever changes it.
    pub(super) changing: tokio::sync::Mutex<()>,
}

impl Slot {
    pub(super) fn new(running: Arc<Running>) -> Self {
        Self::of(State::Serving(running))
    }

    pub(super) fn broken(why: String) -> Self {
        Self::of(State::Broken(why.into()))
    }

    fn of(state: State) -> Self {
        Self { state: watch::channel(state).0, changing: tokio::sync::Mutex::default() }
    }

    /// What runs; None: nothing at the moment.
    pub(super) fn running(&self) -> Option<Arc<Running>> {
        match &*self.state.borrow() {
            State::Serving(running) => Some(Arc::clone(running)),
            State::Changing | State::Broken(_) => None,
        }
    }

    /// Why nothing runs; None: it does, or is being changed.
    pub(super) fn problem(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::Broken(why) => Some(why.to_string()),
            State::Serving(_) | State::Changing => None,
        }
    }

    /// Answers a request. One that changes the name space itself does not hold it up.
    pub(super) async fn answer(&self, request: Request, is_change: bool) -> Response {
        self.answer_by(request, is_change, |instance| &instance.router).await
    }

    /// Answers what operators ask.
    pub(super) async fn answer_operators(&self, request: Request) -> Response {
        self.answer_by(request, false, |instance| &instance.operations).await
    }

    async fn answer_by(
        &self,
        request: Request,
        is_change: bool,
        router: fn(&Instance) -> &Router,
    ) -> Response {
        loop {
            let running = match self.next_running().await {
                Ok(running) => running,
                Err(away) => return refused(&away),
            };
            let counted = match is_change {
                true => None,
                false => Some(Arc::clone(&running.requests).read_owned().await),
            };
            // It may have been stopped while the request waited for its count.
            if self.running().is_none_or(|now| !Arc::ptr_eq(&now, &running)) {
                continue;
            }
            let Ok(response) = router(&running.instance).clone().oneshot(request).await;
            drop(counted);
            return response;
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
                State::Changing | State::Broken(_) => Err(Away::Broken),
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
        self.state.send_replace(State::Broken(why.into()));
    }
}

/// -1, as from every server that is busy.
fn refused(away: &Away) -> Response {
    let body = wire_answer::name_space_is_away(match away {
        Away::Changing => "the name space is being changed, try again",
        Away::Broken => "the name space cannot be opened; the server's log says why",
    });
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let content_type = HeaderValue::from_static(wire_answer::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
