//! Floor 4: the WeChat-shaped API, the admin API and the sandbox, as one axum router.
//!
//! A handler reads like the contract's section: extract the caller, read the body, call the use
//! case, write the answer. Everything that all of them share is in three files: `access` (who
//! calls), `body` (what they sent), `answer` (what they get).

mod access;
mod admin;
mod answer;
mod authorization;
mod body;
mod guard;
mod invoicing;
mod routes;
mod sandbox;

pub use routes::{ROUTES, Route};
pub use sandbox::accounts_json;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_app::sandbox::Sandbox;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// What the handlers work with.
#[derive(Clone)]
pub struct Server {
    /// The use cases.
    pub app: Arc<App>,
    /// What an operator chose.
    pub settings: Arc<HttpSettings>,
    /// Only in sandbox mode; production has no sandbox routes at all.
    pub sandbox: Option<Arc<Sandbox>>,
}

/// What an operator chooses and this floor reads.
pub struct HttpSettings {
    /// A body may have so many bytes.
    pub body_limit_bytes: usize,
    /// So long a client may take to send its body.
    pub body_timeout: Duration,
    /// The admin API's bearer token; None: there is no admin API.
    pub admin_token: Option<String>,
    /// The Host names that are answered; None: any. A sandbox on loopback answers only its own
    /// names, so that a web page elsewhere cannot reach it by DNS rebinding.
    pub allowed_hosts: Option<Vec<String>>,
}

/// The whole API. `pages` are the floor's other half, merged in by the composition root so that
/// they pass the same guards.
pub fn router(server: Server, pages: Router) -> Router {
    let mut router = routes::merchant_api();
    if server.settings.admin_token.is_some() {
        router = router.merge(routes::admin_api());
    }
    if server.sandbox.is_some() {
        let own_pages = from_fn_with_state(server.clone(), guard::refuse_other_sites);
        router = router.merge(routes::sandbox_api().layer(own_pages));
    }
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
/// request.
async fn around(State(server): State<Server>, request: Request, next: Next) -> Response {
    let mut response = match guard::foreign_host(&server, &request) {
        Some(refused) => refused,
        None => answer::finish(&server, request, next).await,
    };
    guard::harden(&mut response);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use kaipiao_app::Parts;
    use kaipiao_domain::Timestamp;
    use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuedInvoice, IssuerAnswer};
    use kaipiao_ports::clock::SystemClock;
    use kaipiao_ports::delivery::sender::{Incoming, Outgoing, SendError, Sender};
    use kaipiao_ports::entropy::OsEntropy;
    use kaipiao_ports::invoicing::issuer::Issuer;
    use kaipiao_ports::invoicing::renderer::Renderer;
    use kaipiao_store_memory::MemoryStore;
    use kaipiao_wire::keys::Keys;
    use tower::ServiceExt;

    /// Nothing is sent, issued or printed here.
    struct NotHere;

    #[async_trait::async_trait]
    impl Sender for NotHere {
        async fn send(&self, outgoing: Outgoing) -> Result<Incoming, SendError> {
            Err(SendError::BadAddress(outgoing.url))
        }
    }

    #[async_trait::async_trait]
    impl Issuer for NotHere {
        async fn issue(&self, _: &InvoiceRequest, _: Timestamp) -> IssuerAnswer {
            IssuerAnswer::NotYet
        }
    }

    impl Renderer for NotHere {
        fn can_print(&self, _: char) -> bool {
            false
        }

        fn pdf(&self, _: &InvoiceRequest, _: &IssuedInvoice) -> Vec<u8> {
            Vec::new()
        }

        fn picture(&self, _: &InvoiceRequest, _: &IssuedInvoice) -> String {
            String::new()
        }
    }

    fn server() -> Server {
        let parts = Parts {
            store: Arc::new(MemoryStore::default()),
            clock: Arc::new(SystemClock::default()),
            entropy: Arc::new(OsEntropy),
            sender: Arc::new(NotHere),
            issuer: Arc::new(NotHere),
            renderer: Arc::new(NotHere),
        };
        let app = App::new(parts, Keys::derive(&[1; 32]), kaipiao_app::Settings::default());
        let settings = HttpSettings {
            body_limit_bytes: 1,
            body_timeout: Duration::from_secs(1),
            admin_token: None,
            allowed_hosts: None,
        };
        Server { app: Arc::new(app), settings: Arc::new(settings), sandbox: None }
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
}
