//! What the sandbox's faults do to a request: it is refused, comes late, or its connection ends (D-257).
//!
//! A request carries its [`Strikes`] while anything is planned, and nothing otherwise. Whoever knows whose call it is asks
//! whether it is struck, before its work is done.

use crate::server::Server;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::Extensions;
use axum::response::Response;
use core::fmt;
use core::future::pending;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_app::faults::{CallFault, CallPath, Called, Faults, Struck, Whose};
use kaipiao_domain::Refusal;
use kaipiao_domain::payment::pay_refusal::PayRefusal;
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;

/// Marks a response that is not sent: the connection ends. Whoever serves connections looks for it.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault of the sandbox ends the connection")
    }
}

impl core::error::Error for Dropped {}

/// What faults do to a request.
#[derive(Clone)]
pub(crate) struct Strikes(Arc<State>);

struct State {
    app: Arc<App>,
    faults: Arc<Faults>,
    path: CallPath,
    /// The plan that it was struck by; a request is struck once.
    struck_by: OnceLock<u64>,
    ends_now: Notify,
    drops_answer: AtomicBool,
}

impl Strikes {
    /// Has a request carry them; None: nothing is planned, or this is no sandbox.
    pub(crate) fn carried_by(request: &mut Request, server: &Server) -> Option<Self> {
        let faults = &server.sandbox.as_ref()?.faults;
        if !faults.are_planned() {
            return None;
        }
        let path = request.extensions().get::<MatchedPath>()?;
        let strikes = Self(Arc::new(State {
            app: Arc::clone(&server.app),
            faults: Arc::clone(faults),
            path: faults.path_of(path.as_str())?,
            struck_by: OnceLock::new(),
            ends_now: Notify::new(),
            drops_answer: AtomicBool::new(false),
        }));
        request.extensions_mut().insert(strikes.clone());
        Some(strikes)
    }

    /// The answer, unless the connection ends before.
    pub(crate) async fn answer(&self, answering: impl Future<Output = Response>) -> Response {
        let answering = async {
            // Of these calls nobody asks later whose they are: they are nobody's.
            if self.0.path.whose == Whose::Anybody {
                let _ = self.strike(&[], false).await;
            }
            answering.await
        };
        tokio::select! {
            response = answering => response,
            () = self.0.ends_now.notified() => dropped(),
        }
    }

    /// The plan that the request was struck by; None: it was not.
    pub(crate) fn struck_by(&self) -> Option<u64> {
        self.0.struck_by.get().copied()
    }

    /// Whether the connection ends without an answer.
    pub(crate) fn drop_answer(&self) -> bool {
        self.0.drops_answer.load(Ordering::Relaxed)
    }

    /// What leaves of a written answer.
    pub(crate) fn sent(&self, written: Response) -> Response {
        if self.drop_answer() { dropped() } else { written }
    }

    /// Plays what strikes a call of these; what it is refused with is the caller's to answer.
    async fn strike(&self, accounts: &[&str], has_token: bool) -> Option<CallFault> {
        if self.struck_by().is_some() {
            return None;
        }
        let called = Called { path: self.0.path, accounts, has_token };
        let Struck { id, fault } = self.0.faults.strike_call(&called)?;
        let _ = self.0.struck_by.set(id);
        match fault {
            CallFault::Refused(_) | CallFault::PayRefused(_) => return Some(fault),
            CallFault::IsLate(for_so_long) => tokio::select! {
                () = pause(for_so_long) => {}
                // A stop is not held up.
                () = self.0.app.stopping() => {}
            },
            CallFault::DroppedAfter => self.0.drops_answer.store(true, Ordering::Relaxed),
            CallFault::DroppedBefore => {
                self.0.drops_answer.store(true, Ordering::Relaxed);
                self.0.ends_now.notify_one();
                // Whoever is told of it forgets this request where it stands.
                pending::<()>().await;
            }
        }
        None
    }
}

/// Plays what strikes an account's call, before its work.
pub(crate) async fn strike(
    extensions: &Extensions,
    account: &str,
    has_token: bool,
) -> Result<(), Refusal> {
    let Some(strikes) = extensions.get::<Strikes>() else { return Ok(()) };
    match strikes.strike(&[account], has_token).await {
        Some(CallFault::Refused(code)) => Err(Refusal::plain(code)),
        _ => Ok(()),
    }
}

/// Plays what strikes the call of a pay merchant in the name of one of its accounts, before its work.
pub(crate) async fn strike_pay(
    strikes: Option<Strikes>,
    mchid: &str,
    appid: &str,
) -> Result<(), PayRefusal> {
    let Some(strikes) = strikes else { return Ok(()) };
    match strikes.strike(&[mchid, appid], false).await {
        Some(CallFault::PayRefused(code)) => Err(PayRefusal::new(code, "the call was refused")),
        _ => Ok(()),
    }
}

/// A response that is not sent.
fn dropped() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Dropped);
    response
}

#[expect(clippy::disallowed_methods, reason = "whoever calls waits in real time")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
