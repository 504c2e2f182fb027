//! Who has logged in to the console, for pages that show them more.

use crate::lang::cookie;
use crate::pages::Pages;
use axum::http::HeaderMap;
use kaipiao_app::access::console_login;
use kaipiao_app::{App, Failure};
use kaipiao_domain::access::console_user::ConsoleRole;

/// The cookie of a login to the console.
pub const CONSOLE_COOKIE: &str = "kaipiao_console";

/// What the header says that a single sign-on's proxy sends; None: the settings name none, or it is not there.
pub fn sso_value<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = console_login::sso_header(app);
    let value = if name.is_empty() { None } else { headers.get(name) };
    // What is no text is signed by nobody.
    value.map(|value| value.to_str().unwrap_or(""))
}

/// What whoever asks may see in the console of a production server; None: they are not logged in there.
pub(crate) async fn console_role(
    pages: &Pages,
    headers: &HeaderMap,
) -> Result<Option<ConsoleRole>, Failure> {
    if let Some(value) = sso_value(&pages.app, headers) {
        return Ok(console_login::signed_on(&pages.app, value).ok().map(|(_, role)| role));
    }
    let session = cookie(headers, &pages.cookie_name(CONSOLE_COOKIE)).unwrap_or_default();
    let user = console_login::session_user(&pages.app, &session).await?;
    Ok(user.map(|user| user.role))
}
