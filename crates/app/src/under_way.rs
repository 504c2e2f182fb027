//! A request under way, as whoever handles it knows it.

use crate::app::App;
use crate::concerned::{Concerned, collecting};
use crate::requests::{log, new_rid};
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_ports::request_log::{MOST_BODY_BYTES, SeenBody};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A request's id, and what becomes known of it until it is answered. It stands in the request's extensions, in an
/// `Arc`.
pub struct UnderWay {
    /// Its id: in every line of the log, in its errmsg, and in the request log.
    pub rid: String,
    is_logged: bool,
    is_peoples: AtomicBool,
    account: OnceLock<String>,
    concerned: Arc<Concerned>,
    body: Mutex<SeenBytes>,
}

/// The beginning of a body, and its length.
#[derive(Default)]
struct SeenBytes {
    kept: Vec<u8>,
    whole: u64,
}

impl UnderWay {
    /// A request that begins. `may_be_logged`: it is of a kind that the request log has.
    pub fn begin(app: &App, may_be_logged: bool) -> Self {
        let admits = || log(app).is_some_and(|log| log.admits());
        Self {
            rid: new_rid(app),
            is_logged: may_be_logged && admits(),
            is_peoples: AtomicBool::new(false),
            account: OnceLock::new(),
            concerned: Arc::default(),
            body: Mutex::default(),
        }
    }

    /// Whether the request log will have it.
    pub const fn is_logged(&self) -> bool {
        self.is_logged
    }

    /// Says that its bodies are a person's own (a page and its forms): their lengths alone are kept.
    pub fn is_of_a_person(&self) {
        self.is_peoples.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has said so.
    pub fn keeps_lengths_alone(&self) -> bool {
        self.is_peoples.load(Ordering::Relaxed)
    }

    /// Says whose it is: an appid, or a mchid. The first word counts.
    pub fn is_of(&self, account: &str) {
        if self.is_logged {
            let _ = self.account.set(account.to_owned());
        }
    }

    /// Answers it, and has the use cases say which orders it concerns.
    pub async fn answering<T>(&self, answering: impl Future<Output = T>) -> T {
        match self.is_logged {
            true => collecting(&self.concerned, answering).await,
            false => answering.await,
        }
    }

    /// Whose it is; None: nobody has said.
    pub fn account(&self) -> Option<&str> {
        self.account.get().map(String::as_str)
    }

    /// The orders that it was found to concern, which are then forgotten.
    pub fn orders(&self) -> Vec<OrderKey> {
        self.concerned.take()
    }

    /// Sees a part of its body. `is_text`: what it says is worth keeping.
    pub fn received(&self, part: &[u8], is_text: bool) {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        body.whole += part.len() as u64;
        if is_text && !self.keeps_lengths_alone() {
            let room = MOST_BODY_BYTES.saturating_sub(body.kept.len());
            body.kept.extend_from_slice(&part[..part.len().min(room)]);
        }
    }

    /// Sees its body unpacked, in the place of what has come.
    pub fn unpacked(&self, whole: &[u8]) {
        if self.is_logged {
            *self.body.lock().unwrap_or_else(PoisonError::into_inner) = SeenBytes::default();
            self.received(whole, true);
        }
    }

    /// The body as it was seen, which is then forgotten.
    pub fn body(&self, content_type: String) -> SeenBody {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        let SeenBytes { kept, whole } = core::mem::take(&mut *body);
        SeenBody { bytes: kept.into_boxed_slice().into(), whole_bytes: whole, content_type }
    }
}
