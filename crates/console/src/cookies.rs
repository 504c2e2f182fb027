//! The console's cookies.

use crate::console::Console;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use kaipiao_pages::{HOST_ONLY, cookie};

/// What a login's form is tied to.
pub(crate) const LOGIN_COOKIE: &str = "kaipiao_console_login";

/// The name that browsers get.
fn full_name(console: &Console, name: &str) -> String {
    format!("{}{name}", if console.is_https { HOST_ONLY } else { "" })
}

pub(crate) fn read_cookie(console: &Console, headers: &HeaderMap, name: &str) -> Option<String> {
    cookie(headers, &full_name(console, name))
}

/// Sets a cookie that no script reads; 0 seconds remove it.
pub(crate) fn set_cookie(
    console: &Console,
    response: &mut Response,
    name: &str,
    value: &str,
    life_s: u64,
) {
    let secure = if console.is_https { "; Secure" } else { "" };
    let name = full_name(console, name);
    let text = format!("{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
