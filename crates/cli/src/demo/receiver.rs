//! The demo's merchant server: it verifies its callback, and checks and decrypts what is pushed to
//! it in safe mode, as a merchant's developer would write it.

use crate::listen::{self, SocketLimits};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use core::time::Duration;
use kaipiao_wire::delivery::push_crypto::{EncodingAesKey, is_signature};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, Sender, channel};

/// The callback token of the demo.
pub(super) const TOKEN: &str = "KaipiaoDemo";
/// The EncodingAESKey of the demo.
pub(super) const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// A merchant's server that runs until the demo ends.
pub(super) struct Receiver {
    /// The address it listens on.
    pub(super) address: SocketAddr,
    events: Queue<Result<String, String>>,
}

struct Callback {
    appid: String,
    key: EncodingAesKey,
    events: Sender<Result<String, String>>,
}

impl Receiver {
    /// Starts one that expects pushes for `appid`.
    pub(super) fn start(appid: &str) -> Result<Self, String> {
        let socket = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let listener = socket.and_then(|socket| socket.listen(listen::BACKLOG));
        let listener = listener.map_err(|error| format!("the receiver: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("the receiver: {error}"))?;
        let (sender, events) = channel();
        let key = EncodingAesKey::parse(AES_KEY).expect("the demo's key is well-formed");
        let callback = Arc::new(Callback { appid: appid.to_owned(), key, events: sender });
        let router =
            Router::new().route("/callback", get(verify).post(receive)).with_state(callback);
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
        Ok(Self { address, events })
    }

    /// The next event in clear, or what was wrong with it.
    pub(super) fn next(&self) -> Result<String, String> {
        let event = self.events.recv_timeout(Duration::from_secs(10));
        event.map_err(|_| "no push arrived within 10 s".to_owned())?
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
