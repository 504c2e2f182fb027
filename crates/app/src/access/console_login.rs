//! Who sits before the console: passwords, sessions, and the signed header of a single sign-on.

use crate::access::console_users::{self, ConsoleUserSpec};
use crate::access::login_attempts::Trier;
use crate::app::App;
use crate::failure::Failure;
use crate::settings::ConsoleSettings;
use crate::signed::{
    ConsoleLoginRefused, ConsoleSession, check_console_login, console_session, session,
};
use crate::store_access::{Decision, FirstTry, decide};
use kaipiao_domain::access::console_user::{ConsoleName, ConsoleRole, ConsoleUser};
use kaipiao_records::access::console_user::console_user_key;
use std::net::IpAddr;

/// Why a login was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleLoginError {
    /// There is no such user with that password, or they are disabled; which of these is nobody's to know.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many attempts for this name or from this address.
    #[error("too many attempts to log in")]
    TooOften,
    /// The store, or too many at once.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// A session's cookie, and how many seconds it lasts.
pub struct NewSession {
    /// The cookie's value.
    pub cookie: String,
    /// Seconds of real time.
    pub life_s: u64,
}

/// Takes a name and a password. `address` is the client's.
pub async fn log_in(
    app: &App,
    name: &str,
    password: &str,
    address: Option<IpAddr>,
) -> Result<NewSession, ConsoleLoginError> {
    let user = proved(app, Trier::Anybody, (name, password), address).await?;
    tracing::info!(name = %user.name, address = address.map(tracing::field::display), "logged in to the console");
    Ok(new_session(app, user))
}

/// Gives a user who has a session and knows their password another one. Every session of theirs ends; the new one is for the browser that
/// asked. A password that is not taken is a refusal.
pub async fn change_password(
    app: &App,
    name: &str,
    (present, next): (&str, &str),
    address: Option<IpAddr>,
) -> Result<NewSession, ConsoleLoginError> {
    let user = proved(app, Trier::HasSession, (name, present), address).await?;
    let password = Some(next.to_owned());
    let name = user.name.to_string();
    let spec = ConsoleUserSpec { name, password, ..ConsoleUserSpec::default() };
    let saved = console_users::save(app, &spec).await?;
    tracing::info!(name = %saved.user.name, address = address.map(tracing::field::display), "a console user has changed their password");
    Ok(new_session(app, saved.user))
}

/// The user of that name, whose password it is. Attempts are counted and limited.
async fn proved(
    app: &App,
    trier: Trier,
    (name, password): (&str, &str),
    address: Option<IpAddr>,
) -> Result<ConsoleUser, ConsoleLoginError> {
    // What is no name is nobody's: it needs no count of its own.
    let Some(name) = ConsoleName::parse(name) else { return Err(ConsoleLoginError::Wrong) };
    let Some(attempt) = app.login_attempts.begin(trier, &name, address, app.real_now()) else {
        tracing::warn!(%name, address = address.map(tracing::field::display), "too many attempts to log in to the console");
        return Err(ConsoleLoginError::TooOften);
    };
    let compared = with_password(app, &name, password).await;
    let found = compared.inspect_err(|_| app.login_attempts.not_made(&attempt))?;
    let Some(user) = found else {
        tracing::info!(%name, address = address.map(tracing::field::display), "a login to the console was refused");
        return Err(ConsoleLoginError::Wrong);
    };
    app.login_attempts.succeeded(attempt);
    Ok(user)
}

/// The user of that name and password, who may log in.
async fn with_password(
    app: &App,
    name: &ConsoleName,
    password: &str,
) -> Result<Option<ConsoleUser>, Failure> {
    let user = console_users::find(app, name).await?.filter(|user| !user.is_disabled);
    let hash = user.as_ref().map(|user| user.password.clone());
    let is_password = app.passwords.is_password(hash, password.to_owned()).await?;
    Ok(user.filter(|_| is_password))
}

fn new_session(app: &App, user: ConsoleUser) -> NewSession {
    let life = app.settings.console.session_life;
    let expires_s = (app.real_now() + life).unix_seconds();
    let session =
        ConsoleSession { id: app.random(), name: user.name, count: user.sessions, expires_s };
    NewSession { cookie: console_session::write(&app.keys, &session), life_s: life.as_secs() }
}

/// The user of a session's cookie; None: it is over.
pub async fn session_user(app: &App, cookie: &str) -> Result<Option<ConsoleUser>, Failure> {
    let Some(session) = console_session::read(&app.keys, cookie, app.real_now()) else {
        return Ok(None);
    };
    let user = console_users::find(app, &session.name).await?;
    Ok(user.filter(|user| user.has_session(session.count)))
}

/// Ends every session of a user, in whatever browser.
pub async fn log_out(app: &App, name: &ConsoleName) -> Result<(), Failure> {
    decide(app, console_user_key(name), FirstTry::Reads, |before: Option<ConsoleUser>| {
        Ok::<_, Failure>(Decision::alone(before.map(ConsoleUser::with_sessions_ended), ()))
    })
    .await
}

/// Who a proxy says it is, by the value of its header. Only asked where the settings name the header.
pub fn signed_on(
    app: &App,
    header: &str,
) -> Result<(ConsoleName, ConsoleRole), ConsoleLoginRefused> {
    let ConsoleSettings { keys, audience, .. } = &app.settings.console;
    let token = header.strip_prefix("Bearer ").unwrap_or(header);
    let now_s = app.real_now().unix_seconds();
    let login = check_console_login(keys, audience, token, now_s)?;
    Ok((login.name, login.role))
}

/// The header that says who it is; empty: none is believed.
pub fn sso_header(app: &App) -> &str {
    &app.settings.console.sso_header
}

/// The token that ties a form to whom it was shown to: a session's cookie, or another mark of theirs.
pub fn form_token(app: &App, tie: &str) -> String {
    session::form_token(&app.keys, &format!("console {tie}"))
}

/// Whether a form belongs to them.
pub fn is_form_token(app: &App, tie: &str, token: &str) -> bool {
    session::is_form_token(&app.keys, &format!("console {tie}"), token)
}
