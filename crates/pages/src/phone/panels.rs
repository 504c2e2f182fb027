//! Beside the phone: what its app and the merchant's server are told of an order.

use crate::page::{Frame, initial};
use crate::phone::returned::Returned;
use crate::phone::written::{json_lines, xml_lines};
use crate::time::china_seconds;
use askama::Template;
use kaipiao_app::authorization::s02_auth_url::AuthUrl;
use kaipiao_app::demo_phone::{Delivery, PhoneApp, PhoneOrder, PhonePush};
use kaipiao_app::people::wallet::InvoiceProgress;
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_wire::answer::{bare, ok_with};
use kaipiao_wire::authorization::s02_auth_url::{AUTHORIZED, AuthUrlAnswer, DENIED, LEFT, Return};
use kaipiao_wire::authorization::s07_auth_data;

#[derive(Template)]
#[template(path = "phone_panels.html")]
struct Panels<'a> {
    frame: &'a Frame,
    /// None: nobody has asked for one yet.
    order: Option<OrderPanels<'a>>,
}

/// What is known of an order.
struct OrderPanels<'a> {
    order_id: &'a str,
    appid: &'static str,
    source: &'static str,
    /// getauthurl's answer.
    auth_url: String,
    told: Told,
    pushes: Vec<PushRow<'a>>,
    /// How a callback is set, as a command; empty: there is one.
    set_callback: String,
    /// getauthdata's answer.
    auth_data: String,
    invoice: &'a InvoiceProgress,
    /// Why makeoutinvoice was refused; empty: it was not.
    refusal: &'a str,
    merchant_initial: String,
}

/// What the app was told.
struct Told {
    /// In whose hands it is, in the app's code; empty: nothing was told.
    place: &'static str,
    /// It, as it came.
    text: String,
    /// What the app's code reads of it.
    members: Vec<(&'static str, String)>,
    /// The code in words.
    meaning: &'static str,
}

struct PushRow<'a> {
    event: &'a str,
    receiver: &'a str,
    state: &'static str,
    /// The class of the state's tag.
    tone: &'static str,
    xml: String,
    attempts: Vec<AttemptRow<'a>>,
    /// How it is sent again, as a command; empty: it is on its way still, or has arrived.
    replay: String,
}

struct AttemptRow<'a> {
    at: String,
    /// `HTTP 200`; empty: there was no answer.
    status: String,
    took_ms: i64,
    problem: &'a str,
}

/// What stands beside the phone, as HTML.
pub(super) fn beside(frame: &Frame, order: Option<&PhoneOrder>, returned: &Returned) -> String {
    let order = order.map(|order| OrderPanels::of(frame, order, returned));
    let panels = Panels { frame, order };
    panels.render().expect("a template has no part that can fail")
}

impl<'a> OrderPanels<'a> {
    fn of(frame: &Frame, order: &'a PhoneOrder, returned: &Returned) -> Self {
        let admin = format!("{}/admin/v1", order.base_url);
        let AuthUrl { link, mini_program } = order.auth_url.clone();
        let answer = ok_with(&AuthUrlAnswer { auth_url: link, appid: mini_program });
        Self {
            order_id: order.order.request.order_id.as_str(),
            appid: order.app.appid(),
            source: order.app.source().as_str(),
            auth_url: json_lines(&answer),
            told: told(frame, order, returned),
            pushes: order.pushes.iter().map(|push| row(frame, push, &admin)).collect(),
            set_callback: if order.has_callback {
                String::new()
            } else {
                set_callback(&admin, order.receiver.as_str())
            },
            auth_data: json_lines(&s07_auth_data::write(&order.status)),
            invoice: &order.invoice,
            refusal: &order.refusal,
            merchant_initial: initial(&order.merchant_name),
        }
    }
}

/// The answer of an operator's call, as a command that works as printed but for the token.
fn curl(method: &str, address: &str) -> String {
    format!("curl -X {method} '{address}' \\\n  -H 'Authorization: Bearer <admin token>'")
}

