//! What all pages share: the frame, the headers, and the page that only says something.

use crate::lang::Lang;
use crate::style::STYLE_ADDRESS;
use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What stands around every page.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    /// The page's own path and query.
    pub(crate) here: String,
    /// Ties the page's forms to its cookie.
    pub(crate) form_token: String,
    /// Who sits before it; empty: nobody in particular.
    pub(crate) user_name: String,
    /// Whether they may become somebody else (the sandbox).
    pub(crate) may_switch: bool,
}

impl Frame {
    /// The frame of a page for nobody in particular.
    pub(crate) fn of_nobody(lang: Lang) -> Self {
        Self {
            lang,
            here: String::new(),
            form_token: String::new(),
            user_name: String::new(),
            may_switch: false,
        }
    }

    /// The text in the page's language.
    pub(crate) fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.t(zh, en)
    }

    /// The style's address; it changes with its content.
    pub(crate) fn style(&self) -> &'static str {
        &STYLE_ADDRESS
    }

    /// The other language's name and address.
    pub(crate) fn other_language(&self) -> (&'static str, String) {
        let (name, code) = match self.lang {
            Lang::Zh => ("English", "en"),
            Lang::En => ("中文", "zh"),
        };
        (name, format!("/lang/{code}?next={}", encoded(&self.here)))
    }

    /// Where one becomes somebody else, and comes back.
    pub(crate) fn switch_address(&self) -> String {
        format!("/login?next={}", encoded(&self.here))
    }
}

/// Only our own style may load, nothing may run, nobody may frame the page. `form-action` is left
/// open: a form's answer leads on to the merchant's address, and from there wherever it leads.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A rendered page.
pub(crate) fn html(status: StatusCode, template: &impl Template) -> Response {
    let text = template.render().expect("a template has no part that can fail");
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // Not "no-referrer": with it a browser hides the origin of our own forms from us.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, text).into_response()
}

/// Goes on to an address, by GET.
pub(crate) fn see_other(address: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(address) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// The address of a listing's next page; empty: there is none.
pub(crate) fn further(path: &str, next: Option<String>) -> String {
    next.map_or_else(String::new, |next| format!("{path}?after={}", encoded(&next)))
}

/// A text as a parameter's value in an address.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Sends somebody unknown to log in, and back afterwards.
pub(crate) fn to_login(next: &str) -> Response {
    see_other(&format!("/login?next={}", encoded(next)))
}

/// An address on this server to go on to; anything else leads to the user's own pages.
pub(crate) fn local(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control());
    if is_local { next } else { "/me/titles" }
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    frame: &'a Frame,
    headline: &'a str,
    text: &'a str,
    /// An address to go on to, and what the link says.
    way: Option<(&'a str, &'a str)>,
}

/// A page that says what happened (`headline`) and what to do (`text`), each in Chinese and English.
pub(crate) fn notice(
    frame: &Frame,
    status: StatusCode,
    headline: (&str, &str),
    text: (&str, &str),
) -> Response {
    noticed(frame, status, headline, text, None)
}

/// The same with a link to the home page.
pub(crate) fn notice_with_way_home(
    frame: &Frame,
    status: StatusCode,
    headline: (&str, &str),
    text: (&str, &str),
) -> Response {
    noticed(frame, status, headline, text, Some(("/", ("返回首页", "Home page"))))
}

/// The same with a link: its address, and what it says.
pub(crate) fn notice_with_link(
    frame: &Frame,
    status: StatusCode,
    headline: (&str, &str),
    text: (&str, &str),
    link: (&str, (&str, &str)),
) -> Response {
    noticed(frame, status, headline, text, Some(link))
}

fn noticed(
    frame: &Frame,
    status: StatusCode,
    headline: (&str, &str),
    text: (&str, &str),
    link: Option<(&str, (&str, &str))>,
) -> Response {
    let in_language = |(zh, en)| frame.t(zh, en);
    let (headline, text) = (in_language(headline), in_language(text));
    let way = link.map(|(address, label)| (address, in_language(label)));
    html(status, &Notice { frame, headline, text, way })
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_addresses_on_this_server_are_gone_on_to() {
        for good in ["/", "/me/titles", "/bizmall/authinvoice?a=//b"] {
            assert_eq!(local(good), good);
        }
        for bad in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "/\0", "me"]
        {
            assert_eq!(local(bad), "/me/titles", "{bad}");
        }
    }
}
