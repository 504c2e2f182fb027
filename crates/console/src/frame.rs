//! What stands around every page: the navigation, the language, who is logged in; the headers; and the page that only
//! says something.

use crate::assets::{SCRIPT_ADDRESS, STYLE_ADDRESS};
use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kaipiao_app::name_spaces::DEFAULT_NAME_SPACE;
use kaipiao_pages::{Lang, encoded, told};

/// A place that the navigation leads to.
pub(crate) struct Place {
    /// Its address; pages beneath it belong to it.
    pub(crate) path: &'static str,
    zh: &'static str,
    en: &'static str,
    /// The path of its drawing, in a box of 24.
    pub(crate) icon: &'static str,
    /// Whether operators alone go there.
    is_for_operators: bool,
    /// Whether sandboxes alone have it.
    is_of_sandbox: bool,
}

const fn place(
    path: &'static str,
    (zh, en): (&'static str, &'static str),
    icon: &'static str,
) -> Place {
    Place { path, zh, en, icon, is_for_operators: false, is_of_sandbox: false }
}

/// The groups of the navigation: what each is called, and its places.
const NAVIGATION: &[(&str, &str, &[Place])] = &[
    ("状态", "State", &[place("/console", ("概览", "Overview"), "M3 3v18h18M7 15l4-5 4 3 5-7")]),
    (
        "业务",
        "Business",
        &[
            place(
                "/console/orders",
                ("订单", "Orders"),
                "M9 4H7a2 2 0 00-2 2v13a2 2 0 002 2h10a2 2 0 002-2V6a2 2 0 00-2-2h-2M9 3h6v4H9zM9 12h6M9 16h4",
            ),
            place(
                "/console/invoices",
                ("发票", "Invoices"),
                "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
            ),
            place(
                "/console/payments",
                ("支付", "Payments"),
                "M12 3a9 9 0 100 18 9 9 0 000-18zM9 8l3 4 3-4M12 12v5M9 13h6",
            ),
            place(
                "/console/numbers",
                ("号段", "Number ranges"),
                "M4 9h16M4 15h16M10 4L8 20M16 4l-2 16",
            ),
        ],
    ),
    (
        "排查",
        "Look into",
        &[
            place(
                "/console/requests",
                ("请求日志", "Requests"),
                "M8 9l-4 3 4 3M16 9l4 3-4 3M13 6l-2 12",
            ),
            place("/console/pushes", ("推送", "Pushes"), "M21 4L10 14M21 4l-7 17-4-7-7-4z"),
            place("/console/jobs", ("任务", "Jobs"), "M4 6h10M4 12h16M4 18h7M18 4l3 2-3 2"),
            place("/console/errors", ("错误码", "Error codes"), "M12 8v5M12 16.5v.5M12 3l9 17H3z"),
        ],
    ),
    (
        "设置",
        "Settings",
        &[
            place(
                "/console/accounts",
                ("账号", "Accounts"),
                "M4 21v-7M4 10V3M12 21v-9M12 8V3M20 21v-5M20 12V3M1 14h6M9 8h6M17 16h6",
            ),
            Place {
                is_for_operators: true,
                ..place(
                    "/console/users",
                    ("控制台用户", "Console users"),
                    "M17 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2M9.5 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8M22 21v-2a4 4 0 0 0-3-3.9M16 3.1a4 4 0 0 1 0 7.8",
                )
            },
        ],
    ),
    (
        "沙箱",
        "Sandbox",
        &[
            Place {
                is_for_operators: true,
                is_of_sandbox: true,
                ..place(
                    "/console/sandbox",
                    ("时钟与快照", "Clock and snapshots"),
                    "M12 7v5l3 2M3 12a9 9 0 1018 0 9 9 0 00-18 0",
                )
            },
            Place {
                is_for_operators: true,
                is_of_sandbox: true,
                ..place("/console/faults", ("故障", "Faults"), "M13 2L4 14h7l-1 8 9-12h-7z")
            },
        ],
    ),
];

