//! The sandbox's controls: open by design, absent in production.

use crate::Server;
use crate::admin::accounts::{failed, refuse};
use crate::answer::json;
use crate::body::{Sent, query_value};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::authorization::s06_auth_push::AnswerError;
use kaipiao_app::invoicing::faults::{IssuerFault, MAX_FAULTS};
use kaipiao_app::sandbox::{
    DEMO_ACCOUNTS, DEMO_ADMIN_TOKEN, DEMO_MERCHANT, DEMO_PLATFORM, Sandbox,
};
use kaipiao_app::{App, Failure};
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::user_decision::UserChoice;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::{Refusal, text};
use kaipiao_wire::answer::bare;
use kaipiao_wire::authorization::s02_auth_url::Return;
use kaipiao_wire::object::Object;
use kaipiao_wire::people::title::{self, TitleJson};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct AccountsOut {
    accounts: Vec<AccountOut>,
    s_pappid: Option<String>,
    /// The demo merchant's taxpayer.
    merchant: Option<MerchantOut>,
    admin_token: Option<String>,
    users: Vec<UserOut>,
}

#[derive(Serialize)]
struct AccountOut {
    appid: String,
    /// The demo's, as long as it is the account's; null otherwise: only its hash is kept.
    secret: Option<&'static str>,
    role: &'static str,
    original_id: String,
    name: String,
    bound_to: Option<String>,
    merchant: Option<MerchantOut>,
}

/// What a request for an invoice must name.
#[derive(Clone, Serialize)]
struct MerchantOut {
    code: String,
    nsrsbh: String,
    nsrmc: String,
}

impl From<Taxpayer> for MerchantOut {
    fn from(taxpayer: Taxpayer) -> Self {
        let code = taxpayer.code.as_str().to_owned();
        Self { code, nsrsbh: taxpayer.party.tax_id, nsrmc: taxpayer.party.name }
    }
}

#[derive(Serialize)]
struct UserOut {
    id: String,
    name: String,
    openids: BTreeMap<String, String>,
    titles: Vec<serde_json::Value>,
}

/// What a test suite needs to know, as JSON text: also `kaipiao accounts --json`.
pub async fn accounts_json(app: &App, admin_token: Option<&str>) -> Result<String, Failure> {
    let accounts = app.accounts().await?;
    let mut users = Vec::new();
    for user in app.users().await? {
        let openid = |account: &Account| {
            let openid = app.openid(&account.appid, &user.id);
            (account.appid.to_string(), openid.as_str().to_owned())
        };
        let book = app.title_book(&user).await?;
        let titles = book.iter().map(|entry| serde_json::json!(TitleJson(&entry.title)));
        users.push(UserOut {
            id: user.id.as_str().to_owned(),
            name: user.name.clone(),
            openids: accounts.iter().map(openid).collect(),
            titles: titles.collect(),
        });
    }
    // The demo platform's, whatever accounts were added.
    let platforms = || accounts.iter().filter(|account| account.platform_id.is_some());
    let platform = platforms().find(|account| account.appid.as_str() == DEMO_PLATFORM);
    let platform = platform.or_else(|| platforms().next());
    let platform = platform.and_then(|account| account.platform_id.as_ref());
    let s_pappid = platform.map(|id| id.as_str().to_owned());
    let mut merchants = BTreeMap::new();
    for account in &accounts {
        if let Some(taxpayer) = app.taxpayer(&account.appid).await? {
            merchants.insert(account.appid.to_string(), MerchantOut::from(taxpayer));
        }
    }
    let out = |account: &Account| AccountOut {
        appid: account.appid.to_string(),
        secret: DEMO_ACCOUNTS.iter().map(|demo| demo.secret).find(|s| app.has_secret(account, s)),
        role: account.role.name(),
        original_id: account.original_id.clone(),
        name: account.name.clone(),
        bound_to: account.bound_to.as_ref().map(ToString::to_string),
        merchant: merchants.get(account.appid.as_str()).cloned(),
    };
    let accounts = accounts.iter().map(out).collect();
    // An operator's own token is not told to whoever reaches the sandbox.
    let admin_token = admin_token.filter(|token| *token == DEMO_ADMIN_TOKEN).map(str::to_owned);
    let merchant = merchants.get(DEMO_MERCHANT).cloned();
    Ok(bare(&AccountsOut { accounts, s_pappid, merchant, admin_token, users }))
}

