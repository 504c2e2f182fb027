//! Where the user goes from an authorization page that asks nothing any more, and what a page is told that has opened it
//! in a window, as a mini program's stand-in in a browser does (section 3, D-225).

use crate::page::{html, html_with_script};
use crate::phone::returned;
use crate::script::script;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_wire::answer::bare;
use kaipiao_wire::authorization::s02_auth_url::Return;

/// What tells the page that has opened the window.
pub(crate) const WAY_BACK_PATH: &str = "/open/js/way_back.js";

const WAY_BACK: &str = include_str!("../../assets/way_back.js");

/// `GET /open/js/way_back.js`
pub(crate) async fn way_back() -> Response {
    script(WAY_BACK)
}

/// The way from an authorization page.
pub(crate) struct WayBack {
    /// Where the user goes; empty: the page stays.
    pub(crate) address: String,
    /// The address that the sandbox's phone plays in its place; empty: none.
    pub(crate) played: String,
    /// The result object that a mini program reads, as JSON; empty: none.
    pub(crate) result: String,
    /// The origin that is told the result; empty: none.
    pub(crate) opener: String,
}

impl WayBack {
    /// `opener`: the origin that the link was opened with; `on_phone`: the order, where the sandbox's phone is around its
    /// page.
    pub(crate) fn of(back: Return, opener: Option<String>, on_phone: Option<&str>) -> Self {
        let played_at = on_phone.map(|order_id| returned::played_at(order_id, back.clone()));
        let mut way = Self {
            address: String::new(),
            played: String::new(),
            result: String::new(),
            opener: String::new(),
        };
        match back {
            Return::Address(address) => way.address = address,
            Return::Stay => {}
            result @ Return::Result { .. } => {
                // Within a script element only `<` could end what it must not.
                way.result = bare(&result).replace('<', "\\u003c");
                way.opener = opener.unwrap_or_default();
            }
        }
        match played_at {
            Some(address) => way.played_at(address),
            None => way,
        }
    }

    /// No app of the sandbox's phone hears what an address of its own scheme says: the phone plays it.
    fn played_at(self, address: String) -> Self {
        if self.address.starts_with("http") {
            return Self { address, ..self };
        }
        Self { address, played: self.address, ..self }
    }

    /// The page, with a script only where somebody is told.
    pub(crate) fn html(&self, status: StatusCode, page: &impl Template) -> Response {
        if self.opener.is_empty() { html(status, page) } else { html_with_script(status, page) }
    }

    /// The address of the script.
    pub(crate) fn script(&self) -> &'static str {
        WAY_BACK_PATH
    }
}
