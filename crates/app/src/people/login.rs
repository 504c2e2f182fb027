//! Who sits before a page: sessions, and the signed logins that an embedding app hands over.

use crate::{App, Failure};
use core::time::Duration;
use kaipiao_domain::people::user::{User, UserId};
use kaipiao_wire::people::login_token::{self, LoginKey, LoginRefused};
use kaipiao_wire::people::session::{self, Session};

/// How people are known.
#[derive(Clone, Default)]
pub struct LoginSettings {
    /// How long a session lasts, in real time.
    pub session_life: Duration,
    /// The keys that signed logins are checked with.
    pub keys: Vec<LoginKey>,
    /// What a login's `aud` must name; empty: it need not be there.
    pub audience: String,
}

impl core::fmt::Debug for LoginSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LoginSettings")
            .field("session_life", &self.session_life)
            .finish_non_exhaustive()
    }
}

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

impl App {
    /// A session's cookie for a user, and how many seconds it lasts.
    pub fn new_session(&self, user: &UserId) -> (String, u64) {
        let life_s = self.settings.login.session_life.as_secs();
        let expires = self.real_now() + self.settings.login.session_life;
        let session = Session { user: user.clone(), expires_s: expires.unix_seconds() };
        (session::write(&self.keys, &session), life_s)
    }

    /// The user of a session's cookie.
    pub async fn session_user(&self, cookie: &str) -> Result<Option<User>, Failure> {
        match session::read(&self.keys, cookie, self.real_now()) {
            Some(session) => self.user(&session.user).await,
            None => Ok(None),
        }
    }

    /// The token that ties a page's forms to its cookie.
    pub fn form_token(&self, cookie: &str) -> String {
        session::form_token(&self.keys, cookie)
    }

    /// Does a form belong to this cookie?
    pub fn is_form_token(&self, cookie: &str, token: &str) -> bool {
        session::is_form_token(&self.keys, cookie, token)
    }

    /// Takes a signed login, and makes its user known.
    pub async fn log_in(&self, token: &str) -> Result<UserId, LoginError> {
        let now_s = self.real_now().unix_seconds();
        let LoginSettings { keys, audience, .. } = &self.settings.login;
        let login = login_token::check(keys, audience, token, now_s)?;
        self.welcome(&login.user, login.name.as_deref()).await?;
        Ok(login.user)
    }
}