pub(crate) async fn accounts(State(server): State<Server>) -> Response {
    match accounts_json(&server.app, server.settings.admin_token.as_deref()).await {
        Ok(text) => json(StatusCode::OK, text),
        Err(failure) => failed(failure),
    }
}

/// `{"auth_url","user","decision":"authorize"|"decline","title"?}` through the page's use case.
pub(crate) async fn authorize(State(server): State<Server>, sent: Sent) -> Response {
    #[derive(Serialize)]
    struct Out {
        result: &'static str,
        redirect: Return,
    }
    let asked = match sent.object().and_then(|object| read_answer(&object)) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let (link, user, answer) = asked;
    let Some(user) = UserId::parse(&user) else {
        return refuse(StatusCode::CONFLICT, &AnswerError::UnknownUser(user).to_string());
    };
    match server.app.answer(&link, &user, answer, None).await {
        Ok(answered) => {
            let result = if answered.is_authorized { "authorized" } else { "declined" };
            json(StatusCode::OK, bare(&Out { result, redirect: answered.back }))
        }
        Err(AnswerError::Failed(failure @ Failure::Unavailable(_))) => failed(failure),
        Err(error) => refuse(StatusCode::CONFLICT, &error.to_string()),
    }
}

fn read_answer(object: &Object) -> Result<(String, String, UserChoice), Refusal> {
    let link = object.required_text("auth_url")?.into_owned();
    let user = object.required_text("user")?.into_owned();
    let answer = match &*object.required_text("decision")? {
        "authorize" => {
            let title = object.object("title")?;
            UserChoice::Authorize(title.as_ref().map(title::read).transpose()?)
        }
        "decline" => UserChoice::Decline,
        other => {
            let problem =
                format!("must be \"authorize\" or \"decline\", not {}", text::quoted(other));
            return Err(Refusal::invalid("decision", problem));
        }
    };
    Ok((link, user, answer))
}

/// What the user was told: rejections with their reason and link.
pub(crate) async fn messages(State(server): State<Server>, request: Request) -> Response {
    #[derive(Serialize)]
    struct Out {
        messages: Vec<MessageOut>,
    }
    #[derive(Serialize)]
    struct MessageOut {
        appid: String,
        order_id: String,
        time: i64,
        reason: String,
        url: String,
    }
    let user = query_value(request.uri(), "user");
    let Some(user) = UserId::parse(&user) else {
        return refuse(StatusCode::BAD_REQUEST, "put user=<id> into the query");
    };
    match server.app.messages(&user).await {
        Ok(messages) => {
            let out = messages.into_iter().map(|message| MessageOut {
                appid: message.merchant.to_string(),
                order_id: message.order_id.to_string(),
                time: message.sent_at.unix_seconds(),
                reason: message.reason,
                url: message.url,
            });
            json(StatusCode::OK, bare(&Out { messages: out.collect() }))
        }
        Err(failure) => failed(failure),
    }
}

/// `{"advance_s": n}`: the clock that rules the domain goes forward, never back.
pub(crate) async fn clock(State(server): State<Server>, sent: Sent) -> Response {
    #[derive(Serialize)]
    struct Out {
        now: i64,
        ahead_s: u64,
    }
    let read = |object: Object| {
        let advance_s = object.required_integer("advance_s")?;
        u64::try_from(advance_s).map_err(|_| {
            Refusal::invalid("advance_s", "must not be negative: the clock only goes forward")
        })
    };
    let advance_s = match sent.object().and_then(read) {
        Ok(advance_s) => advance_s,
        Err(refusal) => return failed(refusal.into()),
    };
    match sandbox(&server).clock.advance(&server.app, advance_s).await {
        Ok((now, ahead_s)) => json(StatusCode::OK, bare(&Out { now: now.unix_seconds(), ahead_s })),
        Err(failure) => failed(failure),
    }
}

