//! The demo's merchant server: it verifies its callback, checks and decrypts what is pushed to it in safe mode, and
//! checks the notices of payments, as a merchant's developer would write it.

use crate::demo::step::print_step;
use crate::listen::{self, SocketLimits};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use core::time::Duration;
use kaipiao_app::sandbox::DEMO_MCH_KEY;
use kaipiao_wire::delivery::push_crypto::{EncodingAesKey, is_signature};
use kaipiao_wire::payment::pay_request::PayRequest;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, Sender, channel};
use std::time::Instant;

/// The callback token of the demo.
pub(super) const TOKEN: &str = "KaipiaoDemo";
/// The EncodingAESKey of the demo.
pub(super) const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// A merchant's server that runs until the demo ends.
pub(super) struct Receiver {
    /// The address it listens on.
    pub(super) address: SocketAddr,
    events: Queue<Arrived>,
    notices: Queue<Arrived>,
}

/// What has arrived in clear, or what was wrong with it.
type Arrived = Result<String, String>;

struct Callback {
    appid: String,
    key: EncodingAesKey,
    events: Sender<Arrived>,
    notices: Sender<Arrived>,
}

impl Receiver {
    /// Starts one that expects pushes for `appid`.
    pub(super) fn start(appid: &str) -> Result<Self, String> {
        let socket = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let listener = socket.and_then(|socket| socket.listen(listen::BACKLOG));
        let listener = listener.map_err(|error| format!("the receiver: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("the receiver: {error}"))?;
        let ((to_events, events), (to_notices, notices)) = (channel(), channel());
        let key = EncodingAesKey::parse(AES_KEY).expect("the demo's key is well-formed");
        let appid = appid.to_owned();
        let callback = Callback { appid, key, events: to_events, notices: to_notices };
        let router = Router::new()
            .route("/callback", get(verify).post(receive))
            .route("/notify", post(receive_notice))
            .with_state(Arc::new(callback));
        let limits = SocketLimits {
            header_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            connections: 16,
            connections_per_address: 16,
            trusted_proxies: Vec::new(),
            shutdown: Duration::from_secs(1),
        };
        tokio::spawn(listen::serve(listener, None, router, limits, std::future::pending()));
        Ok(Self { address, events, notices })
    }

    /// Waits for a push, shows it, and wants these parts in it.
    pub(super) fn expect(&self, what: &str, parts: &[&str]) -> Result<String, String> {
        next(&self.events, what, "POST from the server, safe mode", parts)
    }

    /// Waits for the result of a request, which must be a success.
    pub(super) fn expect_result(&self, serial: &str) -> Result<(), String> {
        self.expect(
            "result push (19), decrypted",
            &[
                "<Event><![CDATA[cloud_invoice_invoiceresult_event]]></Event>",
                &format!("<fpqqlsh><![CDATA[{serial}]]></fpqqlsh><status>100</status>"),
            ],
        )
        .map(drop)
    }

    /// Waits for the notice of a payment, shows it, and wants these parts in it.
    pub(super) fn expect_notice(&self, parts: &[&str]) -> Result<(), String> {
        let what = "payment notice, its signature checked";
        next(&self.notices, what, "POST from the server to notify_url", parts).map(drop)
    }
}

/// The user whom an event is about, as the merchant knows them.
pub(super) fn openid_of(event: &str) -> &str {
    let (_, rest) = event.split_once("<FromUserName><![CDATA[").unwrap_or_default();
    rest.split_once("]]>").unwrap_or_default().0
}

fn next(queue: &Queue<Arrived>, what: &str, sent: &str, parts: &[&str]) -> Arrived {
    let started = Instant::now();
    let arrived = queue.recv_timeout(Duration::from_secs(10));
    let arrived = arrived.map_err(|_| format!("{what}: nothing arrived within 10 s"))?;
    let arrived = arrived.map_err(|why| format!("{what}: {why}"))?;
    print_step(what, started.elapsed().as_secs_f64() * 1000.0, sent, &arrived);
    match parts.iter().find(|part| !arrived.contains(**part)) {
        None => Ok(arrived),
        Some(part) => Err(format!("{what}: {part} is not in {arrived}")),
    }
}

/// The callback's verification: a signed GET is answered with its echostr.
async fn verify(RawQuery(query): RawQuery) -> (StatusCode, String) {
    let of = parameters(query);
    if is_signature(&of("signature"), &[TOKEN, &of("timestamp"), &of("nonce")]) {
        (StatusCode::OK, of("echostr"))
    } else {
        (StatusCode::FORBIDDEN, "wrong signature".to_owned())
    }
}

/// A push: checked, decrypted, and answered with nothing, which counts as received.
async fn receive(State(callback): State<Arc<Callback>>, RawQuery(query): RawQuery, body: Bytes) {
    let event = decrypt(&callback, &parameters(query), &body);
    // The demo may be over.
    let _ = callback.events.send(event);
}

/// The notice of a payment: its signature is checked before anything in it counts, and it is sent again for a day
/// until this answer says SUCCESS.
async fn receive_notice(State(callback): State<Arc<Callback>>, body: Bytes) -> &'static str {
    // The demo may be over.
    let _ = callback.notices.send(checked(&body));
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
}

fn checked(body: &[u8]) -> Arrived {
    let notice = PayRequest::read(body).map_err(|why| why.to_string())?;
    let sign_type = notice.sign_type().map_err(|why| why.to_string())?;
    if !notice.is_signed_by(DEMO_MCH_KEY, sign_type) {
        return Err("the notice's signature is wrong".to_owned());
    }
    Ok(String::from_utf8_lossy(body).into_owned())
}

fn decrypt(
    callback: &Callback,
    of: &dyn Fn(&str) -> String,
    body: &[u8],
) -> Result<String, String> {
    let body = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let encrypted =
        body.split_once("<Encrypt><![CDATA[").and_then(|(_, rest)| rest.split_once("]]>"));
    let (encrypted, _) = encrypted.ok_or("the push has no Encrypt")?;
    let parts = [TOKEN, &of("timestamp"), &of("nonce"), encrypted];
    if !is_signature(&of("msg_signature"), &parts) {
        return Err("msg_signature is wrong".to_owned());
    }
    callback
        .key
        .decrypt(encrypted, &callback.appid)
        .ok_or("the push cannot be decrypted".to_owned())
}

fn parameters(query: Option<String>) -> impl Fn(&str) -> String {
    let query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    move |name| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }
}
