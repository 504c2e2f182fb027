//! A push that tells of nothing, sent once to see what an account's callback answers. It is signed and encrypted as every
//! push is, and is not kept: nothing follows from it.

use crate::app::App;
use crate::delivery::callbacks;
use crate::failure::Failure;
use crate::signed::{PushRequest, compose, test_event};
use core::time::Duration;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::delivery::push::{AttemptResult, PushKind};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::delivery::sender::{Content, Outgoing};
use std::time::Instant;

/// How much of an answer is shown.
const SHOWN_BYTES: usize = 2048;

/// What came of it.
#[derive(Clone, Debug)]
pub struct TestPush {
    /// The answer's status; None: there was none.
    pub status: Option<u16>,
    /// How the answer begins, or why there was none.
    pub says: String,
    /// Would an event have counted as delivered?
    pub is_delivered: bool,
    /// How long it took.
    pub took: Duration,
}

/// Sends it. 40201 where the account has no callback of its own; 45011 while its callback is being checked.
pub async fn send(app: &App, account: &Account) -> Result<TestPush, Failure> {
    let appid = &account.appid;
    let _under_way = app.callback_checks.begin(appid)?;
    let callback = callbacks::open_callback(app, appid).await?.ok_or_else(|| {
        Refusal::new(ErrorCode::InvalidCallbackUrl, "this account has no callback")
    })?;
    let xml = test_event::xml(&account.original_id, app.now().unix_seconds());
    let fresh = callbacks::freshness(app);
    let PushRequest { url, content_type, body } =
        compose(&callback.url, &callback.signing, appid.as_str(), "", &xml, &fresh);
    let content = Some(Content { content_type, bytes: body.into_bytes() });
    let outgoing = Outgoing {
        url,
        headers: Vec::new(),
        content,
        time_limit: app.settings.push.concurrency.time_limit,
        most_answer_bytes: Outgoing::MOST_ANSWER_BYTES,
    };
    let started = Instant::now();
    let sent = app.sender.send(outgoing).await;
    let took = started.elapsed();
    Ok(match sent {
        Err(error) => TestPush { status: None, says: error.to_string(), is_delivered: false, took },
        Ok(answer) => {
            let shown = &answer.body[..answer.body.len().min(SHOWN_BYTES)];
            let says = String::from_utf8_lossy(shown).into_owned();
            let (status, body) = (answer.status, answer.body);
            let result = AttemptResult::Answered { status, says_success: false, body };
            let is_delivered = PushKind::Event.delivers(&result);
            TestPush { status: Some(status), says, is_delivered, took }
        }
    })
}