/// Sandbox routes exist only with a sandbox.
fn sandbox(server: &Server) -> &Sandbox {
    server.sandbox.as_ref().expect("sandbox routes exist only with a sandbox")
}

/// `{"id","name"?}`: adds a person with an empty title book, or renames one.
pub(crate) async fn users(State(server): State<Server>, sent: Sent) -> Response {
    #[derive(Serialize)]
    struct Out {
        id: String,
    }
    let read = |object: Object| {
        let id = object.required_text("id")?.into_owned();
        Ok((id, object.text("name")?.into_owned()))
    };
    let (id, name) = match sent.object().and_then(read) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let Some(user) = UserId::parse(&id) else {
        let problem = "must be 1 to 64 letters, digits and _ - . @";
        return failed(Refusal::invalid("id", problem).into());
    };
    if let Err(refusal) = text::limited("name", &name, 64) {
        return failed(refusal.into());
    }
    let name = Some(&*name).filter(|name| !name.is_empty());
    match server.app.welcome(&user, name).await {
        Ok(()) => json(StatusCode::OK, bare(&Out { id })),
        Err(failure) => failed(failure),
    }
}

/// `{"target":"issuer","n"?,"errcode"|"delay_ms"|"drop"}`: what the next `n` invoice requests meet.
/// `n` 0 forgets what was planned.
pub(crate) async fn faults(State(server): State<Server>, sent: Sent) -> Response {
    #[derive(Serialize)]
    struct Out {
        target: &'static str,
        left: usize,
    }
    let (fault, n) = match sent.object().and_then(|object| read_fault(&object)) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let issuer = &sandbox(&server).issuer;
    issuer.play(fault, n);
    json(StatusCode::OK, bare(&Out { target: ISSUER, left: issuer.left() }))
}

const ISSUER: &str = "issuer";
/// A day: an issuer that is later than that never comes.
const MAX_DELAY_MS: i64 = 86_400_000;

fn read_fault(object: &Object) -> Result<(IssuerFault, usize), Refusal> {
    let target = object.required_text("target")?;
    if target != ISSUER {
        let problem = format!("must be \"{ISSUER}\", not {}", text::quoted(&target));
        return Err(Refusal::invalid("target", problem));
    }
    let n = object.integer("n")?.unwrap_or(1);
    let n = usize::try_from(n).ok().filter(|n| *n <= MAX_FAULTS);
    let n = n.ok_or_else(|| Refusal::invalid("n", format!("must be 0 to {MAX_FAULTS}")))?;
    let delay_ms = object.integer("delay_ms")?;
    let (errcode, drop) = (object.integer("errcode")?, object.flag("drop")?);
    let fault = match (errcode, delay_ms, drop) {
        (Some(73000), None, false) => IssuerFault::Refuses,
        (Some(73100), None, false) => IssuerFault::IsUnreachable,
        (Some(73102), None, false) => IssuerFault::TalksNonsense,
        (Some(73105), None, false) => IssuerFault::WasSilent,
        (None, Some(ms @ 1..=MAX_DELAY_MS), false) => {
            IssuerFault::IsLate(Duration::from_millis(ms.unsigned_abs()))
        }
        (None, None, true) => IssuerFault::NeverAnswers,
        // To forget what was planned nothing else is needed.
        (None, None, false) if n == 0 => IssuerFault::Refuses,
        _ => {
            let problem = format!(
                "give one of errcode (73000, 73100, 73102, 73105), delay_ms (1 to {MAX_DELAY_MS}) and drop (true)"
            );
            return Err(Refusal::invalid("fault:", problem));
        }
    };
    Ok((fault, n))
}
