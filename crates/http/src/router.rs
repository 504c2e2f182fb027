//! The whole API as one router, and what stands around every route.

use crate::request_metrics::method_label;
use crate::routes::{Api, pay_routes, routes_of};
use crate::sandbox::known_members;
use crate::seen::{may_be_logged, with_seen_body};
use crate::server::Server;
use crate::struck::Strikes;
use crate::unknown_path::programs_path;
use crate::wrong_call::wrong_method;
use crate::{answer, drain, guard};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use kaipiao_app::under_way::UnderWay;
use kaipiao_ports::entropy::PieceOfWork;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use tracing::field::{Empty, display};
use tracing::level_filters::LevelFilter;

/// The target of the span that each request is in: a filter that lets any line of a request through lets this through
/// too.
pub const SPAN_TARGET: &str = "kaipiao_http::request";

/// The whole API. `pages` are the layer's other half, merged in by the composition root so that
/// they pass the same guards.
pub fn router(server: Server, pages: Router) -> Router {
    let mut router = routes_of(Api::Merchant);
    if server.settings.admin_token.is_some() {
        router = router.merge(routes_of(Api::Admin));
    }
    if server.sandbox.is_some() {
        // The sandbox's keys are no secrets: a foreign page could sign with them.
        let own_pages = from_fn_with_state(server.clone(), guard::refuse_other_sites);
        let known = from_fn_with_state(server.clone(), known_members::check);
        let controls = routes_of(Api::Sandbox).layer(known);
        router = router.merge(controls.merge(pay_routes()).layer(own_pages));
    }
    let router = router.method_not_allowed_fallback(wrong_method);
    let pages = pages.layer(from_fn(programs_path));
    guarded(server.clone(), router.with_state(server).merge(pages))
}

/// What stands around every route. Panics are caught twice: a handler's becomes -1 with a rid, and
/// one in the layers themselves is still answered.
fn guarded(server: Server, router: Router) -> Router {
    router
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn_with_state(server, around))
        .layer(CatchPanicLayer::new())
}

/// One layer for what every request passes: each layer costs an allocation and a copy of the
/// request. Where randomness follows from a seed, each request has its own.
async fn around(State(server): State<Server>, request: Request, next: Next) -> Response {
    let route = request.extensions().get().map_or(answer::NO_ROUTE, MatchedPath::as_str);
    let work = format!("{} {route}", method_label(request.method()));
    let answering = answered(&server, request, next);
    server.app.drawing(PieceOfWork::Request(&work), answering).await
}

async fn answered(server: &Server, request: Request, next: Next) -> Response {
    let request = drain::drained(request, server.settings.body_timeout);
    let under_way = Arc::new(UnderWay::begin(&server.app, may_be_logged(&request)));
    // At this level no filter of the log but "off" takes the rid out of the lines that it lets through.
    let span = tracing::error_span!(target: SPAN_TARGET, "request", rid = %under_way.rid, method = Empty, route = Empty);
    // Each line of a request that has ended says these itself; traces have them of the span alone.
    // Not `enabled!`: asked outside an event, it spoils the filters of the layers for the next one.
    if LevelFilter::current() >= LevelFilter::DEBUG {
        let route = request.extensions().get().map_or(answer::NO_ROUTE, MatchedPath::as_str);
        span.record("method", display(request.method())).record("route", route);
    }
    let answering = async {
        let turned_away = guard::foreign_host(server, &request, &under_way.rid);
        let mut request = known(request, &under_way);
        let strikes = Strikes::carried_by(&mut request, server);
        let finished =
            answer::finish(server, &under_way, request, turned_away, next, strikes.as_ref());
        let mut response = under_way.answering(finished).await;
        guard::harden(&mut response);
        response
    };
    answering.instrument(span).await
}

