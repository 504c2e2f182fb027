//! Who sits before a page: sessions, and the signed logins that an embedding app hands over.

use crate::app::App;
use crate::failure::Failure;
use crate::people::users;
use crate::settings::LoginSettings;
use crate::signed::{LoginRefused, check_login, session};
use crate::store_access::{add, get_fresh};
use kaipiao_domain::people::session::Session;
use kaipiao_domain::people::user::{User, UserId};
use kaipiao_records::people::session::{EndedSession, ended_session_key};

/// Why a login was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The token.
    #[error("{0}")]
    Refused(#[from] LoginRefused),
    /// The store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// A session's cookie for a user, and how many seconds it lasts.
pub fn new_session(app: &App, user: &UserId) -> (String, u64) {
    let life_s = app.settings.login.session_life.as_secs();
    let expires = app.real_now() + app.settings.login.session_life;
    let (id, expires_s) = (app.random(), expires.unix_seconds());
    let session = Session { id, user: user.clone(), expires_s };
    (session::write(&app.keys, &session), life_s)
}

/// The user of a session's cookie; None: its session is over, or was left.
pub async fn session_user(app: &App, cookie: &str) -> Result<Option<User>, Failure> {
    let Some(session) = session::read(&app.keys, cookie, app.real_now()) else { return Ok(None) };
    let ended: Option<EndedSession> = get_fresh(app, &ended_session_key(&session)).await?;
    match ended {
        Some(_) => Ok(None),
        None => users::find(app, &session.user).await,
    }
}

/// Ends the session of a cookie, in this browser and wherever else somebody kept the cookie.
pub async fn end_session(app: &App, cookie: &str) -> Result<(), Failure> {
    if let Some(session) = session::read(&app.keys, cookie, app.real_now()) {
        add(app, ended_session_key(&session), &EndedSession(session)).await?;
    }
    Ok(())
}

/// The token that ties a page's forms to its cookie.
pub fn form_token(app: &App, cookie: &str) -> String {
    session::form_token(&app.keys, cookie)
}

/// Whether a form belongs to this cookie.
pub fn is_form_token(app: &App, cookie: &str, token: &str) -> bool {
    session::is_form_token(&app.keys, cookie, token)
}

/// Takes a signed login, and makes its user known.
pub async fn log_in(app: &App, token: &str) -> Result<UserId, LoginError> {
    let now_s = app.real_now().unix_seconds();
    let LoginSettings { keys, audience, .. } = &app.settings.login;
    let login = check_login(keys, audience, token, now_s)?;
    users::upsert_user(app, &login.user, login.name.as_deref()).await?;
    Ok(login.user)
}
