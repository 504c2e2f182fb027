//! Which name space a request is for: `/ns/<name>/…` says so. Pages have links without it, so a browser's page is
//! led to its own address, and a cookie says from then on where the pages of this browser are. Programs' calls never go
//! by the cookie: without the prefix they are the default name space's.

use super::registry::{Known, Registry};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::name_spaces::{DEFAULT_NAME_SPACE, SandboxName};
use kaipiao_domain::text;
use kaipiao_wire::answer as wire_answer;
use std::sync::Arc;

/// What stands before the name.
const PREFIX: &str = "/ns/";
const COOKIE_NAME: &str = "kaipiao_name_space";

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// A name space's answer to this address.
    Of(String, Uri),
    /// A browser's page: it is led to this address, and has the cookie from then on.
    Enter(String, String),
}

/// All name spaces behind one router.
pub(in super::super) fn router(registry: Arc<Registry>) -> Router {
    Router::new().fallback(dispatch).with_state(registry)
}

/// What operators ask of the default one: which may be another instance after a reset.
pub(in super::super) fn operations(registry: Arc<Registry>) -> Router {
    let answer = async |State(registry): State<Arc<Registry>>, request: Request| {
        let answered = registry.default.slot.answer_operators(request).await;
        answered.unwrap_or_else(|request| unknown(DEFAULT_NAME_SPACE, &request))
    };
    Router::new().fallback(answer).with_state(registry)
}

async fn dispatch(State(registry): State<Arc<Registry>>, mut request: Request) -> Response {
    let way = way(request.method(), request.uri(), request.headers());
    let (name, uri) = match way {
        Some(Way::Of(name, uri)) => (name, uri),
        Some(Way::Enter(name, location)) => {
            return match registry.known(&name) {
                Some(_) => entered(&name, &location, registry.is_https()),
                None => unknown(&name, &request),
            };
        }
        None => return by_cookie_or_default(&registry, request).await,
    };
    let Some(known) = registry.known(&name) else { return unknown(&name, &request) };
    *request.uri_mut() = uri;
    answer(&registry, &name, &known, request).await
}

/// A page is the cookie's name space's, if there still is one; all else is the default one's.
async fn by_cookie_or_default(registry: &Arc<Registry>, request: Request) -> Response {
    let named = cookie(request.headers(), registry.is_https());
    let of_page = named.filter(|_| goes_by_cookie(request.uri().path()));
    let of_page = of_page.and_then(|name| Some((registry.known(&name)?, name)));
    let default = || (registry.default.clone(), DEFAULT_NAME_SPACE.to_owned());
    let (known, name) = of_page.unwrap_or_else(default);
    answer(registry, &name, &known, request).await
}

async fn answer(registry: &Arc<Registry>, name: &str, known: &Known, request: Request) -> Response {
    known.slot.called(registry.real_now());
    if known.slot.may_be_tried() {
        registry.try_again(name, known).await;
    }
    let answered = known.slot.answer(name, request).await;
    answered.unwrap_or_else(|request| unknown(name, &request))
}

/// None: the address names no name space.
fn way(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Way> {
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let rest = whole.strip_prefix(PREFIX)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse().ok()?);
    let inner = Uri::from_parts(parts).ok()?;
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    let is_shown = is_get && accepts_pages(headers) && is_page(inner.path());
    Some(if is_shown { Way::Enter(name.to_owned(), rest) } else { Way::Of(name.to_owned(), inner) })
}

/// What pages consist of and link to without the prefix.
fn goes_by_cookie(path: &str) -> bool {
    is_page(path) || path.starts_with("/invoice/")
}

/// What people see: pages, and the console beside them.
fn is_page(path: &str) -> bool {
    let console = path.strip_prefix("/console");
    console.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        || kaipiao_pages::is_page(path)
}

fn accepts_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// Browsers keep a cookie of such a name only for this host, over TLS.
fn cookie_name(is_https: bool) -> String {
    format!("{}{COOKIE_NAME}", if is_https { "__Host-" } else { "" })
}

fn cookie(headers: &HeaderMap, is_https: bool) -> Option<String> {
    let name = cookie_name(is_https);
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|text| text.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && SandboxName::parse(value).is_some()).then(|| value.to_owned())
    })
}

/// To the page's own address; the default name space needs no cookie.
fn entered(name: &str, location: &str, is_https: bool) -> Response {
    let (value, life) = if name == DEFAULT_NAME_SPACE { ("", "; Max-Age=0") } else { (name, "") };
    let secure = if is_https { "; Secure" } else { "" };
    let cookie =
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{life}", cookie_name(is_https));
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    for (header, value) in
        [(LOCATION, location), (SET_COOKIE, &cookie), (CACHE_CONTROL, "no-store")]
    {
        // What a URI held, and a name, can stand in a header.
        let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("/"));
        response.headers_mut().insert(header, value);
    }
    response
}

/// 404: like every address that leads nowhere.
fn unknown(name: &str, request: &Request) -> Response {
    if let Some(page) = kaipiao_pages::no_name_space(request.uri(), request.headers()) {
        return page;
    }
    let problem = format!(
        "there is no name space {}; GET /sandbox/v1/namespaces lists them",
        text::quoted(name)
    );
    let body = wire_answer::invalid_address(&problem);
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::NOT_FOUND;
    let content_type = HeaderValue::from_static(wire_answer::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &Method, uri: &str, accept: &'static str) -> Option<Way> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        way(method, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn a_prefix_is_taken_off_and_a_browsers_page_is_led_to_its_own_address() {
        let of = |name: &str, uri: &str| Some(Way::Of(name.to_owned(), uri.parse().unwrap()));
        let enter = |name: &str, to: &str| Some(Way::Enter(name.to_owned(), to.to_owned()));
        let (get, post, html) = (&Method::GET, &Method::POST, "text/html,*/*");
        for (method, uri, accept, expected) in [
            (get, "/cgi-bin/token?a=1", "*/*", None),
            (get, "/nsx/a/", html, None),
            (get, "/ns/a/cgi-bin/token?a=/ns/b/", "*/*", of("a", "/cgi-bin/token?a=/ns/b/")),
            (get, "/ns/a/cgi-bin/token", html, of("a", "/cgi-bin/token")),
            (get, "/ns/a", html, enter("a", "/")),
            (get, "/ns/a?x=1", "*/*", of("a", "/?x=1")),
            (get, "/ns/a/me/cards?after=1", html, enter("a", "/me/cards?after=1")),
            (get, "/ns/a/me/cards", "*/*", of("a", "/me/cards")),
            (post, "/ns/a/me/cards", html, of("a", "/me/cards")),
            (get, "/ns/default/", html, enter("default", "/")),
            (get, "/ns/a/console/orders?x=1", html, enter("a", "/console/orders?x=1")),
            // It would lead to another host.
            (get, "/ns/a//evil.example/", html, of("a", "//evil.example/")),
        ] {
            assert_eq!(asked(method, uri, accept), expected, "{method} {uri} {accept}");
        }
    }

    #[test]
    fn only_pages_and_their_pictures_go_by_the_cookie() {
        for path in [
            "/",
            "/me/cards",
            "/login",
            "/invoice/svg/x",
            "/bizmall/authinvoice",
            "/console",
            "/console/orders",
        ] {
            assert!(goes_by_cookie(path), "{path}");
        }
        for path in [
            "/cgi-bin/token",
            "/card/invoice/getauthurl",
            "/sandbox/v1/clock",
            "/pay/x",
            "/consoles",
        ] {
            assert!(!goes_by_cookie(path), "{path}");
        }
    }
}