/// The request with what is known of it among its extensions.
fn known(request: Request, under_way: &Arc<UnderWay>) -> Request {
    let mut request = match under_way.is_logged() {
        true => with_seen_body(request, under_way),
        false => request,
    };
    request.extensions_mut().insert(Arc::clone(under_way));
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::BodyBudget;
    use crate::call_log::CallLog;
    use crate::openapi::text::OpenApi;
    use crate::request_metrics::HttpMetrics;
    use crate::server::HttpSettings;
    use axum::body::Body;
    use axum::http;
    use axum::routing::get;
    use core::time::Duration;
    use http_body_util::BodyExt;
    use kaipiao_app::{App, Parts};
    use kaipiao_blobs_directory::DirectoryBlobs;
    use kaipiao_domain::Timestamp;
    use kaipiao_domain::invoicing::content::Content;
    use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};
    use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
    use kaipiao_pdf_reader::{ChildReader, Program};
    use kaipiao_ports::clock::SystemClock;
    use kaipiao_ports::delivery::sender::{Incoming, Outgoing, SendError, Sender};
    use kaipiao_ports::entropy::OsEntropy;
    use kaipiao_ports::invoicing::issuer::{Issuance, Issuer};
    use kaipiao_ports::invoicing::renderer::Renderer;
    use kaipiao_store_memory::MemoryStore;
    use kaipiao_wire::keys::Keys;
    use kaipiao_wire::payment::pay_request::PayRequest;
    use tower::ServiceExt;

    /// Nothing is sent, issued or printed here.
    struct NotHere;

    #[async_trait::async_trait]
    impl Sender for NotHere {
        async fn send(&self, outgoing: Outgoing) -> Result<Incoming, SendError> {
            Err(SendError::BadAddress(outgoing.url))
        }

        async fn addresses(
            &self,
            url: &str,
            _: Duration,
        ) -> Result<Vec<std::net::IpAddr>, SendError> {
            Err(SendError::BadAddress(url.to_owned()))
        }
    }

    #[async_trait::async_trait]
    impl Issuer for NotHere {
        async fn issue(&self, _: &InvoiceRequest, _: &Content, _: Timestamp) -> Issuance {
            IssuerAnswer::NotYet.into()
        }
    }

    impl Renderer for NotHere {
        fn can_print(&self, _: char) -> bool {
            false
        }

        fn category_of(&self, _: &str) -> Option<&str> {
            None
        }

        fn pdf(&self, _: &InvoiceRequest, _: &Content, _: &IssuedInvoice) -> Vec<u8> {
            Vec::new()
        }

        fn picture(&self, _: &InvoiceRequest, _: &Content, _: &IssuedInvoice) -> String {
            String::new()
        }
    }

    fn server() -> Server {
        let parts = Parts {
            node: "main".to_owned(),
            store: Arc::new(MemoryStore::default()),
            clock: Arc::new(SystemClock::default()),
            entropy: Arc::new(OsEntropy),
            sender: Arc::new(NotHere),
            issuer: Arc::new(NotHere),
            renderer: Arc::new(NotHere),
            blobs: Arc::new(DirectoryBlobs::new("/nowhere")),
            request_log: None,
            documents: Arc::default(),
            pdf_reader: Arc::new(ChildReader::new(Program {
                path: "/nowhere".into(),
                arguments: Vec::new(),
            })),
        };
        let app =
            App::new(parts, Keys::derive(&[1; 32]), kaipiao_app::settings::Settings::default());
        let settings = HttpSettings {
            body_limit_bytes: 1,
            body_timeout: Duration::from_secs(1),
            admin_token: None,
            allowed_hosts: None,
            push_addresses: Vec::new(),
            api_addresses: Vec::new(),
        };
        let bodies = Arc::new(BodyBudget::new(settings.body_limit_bytes));
        let uploads = Arc::new(BodyBudget::for_uploads());
        Server {
            metrics: Arc::new(HttpMetrics::new(&app, [], &bodies, &uploads)),
            app: Arc::new(app),
            settings: Arc::new(settings),
            bodies,
            uploads,
            calls: Arc::new(CallLog::new([])),
            log: None,
            sandbox: None,
            openapi: Arc::new(OpenApi::new(|| serde_json::Value::Null)),
            no_invoice_page: |_, _| None,
        }
    }

    #[tokio::test]
    async fn a_request_whose_client_goes_is_counted_all_the_same() {
        async fn slow() {
            core::future::pending().await
        }
        let server = server();
        let router = guarded(server.clone(), Router::new().route("/slow", get(slow)));
        let request = http::Request::get("/slow").body(Body::empty()).unwrap();
        let mut call = Box::pin(router.oneshot(request));
        let mut context = core::task::Context::from_waker(core::task::Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_pending());
        let counted = |server: &Server| {
            let text = server.app.metrics().text().unwrap();
            text.contains(r#"{method="GET",route="/slow",status="4xx"} 1"#)
        };
        assert!(!counted(&server));
        drop(call);
        assert!(counted(&server));
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_minus_one_and_a_rid() {
        async fn bad() {
            panic!("a fault of ours")
        }
        let router = guarded(server(), Router::new().route("/bad", get(bad)));
        for _ in 0..2 {
            let request = http::Request::get("/bad").body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 200);
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let text = std::str::from_utf8(&body).unwrap();
            assert!(text.starts_with(r#"{"errcode":-1,"errmsg":"system error rid: "#), "{text}");
            assert!(!text.contains("fault"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_pay_merchants_call_is_systemerror_without_its_words() {
        async fn bad() {
            panic!("{}", "192006250b4c09247ec02edce69f6a2d")
        }
        let group = Router::new().route("/pay/bad", get(bad));
        let group = group.layer(CatchPanicLayer::custom(crate::payment::pay_call::panicked));
        let router = guarded(server(), group);
        let request = http::Request::get("/pay/bad").body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let told = PayRequest::read(&body).unwrap();
        assert_eq!((told.get("return_code"), told.get("sign")), ("FAIL", ""), "{told:?}");
        assert!(told.get("return_msg").starts_with("SYSTEMERROR: "), "{told:?}");
        assert!(told.get("return_msg").contains("rid: "), "{told:?}");
        assert!(!format!("{told:?}").contains("1920"), "{told:?}");
    }
}
