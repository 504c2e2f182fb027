//! The yardstick: the same sockets, the same router, a body that is read, an answer that says ok.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use kaipiao_cli::listen::{SocketLimits, serve as serve_sockets};
use std::time::Duration;

/// Serves `/noop` on a free port, prints where, and ends with its process.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("the process can start threads").block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("listens on http://{}/", listener.local_addr().expect("it has an address"));
        let answer = |body: Bytes| async move {
            assert!(!body.is_empty());
            ([(CONTENT_TYPE, "application/json; charset=utf-8")], r#"{"errcode":0,"errmsg":"ok"}"#)
        };
        let limits = SocketLimits {
            header_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            connections: 10_000,
            connections_per_address: 10_000,
            trusted_proxies: Vec::new(),
            shutdown: Duration::from_secs(1),
        };
        let router = Router::new().route("/noop", post(answer));
        serve_sockets(listener, None, router, limits, std::future::pending()).await;
    });
}
