//! A person before the sandbox's pages, for what only a person does.

use crate::api_client::{ApiClient, Asked, failed};
use crate::compose::ComposeError;

/// The status of a page.
const OK: u16 = 200;
/// The status of a form that was taken.
const SEE_OTHER: u16 = 303;

/// A user with a session.
pub(super) struct Visitor<'a> {
    client: &'a ApiClient,
    cookie: String,
}

impl<'a> Visitor<'a> {
    /// The chooser of users gives a session.
    pub(super) fn of(client: &'a ApiClient, user: &str) -> Result<Self, ComposeError> {
        let chosen = Asked::form("/login", &[("user", user), ("next", "/me/titles")]);
        let cookie = client.send(chosen)?.cookie;
        let cookie = cookie.ok_or_else(|| failed(format!("the sandbox has no user {user}")))?;
        Ok(Self { client, cookie })
    }

    /// Picks the first title that a page of getselecttitleurl shows: its id.
    pub(super) fn picks_title(&self, url: &str) -> Result<String, ComposeError> {
        let path = url.strip_prefix(self.client.base()).unwrap_or(url);
        let shown = self.send(Asked::get(path, &[]), OK)?;
        let value = |name: &str| {
            let (_, rest) = shown.split_once(&format!("name=\"{name}\" value=\""))?;
            rest.split_once('"').map(|(value, _)| value)
        };
        let token = value("form_token").ok_or_else(|| failed("the page of titles has no form"))?;
        let title = value("title").ok_or_else(|| failed("the user has no title"))?;
        self.send(Asked::form(path, &[("form_token", token), ("title", title)]), SEE_OTHER)?;
        Ok(title.to_owned())
    }

    fn send(&self, asked: Asked, expected: u16) -> Result<String, ComposeError> {
        let path = asked.path.clone();
        let asked = Asked { cookie: Some(self.cookie.clone()), ..asked };
        let answer = self.client.send(asked)?;
        if answer.status != expected {
            let found = answer.status;
            return Err(failed(format!("{path} was answered {found}, expected {expected}")));
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }
}
