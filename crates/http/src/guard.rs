//! What stands before every route.

use crate::answer;
use crate::probe_paths;
use crate::server::Server;
use axum::extract::{Request, State};
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::answer as wire_answer;

/// A request for a name that is not this server's: a page elsewhere that points its own name at
/// 127.0.0.1 gets nothing but this (D-104). So does a request that names two hosts.
pub(crate) fn foreign_host(server: &Server, request: &Request, rid: &str) -> Option<Response> {
    let problem = host_problem(request, server.settings.allowed_hosts.as_deref())?;
    let refusal = Refusal::new(ErrorCode::InvalidUrl, problem);
    let text = wire_answer::refused(&refusal, rid);
    Some(answer::json(StatusCode::MISDIRECTED_REQUEST, text))
}

fn host_problem(request: &Request, allowed: Option<&[String]>) -> Option<String> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|value| value.to_str().ok()).unwrap_or("");
    if hosts.next().is_some() {
        return Some("the request has two Host headers, send one".to_owned());
    }
    if let Some(authority) = request.uri().authority().map(|authority| authority.as_str())
        && !same_host(authority, host)
    {
        return Some(format!("the address names {authority:?} and the Host header {host:?}"));
    }
    // Probes name the address of a container, which no setting can know. What they get tells nothing.
    if [probe_paths::HEALTH, probe_paths::READY].contains(&request.uri().path()) {
        return None;
    }
    let (name, allowed) = (without_port(host), allowed?);
    if allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name)) {
        return None;
    }
    let names = allowed.join(", ");
    Some(format!(
        "this server answers to {names} and not to {name:?}; allowed_hosts in the settings allows more names"
    ))
}

/// The sandbox's controls are open to programs, not to pages of other sites: a browser names the
/// page that a request comes from.
pub(crate) async fn refuse_other_sites(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(header::ORIGIN);
    if let (Some(origin), Some(allowed)) = (origin, &server.settings.allowed_hosts) {
        // What is not even text is nobody's address here.
        let origin = origin.to_str().unwrap_or("");
        let name = origin.split_once("://").map_or(origin, |(_, host)| without_port(host));
        if !allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name)) {
            let text = "The sandbox's controls answer to its own pages and to programs only.\n";
            return (StatusCode::FORBIDDEN, text).into_response();
        }
    }
    next.run(request).await
}

/// Whether two texts name the same host: one may name the port that goes without saying.
fn same_host(one: &str, other: &str) -> bool {
    let bare = |host: &str| {
        let host = host.strip_suffix(":80").or_else(|| host.strip_suffix(":443")).unwrap_or(host);
        host.to_ascii_lowercase()
    };
    bare(one) == bare(other)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Headers that every answer carries, unless it has its own.
pub(crate) fn harden(response: &mut Response) {
    const HEADERS: [(HeaderName, HeaderValue); 3] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::{same_host, without_port};

    #[test]
    fn the_usual_port_may_go_without_saying() {
        for (one, other, expected) in [
            ("kaipiao", "KAIPIAO:80", true),
            ("kaipiao:443", "kaipiao", true),
            ("kaipiao:8080", "kaipiao:8080", true),
            ("kaipiao:8080", "kaipiao", false),
            ("kaipiao", "other", false),
        ] {
            assert_eq!(same_host(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_port_is_not_part_of_the_name() {
        assert_eq!(without_port("127.0.0.1:8080"), "127.0.0.1");
        assert_eq!(without_port("[::1]:8080"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(without_port("localhost"), "localhost");
    }
}
