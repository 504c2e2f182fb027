//! What all pages share: the frame, the headers, and the page that only says something.

use crate::lang::Lang;
use crate::refusals::told;
use crate::style::STYLE_ADDRESS;
use crate::telephone::tel_address;
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
    /// The phone that the page is a screen of (the sandbox); None: the page is by itself.
    pub(crate) phone: Option<Around>,
}

/// The sandbox's phone around a page.
#[derive(Clone)]
pub(crate) struct Around {
    /// What is drawn above the page on the phone's screen, as HTML.
    pub(crate) bar: String,
    /// What stands beside the phone, as HTML.
    pub(crate) panels: String,
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
            phone: None,
        }
    }

    /// The text in the page's language.
    pub(crate) fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.t(zh, en)
    }

    /// What the program says of something that went wrong, in this language.
    pub(crate) fn told(&self, text: &str) -> String {
        told(self.lang, text)
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

    /// The address of a page that leads back to this one; it has a query.
    pub(crate) fn and_back(&self, address: &str) -> String {
        format!("{address}&next={}", encoded(&self.here))
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

/// The same, with scripts of this server's own.
const CONTENT_SECURITY_POLICY_OF_SCRIPTS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A rendered page.
pub(crate) fn html(status: StatusCode, template: &impl Template) -> Response {
    html_under(CONTENT_SECURITY_POLICY, status, template)
}

/// A rendered page with a script.
pub(crate) fn html_with_script(status: StatusCode, template: &impl Template) -> Response {
    html_under(CONTENT_SECURITY_POLICY_OF_SCRIPTS, status, template)
}

pub(crate) fn html_under(
    policy: &'static str,
    status: StatusCode,
    template: &impl Template,
) -> Response {
    let text = template.render().expect("a template has no part that can fail");
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // Not "no-referrer": with it a browser hides the origin of our own forms from us.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, text).into_response()
}

/// Goes on to an address, by GET.
pub fn see_other(address: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(address) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// How often a page looks by itself, a second apart, whether there is more to see: most invoices are there at once, and of
/// an issuer that is silent nothing comes for minutes.
pub(crate) const LOOKS: u32 = 30;

/// Has the page at `address` look by itself once more, which has done so `look` times.
pub(crate) fn look_again(response: &mut Response, address: &str, look: u32) {
    let next = if address.contains('?') { '&' } else { '?' };
    let again = HeaderValue::try_from(format!("1;url={address}{next}look={}", look + 1));
    response.headers_mut().insert("refresh", again.expect("an encoded address is ASCII"));
}

/// The address of a listing's next page; empty: there is none.
pub(crate) fn further(path: &str, next: Option<String>) -> String {
    next.map_or_else(String::new, |next| format!("{path}?after={}", encoded(&next)))
}

/// A text as a parameter's value in an address.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The address of a new mail with an invoice's address.
pub(crate) fn mail_of(seller: &str, pdf_url: &str) -> String {
    format!("mailto:?subject={}&body={}", encoded(seller), encoded(pdf_url))
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

/// A name's first character, which stands where a logo would be.
pub(crate) fn initial(name: &str) -> String {
    name.chars().next().map(String::from).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    frame: &'a Frame,
    mark: &'static str,
    headline: &'a str,
    text: &'a str,
    /// The merchant's, where there is something to talk about; otherwise empty.
    phone: &'a str,
    /// Dials the phone; empty: it is no number.
    tel: String,
    /// An address to go on to, and what the link says.
    way: Option<(&'a str, &'a str)>,
}

/// What a page says that only says something; each text in Chinese and English.
pub(crate) struct Notice<'a> {
    /// What happened.
    headline: (&'a str, &'a str),
    /// What to do.
    text: (&'a str, &'a str),
    /// The class of the mark above the words.
    mark: &'static str,
    phone: &'a str,
    /// An address, and what the link says.
    link: Option<(&'a str, (&'a str, &'a str))>,
}

impl<'a> Notice<'a> {
    /// Something went another way than its reader wanted.
    pub(crate) const fn new(headline: (&'a str, &'a str), text: (&'a str, &'a str)) -> Self {
        Self { headline, text, mark: "stop", phone: "", link: None }
    }

    /// It is done.
    pub(crate) const fn of_yes(self) -> Self {
        Self { mark: "yes", ..self }
    }

    /// Nothing went wrong: something takes its time.
    pub(crate) const fn of_waiting(self) -> Self {
        Self { mark: "wait", ..self }
    }

    /// Nothing went wrong: something was not wanted.
    pub(crate) const fn of_no(self) -> Self {
        Self { mark: "no", ..self }
    }

    /// With the number of a merchant who can help.
    pub(crate) const fn with_phone(self, phone: &'a str) -> Self {
        Self { phone, ..self }
    }

    /// With a link: its address, and what it says.
    pub(crate) const fn with_link(self, address: &'a str, label: (&'a str, &'a str)) -> Self {
        Self { link: Some((address, label)), ..self }
    }

    /// With a link to the home page.
    pub(crate) const fn with_way_home(self) -> Self {
        self.with_link("/", ("返回首页", "Home page"))
    }

    /// The page.
    pub(crate) fn page(self, frame: &Frame, status: StatusCode) -> Response {
        let in_language = |(zh, en)| frame.t(zh, en);
        let page = NoticePage {
            frame,
            mark: self.mark,
            headline: in_language(self.headline),
            text: in_language(self.text),
            phone: self.phone,
            tel: tel_address(self.phone),
            way: self.link.map(|(address, label)| (address, in_language(label))),
        };
        html(status, &page)
    }
}

/// A page that says what happened (`headline`) and what to do (`text`), each in Chinese and English.
pub(crate) fn notice(
    frame: &Frame,
    status: StatusCode,
    headline: (&str, &str),
    text: (&str, &str),
) -> Response {
    Notice::new(headline, text).page(frame, status)
}

/// The same with a link to the home page.
pub(crate) fn notice_with_way_home(
    frame: &Frame,
    status: StatusCode,
    headline: (&str, &str),
    text: (&str, &str),
) -> Response {
    Notice::new(headline, text).with_way_home().page(frame, status)
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