fn set_callback(admin: &str, receiver: &str) -> String {
    let body = r#"{"url":"http://127.0.0.1:9000/wechat","token":"AnyToken1","mode":"plain"}"#;
    let call = curl("PUT", &format!("{admin}/accounts/{receiver}/callback"));
    format!("{call} \\\n  -d '{body}'")
}

fn told(frame: &Frame, order: &PhoneOrder, returned: &Returned) -> Told {
    let order_id = order.order.request.order_id.as_str();
    let members = |code: &'static str, id: &'static str, value: i32| {
        vec![(code, value.to_string()), (id, order_id.to_owned())]
    };
    let code = match returned {
        Returned::NotYet => {
            return nothing(frame.t("用户还没有返回。", "The user isn't back yet."));
        }
        Returned::Left if order.app == PhoneApp::WebPage => {
            return nothing(frame.t(
                "用户关闭了授权页，网页收不到任何通知。",
                "The user has closed the page, and a web page is told nothing.",
            ));
        }
        Returned::Left => LEFT,
        Returned::Redirect { errcode } => *errcode,
        Returned::Result { err_code } | Returned::Link { err_code, .. } => *err_code,
    };
    let meaning = meaning(frame, code);
    let result = Return::Result { err_code: code, order_id: order_id.to_owned() };
    match order.app {
        PhoneApp::WebPage => Told {
            place: "location.href",
            text: format!("{}{}", order.base_url, frame.here),
            members: members("errcode", "order_id", code),
            meaning,
        },
        PhoneApp::MiniProgram => Told {
            place: "onShow → referrerInfo.extraData",
            text: bare(&result),
            members: members("errCode", "wxOrderId", code),
            meaning,
        },
        PhoneApp::MobileApp => Told {
            place: "onResp → WXInvoiceAuthInsertResp",
            text: match returned {
                Returned::Link { link, .. } => link.clone(),
                _ => String::new(),
            },
            members: members("errCode", "wxOrderId", code),
            meaning,
        },
    }
}

fn nothing(meaning: &'static str) -> Told {
    Told { place: "", text: String::new(), members: Vec::new(), meaning }
}

/// A code of a return (D-95), in words.
fn meaning(frame: &Frame, code: i32) -> &'static str {
    let (zh, en) = match code {
        AUTHORIZED => ("用户已授权", "the user has authorized"),
        LEFT => ("用户离开了页面，没有推送", "the user has left the page; nothing is pushed"),
        DENIED => ("用户拒绝授权", "the user has declined"),
        _ => ("其他失败", "another failure"),
    };
    frame.lang.t(zh, en)
}

fn row<'a>(frame: &Frame, push: &'a PhonePush, admin: &str) -> PushRow<'a> {
    let (zh, en, tone) = match push.delivery {
        Delivery::Waiting => ("排队中", "Waiting", ""),
        Delivery::Due if push.attempts.is_empty() => ("待发送", "Due", ""),
        Delivery::Due => ("等待重试", "To be retried", ""),
        Delivery::UnderWay => ("发送中", "Being sent", ""),
        Delivery::Over(Outcome::Delivered) => ("已送达", "Delivered", "green"),
        Delivery::Over(Outcome::GaveUp) => ("已放弃", "Given up", "red"),
        Delivery::Over(Outcome::Unroutable) => ("无回调地址", "No callback URL", "red"),
    };
    let is_lost = matches!(push.delivery, Delivery::Over(Outcome::GaveUp | Outcome::Unroutable));
    let replay = curl("POST", &format!("{admin}/pushes/{}/replay", push.id));
    let attempts = push.attempts.iter().map(|attempt| AttemptRow {
        at: china_seconds(attempt.started_ms / 1000),
        status: attempt.status.map(|status| format!("HTTP {status}")).unwrap_or_default(),
        took_ms: attempt.took_ms,
        problem: &attempt.problem,
    });
    PushRow {
        event: &push.event,
        receiver: &push.receiver,
        state: frame.lang.t(zh, en),
        tone,
        xml: xml_lines(&push.body),
        attempts: attempts.collect(),
        replay: if is_lost { replay } else { String::new() },
    }
}
