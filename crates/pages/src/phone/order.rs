//! An app's screen: an order of the demo shop, and the button that has it authorized.

use crate::demo_shop::{cannot_sell, not_theirs};
use crate::page::{Frame, LOOKS, Notice, html, look_again, see_other};
use crate::pages::Pages;
use crate::phone::around::{HOME_PATH, Screen, screen};
use crate::phone::returned::{Returned, order_address};
use crate::visit::{UserVisit, Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::demo_phone::{self, Delivery, PhoneApp, PhoneOrder, Seen};
use kaipiao_app::demo_shop::{GOODS, GROSS};
use kaipiao_app::people::wallet::InvoiceProgress;
use kaipiao_domain::authorization::order::OrderState;

#[derive(Template)]
#[template(path = "phone_order.html")]
struct OrderScreen<'a> {
    frame: &'a Frame,
    /// The name of the app's account.
    name: &'a str,
    /// The app's source.
    source: &'static str,
    order_id: &'a str,
    /// What was bought.
    goods: &'static str,
    /// Yuan with two places.
    amount: String,
    standing: Standing,
}

/// What an order's screen says of it.
enum Standing {
    /// Nobody was asked yet.
    New,
    /// The user was asked, and has not answered.
    Open,
    Declined,
    Underway,
    /// The name of the invoice in addresses.
    Issued(String),
    TakenBack(String),
    Failed,
    Rejected,
}

/// `GET /phone/apps/{app}`: an order that nobody has asked for yet.
pub(crate) async fn new(
    State(pages): State<Pages>,
    PathNames(app): PathNames<String>,
    request: Request,
) -> Response {
    let UserVisit { frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Some(app) = PhoneApp::from_name(&app) else { return no_order(&frame) };
    match demo_phone::new_order_id(&pages.app) {
        Ok(order_id) => {
            let order = (app, order_id.as_str());
            shown(&pages, frame, order, None, &Returned::NotYet).await
        }
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// `POST /phone/orders`: getauthurl, and on to the authorization page.
pub(crate) async fn ask(State(pages): State<Pages>, request: Request) -> Response {
    let UserVisit { frame, form, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let asked = PhoneApp::from_name(form.get("app")).zip(demo_phone::number(form.get("order_id")));
    let Some((app, order_id)) = asked else { return no_order(&frame) };
    match demo_phone::get_auth_url(&pages.app, app, order_id).await {
        Ok(link) => see_other(&on_this_server(link)),
        Err(Failure::Refused(why)) => cannot_sell(&frame, &why),
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// `GET /phone/orders/{order_id}`, with what the app is told: its user is back from the authorization page, or has
/// left it. `look` counts how often the page has looked by itself.
pub(crate) async fn come_back(
    State(pages): State<Pages>,
    PathNames(order_id): PathNames<String>,
    request: Request,
) -> Response {
    let visit = Visit::of(request);
    let look = visit.parameter("look").parse().unwrap_or(0);
    let returned = Returned::read(&visit, &order_id);
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    // Whoever reloads begins to look again.
    let here = without_look(&frame.here).to_owned();
    let frame = Frame { here: here.clone(), ..frame };
    let order = match demo_phone::come_back(&pages.app, &user.id, &order_id).await {
        Ok(Seen::Theirs(order)) => order,
        Ok(Seen::Anothers(link)) => return not_theirs(&frame, &on_this_server(link)),
        Ok(Seen::NoOrder) => return no_order(&frame),
        Err(Failure::Refused(why)) => return cannot_sell(&frame, &why),
        Err(failure) => return unavailable(&frame, &failure),
    };
    let Some(returned) = returned.filter(|returned| returned.fits(order.app)) else {
        return incomplete(&frame, &order_id);
    };
    let named = (order.app, order_id.as_str());
    let mut response = shown(&pages, frame, named, Some(&order), &returned).await;
    if look < LOOKS && will_change(&order) {
        look_again(&mut response, &here, look);
    }
    response
}

/// Whether a moment later there is more to see: who retries takes longer, and is not waited for.
fn will_change(order: &PhoneOrder) -> bool {
    let is_issuing = matches!(order.invoice, InvoiceProgress::Underway);
    let is_due = |delivery| !matches!(delivery, Delivery::Over(_));
    let is_sending = order.pushes.iter().any(|p| p.attempts.is_empty() && is_due(p.delivery));
    is_issuing || is_sending
}

fn without_look(address: &str) -> &str {
    let end = address.find("?look=").or_else(|| address.find("&look="));
    end.map_or(address, |end| &address[..end])
}

/// A link as it stands in an address on this server: a mini program's is a path, which this server answers.
fn on_this_server(link: String) -> String {
    if link.starts_with("http") { link } else { format!("/{link}") }
}

async fn shown(
    pages: &Pages,
    frame: Frame,
    (app, order_id): (PhoneApp, &str),
    order: Option<&PhoneOrder>,
    returned: &Returned,
) -> Response {
    let name = match demo_phone::account_name(&pages.app, app).await {
        Ok(name) => name,
        Err(Failure::Refused(why)) => return cannot_sell(&frame, &why),
        Err(failure) => return unavailable(&frame, &failure),
    };
    let frame = screen(pages, frame, &Screen::App(app, &name), order, returned);
    let page = OrderScreen {
        frame: &frame,
        name: &name,
        source: app.source().as_str(),
        order_id,
        goods: GOODS,
        amount: GROSS.to_string(),
        standing: order.map_or(Standing::New, standing),
    };
    html(StatusCode::OK, &page)
}

/// What the app's server knows of an order, whatever the app was told.
fn standing(order: &PhoneOrder) -> Standing {
    match (&order.order.state, &order.invoice) {
        (OrderState::Offered, _) => Standing::Open,
        (OrderState::Declined(_), _) => Standing::Declined,
        (OrderState::Rejected { .. }, _) => Standing::Rejected,
        (OrderState::Authorized(_), InvoiceProgress::Issued { name, is_taken_back, .. }) => {
            let name = name.clone();
            if *is_taken_back { Standing::TakenBack(name) } else { Standing::Issued(name) }
        }
        (OrderState::Authorized(_), InvoiceProgress::Failed) => Standing::Failed,
        (OrderState::Authorized(_), _) if !order.refusal.is_empty() => Standing::Failed,
        (OrderState::Authorized(_), _) => Standing::Underway,
    }
}

fn no_order(frame: &Frame) -> Response {
    Notice::new(
        ("订单不存在", "Order not found"),
        (
            "请检查地址，或在手机上重新下单。",
            "Check the address, or place a new order on the phone.",
        ),
    )
    .with_link(HOME_PATH, ("返回手机", "Back to the phone"))
    .page(frame, StatusCode::NOT_FOUND)
}

/// An address that no page leads to.
fn incomplete(frame: &Frame, order_id: &str) -> Response {
    Notice::new(
        ("地址不完整", "This address is not complete"),
        (
            "返回参数缺失，或不属于该订单。",
            "What an app is told is missing, or is not this order's.",
        ),
    )
    .with_link(&order_address(order_id), ("查看订单", "See the order"))
    .page(frame, StatusCode::BAD_REQUEST)
}
