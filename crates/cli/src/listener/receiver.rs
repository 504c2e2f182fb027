//! Where the server's pushes arrive: verified, decrypted, printed, and sent on.

use crate::api_client::failed;
use crate::compose::ComposeError;
use crate::listen::{self, SocketLimits};
use crate::listener::forward::{Answered, Forward};
use crate::listener::printed::{Printer, Sent, Shown};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use core::time::Duration;
use kaipiao_wire::delivery::read_push::{self, PushQuery, members};
use kaipiao_wire::payment::notice;
use kaipiao_wire::payment::pay_request::PayRequest;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What acknowledges a payment's notice.
const NOTICE_TAKEN: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

/// A server until the command ends, on loopback unless it is told otherwise.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
}

/// What it does with what arrives.
pub(super) struct Handling {
    pub(super) reads: read_push::Receiver,
    /// None: every event.
    pub(super) events: Option<Vec<String>>,
    pub(super) mch_key: String,
    pub(super) forward: Option<Forward>,
    pub(super) printer: Arc<Printer>,
}

impl Handling {
    fn hears(&self, shown: &Shown) -> bool {
        let is_wanted = |events: &Vec<String>| events.iter().any(|event| event == shown.event());
        self.events.as_ref().is_none_or(is_wanted)
    }
}

impl Receiver {
    pub(super) fn start(wanted: SocketAddr, handling: Handling) -> Result<Self, ComposeError> {
        let listener = listen::bind(wanted).and_then(|socket| socket.listen(listen::BACKLOG));
        let listener = listener.map_err(|error| ComposeError::Listen(wanted, error))?;
        let address = listener.local_addr().map_err(|error| failed(error.to_string()))?;
        let router = Router::new()
            .route("/callback", get(verify).post(receive))
            .route("/notify", post(receive_notice))
            .with_state(Arc::new(handling));
        let limits = SocketLimits {
            header_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            connections: 64,
            connections_per_address: 64,
            trusted_proxies: Vec::new(),
            shutdown: Duration::from_secs(1),
        };
        tokio::spawn(listen::serve(listener, None, router, limits, core::future::pending()));
        Ok(Self { address })
    }
}

/// The callback's verification: a signed GET is answered with its echostr.
async fn verify(State(handling): State<Arc<Handling>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    if let Err(why) = handling.reads.check_signature(&PushQuery::read(&query)) {
        return refused(&handling, &why.to_string());
    }
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let echostr = pairs.find(|(name, _)| name == "echostr").map(|(_, value)| value.into_owned());
    echostr.unwrap_or_default().into_response()
}

async fn receive(
    State(handling): State<Arc<Handling>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let shown = match shown(&handling, &query, &body) {
        Ok(shown) => shown,
        Err(why) => return refused(&handling, &why),
    };
    if !handling.hears(&shown) {
        return "success".into_response();
    }
    let Some(forward) = handling.forward.clone() else {
        handling.printer.push(&shown, None);
        return "success".into_response();
    };
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("text/xml").to_owned();
    let url = forward.url().to_owned();
    // A thread that nobody waits for when the command ends: the program may hang.
    let (done, sent) = oneshot::channel();
    std::thread::spawn(move || done.send(forward.send(&query, &content_type, &body)));
    let answered = sent.await.unwrap_or_else(|error| Err(error.to_string()));
    handling.printer.push(&shown, Some(&Sent { url: &url, answered: &answered }));
    match answered {
        Ok(Answered { status, body, .. }) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), body).into_response()
        }
        Err(why) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}

fn shown(handling: &Handling, query: &str, body: &[u8]) -> Result<Shown, String> {
    let body = std::str::from_utf8(body).map_err(|_| "a push is not UTF-8".to_owned())?;
    let read = handling.reads.read(&PushQuery::read(query), body).map_err(|why| why.to_string())?;
    Ok(Shown { mode: read.mode.name(), members: members(&read.event)?, text: read.event })
}

/// The notice of a payment or a refund.
async fn receive_notice(State(handling): State<Arc<Handling>>, body: Bytes) -> Response {
    match shown_notice(&handling.mch_key, &body) {
        Ok(shown) => {
            if handling.hears(&shown) {
                handling.printer.push(&shown, None);
            }
            NOTICE_TAKEN.into_response()
        }
        Err(why) => refused(&handling, &why),
    }
}

/// A notice that is WeChat Pay's: a payment's is signed by the key; a refund's is unsigned, as it is published, and opened
/// by the key.
fn shown_notice(mch_key: &str, body: &[u8]) -> Result<Shown, String> {
    let read = PayRequest::read(body).map_err(|why| why.to_string())?;
    let text = String::from_utf8_lossy(body).into_owned();
    let mut members = members(&text)?;
    if read.get("req_info").is_empty() {
        let sign_type = read.sign_type().map_err(|why| why.to_string())?;
        if !read.is_signed_by(mch_key, sign_type) {
            return Err("a notice's signature is wrong".to_owned());
        }
    } else {
        let opened = notice::open_refund(read.get("req_info"), mch_key)?;
        let opened = read_push::members(&opened)?;
        // What was in clear stands in for nothing that was encrypted.
        let is_opened = |name: &String| opened.iter().any(|(other, _)| other == name);
        members.retain(|(name, _)| name != "req_info" && !is_opened(name));
        members.extend(opened);
    }
    Ok(Shown { mode: "notice", members, text })
}

/// What is not believed is told to people, and to whoever has sent it.
fn refused(handling: &Handling, why: &str) -> Response {
    handling.printer.note(&format!("refused what somebody sent: {why}"));
    (StatusCode::FORBIDDEN, why.to_owned()).into_response()
}