/// Who sits before a page, as it says.
#[derive(Clone)]
pub(crate) struct Who {
    /// Their name.
    pub(crate) name: String,
    /// Whether they operate the server.
    pub(crate) is_operator: bool,
    /// Whether they have logged in here, and so can log out here.
    pub(crate) can_leave: bool,
}

/// What stands around every page.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    /// The page's own path and query.
    pub(crate) here: String,
    /// Ties the page's forms to whom they were shown to.
    pub(crate) form_token: String,
    /// Who sits before it; None: nobody is known.
    pub(crate) who: Option<Who>,
    /// The sandbox's name space that it is of; None: it is a production's.
    pub(crate) name_space: Option<String>,
}

impl Frame {
    /// The text in the page's language.
    pub(crate) fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.t(zh, en)
    }

    pub(crate) fn style(&self) -> &'static str {
        &STYLE_ADDRESS
    }

    pub(crate) fn script(&self) -> &'static str {
        &SCRIPT_ADDRESS
    }

    /// The other language's name, code and address.
    pub(crate) fn other_language(&self) -> (&'static str, &'static str, String) {
        let (name, code) = match self.lang {
            Lang::Zh => ("English", "en"),
            Lang::En => ("中文", "zh"),
        };
        (name, code, format!("/lang/{code}?next={}", encoded(&self.here)))
    }

    /// The groups of the navigation that this user has: the group's name, and its places.
    pub(crate) fn navigation(&self) -> Vec<(&'static str, Vec<&'static Place>)> {
        let is_operator = self.who.as_ref().is_some_and(|who| who.is_operator);
        let of_group = |places: &'static [Place]| -> Vec<_> {
            let is_there = |place: &&Place| {
                (is_operator || !place.is_for_operators)
                    && (self.name_space.is_some() || !place.is_of_sandbox)
            };
            places.iter().filter(is_there).collect()
        };
        let groups = NAVIGATION.iter();
        let groups = groups.map(|(zh, en, places)| (self.lang.t(zh, en), of_group(places)));
        groups.filter(|(_, places)| !places.is_empty()).collect()
    }

    /// The name space that it is of, where that is not the server's own.
    pub(crate) fn other_name_space(&self) -> Option<&str> {
        self.name_space.as_deref().filter(|name| *name != DEFAULT_NAME_SPACE)
    }

    /// What the program says of something that went wrong, in this language.
    pub(crate) fn told(&self, text: &str) -> String {
        told(self.lang, text)
    }

    pub(crate) fn name_of(&self, place: &Place) -> &'static str {
        self.lang.t(place.zh, place.en)
    }

    /// Whether this page is the place or beneath it.
    pub(crate) fn is_at(&self, place: &Place) -> bool {
        let path = self.here.split('?').next().unwrap_or("");
        path.strip_prefix(place.path).is_some_and(|rest| {
            rest.is_empty() || (rest.starts_with('/') && place.path != CONSOLE_PATH)
        })
    }

    /// The page that says that there is nothing at this address, or nothing that this user may see.
    pub(crate) fn not_found(&self) -> Response {
        self.notice(
            StatusCode::NOT_FOUND,
            ("没有找到", "There is nothing here"),
            (
                "地址有误，或你无权查看。",
                "The address is wrong, or what is there is not yours to see.",
            ),
        )
    }

    /// A page that says what happened (`headline`) and what to do (`text`), each in Chinese and English.
    pub(crate) fn notice(
        &self,
        status: StatusCode,
        headline: (&str, &str),
        text: (&str, &str),
    ) -> Response {
        let (headline, text) = (self.t(headline.0, headline.1), self.t(text.0, text.1));
        html(status, &NoticePage { frame: self, headline, text })
    }
}

/// Where the console begins.
pub(crate) const CONSOLE_PATH: &str = "/console";
/// Where one logs in.
pub(crate) const LOGIN_PATH: &str = "/console/login";

/// The login's address, with the way back.
pub(crate) fn login_address(next: &str) -> String {
    format!("{LOGIN_PATH}?next={}", encoded(next))
}

/// Only our own style and script may load, forms go nowhere else, and the one thing that a page frames is the preview
/// of an authorization page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

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

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    frame: &'a Frame,
    headline: &'a str,
    text: &'a str,
}
