//! The phone around a page: the bar above its screen, and the panels beside it.

use crate::page::{Around, Frame};
use crate::pages::Pages;
use crate::phone::panels;
use crate::phone::returned::{Returned, order_address, played_at};
use crate::time::china_clock;
use crate::visit::unavailable;
use askama::Template;
use axum::response::Response;
use kaipiao_app::demo_phone::{self, PhoneApp, PhoneOrder, Seen};
use kaipiao_domain::authorization::authorization_request::AuthorizationRequest;
use kaipiao_domain::people::user::User;
use kaipiao_wire::authorization::s02_auth_url::Return;

/// The home screen's address.
pub(crate) const HOME_PATH: &str = "/phone";

#[derive(Template)]
#[template(path = "phone_bar.html")]
struct Bar<'a> {
    clock: String,
    /// The class of whose screen it is.
    owner: &'static str,
    /// What the bar says; empty: the screen has none.
    title: &'a str,
    /// Where its first button leads.
    back: &'a str,
    /// What that button says to who does not see it.
    back_label: &'a str,
    /// Whether it is drawn as a cross, or as an arrow.
    is_cross: bool,
}

/// Whose screen the phone shows.
pub(crate) enum Screen<'a> {
    /// The phone's own.
    Home,
    /// An app's, and the name of its account.
    App(PhoneApp, &'a str),
    /// WeChat's, which leads back to the app that has opened it.
    WeChat(&'a str),
}

impl<'a> Screen<'a> {
    fn bar(&'a self, pages: &Pages, frame: &'a Frame) -> Bar<'a> {
        let leave = frame.t("离开页面，返回应用", "Leave the page, back to the app");
        let home = frame.t("返回主屏幕", "Back to the home screen");
        let (owner, title, back, back_label) = match self {
            Self::Home => ("home", "", HOME_PATH, home),
            Self::App(PhoneApp::WebPage, name) => ("web", *name, HOME_PATH, home),
            Self::App(PhoneApp::MiniProgram, name) => ("wxa", *name, HOME_PATH, home),
            Self::App(PhoneApp::MobileApp, name) => ("app", *name, HOME_PATH, home),
            Self::WeChat(back) => ("wechat", frame.t("微信", "WeChat"), *back, leave),
        };
        let clock = china_clock(pages.app.now().unix_seconds());
        let is_cross = matches!(self, Self::App(PhoneApp::WebPage, _) | Self::WeChat(_));
        Bar { clock, owner, title, back, back_label, is_cross }
    }
}

/// The frame of a screen of the phone, with what is known of the order on it.
pub(crate) fn screen(
    pages: &Pages,
    frame: Frame,
    screen: &Screen<'_>,
    order: Option<&PhoneOrder>,
    returned: &Returned,
) -> Frame {
    let bar = screen.bar(pages, &frame).render().expect("a template has no part that can fail");
    let panels = panels::beside(&frame, order, returned);
    Frame { phone: Some(Around { bar, panels }), ..frame }
}

/// The frame of an authorization page: the phone around it, if one of its apps has asked. `back` is the way back of a
/// user who has answered; whoever has not leaves without one.
pub(crate) async fn authorization_page(
    pages: &Pages,
    frame: Frame,
    user: &User,
    request: &AuthorizationRequest,
    back: Option<Return>,
) -> Result<Frame, Response> {
    if !pages.is_sandbox || PhoneApp::of(request).is_none() {
        return Ok(frame);
    }
    let order_id = request.order_id.as_str();
    match demo_phone::see(&pages.app, &user.id, order_id).await {
        Ok(Seen::Theirs(order)) => {
            let left = || format!("{}?left=1", order_address(order_id));
            let back = back.map_or_else(left, |back| played_at(order_id, back));
            let wechat = Screen::WeChat(&back);
            Ok(screen(pages, frame, &wechat, Some(&order), &Returned::NotYet))
        }
        Ok(Seen::NoOrder | Seen::Anothers(_)) => Ok(frame),
        Err(failure) => Err(unavailable(&frame, &failure)),
    }
}
