//! Requests by route, method, status and errcode, and how long they took.
//!
//! A route that is known at the start costs a look into a table that never changes, and atomics. Other routes
//! (the pages') are noted when they are first asked for.

use crate::budget::BodyBudget;
use crate::seen::is_business;
use axum::http::{Method, StatusCode};
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_app::metrics::history::RequestEnd;
use kaipiao_ports::metrics::number;
use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, register_histogram_vec_with_registry,
    register_int_counter_vec_with_registry,
};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

const SOUND: &str = "its name is well-formed and nobody else's";
/// Bounds in seconds: most answers take a commit, few a drawing or a reader of PDFs.
const SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
/// What other methods count as.
const OTHER_METHOD: &str = "other";
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// A method by its name, or as one of all others: clients can send whichever they like.
pub(crate) fn method_label(method: &Method) -> &'static str {
    let place = METHODS.iter().position(|known| known == method);
    place.map_or(OTHER_METHOD, |place| METHODS[place].as_str())
}

/// How a request ended, as its metrics tell it.
pub(crate) enum Ended {
    /// By a success, or a status that says what it is.
    Answered,
    /// By this errcode, or WeChat Pay's err_code.
    Refused(String),
    /// By a fault of this server's.
    Failed,
}

/// What requests are counted into.
pub struct HttpMetrics {
    known: HashMap<&'static str, RouteMetrics>,
    later: RwLock<HashMap<String, Arc<RouteMetrics>>>,
    vectors: Vectors,
}

struct Vectors {
    requests: IntCounterVec,
    took: HistogramVec,
    refusals: IntCounterVec,
}

/// A route's counters; each is made when it first counts.
struct RouteMetrics {
    requests: [[OnceLock<IntCounter>; STATUSES.len()]; METHODS.len() + 1],
    took: OnceLock<Histogram>,
    /// Whether people and programs ask for it on their own behalf, and not to see how the server is.
    is_business: bool,
}

impl HttpMetrics {
    /// Registers the metrics of requests with the app's, and of the budgets of bodies and uploads.
    pub fn new(
        app: &App,
        routes: impl IntoIterator<Item = &'static str>,
        bodies: &Arc<BodyBudget>,
        uploads: &Arc<BodyBudget>,
    ) -> Self {
        register_budget(app, "kaipiao_body", "bodies", bodies);
        register_budget(app, "kaipiao_upload", "files that are uploaded", uploads);
        let registry = app.metrics().registry();
        let requests = register_int_counter_vec_with_registry!(
            "kaipiao_http_requests_total",
            "Requests, by route, method and class of status",
            &["route", "method", "status"],
            registry
        );
        let took = register_histogram_vec_with_registry!(
            "kaipiao_http_request_duration_seconds",
            "How long requests took until their answer began, by route",
            &["route"],
            SECONDS.to_vec(),
            registry
        );
        let refusals = register_int_counter_vec_with_registry!(
            "kaipiao_http_refusals_total",
            "Requests that were answered with an errcode (or WeChat Pay's err_code), by route; -1 is a fault of this server's",
            &["route", "errcode"],
            registry
        );
        let (requests, took) = (requests.expect(SOUND), took.expect(SOUND));
        let vectors = Vectors { requests, took, refusals: refusals.expect(SOUND) };
        let known = routes.into_iter().map(|route| (route, RouteMetrics::of(route))).collect();
        Self { known, later: RwLock::default(), vectors }
    }

    /// Counts a request that has ended.
    pub(crate) fn note(
        &self,
        app: &App,
        (method, route): (&Method, &str),
        status: StatusCode,
        ended: &Ended,
        took: Duration,
    ) {
        let later;
        let of_route = match self.known.get(route) {
            Some(known) => known,
            None => {
                later = self.later(route);
                &later
            }
        };
        of_route.note(&self.vectors, (method, route), status, took);
        let end = match ended {
            Ended::Answered if status.is_server_error() => RequestEnd::Failed,
            Ended::Answered => RequestEnd::Answered,
            Ended::Refused(errcode) => {
                self.vectors.refusals.with_label_values(&[route, errcode]).inc();
                RequestEnd::Refused
            }
            Ended::Failed => {
                self.vectors.refusals.with_label_values(&[route, "-1"]).inc();
                RequestEnd::Failed
            }
        };
        if of_route.is_business {
            app.metrics().history().note_request(app.real_now(), end, took);
        }
    }

    fn later(&self, route: &str) -> Arc<RouteMetrics> {
        let known = self.later.read().unwrap_or_else(PoisonError::into_inner).get(route).cloned();
        known.unwrap_or_else(|| {
            let mut later = self.later.write().unwrap_or_else(PoisonError::into_inner);
            let made = || Arc::new(RouteMetrics::of(route));
            Arc::clone(later.entry(route.to_owned()).or_insert_with(made))
        })
    }
}

impl RouteMetrics {
    fn of(route: &str) -> Self {
        Self {
            requests: Default::default(),
            took: OnceLock::new(),
            is_business: is_business(route),
        }
    }

    fn note(
        &self,
        vectors: &Vectors,
        (method, route): (&Method, &str),
        status: StatusCode,
        took: Duration,
    ) {
        let place = METHODS.iter().position(|known| known == method).unwrap_or(METHODS.len());
        let class = usize::from(status.as_u16() / 100).clamp(1, STATUSES.len()) - 1;
        let counter = self.requests[place][class].get_or_init(|| {
            let method = method_label(method);
            vectors.requests.with_label_values(&[route, method, STATUSES[class]])
        });
        counter.inc();
        let histogram = self.took.get_or_init(|| vectors.took.with_label_values(&[route]));
        histogram.observe(took.as_secs_f64());
    }
}

fn register_budget(app: &App, name: &str, what: &str, budget: &Arc<BodyBudget>) {
    let total = number(budget.total());
    let held = Arc::clone(budget);
    let help = format!("Memory that {what} under way take, beside each one's first 16 KiB");
    app.metrics()
        .register_reading(&format!("{name}_memory_bytes"), &help, move || number(held.held()));
    let help = format!("Memory that {what} under way may take together");
    app.metrics().register_reading(&format!("{name}_memory_limit_bytes"), &help, move || total);
}
